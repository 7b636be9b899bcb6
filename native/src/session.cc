#include "session.h"

#include <algorithm>
#include <cmath>

#include "session_parts.h"

namespace ft {
namespace {

/** Values of a part of the gradients. */
constexpr std::size_t kClippedTogether = 1 << 16;

std::size_t aligned(std::size_t floats) { return (floats + kAlign - 1) / kAlign * kAlign; }

}  // namespace

Session::Session(const Kernels& kernels, int threads, ModelSpec model, OptimizerSpec optimizer, LossSum loss)
    : kernels_(kernels),
      pool_(std::clamp(threads, 1, 256)),
      model_(std::move(model)),
      optimizer_(optimizer),
      loss_(std::move(loss)) {
  require(!loss_.terms.empty(), "the loss");
  for (const LossTerm& term : loss_.terms) require(term.loss.kind, "the loss");
  for (const ParameterSpec& p : model_.parameters) {
    require(p.size > 0 && p.size < (std::size_t(1) << 31), "the size of a parameter");
    offsets_.push_back(flatSize_);
    flatSize_ += aligned(p.size);
  }
  weights_ = Block<float>(flatSize_);
  first_ = Block<float>(flatSize_);
  second_ = Block<float>(flatSize_);
  gradients_ = Block<float>(flatSize_);
  if (optimizer_.clipNorm > 0) cutGradients();
  const auto sizeOf = [&](int parameter) { return at(model_.parameters, parameter, "a parameter").size; };
  for (const BatchNormSpec& spec : model_.batchNorms) {
    require(spec.channels > 0 && spec.channels <= kMostChannels, "the channels of a batch norm");
    for (const int parameter : {spec.gamma, spec.beta, spec.mean, spec.variance})
      require(sizeOf(parameter) == std::size_t(spec.channels), "the parameters of a batch norm");
    norms_.push_back(std::make_unique<BatchNorm>(spec));
  }
  for (const KernelSpec& k : model_.kernels) {
    // Depthwise kernels rely on it: arrays of kMostKernelRows (kernels_patches.h).
    require(k.height > 0 && k.height <= 16 && k.width > 0 && k.width <= 16, "the size of a kernel");
    const int mostOut = k.kind == KernelSpec::dense ? kMostOutputs : kMostChannels;
    require(k.inChannels > 0 && k.inChannels <= kMostChannels && k.outChannels > 0 && k.outChannels <= mostOut,
            "the channels of a kernel");
    const bool depthwise = k.kind == KernelSpec::depthwise;
    require(!depthwise || k.inChannels == k.outChannels, "the channels of a depthwise kernel");
    require(sizeOf(k.weights) == std::size_t(k.height) * k.width * k.inChannels * (depthwise ? 1 : k.outChannels),
            "the size of a kernel's parameter");
    // A quantizer takes a folded batch norm's shift for the bias.
    require(k.bias < 0 || (sizeOf(k.bias) == std::size_t(k.outChannels) && k.batchNorm < 0), "a bias");
    auto packed = std::make_unique<Packed>();
    packed->spec = k;
    packed_.push_back(std::move(packed));
  }
  placeKernels();
  placeQuantizers();
  placeSlopes();
  placeColours();
  workspace_.pool = &pool_;
}

Session::~Session() = default;

/** All packed kernels in one block, which large pages can hold. */
void Session::placeKernels() {
  std::vector<std::pair<float**, std::size_t>> places;
  std::size_t total = 0;
  const auto place = [&](float** where, std::size_t floats) {
    places.emplace_back(where, total);
    total += aligned(floats);
  };
  for (auto& packed : packed_) {
    const KernelSpec& k = packed->spec;
    const std::size_t taps = std::size_t(k.height) * k.width;
    if (k.bias >= 0) {
      place(&packed->bias, padded(k.outChannels));
      place(&packed->biasInUse, padded(k.outChannels));
    }
    if (k.kind == KernelSpec::depthwise) {
      place(&packed->forward, taps * padded(k.inChannels));
      continue;
    }
    place(&packed->forward, taps * k.inChannels * padded(k.outChannels));
    if (k.backward) place(&packed->backward, std::size_t(k.outChannels) * taps * padded(k.inChannels));
  }
  kernelFloats_ = Block<float>(total);
  for (const auto& [where, offset] : places) *where = kernelFloats_.data() + offset;
}

/** A table of what the bytes of each colour stand for. */
void Session::placeColours() {
  require(model_.colours.size() <= std::size_t(kMostChannels), "the colours of the pictures");
  colours_ = Block<float>(model_.colours.size() * 256);
  for (std::size_t c = 0; c < model_.colours.size(); c++)
    for (int byte = 0; byte < 256; byte++)
      colours_.data()[c * 256 + byte] = float(byte * model_.colours[c].scale + model_.colours[c].shift);
  integerColours_ = Block<float>(colours_.size());
}

// Steps -----------------------------------------------------------------------------------------------------------

/** Lays every kernel out for the products; as many kernels at a time as there are threads. */
void Session::pack() {
  if (packedStep_ == step && packedActive_ == active_ && packedIntegers_ == integers_) return;
  parallel(pool_, int(packed_.size()), [&](int item, int) { packKernel(*packed_[item]); });
  roundSlopes();
  packedStep_ = step;
  packedActive_ = active_;
  packedIntegers_ = integers_;
}

void Session::packKernel(Packed& packed) {
  const KernelSpec& k = packed.spec;
  const float* w = foldKernel(packed);
  const int taps = k.height * k.width;
  if (k.bias >= 0) std::copy_n(weights_.data() + offsets_[k.bias], k.outChannels, packed.bias);
  if (k.kind == KernelSpec::depthwise) {
    for (int tap = 0; tap < taps; tap++)
      std::copy_n(w + std::size_t(tap) * k.inChannels, k.inChannels,
                  packed.forward + std::size_t(tap) * padded(k.inChannels));
    return;
  }
  for (int tap = 0; tap < taps; tap++) {
    MatrixBlock m;
    m.values = w + std::size_t(tap) * k.inChannels * k.outChannels;
    m.rows = k.inChannels, m.columns = k.outChannels;
    m.rowStride = k.outChannels;
    m.firstRow = tap * k.inChannels;
    m.panelRows = taps * k.inChannels, m.panelColumns = padded(k.outChannels);
    kernels_.packPanels(m, packed.forward);
  }
  for (int tap = 0; k.backward && tap < taps; tap++) {
    MatrixBlock m;
    m.values = w + std::size_t(tap) * k.inChannels * k.outChannels;
    m.rows = k.outChannels, m.columns = k.inChannels;
    m.rowStride = 1, m.columnStride = k.outChannels;
    m.firstColumn = tap * padded(k.inChannels);
    m.panelRows = k.outChannels, m.panelColumns = taps * padded(k.inChannels);
    kernels_.packPanels(m, packed.backward);
  }
}

void Session::foldRunningStatistics() {
  const float* w = weights_.data();
  for (auto& norm : norms_) {
    if (norm->factors) continue;  // folded into its kernel
    const BatchNormSpec& s = norm->spec;
    for (int c = 0; c < s.channels; c++) {
      const double inverse = 1 / std::sqrt(double(w[offsets_[s.variance] + c]) + s.epsilon);
      const double scale = w[offsets_[s.gamma] + c] * inverse;
      norm->foldedScale()[c] = float(scale);
      norm->foldedShift()[c] = float(w[offsets_[s.beta] + c] - w[offsets_[s.mean] + c] * scale);
    }
  }
}

/** What a folded kernel was multiplied by; 1 for a channel that gives nothing. */
double Session::factorOf(const BatchNorm& norm, int c) {
  return norm.factors && norm.factors[c] != 0 ? norm.factors[c] : 1;
}

/** From the sums over a batch to what readers apply. @returns whether every number is finite */
bool Session::finishStatistics(BatchNorm& norm, std::int64_t count) {
  const Statistics found = norm.statistics();
  const float* gamma = weights_.data() + offsets_[norm.spec.gamma];
  const float* beta = weights_.data() + offsets_[norm.spec.beta];
  const float* running = weights_.data() + offsets_[norm.spec.mean];
  bool finite = true;
  for (int c = 0; c < norm.spec.channels; c++) {
    // A folded norm's tensor is the product times its factor, which is divided out again (Krishnamoorthi 2018, section 3.2.2).
    const double factor = factorOf(norm, c);
    const double mean = found.mean[c], variance = found.m2[c] / double(count) / (factor * factor);
    const double scale = gamma[c] / std::sqrt(variance + norm.spec.epsilon) / factor;
    norm.mean()[c] = float(mean);
    norm.batchMean()[c] = float(mean / factor);
    norm.unbiasedVariance()[c] = float(found.m2[c] / (factor * factor) / double(std::max<std::int64_t>(1, count - 1)));
    norm.scale()[c] = float(scale);
    norm.shift()[c] = float(beta[c] - mean * scale);
    finite = finite && std::isfinite(mean) && std::isfinite(variance) && std::isfinite(scale);
    if (!frozen_ || !norm.factors) continue;
    norm.scale()[c] = 1;
    norm.shift()[c] = float(beta[c] - double(running[c]) * norm.factors[c]);
  }
  return finite;
}

/**
 * With g the gradient behind the batch norm, r = (x - mean) / deviation: dBeta = sum g, dGamma = sum g r and
 * dx = gamma / deviation * (g - dBeta / n - r * dGamma / n)  (Ioffe and Szegedy 2015, section 3).
 */
void Session::finishGradientSums(BatchNorm& norm, std::int64_t count) {
  const float* gamma = weights_.data() + offsets_[norm.spec.gamma];
  const Statistics found = norm.statistics();
  for (int c = 0; c < norm.spec.channels; c++) {
    const double dBeta = norm.sums()[c];
    if (frozen_ && norm.factors) {
      // y = x + beta - gamma * mean / deviation
      const double variance = weights_.data()[offsets_[norm.spec.variance] + c];
      const double share = weights_.data()[offsets_[norm.spec.mean] + c] / std::sqrt(variance + norm.spec.epsilon);
      norm.a()[c] = 1;
      norm.b()[c] = norm.c()[c] = 0;
      gradients_.data()[offsets_[norm.spec.beta] + c] = float(dBeta);
      gradients_.data()[offsets_[norm.spec.gamma] + c] = float(-share * dBeta);
      continue;
    }
    const double factor = factorOf(norm, c);
    const double inverse = 1 / std::sqrt(found.m2[c] / double(count) / (factor * factor) + norm.spec.epsilon) / factor;
    // The kernels took the deviations from the mean in float32: the rest of the mean times the sum is put right here.
    const double rest = double(norm.mean()[c]) - found.mean[c];
    const double dGamma = (norm.sums()[norm.stride + c] + rest * dBeta) * inverse;
    const double a = gamma[c] * inverse;
    const double b = -a * inverse * dGamma / double(count);
    norm.a()[c] = float(a);
    norm.b()[c] = float(b);
    norm.c()[c] = float(-a * dBeta / double(count) - b * found.mean[c]);
    gradients_.data()[offsets_[norm.spec.beta] + c] = float(dBeta);
    gradients_.data()[offsets_[norm.spec.gamma] + c] = float(dGamma);
  }
}

int Session::firstNotFinite(const float* flat) const {
  for (std::size_t i = 0; i < model_.parameters.size(); i++)
    if (!kernels_.finite(flat + offsets_[i], model_.parameters[i].size)) return int(i);
  return -1;
}

StepResult Session::trainStep(int index, const StepSettings& settings) {
  // Whatever is not finite ends the step before `update`: the parameters stay those of the last good step.
  const Pool::Awake awake(pool_);
  Plan& plan = *plans_[index];
  StepResult result;
  const auto stop = [&](NotFinite::Where where, int which) {
    result.notFinite = {where, which};
    return result;
  };
  require(hasTargets_ || !loss_.needsTargets(), "a step without targets");
  if (const int bad = firstNotFinite(weights_.data()); bad >= 0) return stop(NotFinite::parameter, bad);
  seed_ = settings.seed;
  rangeMomentum_ = settings.rangeMomentum;
  frozen_ = settings.frozenBatchNorm;
  integers_ = false;
  loadRanges();  // ahead of pack: a kernel's scale depends on its input's range
  pack();
  if (const int bad = runOps(plan.forward); bad >= 0) return stop(NotFinite::statistics, bad);
  result.loss = computeLoss(plan.spec, settings.ramp);
  if (!std::isfinite(result.loss.lossSum)) return stop(NotFinite::loss, -1);
  runOps(plan.backward);
  unfoldGradients();
  if (const int bad = firstNotFinite(gradients_.data()); bad >= 0) return stop(NotFinite::gradient, bad);
  clipGradients();
  update(plan, settings);
  return result;
}

/** Nothing for a plan without the outputs that the losses read. */
LossResult Session::computeLoss(const PlanSpec& s, const LossRamp& ramp) {
  LossBatch batch;
  batch.rows = s.batch;
  batch.labels = labels_.data();
  batch.rowLoss = rowLoss_.data(), batch.rowCorrect = rowCorrect_.data();
  batch.pairs = pairs_.data();
  batch.targets = hasTargets_ ? targets_.data() : nullptr;
  for (const OutputName name : {embedding, scores}) batch.spare[name] = spare_[name].data();
  for (const OutputSpec& o : s.outputs) {
    const TensorSpec& t = s.tensors[o.tensor];
    float* gradient = o.gradient < 0 ? nullptr : arena_.data() + s.tensors[o.gradient].offset;
    batch.outputs[o.name] = {arena_.data() + t.offset, gradient, t.c, padded(t.c)};
  }
  return loss_.compute(pool_, batch, ramp);
}

void Session::cutGradients() {
  for (std::size_t i = 0; i < model_.parameters.size(); i++)
    for (std::size_t at = 0; model_.parameters[i].trainable && at < model_.parameters[i].size; at += kClippedTogether) {
      const std::size_t end = std::min(model_.parameters[i].size, at + kClippedTogether);
      clipped_.push_back({offsets_[i] + at, offsets_[i] + end, 0});
    }
}

/**
 * Makes all gradients together no longer than `clipNorm` (Pascanu et al. 2013, algorithm 1). The squares are summed in float64, part
 * by part, so that any number of threads gives the same.
 */
void Session::clipGradients() {
  float* g = gradients_.data();
  parallel(pool_, int(clipped_.size()), [&](int item, int) {
    Part& part = clipped_[item];
    double sums[4] = {};  // chains of additions that do not wait for each other
    for (std::size_t i = part.begin; i < part.end; i++) sums[i % 4] += double(g[i]) * g[i];
    part.squares = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  });
  double squares = 0;
  for (const Part& part : clipped_) squares += part.squares;
  const double norm = std::sqrt(squares);
  if (!(norm > optimizer_.clipNorm)) return;
  const double factor = optimizer_.clipNorm / norm;
  parallel(pool_, int(clipped_.size()), [&](int item, int) {
    for (std::size_t i = clipped_[item].begin; i < clipped_[item].end; i++) g[i] = float(g[i] * factor);
  });
}

void Session::update(const Plan& plan, const StepSettings& settings) {
  step++;
  parallel(pool_, int(model_.parameters.size()), [&](int i, int) {
    const ParameterSpec& p = model_.parameters[i];
    if (!p.trainable) return;
    const float rate = settings.learningRate * p.rate;
    const std::size_t at = offsets_[i], size = model_.parameters[i].size;
    float* w = weights_.data() + at;
    const float* g = gradients_.data() + at;
    if (optimizer_.adam)
      kernels_.adam(w, g, first_.data() + at, second_.data() + at, size,
                    {rate, optimizer_.beta1, optimizer_.beta2, optimizer_.epsilon, p.decay ? optimizer_.weightDecay : 0,
                     step});
    else
      kernels_.momentum(w, g, first_.data() + at, size, {rate, optimizer_.momentum});
  });
  for (std::size_t i = 0; i < model_.quantizers.size(); i++)
    if (fakeQuants_[i]) std::copy_n(ranges_.data() + 2 * i, 2, weights_.data() + offsets_[model_.quantizers[i].range]);
  updateStatistics(plan, settings);
}

/** Running statistics of the batch norms that have met this batch. */
void Session::updateStatistics(const Plan& plan, const StepSettings& settings) {
  const double keep = settings.batchNormMomentum;
  for (const BoundOp& op : plan.forward) {
    const BatchNorm* norm = op.statistics;  // one that no operation of this plan feeds stays as it is
    if (!norm || (settings.frozenBatchNorm && norm->factors)) continue;
    float* mean = weights_.data() + offsets_[norm->spec.mean];
    float* variance = weights_.data() + offsets_[norm->spec.variance];
    for (int c = 0; c < norm->spec.channels; c++) {
      mean[c] = float(mean[c] * keep + norm->batchMean()[c] * (1 - keep));
      variance[c] = float(variance[c] * keep + norm->unbiasedVariance()[c] * (1 - keep));
    }
  }
}

/** From integers to what they stand for. */
void Session::scale(const TensorSpec& tensor, float factor) {
  float* values = arena_.data() + tensor.offset;
  for (std::size_t i = 0; i < tensor.floats(); i++) values[i] *= factor;
}

StepResult Session::evaluate(int index) {
  const Pool::Awake awake(pool_);
  Plan& plan = *plans_[index];
  const PlanSpec& s = plan.spec;
  StepResult result;
  if (foldedStep_ != step) {  // once for all batches of an evaluation: parameters do not change between them
    if (const int bad = firstNotFinite(weights_.data()); bad >= 0) {
      result.notFinite = {NotFinite::parameter, bad};
      return result;
    }
    foldRunningStatistics();
    foldedStep_ = step;
  }
  integers_ = s.integers;  // kernels are packed anew where it changes
  loadRanges();
  pack();
  foldBiases();
  if (integers_) requantize(plan);
  runOps(plan.forward);
  if (integers_) {
    const OutputSpec* before = nullptr;
    for (const OutputSpec& o : s.outputs) {
      // Where the scores are the embedding they are scaled once.
      if (!before || before->tensor != o.tensor) scale(s.tensors[o.tensor], fakeQuants_[o.quantizer]->scale);
      before = &o;
    }
  }
  result.loss = computeLoss(s, LossRamp());
  return result;
}

}  // namespace ft
