import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { readCheckpoint } from '../../src/runs/checkpoint.js';
import { CheckpointKeeper } from '../../src/runs/checkpointKeeper.js';
import { WRITER_HERE } from '../../src/runs/checkpointWriter.js';
import { RunFolder } from '../../src/runs/runFolder.js';
import { sampleCheckpoint, sampleGraph } from '../support/runs.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();

interface Kept {
  readonly run: RunFolder;
  readonly told: EventOf<'checkpoint'>[];
  /** @returns whether it is the best so far */
  readonly write: (epoch: number, validated?: { valAccuracy: number; valLoss?: number }) => Promise<boolean>;
}

function keeperOf(newest = 2, onTold: (event: EventOf<'checkpoint'>) => void = () => undefined): Kept {
  const run = new RunFolder(folder());
  fs.mkdirSync(run.checkpoints);
  const told: EventOf<'checkpoint'>[] = [];
  const tell = (event: EventOf<'checkpoint'>) => {
    told.push(event);
    onTold(event);
  };
  const keeper = new CheckpointKeeper(run, sampleGraph, newest, { tell, requireThere: () => undefined }, WRITER_HERE);
  const write: Kept['write'] = async (epoch, validated) => {
    await keeper.write(sampleCheckpoint(epoch, epoch), validated);
    return told.at(-1)!.best;
  };
  return { run, told, write };
}

const names = (run: RunFolder) => fs.readdirSync(run.checkpoints).sort();

describe('CheckpointKeeper', () => {
  it('keeps the newest two and the best one, which of equals is the one with the lower loss, then the later', async () => {
    const { run, told, write } = keeperOf();
    const validations = [
      { valAccuracy: 0.2, valLoss: 1 },
      { valAccuracy: 0.9, valLoss: 0.2 },
      { valAccuracy: 0.9, valLoss: 0.1 },
      { valAccuracy: 0.9, valLoss: 0.3 },
      { valAccuracy: 0.9, valLoss: 0.1 },
      { valAccuracy: 0.5, valLoss: 0.1 },
    ];
    const best: boolean[] = [];
    for (const [i, validated] of validations.entries()) best.push(await write(i + 1, validated));
    assert.deepEqual(best, [true, true, true, false, true, false]);
    assert.deepEqual(
      told.map(({ best }) => best),
      [true, true, true, false, true, false],
    );
    assert.deepEqual(names(run), ['epoch-0005', 'epoch-0006']);
    await write(7, { valAccuracy: 0.5 });
    assert.equal(await write(8), false, 'inside an epoch');
    assert.deepEqual(names(run), ['epoch-0005', 'epoch-0006', 'epoch-0007', 'step-000008']);
  });

  it('tells the new checkpoint before an old one is removed', async () => {
    const seen: string[][] = [];
    const { run, write } = keeperOf(1, () => seen.push(names(run)));
    for (const epoch of [1, 2, 3]) await write(epoch, { valAccuracy: epoch / 10 });
    assert.deepEqual(seen, [['epoch-0001'], ['epoch-0001', 'epoch-0002'], ['epoch-0002', 'epoch-0003']]);
  });

  it('removes what an earlier process had no time to remove', async () => {
    const { run, told, write } = keeperOf();
    await write(1, { valAccuracy: 0.2 });
    fs.cpSync(path.join(run.checkpoints, 'epoch-0001'), path.join(folder(), 'again'), { recursive: true });
    for (const epoch of [2, 3]) await write(epoch, { valAccuracy: 0.1 + 0.1 * epoch });
    fs.renameSync(path.join(folder(), 'again'), path.join(run.checkpoints, 'epoch-0001'));
    const next = new CheckpointKeeper(
      run,
      sampleGraph,
      2,
      { tell: () => undefined, requireThere: () => undefined },
      WRITER_HERE,
    );
    await next.goOn(told[2]!, { earlier: told.slice(0, 2), isBest: true });
    assert.deepEqual(names(run), ['epoch-0002', 'epoch-0003']);
  });

  it('never leaves half a checkpoint under its own name, whenever its removal ends', async () => {
    const { run, write } = keeperOf(1);
    await write(1, { valAccuracy: 0.1 });
    const { rmSync } = fs;
    try {
      // The process is killed after the first file of the folder is gone.
      fs.rmSync = ((at: string) => {
        rmSync(path.join(at, 'manifest.json'));
        throw new Error('killed');
      }) as typeof fs.rmSync;
      await write(2, { valAccuracy: 0.2 });
    } finally {
      fs.rmSync = rmSync;
    }
    assert.deepEqual(names(run), [`.old-epoch-0001-${process.pid}`, 'epoch-0002']);
    assert.equal(readCheckpoint(path.join(run.checkpoints, 'epoch-0002')).position.epoch, 2);
  });

  it('leaves the earlier ones intact when the disk is full, and says so', async () => {
    const { run, told, write } = keeperOf();
    await write(1, { valAccuracy: 0.5 });
    const { writeFileSync } = fs;
    let files = 0;
    try {
      // There is room for one file more.
      fs.writeFileSync = (...args: Parameters<typeof writeFileSync>) => {
        if (++files > 1) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        writeFileSync(...args);
      };
      await assert.rejects(() => write(2, { valAccuracy: 0.6 }), { code: 'disk-full', message: /is full/ });
    } finally {
      fs.writeFileSync = writeFileSync;
    }
    assert.equal(files, 2);
    assert.deepEqual(names(run), ['epoch-0001'], 'nothing half written stays');
    assert.equal(told.length, 1, 'and nobody was told of it');
    const { session } = sampleCheckpoint(1, 1);
    assert.deepEqual(readCheckpoint(path.join(run.checkpoints, 'epoch-0001')).session.parameters, session.parameters);
  });
});
