// The plain twin: src/core/losses/softmax.ts.
#include <cmath>

#include "loss.h"

namespace ft {
namespace {

/** Share of the target probability that is spread evenly over all people, in the gradient alone. */
enum Setting { labelSmoothing };

/** Cross-entropy of the softmax of the scores. Computed in float64 with the row's maximum taken out, so that it overflows for no finite input. */
LossResult softmax(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const LossOutput& output = batch.outputs[scores];
  const int people = output.channels, stride = output.stride, rows = batch.rows;
  parallel(pool, rows, [&](int row, int) {
    const float* z = output.values + std::size_t(row) * stride;
    const int label = batch.labels[row];
    int best = 0;
    for (int c = 1; c < people; c++)
      if (z[c] > z[best]) best = c;
    const double maximum = z[best];
    double sum = 0;
    for (int c = 0; c < people; c++) sum += std::exp(z[c] - maximum);
    if (output.gradient) {
      float* g = output.gradient + std::size_t(row) * stride;
      for (int c = 0; c < stride; c++) g[c] = 0;
      const double smoothing = spec.settings[labelSmoothing], other = smoothing / people, own = 1 - smoothing + other;
      for (int c = 0; c < people; c++) g[c] = float((std::exp(z[c] - maximum) / sum - other) / rows);
      g[label] = float((std::exp(z[label] - maximum) / sum - own) / rows);
    }
    batch.rowLoss[row] = std::log(sum) + maximum - z[label];
    // Where nothing is a number every comparison fails, and the first person would be the best.
    batch.rowCorrect[row] = best == label && std::isfinite(batch.rowLoss[row]);
  });
  LossResult result;
  for (int row = 0; row < rows; row++) {
    result.lossSum += batch.rowLoss[row];
    result.correct += batch.rowCorrect[row];
  }
  return result;
}

}  // namespace

extern const LossKind kSoftmaxLoss = {"softmax", {false, true}, {{"labelSmoothing", 0, 1}}, softmax};

}  // namespace ft
