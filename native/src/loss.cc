#include "loss.h"

#include <cmath>

namespace ft {

LossResult softmaxCrossEntropy(Pool& pool, const float* logits, const std::int32_t* labels, int rows, int classes,
                               int stride, double smoothing, float* gradient, double* rowLoss,
                               std::uint8_t* rowCorrect) {
  parallel(pool, rows, [&](int row, int) {
    const float* z = logits + std::size_t(row) * stride;
    const int label = labels[row];
    int best = 0;
    for (int c = 1; c < classes; c++)
      if (z[c] > z[best]) best = c;
    const double maximum = z[best];
    double sum = 0;
    for (int c = 0; c < classes; c++) sum += std::exp(z[c] - maximum);
    if (gradient) {
      float* g = gradient + std::size_t(row) * stride;
      for (int c = 0; c < stride; c++) g[c] = 0;
      const double other = smoothing / classes, own = 1 - smoothing + other;
      for (int c = 0; c < classes; c++) g[c] = float((std::exp(z[c] - maximum) / sum - other) / rows);
      g[label] = float((std::exp(z[label] - maximum) / sum - own) / rows);
    }
    rowLoss[row] = std::log(sum) + maximum - z[label];
    rowCorrect[row] = best == label;
  });
  LossResult result;
  for (int row = 0; row < rows; row++) {
    result.lossSum += rowLoss[row];
    result.correct += rowCorrect[row];
  }
  return result;
}

}  // namespace ft
