// Softmax cross-entropy on logits.
#pragma once

#include <cstdint>

#include "pool.h"

namespace ft {

struct LossResult {
  double lossSum = 0;  // nats, over the rows
  int correct = 0;
};

/**
 * Computed in float64 with the row's maximum taken out, so that it overflows for no finite input.
 *
 * @param logits [rows, stride], of which the first `classes` columns count
 * @param labels [rows], each in [0, classes)
 * @param smoothing share of the wished probability that is spread evenly over the classes, in the gradient alone
 * @param gradient [rows, stride] or null: receives (softmax - wished) / rows, zeros beyond the classes
 */
LossResult softmaxCrossEntropy(Pool& pool, const float* logits, const std::int32_t* labels, int rows, int classes,
                               int stride, double smoothing, float* gradient, double* rowLoss,
                               std::uint8_t* rowCorrect);

}  // namespace ft
