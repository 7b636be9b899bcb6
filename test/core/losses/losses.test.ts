import assert from 'node:assert/strict';
import type { Choice, LossResult, OutputName, Range } from '../../../src/core/losses/loss.js';
import { checkLoss, computeLoss, LOSSES, rampedLoss, type Loss } from '../../../src/core/losses/losses.js';
import { checkRamp, LossSum } from '../../../src/core/losses/lossSum.js';
import { Random } from '../../../src/core/random.js';
import { EXAMPLES, examples, SUMS } from './examples.js';

const [ROWS, PEOPLE, WIDTH] = [4, 5, 3];
const labels = Int32Array.of(4, 0, 2, 0);
const targets = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => Math.sin(i + 1));

/** Scores and an embedding of a batch. */
type Outputs = Record<OutputName, Float32Array>;
function someOutputs(random: Random): Outputs {
  const numbers = (length: number, most: number) => Float32Array.from({ length }, () => random.between(-most, most));
  return { scores: numbers(ROWS * PEOPLE, 4), embedding: numbers(ROWS * WIDTH, 2) };
}

function readBy(loss: Loss): readonly OutputName[] {
  return LOSSES[loss.kind].reads;
}

/** Central differences, step 2^-10, of sums in float64. */
function assertSloped(reads: readonly OutputName[], of: (outputs: Outputs) => LossResult): void {
  const outputs = someOutputs(Random.fromSeed(5));
  const { gradients } = of(outputs);
  for (const output of reads)
    for (const i of outputs[output].keys()) {
      const at = (delta: number) => {
        const moved = outputs[output].slice();
        moved[i] = moved[i]! + delta;
        // What float32 made of the step is what counts.
        return { loss: of({ ...outputs, [output]: moved }).lossSum / ROWS, x: moved[i] };
      };
      const [up, down] = [at(2 ** -10), at(-(2 ** -10))];
      const slope = (up.loss - down.loss) / (up.x - down.x);
      const own = gradients[output]![i]!;
      assert.ok(Math.abs(slope - own) < 2e-6 * Math.max(1, Math.abs(own)), `${output} ${i}: ${slope} against ${own}`);
    }
}

