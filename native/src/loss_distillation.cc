// The plain twin: src/core/losses/distillation.ts.
#include <cmath>

#include "loss.h"

namespace ft {
namespace {

/** A vector is divided by no less, as in a graph's l2Normalize. */
constexpr double kShortest = 1e-12;

/**
 * 1 - cos of the embedding and the target, in float64. With e = embedding / length the gradient is
 * (cos * e - target / its length) / length / rows. A target of zeros asks for nothing.
 */
LossResult distillation(Pool& pool, const LossSpec&, const LossBatch& batch) {
  const LossOutput& output = batch.outputs[embedding];
  const int width = output.channels, stride = output.stride;
  parallel(pool, batch.rows, [&](int row, int) {
    const float* own = output.values + std::size_t(row) * stride;
    const float* target = batch.targets + std::size_t(row) * width;
    double squares = 0, wanted = 0, product = 0;
    for (int c = 0; c < width; c++) {
      squares += double(own[c]) * own[c];
      wanted += double(target[c]) * target[c];
      product += double(own[c]) * target[c];
    }
    // Written so that what is not a number stays.
    const bool tooShort = std::sqrt(squares) < kShortest;
    const double length = tooShort ? kShortest : std::sqrt(squares);
    const double wantedBy = std::sqrt(wanted) < kShortest ? kShortest : std::sqrt(wanted);
    const double cosine = product / length / wantedBy;
    batch.rowLoss[row] = 1 - cosine;
    if (!output.gradient) return;
    float* gradient = output.gradient + std::size_t(row) * stride;
    const double back = tooShort ? 0 : cosine / length;  // of the length itself, where it is not the least
    for (int c = 0; c < width; c++) gradient[c] = float((back * own[c] - target[c] / wantedBy) / length / batch.rows);
    for (int c = width; c < stride; c++) gradient[c] = 0;
  });
  LossResult result;
  for (int row = 0; row < batch.rows; row++) result.lossSum += batch.rowLoss[row];
  return result;
}

}  // namespace

extern const LossKind kDistillationLoss = {"distillation", {true, false}, {}, distillation, true};

}  // namespace ft
