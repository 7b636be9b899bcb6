// The plain twin: src/core/losses/softmax.ts.
#include "loss_scores.h"

namespace ft {
namespace {

/** Share of the target probability that is spread evenly over all people, in the gradient alone. */
enum Setting { labelSmoothing };

/** Cross-entropy of the softmax of the scores, in float64. */
LossResult softmax(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const double smoothing = spec.settings[labelSmoothing];
  return lossOfScores(pool, batch, [&](const ScoreRow& row) {
    const int people = row.people;
    double sum = 0;
    for (int c = 0; c < people; c++) sum += std::exp(row.at(c) - row.maximum);
    if (row.gradient) {
      const double other = smoothing / people, own = 1 - smoothing + other;
      for (int c = 0; c < people; c++)
        row.gradient[c] = float((std::exp(row.at(c) - row.maximum) / sum - other) / row.rows);
      row.gradient[row.label] = float((std::exp(row.at(row.label) - row.maximum) / sum - own) / row.rows);
    }
    return std::log(sum) + row.maximum - row.at(row.label);
  });
}

}  // namespace

extern const LossKind kSoftmaxLoss = {"softmax", {false, true}, {{"labelSmoothing", 0, 1}}, softmax};

}  // namespace ft
