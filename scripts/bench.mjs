// npm run bench and npm run bench:data: sets up what is missing, then runs bench/run.ts or bench/data.ts.
import { ensureBuild, ensurePackages, ensureTensorFlow, run } from './lib.mjs';

const [first, ...rest] = process.argv.slice(2);
const data = first === 'data';
ensurePackages();
ensureBuild();
if (!data) ensureTensorFlow();
const args = data ? ['bench/data.ts', ...rest] : ['bench/run.ts', ...process.argv.slice(2)];
process.exitCode = run(process.execPath, ['--import', 'tsx', ...args]);
