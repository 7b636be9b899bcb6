import assert from 'node:assert/strict';
import { batchNormMomentum } from '../../src/training/batchNormMomentum.js';
import { linePlot, ticks } from '../../src/report/linePlot.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { memoryWarning } from '../../src/training/memoryWarning.js';
import { Speedometer } from '../../src/training/speedometer.js';
import { mobileNetV2 } from '../support/networks.js';

describe('batchNormMomentum', () => {
  it('is the plain mean of all batches at first, then a window of a quarter epoch within 10 to 1,000 steps', () => {
    assert.deepEqual(
      [1, 2, 4].map((step) => batchNormMomentum('auto', step, 27)),
      [0, 0.5, 0.75],
    );
    assert.equal(batchNormMomentum('auto', 500, 27), 0.9);
    assert.equal(batchNormMomentum('auto', 500, 400), 0.99);
    assert.equal(batchNormMomentum('auto', 50_000, 100_000), 0.999);
    assert.equal(batchNormMomentum(0.999, 1, 27), 0.999);
  });

  it('makes the running statistics of a constant batch exact from the first step', () => {
    let running = 17;
    for (let step = 1; step < 100; step++) {
      const momentum = batchNormMomentum('auto', step, 30);
      running = running * momentum + 3 * (1 - momentum);
      assert.ok(Math.abs(running - 3) < 1e-12);
    }
  });
});

describe('Speedometer', () => {
  it('expects what is left from the median step, whatever one slow step did', () => {
    const speed = new Speedometer();
    for (const seconds of [30, 1, 1, 1.1, 0.9]) speed.addStep(seconds);
    assert.equal(speed.etaSeconds(10, 2, 0.5), 11);
    speed.addValidation(4);
    assert.equal(speed.etaSeconds(10, 2, 0.5), 18);
  });
});

describe('memoryWarning', () => {
  const graph = mobileNetV2({ size: 128, people: 100 });

  it('expects the measured peak within 25 %', async () => {
    for (const [name, batch, measured] of [
      ['tensorflow', 32, 1.2],
      ['native', 64, 0.76],
      ['native', 128, 1.35],
    ] as const) {
      const { engine } = await selectEngine({ engine: name, threads: 1 });
      const gigabytes = engine.memoryBytes(graph, batch) / 1e9;
      assert.ok(
        gigabytes > 0.8 * measured && gigabytes < 1.25 * measured,
        `${name}: ${gigabytes} GB; measured ${measured}`,
      );
    }
  });

  it('warns with a batch that fits, and only when it has to', async () => {
    const { engine } = await selectEngine({ engine: 'native', threads: 1 });
    const shuffled = { sampler: 'shuffle', batchSize: 128 } as const;
    assert.equal(memoryWarning(engine, graph, shuffled, 64e9), undefined);
    const warning = memoryWarning(engine, graph, shuffled, 1e9)!;
    const fitting = Number(/batch of (\d+)/.exec(warning.advice)![1]);
    assert.ok(engine.memoryBytes(graph, fitting) < 1e9 && fitting >= 32, warning.advice);
  });

  it('counts the pictures of a batch of people, whatever the batch size says', () => {
    const engine = { memoryBytes: (_: unknown, pictures: number) => pictures * 1e9 };
    const options = { sampler: { people: 20, pictures: 4 }, batchSize: 2 } as const;
    assert.equal(memoryWarning(engine, graph, options, 100e9), undefined);
    const { message, advice } = memoryWarning(engine, graph, options, 30e9)!;
    assert.match(message, /A batch of 80 pictures needs about 80\.0 GB of memory and 30\.0 GB are free/);
    assert.match(advice, /fewer people or pictures in a batch, 20 pictures together/);
  });
});

describe('ticks', () => {
  it('encloses any range with round numbers', () => {
    assert.deepEqual(ticks(0, 1, 6), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(ticks(0, 4.3, 6), [0, 1, 2, 3, 4, 5]);
    for (const high of [0.1, 0.37, 2, 9.99, 230, 12345]) {
      const made = ticks(0, high, 6);
      assert.ok(
        made[0] === 0 && made.at(-1)! >= high && made.length >= 3 && made.length <= 9,
        `${high}: ${made.join()}`,
      );
    }
  });
});

describe('linePlot', () => {
  it('draws a run of 300,000 steps, thinned to what a picture can show', () => {
    const points = Array.from({ length: 300_000 }, (_, i) => [i + 1, 1 / (i + 1)] as const);
    const svg = linePlot({
      title: 'Loss',
      xLabel: 'step',
      series: [{ name: 's', style: 's', points }],
      formatY: String,
    });
    const drawn = /points="([^"]*)"/.exec(svg)![1]!.split(' ').length;
    assert.ok(drawn > 600 && drawn <= 1200, `${drawn} points`);
  });
});
