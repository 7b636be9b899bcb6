// The plain twin: src/core/losses/combined.ts.
#include "loss_margin.h"

namespace ft {
namespace {

/** How long the head's columns are; the label's cosine becomes cos(m1 * angle + m2) - m3. */
enum Setting { scale, m1, m2, m3 };

/** Deng et al. 2019, equation 4, of scores scale * cos. */
LossResult combined(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const AngularMargins margins = {spec.settings[m1], spec.settings[m2], spec.settings[m3]};
  const double s = spec.settings[scale];
  return lossOfScores(pool, batch, [&](const ScoreRow& row) { return marginCrossEntropy(row, s, margins); });
}

}  // namespace

extern const LossKind kCombinedLoss = {
    "combined", {false, true}, {{"scale", 1, 512, &LossRamp::scale}, {"m1", 1, 5, &LossRamp::margin}, {"m2", 0, 3, &LossRamp::margin}, {"m3", 0, 1, &LossRamp::margin}}, combined};

}  // namespace ft
