import assert from 'node:assert/strict';
import { computeLoss } from '../../../src/core/losses/losses.js';

describe('the CosFace loss', () => {
  it('takes the margin, times the scale, from the label’s score', () => {
    // Two people at cosines 0.8 and 0.3, s = 10, m = 0.2: ln(1 + e^(3 − (8 − 2))) = ln(1 + e^−3) = 0.0485873516.
    const scores = Float32Array.of(8, 3);
    const { lossSum, gradients, correct } = computeLoss(
      { kind: 'cosface', scale: 10, margin: 0.2 },
      { scores },
      Int32Array.of(0),
    );
    assert.ok(Math.abs(lossSum - 0.0485873516) < 1e-9, `${lossSum}`);
    // The other's share of the softmax is 1 / (1 + e^3) = 0.0474258732.
    assert.ok(Math.abs(gradients.scores![1]! - 0.0474258732) < 1e-8);
    assert.equal(gradients.scores![0], -gradients.scores![1]!);
    assert.equal(correct, 1);
  });

  it('counts a picture as right that the margin alone makes a mistake of', () => {
    const loss = { kind: 'cosface', scale: 10, margin: 0.5 } as const;
    const { lossSum, correct } = computeLoss(loss, { scores: Float32Array.of(6, 3) }, Int32Array.of(0));
    assert.ok(lossSum > Math.LN2, `${lossSum}`);
    assert.equal(correct, 1);
  });

  it('without a margin is the softmax loss', () => {
    const outputs = { scores: Float32Array.of(1, -2, 0.5, 3, 3, -1) };
    const labels = Int32Array.of(2, 0);
    const [cosface, softmax] = [
      computeLoss({ kind: 'cosface', scale: 20, margin: 0 }, outputs, labels),
      computeLoss({ kind: 'softmax', labelSmoothing: 0 }, outputs, labels),
    ];
    assert.ok(Math.abs(cosface.lossSum - softmax.lossSum) < 1e-12);
    cosface.gradients.scores!.forEach((g, i) => assert.ok(Math.abs(g - softmax.gradients.scores![i]!) < 1e-7, `${i}`));
  });
});
