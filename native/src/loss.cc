#include "loss.h"

#include <utility>

// Every kind, each in a file of its own: loss_softmax.cc.
#define FT_LOSSES(X) X(kSoftmaxLoss) X(kCosFaceLoss) X(kArcFaceLoss) X(kCombinedLoss) X(kDistillationLoss) X(kTripletLoss)

namespace ft {

#define FT_DECLARE(kind) extern const LossKind kind;
FT_LOSSES(FT_DECLARE)
#undef FT_DECLARE

const std::vector<const LossKind*>& lossKinds() {
#define FT_ADDRESS(kind) &kind,
  static const std::vector<const LossKind*> kinds = {FT_LOSSES(FT_ADDRESS)};
#undef FT_ADDRESS
  return kinds;
}

const LossKind* lossNamed(const std::string& name) {
  for (const LossKind* kind : lossKinds())
    if (name == kind->name) return kind;
  return nullptr;
}

int LossSum::readers(OutputName name) const {
  int count = 0;
  for (const LossTerm& term : terms) count += term.loss.kind->reads[name];
  return count;
}

bool LossSum::needsTargets() const {
  for (const LossTerm& term : terms)
    if (term.loss.kind->needsTargets) return true;
  return false;
}

bool LossSum::needsPairs() const {
  for (const LossTerm& term : terms)
    if (term.loss.kind->needsPairs) return true;
  return false;
}

namespace {

bool canCompute(const LossKind& kind, const LossBatch& batch) {
  for (const OutputName name : {embedding, scores})
    if (kind.reads[name] && !batch.outputs[name].values) return false;
  return !kind.needsTargets || batch.targets;
}

/** sum = sum + weight * more, or weight * more where there is no sum yet. Padding is zeros in both. */
void addGradient(Pool& pool, int rows, int stride, float* sum, const float* more, double weight, bool first) {
  if (first && weight == 1) return;
  parallel(pool, rows, [&](int row, int) {
    for (std::size_t i = std::size_t(row) * stride, end = i + stride; i < end; i++)
      sum[i] = float(first ? weight * sum[i] : sum[i] + weight * more[i]);
  });
}

/** Settings that have grown so far: itself at shares of 1, to the bit. @param factor of the scores, where it has a scale */
LossSpec ramped(LossSpec loss, const LossRamp& ramp, double* factor) {
  for (int i = 0; i < kMostLossSettings && loss.kind->settings[i].name; i++) {
    const LossSetting& setting = loss.kind->settings[i];
    if (!setting.ramp || ramp.*setting.ramp == 1) continue;
    const double share = ramp.*setting.ramp;
    const bool isScale = setting.ramp == &LossRamp::scale;
    if (isScale) *factor = share;
    double& value = loss.settings[i];
    value = isScale ? value * share : setting.least + (value - setting.least) * share;
  }
  return loss;
}

}  // namespace

LossResult LossSum::compute(Pool& pool, const LossBatch& batch, const LossRamp& ramp) const {
  LossResult result;
  bool counted = false, any = false, begun[kOutputNames] = {};
  for (const auto& [loss, weight] : terms) {
    if (!canCompute(*loss.kind, batch)) continue;
    LossBatch own = batch;
    for (const OutputName name : {embedding, scores})
      if (begun[name] && own.outputs[name].gradient) own.outputs[name].gradient = batch.spare[name];
    const LossResult part = loss.kind->compute(pool, ramped(loss, ramp, &own.factor), own);
    result.lossSum += weight * part.lossSum;
    const bool first = !std::exchange(any, true);
    if (loss.kind->reads[scores] ? !std::exchange(counted, true) : first) result.correct = part.correct;
    for (const OutputName name : {embedding, scores}) {
      const LossOutput& output = batch.outputs[name];
      if (!loss.kind->reads[name] || !output.gradient) continue;
      const bool begins = !std::exchange(begun[name], true);
      addGradient(pool, batch.rows, output.stride, output.gradient, own.outputs[name].gradient, weight, begins);
    }
  }
  return result;
}

}  // namespace ft
