// npm run attack -- kill|disk|power [--count N] [--seed N], or soak [--steps N]: tries to break what docs/runs.md promises, as often as
// asked, from a seed.
import { ensureBuild, ensurePackages, run } from './lib.mjs';

ensurePackages();
ensureBuild();
process.exitCode = run(process.execPath, ['--import', 'tsx', 'test/attack/main.ts', ...process.argv.slice(2)]);
