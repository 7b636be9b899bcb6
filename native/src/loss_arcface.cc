// The plain twin: src/core/losses/arcface.ts.
#include "loss_margin.h"

namespace ft {
namespace {

/** How long the head's columns are; radians that are added to the label's angle. */
enum Setting { scale, margin };

/** ArcFace (Deng et al. 2019, equation 3) of scores scale * cos. */
LossResult arcface(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const AngularMargins margins = {1, spec.settings[margin], 0};
  const double s = spec.settings[scale];
  return lossOfScores(pool, batch, [&](const ScoreRow& row) { return marginCrossEntropy(row, s, margins); });
}

}  // namespace

extern const LossKind kArcFaceLoss = {"arcface", {false, true}, {{"scale", 1, 512, &LossRamp::scale}, {"margin", 0, 3, &LossRamp::margin}}, arcface};

}  // namespace ft
