import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { givenNetwork } from '../../src/graph/networkOptions.js';
import { openCheckpoint } from '../../src/inference/openCheckpoint.js';
import { openModel } from '../../src/inference/openModel.js';
import { scratchFolder } from '../support/scratch.js';

/** A run of version 0.1.0: MobileNetV2 0.1 of 32 pixels, for three people. */
const sound = path.resolve(import.meta.dirname, '../reference/run-1/float');

interface RunRecord {
  version: number;
  options: { width: number };
  network: object;
  data: { people: string[] };
}

describe('openCheckpoint', () => {
  const folder = scratchFolder();
  const checkpoint = () => path.join(folder(), 'run', 'checkpoints', 'epoch-0001');

  /** The run, which tells another story than its checkpoint. */
  function tell(change: (record: RunRecord) => void): void {
    fs.cpSync(sound, path.join(folder(), 'run'), { recursive: true });
    const file = path.join(folder(), 'run', 'run.json');
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as RunRecord;
    change(record);
    fs.writeFileSync(file, JSON.stringify(record));
  }

  it('reads one whose run tells of its network', () => {
    tell(() => undefined);
    const { facts, float } = openCheckpoint(checkpoint());
    assert.equal(facts.labels.length, 3);
    assert.ok(float.parameters.length > 100);
  });

  it('refuses one that does not hold what the network of its run has', async () => {
    for (const change of [
      ({ data }: RunRecord) => data.people.pop(),
      ({ options }: RunRecord) => (options.width = 0.35),
    ]) {
      tell(change);
      const refused = { code: 'checkpoint-damaged', message: /it does not hold \S+ as its network has it/ };
      assert.throws(() => openCheckpoint(checkpoint()), refused);
      await assert.rejects(openModel(checkpoint()), refused);
      fs.rmSync(path.join(folder(), 'run'), { recursive: true });
    }
  });

  it('refuses one without the network that its run says it brings along', async () => {
    tell((record) => {
      record.version = 2;
      record.network = { ...givenNetwork(32), name: 'face', parameters: 1 };
    });
    const refused = { code: 'checkpoint-damaged', message: /its network is missing/ };
    assert.throws(() => openCheckpoint(checkpoint()), refused);
    await assert.rejects(openModel(checkpoint()), refused);
  });
});
