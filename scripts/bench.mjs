// npm run bench, bench:data and study: sets up what is missing, then runs bench/run.ts, bench/data.ts or bench/study.ts.
import { ensureBuild, ensurePackages, ensureTensorFlow, run } from './lib.mjs';

const [first, ...rest] = process.argv.slice(2);
const data = first === 'data';
ensurePackages();
ensureBuild();
if (!data) ensureTensorFlow();
const args = data || first === 'study' ? [`bench/${first}.ts`, ...rest] : ['bench/run.ts', ...process.argv.slice(2)];
process.exitCode = run(process.execPath, ['--import', 'tsx', ...args]);
