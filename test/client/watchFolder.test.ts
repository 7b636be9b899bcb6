import assert from 'node:assert/strict';
import { watchFolder, type Told } from '../../src/client/watchFolder.js';
import type { Reply, Wish } from '../../src/protocol/recognitionJobs.js';
import { recognizedIn } from './answers.js';

const refused: Reply['result'] = { kind: 'refused', code: 'c', message: 'm', advice: 'a' };

/** A watch over what each look finds, until there is nothing more to find. */
async function watched(
  looks: readonly (readonly string[] | undefined)[],
  ask: (files: readonly string[]) => Reply['result'],
): Promise<{ told: string[]; asked: string[][]; folder: boolean[]; rests: number[] }> {
  const seen = { told: [] as string[], asked: [] as string[][], folder: [] as boolean[], rests: [] as number[] };
  let at = 0;
  await watchFolder({
    watch: { look: () => looks[at++] as string[] | undefined },
    ask: ({ files }: Wish) => {
      seen.asked.push(files);
      return Promise.resolve(ask(files));
    },
    tell: (file, told: Told) => seen.told.push(`${file} ${told.kind}`),
    onFolder: (isThere) => seen.folder.push(isThere),
    rest: (ms) => {
      seen.rests.push(ms);
      return Promise.resolve(at < looks.length);
    },
  });
  return seen;
}

describe('watchFolder', () => {
  it('asks about what appears, a few at a time, and tells each picture’s answer', async () => {
    const files = ['/a', '/b', '/c', '/d', '/e'];
    const { asked, told, rests } = await watched([[], files, []], (some) => recognizedIn(some));
    assert.deepEqual(asked, [['/a', '/b', '/c', '/d'], ['/e']]);
    const answered = files.map((file) => `${file} answered`);
    assert.deepEqual(told, answered);
    assert.ok(rests.every((ms) => ms >= 400));
  });

  it('tells a refusal of each picture, and goes on', async () => {
    const { told } = await watched([['/a', '/b'], ['/c']], (some) =>
      some.includes('/a') ? refused : recognizedIn(some),
    );
    assert.deepEqual(told, ['/a refused', '/b refused', '/c answered']);
  });

  it('says once that the folder is gone, and that it is back', async () => {
    const { folder, asked } = await watched([[], undefined, undefined, [], ['/a']], (some) => recognizedIn(some));
    assert.deepEqual(folder, [false, true]);
    assert.deepEqual(asked, [['/a']]);
  });
});