describe('every loss', () => {
  it('has an example', () => {
    assert.deepEqual(Object.keys(EXAMPLES).sort(), Object.keys(LOSSES).sort());
    for (const [kind, of] of Object.entries(EXAMPLES))
      assert.ok(of.length > 0 && of.every(({ loss }) => loss.kind === kind), `test/core/losses/examples.ts: ${kind}`);
  });

  for (const { loss, sloped } of examples) {
    const name = JSON.stringify(loss);

    it(`${name} gives a gradient for exactly what it reads, as long as the output`, () => {
      const outputs = someOutputs(Random.fromSeed(3));
      const { gradients, lossSum } = computeLoss(loss, outputs, labels, { targets });
      assert.ok(Number.isFinite(lossSum));
      assert.deepEqual(Object.keys(gradients).sort(), [...readBy(loss)].sort());
      for (const output of readBy(loss)) assert.equal(gradients[output]!.length, outputs[output].length);
    });

    if (sloped !== false)
      it(`${name} has the gradient of its loss (central differences, step 2^-10, float64 sums)`, () => {
        assertSloped(readBy(loss), (outputs) => computeLoss(loss, outputs, labels, { targets }));
      });

    it(`${name} overflows for no finite output, and is not finite where one is not`, () => {
      const extreme = { scores: Float32Array.of(3e38, -3e38, 0), embedding: Float32Array.of(1e18, -1e18) };
      for (const label of [0, 1]) {
        const { lossSum, gradients } = computeLoss(loss, extreme, Int32Array.of(label), {
          targets: Float32Array.of(1, 2),
        });
        assert.ok(Number.isFinite(lossSum), `label ${label}: ${lossSum}`);
        for (const output of readBy(loss))
          assert.ok(gradients[output]!.every(Number.isFinite), `label ${label}: ${gradients[output]!.join()}`);
      }
      for (const output of readBy(loss)) {
        const broken = { ...extreme, [output]: new Float32Array(extreme[output].length).fill(NaN) };
        const { lossSum, correct } = computeLoss(loss, broken, Int32Array.of(0), { targets: Float32Array.of(1, 2) });
        assert.deepEqual([Number.isFinite(lossSum), correct], [false, 0], output);
      }
    });

    it(`${name} refuses labels and lengths that do not fit, and outputs that are not there`, () => {
      const of = (scores: number, embedding: number, ...rows: number[]) =>
        computeLoss(
          loss,
          { scores: new Float32Array(scores).fill(1), embedding: new Float32Array(embedding).fill(1) },
          Int32Array.from(rows),
          { targets: new Float32Array(4).fill(1) },
        );
      if (readBy(loss).includes('scores')) {
        assert.throws(() => of(4, 4, 0, 2), /label 2 of row 1 is outside 0..1/);
        assert.throws(() => of(5, 4, 0, 1), /5 scores for 2 labels/);
        assert.throws(() => of(4, 4, -1, 1), RangeError);
      }
      if (readBy(loss).includes('embedding')) {
        assert.throws(() => of(4, 5, 0, 1), RangeError);
        assert.throws(() => of(4, 4, 0, 1, 0), RangeError);
      }
      assert.throws(() => computeLoss(loss, {}, Int32Array.of(0), { targets: Float32Array.of(1) }), RangeError);
    });

    it(`${name} takes settings from the least on, and none beyond`, () => {
      checkLoss(loss);
      for (const [setting, of] of Object.entries<Range | Choice>(LOSSES[loss.kind].settings)) {
        if ('choices' in of) {
          for (const word of of.choices) checkLoss({ ...loss, [setting]: word });
          for (const wrong of ['', 'else', 0, undefined])
            assert.throws(() => checkLoss({ ...loss, [setting]: wrong }), {
              name: 'RangeError',
              message: new RegExp(`${setting}.*${of.choices.join(' or ')}`),
            });
          continue;
        }
        const { least, below } = of;
        checkLoss({ ...loss, [setting]: least });
        for (const wrong of [least - 1e-9, below, NaN, undefined, '1'])
          assert.throws(() => checkLoss({ ...loss, [setting]: wrong }), {
            name: 'RangeError',
            message: new RegExp(setting),
          });
      }
    });
  }
});

describe('a sum of losses', () => {
  for (const terms of SUMS)
    it(`${JSON.stringify(terms)} has the gradients of its weighted sum`, () => {
      const sum = new LossSum(terms);
      assert.deepEqual([sum.reads, sum.needsTargets], [['embedding', 'scores'], true]);
      assertSloped(sum.reads, (outputs) => sum.compute(outputs, labels, { targets }));
      const ramp = { scale: 0.3, margin: 0.6 };
      assertSloped(sum.reads, (outputs) => sum.compute(outputs, labels, { targets, ramp }));
      const outputs = someOutputs(Random.fromSeed(9));
      const parts = sum.terms.map(
        ({ weight, loss }) => [weight, computeLoss(loss, outputs, labels, { targets })] as const,
      );
      const { lossSum, correct } = sum.compute(outputs, labels, { targets });
      const expected = parts.reduce((all, [weight, part]) => all + weight * part.lossSum, 0);
      assert.ok(Math.abs(lossSum - expected) < 1e-12 * expected);
      assert.equal(correct, Math.max(...parts.map(([, part]) => part.correct)));
    });

  it('of one loss is that loss, bit for bit', () => {
    for (const { loss } of examples) {
      const outputs = someOutputs(Random.fromSeed(2));
      const expected = computeLoss(loss, outputs, labels, { targets });
      assert.deepEqual(new LossSum(loss).compute(outputs, labels, { targets }), expected);
      assert.deepEqual(new LossSum([{ weight: 1, loss }]).compute(outputs, labels, { targets }), expected);
    }
  });

  it('leaves out what has no targets or no outputs', () => {
    const sum = new LossSum(SUMS[0]!);
    const outputs = someOutputs(Random.fromSeed(2));
    const cosface = computeLoss({ kind: 'cosface', scale: 8, margin: 0.2 }, outputs, labels);
    assert.deepEqual(sum.compute(outputs, labels), cosface);
    assert.deepEqual(sum.compute({ embedding: outputs.embedding }, labels), { lossSum: 0, correct: 0, gradients: {} });
  });

  it('refuses none, more than four, and a weight that is none', () => {
    const term = { weight: 1, loss: { kind: 'distillation' } } as const;
    for (const terms of [[], Array.from({ length: 5 }, () => term)])
      assert.throws(() => new LossSum(terms), { name: 'RangeError', message: /a sum of [05] losses/ });
    for (const weight of [-1e-9, 1e6, NaN, Infinity])
      assert.throws(() => new LossSum([{ ...term, weight }]), /the weight of the loss distillation/);
    assert.throws(() => new LossSum([{ weight: 1, loss: { kind: 'softmax', labelSmoothing: 1 } }]), /labelSmoothing/);
  });
});

