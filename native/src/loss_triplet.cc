// The plain twin: src/core/losses/triplet.ts.
#include <cmath>
#include <limits>

#include "loss.h"

namespace ft {
namespace {

/** By how much the other one must be farther away; what is compared. */
enum Setting { margin, mining };
constexpr const char* kMinings[] = {"hard", "semi-hard", nullptr};
enum Mining { hard, semiHard };

/** A vector is divided by no less; of pictures that are nearer no direction is known. */
constexpr double kShortest = 1e-12;

/** A batch and room for its pairs. */
struct Triplets {
  const LossBatch& batch;
  /** [rows, rows]: distances of unit vectors; then by how much each counts in the loss of the first of both, over the distance. */
  double* pairs = batch.pairs;
  /** [rows]: what the rows are divided by; its own length, or kShortest. */
  double* lengths = batch.pairs + std::size_t(batch.rows) * batch.rows;

  const float* row(int i) const { return batch.outputs[embedding].values + std::size_t(i) * batch.outputs[embedding].stride; }
  int width() const { return batch.outputs[embedding].channels; }
  double* pairsOf(int i) const { return pairs + std::size_t(i) * batch.rows; }
};

void measureLength(const Triplets& t, int i) {
  double squares = 0;
  for (int c = 0; c < t.width(); c++) squares += double(t.row(i)[c]) * t.row(i)[c];
  const double length = std::sqrt(squares);
  t.lengths[i] = length < kShortest ? kShortest : length;  // what is not a number stays
}

void measureDistances(const Triplets& t, int i) {
  const float* own = t.row(i);
  for (int j = 0; j < t.batch.rows; j++) {
    const float* other = t.row(j);
    double squares = 0;
    for (int c = 0; c < t.width(); c++) {
      const double apart = own[c] / t.lengths[i] - other[c] / t.lengths[j];
      squares += apart * apart;
    }
    t.pairsOf(i)[j] = std::sqrt(squares);
  }
}

/** What an anchor finds: -1 where there is nobody. The first of those that are as near or far. */
struct Found {
  int nearestSame = -1, farthestSame = -1, nearestOther = -1, farthestOther = -1, same = 0;
};

Found look(const double* d, const std::int32_t* labels, int rows, int i) {
  Found f;
  for (int j = 0; j < rows; j++) {
    if (j == i) continue;
    const bool isSame = labels[j] == labels[i];
    int& nearest = isSame ? f.nearestSame : f.nearestOther;
    int& farthest = isSame ? f.farthestSame : f.farthestOther;
    f.same += isSame;
    if (nearest < 0 || d[j] < d[nearest]) nearest = j;
    if (farthest < 0 || d[j] > d[farthest]) farthest = j;
  }
  return f;
}

/** The nearest other that is farther away than a picture of the same person; where there is none the farthest. */
int semiHardOf(const double* d, const std::int32_t* labels, int rows, int i, int positive, int farthest) {
  int found = -1;
  for (int j = 0; j < rows; j++)
    if (labels[j] != labels[i] && d[j] > d[positive] && (found < 0 || d[j] < d[found])) found = j;
  return found < 0 ? farthest : found;
}

/** Leaves the row's loss, and in its pairs what they count. @param room [rows] */
void compareAnchor(const Triplets& t, const LossSpec& spec, int i, double* room) {
  const LossBatch& batch = t.batch;
  const int rows = batch.rows;
  double* d = t.pairsOf(i);
  double sum = t.lengths[i];
  for (int j = 0; j < rows; j++) sum += d[j], room[j] = 0;
  const Found f = look(d, batch.labels, rows, i);
  double loss = 0;
  const auto compare = [&](int positive, int negative, double weight) {
    const double by = spec.settings[margin] + d[positive] - d[negative];
    if (!(by > 0)) return;
    loss += weight * by;
    if (d[positive] >= kShortest) room[positive] += weight / d[positive];
    if (d[negative] >= kShortest) room[negative] -= weight / d[negative];
  };
  const bool finite = std::isfinite(sum), has = finite && f.nearestSame >= 0 && f.nearestOther >= 0;
  if (has && int(spec.settings[mining]) == hard) compare(f.farthestSame, f.nearestOther, 1);
  if (has && int(spec.settings[mining]) == semiHard)
    for (int j = 0; j < rows; j++)
      if (j != i && batch.labels[j] == batch.labels[i])
        compare(j, semiHardOf(d, batch.labels, rows, i, j, f.farthestOther), 1.0 / f.same);
  batch.rowLoss[i] = finite ? loss : std::numeric_limits<double>::quiet_NaN();
  batch.rowCorrect[i] = has && d[f.nearestSame] < d[f.nearestOther];
  for (int j = 0; j < rows; j++) d[j] = room[j];
}

/**
 * Of the mean over the rows. A distance's gradient is (a - b) / distance in the one unit vector and its opposite in the other; through
 * e / length what is across e goes on, over its length.
 */
void leaveGradient(const Triplets& t, int i, double* ofUnit) {
  const LossOutput& output = t.batch.outputs[embedding];
  const int rows = t.batch.rows, width = t.width();
  for (int c = 0; c < width; c++) ofUnit[c] = 0;
  for (int j = 0; j < rows; j++) {
    const double by = t.pairsOf(i)[j] + t.pairsOf(j)[i];
    if (by == 0) continue;
    for (int c = 0; c < width; c++) ofUnit[c] += by * (t.row(i)[c] / t.lengths[i] - t.row(j)[c] / t.lengths[j]);
  }
  double along = 0;
  for (int c = 0; c < width; c++) along += ofUnit[c] * (t.row(i)[c] / t.lengths[i]);
  if (t.lengths[i] == kShortest) along = 0;
  float* gradient = output.gradient + std::size_t(i) * output.stride;
  for (int c = 0; c < width; c++) gradient[c] = float((ofUnit[c] - along * (t.row(i)[c] / t.lengths[i])) / t.lengths[i] / rows);
  for (int c = width; c < output.stride; c++) gradient[c] = 0;
}

/** Batch-hard (Hermans et al. 2017) and semi-hard (Schroff et al. 2015) triplets of unit vectors, in float64. */
LossResult triplet(Pool& pool, const LossSpec& spec, const LossBatch& batch) {
  const Triplets t{batch};
  // Behind the lengths, for each thread: the larger of rows and width.
  double* room = t.lengths + batch.rows;
  const std::size_t each = pairRoom(batch.rows, t.width());
  parallel(pool, batch.rows, [&](int i, int) { measureLength(t, i); });
  parallel(pool, batch.rows, [&](int i, int) { measureDistances(t, i); });
  parallel(pool, batch.rows, [&](int i, int thread) { compareAnchor(t, spec, i, room + each * thread); });
  if (batch.outputs[embedding].gradient)
    parallel(pool, batch.rows, [&](int i, int thread) { leaveGradient(t, i, room + each * thread); });
  LossResult result;
  for (int i = 0; i < batch.rows; i++) result.lossSum += batch.rowLoss[i], result.correct += batch.rowCorrect[i];
  return result;
}

}  // namespace

extern const LossKind kTripletLoss = {
    "triplet", {true, false}, {{"margin", 0, 2, &LossRamp::margin}, {"mining", 0, 2, nullptr, kMinings}}, triplet, false, true};

}  // namespace ft
