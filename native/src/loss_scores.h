// What losses that read scores alone have in common. The plain twin: src/core/losses/lossOfScores.ts.
#pragma once

#include <cmath>

#include "loss.h"

namespace ft {

/** A row of a batch. */
struct ScoreRow {
  const float* scores;  // [people]
  double factor;        // what they are multiplied by first
  float* gradient;      // [people]; null: not wanted
  int people, label;
  double maximum;  // taken out of an exponent nothing overflows
  double rows;     // of the batch, over the factor: a gradient is that of the mean over them, by the scores before it

  double at(int person) const { return scores[person] * factor; }
};

/** @param lossOf (const ScoreRow&): the row's loss in nats; leaves the row's gradient. Called by several threads. */
template <class LossOf>
LossResult lossOfScores(Pool& pool, const LossBatch& batch, LossOf&& lossOf) {
  const LossOutput& output = batch.outputs[scores];
  const int people = output.channels, stride = output.stride;
  parallel(pool, batch.rows, [&](int row, int) {
    const float* own = output.values + std::size_t(row) * stride;
    float* gradient = output.gradient ? output.gradient + std::size_t(row) * stride : nullptr;
    for (int c = people; gradient && c < stride; c++) gradient[c] = 0;
    int best = 0;
    for (int c = 1; c < people; c++)
      if (own[c] > own[best]) best = c;
    const int label = batch.labels[row];
    batch.rowLoss[row] = lossOf(ScoreRow{own, batch.factor, gradient, people, label, own[best] * batch.factor, batch.rows / batch.factor});
    // Where nothing is a number every comparison fails, and the first person would be the best.
    batch.rowCorrect[row] = best == label && std::isfinite(batch.rowLoss[row]);
  });
  LossResult result;
  for (int row = 0; row < batch.rows; row++) {
    result.lossSum += batch.rowLoss[row];
    result.correct += batch.rowCorrect[row];
  }
  return result;
}

}  // namespace ft
