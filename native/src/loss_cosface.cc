// The plain twin: src/core/losses/cosface.ts.
#include "loss_scores.h"

namespace ft {
namespace {

/** How long the head's columns are; what is taken from the label's cosine. */
enum Setting { scale, margin };

/** CosFace (Wang et al. 2018, equation 4) of scores scale * cos, in float64. */
LossResult cosface(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const double taken = spec.settings[scale] * spec.settings[margin];
  return lossOfScores(pool, batch, [&](const ScoreRow& row) {
    const int people = row.people;
    // The ranges keep `taken` below 512, so that this is above zero where the label is the maximum, and so is the sum.
    const double lowered = std::exp(row.at(row.label) - taken - row.maximum);
    double sum = lowered;
    for (int c = 0; c < people; c++)
      if (c != row.label) sum += std::exp(row.at(c) - row.maximum);
    if (row.gradient) {
      for (int c = 0; c < people; c++) row.gradient[c] = float(std::exp(row.at(c) - row.maximum) / sum / row.rows);
      row.gradient[row.label] = float((lowered / sum - 1) / row.rows);
    }
    return std::log(sum) + row.maximum - (row.at(row.label) - taken);
  });
}

}  // namespace

extern const LossKind kCosFaceLoss = {"cosface", {false, true}, {{"scale", 1, 512, &LossRamp::scale}, {"margin", 0, 1, &LossRamp::margin}}, cosface};

}  // namespace ft
