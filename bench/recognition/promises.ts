import fs from 'node:fs';
import { evaluation } from '../../src/protocol/evaluation.js';
import { calibration } from './calibration.js';

// npx tsx bench/recognition/promises.ts EVALUATION: whether the promises of a threshold are kept, by the strangers of an evaluation.
// EVALUATION holds what `face-trainer evaluate RECOGNIZER --strangers FOLDER --json` prints; its last line is read.

const PROMISES = [
  { share: 0.01, tried: 800 },
  { share: 0.01, tried: 400 },
  { share: 0.02, tried: 200 },
  { share: 0.05, tried: 100 },
  { share: 0.005, tried: 800 },
];
const TIMES = 1000;

const [file] = process.argv.slice(2);
if (!file) throw new Error('which evaluation?');
const last = fs.readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!;
const { strangers } = evaluation.parse(JSON.parse(last)).evidence;
console.log(`${strangers.length} strangers; each promise ${TIMES} times, chosen on some by chance, checked on all`);
for (const { share, tried } of PROMISES) {
  if (tried >= strangers.length) continue;
  const { failed, meanShare } = calibration(strangers, { tried, share, times: TIMES, seed: tried });
  console.log(
    `at most ${1000 * share} of 1,000 from ${tried} strangers: broken ${failed} times; named on average ${(1000 * meanShare).toFixed(1)} of 1,000`,
  );
}
