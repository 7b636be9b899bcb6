// npm run bench: sets up what is missing, then runs bench/run.ts.
import { ensureBuild, ensurePackages, ensureTensorFlow, run } from './lib.mjs';

ensurePackages();
ensureBuild();
ensureTensorFlow();
process.exitCode = run(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...process.argv.slice(2)]);
