import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { SMALL_RUN, SMALL_RUNS } from '../support/smallRuns.js';
import { scratchFolder, writePeople } from '../support/scratch.js';
import { killRun, wholeRun } from './killRuns.js';

// npm run attack -- kill does it as often as you like.

const folder = scratchFolder();
const KILLS = 120;
const SEED = 17;

describe('a run that is killed', function () {
  this.timeout(600_000);
  const names = Object.keys(SMALL_RUNS);
  for (const [i, name] of names.entries())
    it(`goes on to the same bits: ${name}`, async () => {
      const dataset = path.join(folder(), 'data');
      await writePeople(dataset, 4, 8);
      const how = {
        ...{ dataset, cache: path.join(folder(), 'cache'), options: { ...SMALL_RUN, ...SMALL_RUNS[name] } },
        ...{ random: Random.fromSeed(SEED + i), kills: Math.ceil(KILLS / names.length) },
      };
      const whole = await wholeRun({ ...how, runFolder: path.join(folder(), 'whole') });
      await killRun({ ...how, runFolder: path.join(folder(), 'run') }, whole);
    });
});
