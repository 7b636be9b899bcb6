// npm run bench, bench:data, bench:faces and study: sets up what is missing, then runs the file of bench/ that it is about.
import { ensureBuild, ensurePackages, ensureTensorFlow, run } from './lib.mjs';

const [first, ...rest] = process.argv.slice(2);
const data = first === 'data' || first === 'faces';
ensurePackages();
ensureBuild();
if (!data) ensureTensorFlow();
const args = data || first === 'study' ? [`bench/${first}.ts`, ...rest] : ['bench/run.ts', ...process.argv.slice(2)];
process.exitCode = run(process.execPath, ['--import', 'tsx', ...args]);
