// npm run attack -- <what> [--count N] [--seed N]: tries to break what is promised, as often as asked, from a seed. Without <what>
// it says what there is to try.
import { ensureBuild, ensurePackages, run } from './lib.mjs';

ensurePackages();
ensureBuild();
process.exitCode = run(process.execPath, ['--import', 'tsx', 'test/attack/main.ts', ...process.argv.slice(2)]);
