import assert from 'node:assert/strict';
import { PROTOCOL_VERSION } from '../../src/protocol/handshake.js';
import { isLastWord, JOBS, trainerCommand, trainerMessage, type Job } from '../../src/protocol/jobs.js';
import { GOOD } from './jobMessages.js';

const protocol = PROTOCOL_VERSION;
const jobs = Object.keys(JOBS) as Job[];

const without = (whole: Record<string, unknown>, part: string) =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== part));

describe('the orders of jobs', () => {
  for (const job of jobs) {
    const { order } = GOOD[job];

    it(`takes a whole order for ${job}, and none that lacks a part or has another version`, () => {
      const whole = trainerCommand.parse({ type: job, protocol, ...order });
      assert.equal(whole.type, job);
      for (const part of Object.keys(order)) {
        assert.ok(
          !trainerCommand.safeParse({ type: job, protocol, ...without(order, part) }).success,
          `without ${part}`,
        );
      }
      for (const version of [PROTOCOL_VERSION + 1, PROTOCOL_VERSION - 1, String(PROTOCOL_VERSION), undefined])
        assert.ok(!trainerCommand.safeParse({ type: job, protocol: version, ...order }).success, String(version));
    });
  }

  it('fills in what may be left out', () => {
    const exported = trainerCommand.parse({ type: 'export', protocol, ...GOOD.export.order });
    assert.ok(exported.type === 'export' && exported.measure);
    assert.deepEqual(exported.options, { format: 'onnx', precision: 'float32', part: 'classifier' });
    const checked = trainerCommand.parse({ type: 'check', protocol, ...GOOD.check.order });
    assert.ok(checked.type === 'check' && checked.size === 128 && checked.pixelCacheMiB === 20_480);
    const aligned = trainerCommand.parse({ type: 'align', protocol, ...GOOD.align.order });
    assert.ok(aligned.type === 'align' && aligned.size === 224 && aligned.threads === 0);
    const predicted = trainerCommand.parse({ type: 'predict', protocol, ...GOOD.predict.order });
    assert.ok(predicted.type === 'predict' && predicted.faces === 'auto' && !predicted.seen);
  });

  it('refuses values that no job can work with', () => {
    for (const [job, wrong] of [
      ['check', { size: 31 }],
      ['check', { size: 64.5 }],
      ['check', { pixelCacheMiB: -1 }],
      ['check', { dataset: '' }],
      ['check', { size: null }],
      ['check', { augmentation: null }],
      ['check', { augmentation: { shear: 1 } }],
      ['check', { exclude: '' }],
      ['align', { size: 31 }],
      ['align', { size: 224.5 }],
      ['align', { threads: 1.5 }],
      ['align', { size: 1025 }],
      ['predict', { files: [''] }],
      ['export', { measure: null }],
      ['align', { threads: -1 }],
      ['align', { threads: 257 }],
      ['align', { out: '' }],
      ['export', { options: { format: 'gif' } }],
      ['export', { options: { format: 'onnx', precision: 'int4' } }],
      ['export', { output: '' }],
      ['predict', { files: [] }],
      ['predict', { faces: 'maybe' }],
      ['compare', { checkpoint: 7 }],
      ['train', { options: {} }],
      ['train', { runFolder: '' }],
      ['qat', { overrides: { epochs: 0 } }],
      ['qat', { overrides: { colour: 1 } }],
      ['qat', { overrides: { quantization: { weightBits: 5 } } }],
    ] as const)
      assert.ok(
        !trainerCommand.safeParse({ type: job, protocol, ...GOOD[job].order, ...wrong }).success,
        `${job} ${JSON.stringify(wrong)}`,
      );
  });

  it('takes values at the edge of what a job can work with', () => {
    for (const [job, edge] of [
      ['check', { size: 32 }],
      ['check', { size: 4096, pixelCacheMiB: 0 }],
      ['check', { exclude: 'l', augmentation: {} }],
      ['align', { size: 32, threads: 0 }],
      ['align', { size: 1024, threads: 256 }],
      ['align', { dataset: 'd', out: 'o' }],
      ['predict', { model: 'm', files: ['p'] }],
      ['qat', { overrides: { epochs: 1, quantization: {} } }],
    ] as const) {
      const given = { type: job, protocol, ...GOOD[job].order, ...edge };
      const read = trainerCommand.parse(given);
      for (const [field, value] of Object.entries(edge))
        if (typeof value !== 'object') assert.equal((read as Record<string, unknown>)[field], value, `${job} ${field}`);
    }
  });

  it('knows a stop, and nothing else', () => {
    assert.deepEqual(trainerCommand.parse({ type: 'stop' }), { type: 'stop' });
    for (const command of [undefined, null, 'stop', {}, { type: 'pause' }, []])
      assert.ok(!trainerCommand.safeParse(command).success);
  });
});

describe('the words of a trainer', () => {
  for (const job of jobs)
    it(`takes the last word of ${job} for one, and none that lacks a part`, () => {
      const { word } = GOOD[job];
      assert.ok(isLastWord(trainerMessage.parse(word)));
      for (const part of Object.keys(word)) {
        assert.ok(!trainerMessage.safeParse(without(word, part)).success, `without ${part}`);
      }
    });

  it('ends with a failure or a stop as well, and with nothing that is on the way', () => {
    const last = [{ type: 'cancelled' }, { type: 'failure', code: 'c', message: 'm', advice: 'a' }];
    for (const word of last) assert.ok(isLastWord(trainerMessage.parse(word)));
    const before = [
      { type: 'hello', protocol: 7, pid: 1, node: 'v' },
      { type: 'preparing', done: 1, total: 2 },
      { type: 'warning', code: 'c', message: 'm', advice: 'a' },
      { type: 'engine', name: 'native', detail: 'd' },
    ];
    for (const word of before) assert.ok(!isLastWord(trainerMessage.parse(word)));
  });

  it('counts from zero in whole numbers', () => {
    const exported = GOOD.export.word;
    for (const count of [0, 1, 1e12]) {
      assert.ok(trainerMessage.safeParse({ type: 'preparing', done: count, total: count }).success);
      assert.ok(trainerMessage.safeParse({ ...exported, bytes: count }).success);
    }
    for (const count of [-1, 0.5, NaN]) {
      assert.ok(!trainerMessage.safeParse({ type: 'preparing', done: count, total: 1 }).success, String(count));
      assert.ok(!trainerMessage.safeParse({ type: 'preparing', done: 1, total: count }).success, String(count));
      assert.ok(!trainerMessage.safeParse({ ...exported, bytes: count }).success, String(count));
    }
  });

  it('hears the hello of any version, to be able to tell them apart', () => {
    for (const version of [0, PROTOCOL_VERSION, 99])
      assert.equal(trainerMessage.parse({ type: 'hello', protocol: version, pid: 1, node: 'v' }).type, 'hello');
    assert.ok(!trainerMessage.safeParse({ type: 'hello', pid: 1, node: 'v' }).success);
  });

  it('has words for every job, that end in no full stop and name no other job', () => {
    const nouns = jobs.map((job) => JOBS[job].noun);
    assert.equal(new Set(nouns).size, jobs.length);
    for (const job of jobs) assert.match(JOBS[job].again, /^[A-Z].*[a-z]$/);
  });
});