describe('a ramp', () => {
  it('takes the margin and the scale of a loss from less to what they are', () => {
    const loss = { kind: 'combined', scale: 16, m1: 3, m2: 0.5, m3: 0.25 } as const;
    assert.deepEqual(rampedLoss(loss, { scale: 0.5, margin: 0 }), { ...loss, scale: 8, m1: 1, m2: 0, m3: 0 });
    assert.deepEqual(rampedLoss(loss, { scale: 1, margin: 0.5 }), { ...loss, m1: 2, m2: 0.25, m3: 0.125 });
    for (const { loss: any } of examples) assert.deepEqual(rampedLoss(any, { scale: 1, margin: 1 }), any);
    const softmax = { kind: 'softmax', labelSmoothing: 0.1 } as const;
    assert.deepEqual(rampedLoss(softmax, { scale: 0.5, margin: 0.5 }), softmax);
  });

  it('leaves the columns as long as they are: scores of half the length count for those of a loss of half the scale', () => {
    const outputs = someOutputs(Random.fromSeed(4));
    const halves = { scores: outputs.scores.map((v) => v / 2) };
    for (const kind of ['cosface', 'arcface'] as const) {
      const sum = new LossSum({ kind, scale: 32, margin: 0.5 });
      const ramped = sum.compute(outputs, labels, { ramp: { scale: 0.5, margin: 0.2 } });
      const half = computeLoss({ kind, scale: 16, margin: 0.1 }, halves, labels);
      assert.equal(ramped.lossSum, half.lossSum);
      assert.equal(ramped.correct, half.correct);
      // The scores before the factor: its share of the gradient.
      ramped.gradients.scores!.forEach((v, i) => assert.equal(v, half.gradients.scores![i]! / 2));
    }
  });

  it('that has ended changes no bit', () => {
    for (const { loss } of examples) {
      const outputs = someOutputs(Random.fromSeed(6));
      const sum = new LossSum(loss);
      const whole = sum.compute(outputs, labels, { targets, ramp: { scale: 1, margin: 1 } });
      assert.deepEqual(whole, sum.compute(outputs, labels, { targets }));
    }
  });

  it('is refused where it is no share', () => {
    checkRamp({ scale: 1e-3, margin: 0 });
    for (const wrong of [
      { scale: 0 },
      { scale: 1.01 },
      { scale: NaN },
      { margin: -0.1 },
      { margin: 2 },
      { margin: NaN },
    ])
      assert.throws(() => checkRamp({ scale: 1, margin: 1, ...wrong }), RangeError);
  });
});
