// npm start [-- <dataset folder> [options]]: sets up what is missing and trains, on a drawn sample when no folder is named.
// TensorFlow is fetched only when it is asked for.
import { statSync } from 'node:fs';
import { ensureBuild, ensurePackages, ensureTensorFlow, run } from './lib.mjs';

const args = process.argv.slice(2);
const isFolder = (arg) => statSync(arg, { throwIfNoEntry: false })?.isDirectory() === true;
// A first word that is no option is meant as the folder, even one that is not there: the trainer then says so.
const named = args.some((arg, i) => (i === 0 && !arg.startsWith('-')) || (isFolder(arg) && args[i - 1] !== '--out'));

ensurePackages();
ensureBuild();
if (args.includes('tensorflow') || args.includes('--engine=tensorflow')) ensureTensorFlow();
process.exitCode = run(process.execPath, [
  'dist/faceTrainer.js',
  'train',
  ...args,
  ...(named || args.includes('--sample') ? [] : ['--sample']),
]);
