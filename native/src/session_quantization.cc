// What quantization adds to a step. The same in TypeScript: src/quantization/folding.ts.
#include <algorithm>
#include <cmath>
#include <limits>

#include "session_parts.h"

namespace ft {
namespace {

/** TensorFlow's `Nudge`: a quantizer whose levels hold zero exactly. Float32 step by step. */
FakeQuant nudged(float min, float max, int first, int last) {
  FakeQuant q;
  q.scale = (max - min) / float(last - first);
  const float wished = float(first) - min / q.scale;
  const float zero = !(q.scale > 0) || wished < float(first) ? float(first)
                     : wished > float(last)                  ? float(last)
                                                             : std::round(wished);
  q.minimum = (float(first) - zero) * q.scale;
  q.maximum = (float(last) - zero) * q.scale;
  q.below = zero - float(first);
  return q;
}

float rounded(float x, const FakeQuant& q) {
  return std::floor((std::max(std::min(x, q.maximum), q.minimum) - q.minimum) / q.scale - q.below + 0.5f) * q.scale;
}

float throughView(const View& view, float x, int c) {
  if (view.scale) x = view.scale[c] * x + view.shift[c];
  return std::min(view.hi, std::max(view.lo, x));
}

constexpr int kLargestBits = 16;
/** Parts of an observation, whatever the number of threads. */
constexpr int kObservers = 32;
constexpr double kLargestBias = 1 << 30;  // half of what an int32 holds

}  // namespace

/** Null for none, and for one that is not of activations. */
FakeQuant* Session::quantizerOf(int index) const {
  if (index < 0) return nullptr;
  require(std::size_t(index) < model_.quantizers.size(), "a quantizer");
  return fakeQuants_[index].get();
}

void Session::placeQuantizers() {
  for (const QuantizerSpec& q : model_.quantizers) {
    require(q.bits >= 2 && q.bits <= kLargestBits, "the bits of a quantizer");
    require(q.range < 0 || at(model_.parameters, q.range, "a range").size == 2, "the size of a range");
    fakeQuants_.push_back(q.range < 0 ? nullptr : std::make_unique<FakeQuant>());
  }
  active_.assign(model_.quantizers.size(), 0);
  packedActive_ = active_;
  ranges_.assign(2 * model_.quantizers.size(), 0);
  limits_ = ranges_;
  std::size_t total = 0;
  const auto each = [&](auto&& visit) {
    for (auto& packed : packed_) {
      const KernelSpec& k = packed->spec;
      if (k.batchNorm < 0 && k.quantizer < 0) continue;
      const std::size_t channels = std::size_t(padded(k.outChannels));
      visit(&packed->folded, model_.parameters[k.weights].size);
      visit(&packed->factors, channels);
      visit(&packed->scales, channels);
    }
  };
  const auto aligned = [](std::size_t floats) { return (floats + kAlign - 1) / kAlign * kAlign; };
  each([&](float**, std::size_t floats) { total += aligned(floats); });
  foldedFloats_ = Block<float>(total);
  std::size_t offset = 0;
  each([&](float** where, std::size_t floats) {
    *where = foldedFloats_.data() + offset;
    offset += aligned(floats);
  });
  for (auto& packed : packed_) {
    const KernelSpec& k = packed->spec;
    require(k.quantizer < 0 || (std::size_t(k.quantizer) < model_.quantizers.size() &&
                                model_.quantizers[k.quantizer].range < 0 && model_.quantizers[k.quantizer].slope < 0),
            "the quantizer of a kernel");
    require(k.inputQuantizer < 0 || quantizerOf(k.inputQuantizer), "the quantizer of a kernel's input");
    if (packed->folded && k.quantizer >= 0) {
      packed->largest.resize(std::size_t(k.outChannels));
      packed->quantizers.resize(std::size_t(k.outChannels));
    }
    if (k.batchNorm < 0) continue;
    packed->sums.resize(std::size_t(k.outChannels));
    require(k.kind != KernelSpec::dense && at(model_.batchNorms, k.batchNorm, "a batch norm").channels == k.outChannels,
            "the batch norm of a kernel");
    norms_[k.batchNorm]->factors = packed->factors;
  }
}

/** Room for slopes that a quantizer rounds. */
void Session::placeSlopes() {
  slopes_.resize(model_.parameters.size());
  std::size_t total = 0;
  for (std::size_t i = 0; i < model_.quantizers.size(); i++) {
    const QuantizerSpec& q = model_.quantizers[i];
    if (q.slope < 0) continue;
    require(q.range < 0 && at(model_.parameters, q.slope, "slopes").size <= std::size_t(kMostChannels) && !slopes_[q.slope],
            "the quantizer of slopes");
    slopes_[q.slope] = std::make_unique<Slopes>(Slopes{q.slope, int(i)});
    total += padded(int(model_.parameters[q.slope].size));
  }
  slopeFloats_ = Block<float>(total);
  float* place = slopeFloats_.data();
  for (const auto& slopes : slopes_)
    if (slopes) slopes->inUse = place, place += padded(int(model_.parameters[slopes->parameter].size));
}

/** Slopes of all channels have one scale, from the largest; the lowest integer is left out. */
void Session::roundSlopes() {
  for (const auto& slopes : slopes_) {
    if (!slopes) continue;
    const std::size_t size = model_.parameters[slopes->parameter].size;
    const float* raw = weights_.data() + offsets_[slopes->parameter];
    std::copy_n(raw, size, slopes->inUse);
    slopes->scale = 0;
    if (!active_[slopes->quantizer]) continue;
    float largest = 0;
    for (std::size_t c = 0; c < size; c++) largest = std::max(largest, std::fabs(raw[c]));
    const FakeQuant q = nudged(-largest, largest, 1, (1 << model_.quantizers[slopes->quantizer].bits) - 1);
    if (!(q.scale > 0)) continue;  // of zeros
    slopes->scale = q.scale;
    for (std::size_t c = 0; c < size; c++) {
      const float slope = rounded(raw[c], q);
      slopes->inUse[c] = integers_ ? std::round(slope / q.scale) : slope;
    }
  }
}

void Session::activate(const std::uint8_t* active) { active_.assign(active, active + active_.size()); }

void Session::setRange(int quantizer, float min, float max) {
  // In place: views and epilogues hold this address for as long as the session lives.
  FakeQuant& q = *fakeQuants_[quantizer];
  ranges_[2 * quantizer] = min, ranges_[2 * quantizer + 1] = max;
  q = nudged(min, max, 0, (1 << model_.quantizers[quantizer].bits) - 1);
  // All zero for the range [0, 0], as TensorFlow's.
  if (!(q.scale > 0)) q = FakeQuant();
  q.active = active_[quantizer] != 0;
}

/** Ranges as the parameters have them. */
void Session::loadRanges() {
  for (std::size_t i = 0; i < model_.quantizers.size(); i++) {
    if (!fakeQuants_[i]) continue;
    const float* range = weights_.data() + offsets_[model_.quantizers[i].range];
    setRange(int(i), range[0], range[1]);
  }
}

/** The range of an output follows what is there; before any reader has seen it. */
void Session::followRange(const BoundOp& op) {
  if (rangeMomentum_ < 0 || !model_.quantizers[op.quantizer].observed) return;
  float low = kInfinity, high = -kInfinity;
  if (op.statistics) {
    // Each channel's view is monotonic: its ends are those of what the kernel wrote.
    for (int c = 0; c < op.statistics->spec.channels; c++)
      for (const float x : {op.statistics->low()[c], op.statistics->high()[c]}) {
        const float v = throughView(op.ranged, x, c);
        low = std::min(low, v), high = std::max(high, v);
      }
  } else {
    const int items = int(std::min<std::int64_t>(64, op.rows)), stride = padded(op.channels);
    float found[2 * 64];
    parallel(pool_, items, [&](int item, int) {
      float least = kInfinity, most = -kInfinity;
      for (std::int64_t r = op.rows * item / items; r < op.rows * (item + 1) / items; r++)
        for (int c = 0; c < op.channels; c++) {
          const float v = throughView(op.ranged, op.ranged.x[r * stride + c], c);
          least = std::min(least, v), most = std::max(most, v);
        }
      found[2 * item] = least, found[2 * item + 1] = most;
    });
    for (int item = 0; item < items; item++)
      low = std::min(low, found[2 * item]), high = std::max(high, found[2 * item + 1]);
  }
  // A range holds zero, which then has a level of its own: SAME padding stays exact (Jacob et al. 2018, section 2.1).
  low = std::min(0.0f, low), high = std::max(0.0f, high);
  const float before[2] = {ranges_[2 * op.quantizer], ranges_[2 * op.quantizer + 1]};
  const auto mixed = [&](float old, float seen) { return float(old * rangeMomentum_ + seen * (1 - rangeMomentum_)); };
  // Nothing seen yet: the first batch sets the range, and does not have to pull it away from [0, 0].
  if (before[0] == 0 && before[1] == 0)
    setRange(op.quantizer, low, high);
  else
    setRange(op.quantizer, mixed(before[0], low), mixed(before[1], high));
}

/** Kernel values [.., outC] times gamma / deviation, rounded. @returns the values to multiply with */
const float* Session::foldKernel(Packed& packed) const {
  const KernelSpec& k = packed.spec;
  const float* w = weights_.data() + offsets_[k.weights];
  if (!packed.folded) return w;
  const int channels = k.outChannels;
  const std::size_t size = model_.parameters[k.weights].size;
  if (k.batchNorm >= 0) {
    const BatchNormSpec& norm = model_.batchNorms[k.batchNorm];
    const float *gamma = weights_.data() + offsets_[norm.gamma], *variance = weights_.data() + offsets_[norm.variance];
    for (int c = 0; c < channels; c++)
      packed.factors[c] = float(gamma[c] / std::sqrt(double(variance[c]) + norm.epsilon));
  } else {
    std::fill_n(packed.factors, channels, 1.0f);
  }
  for (std::size_t row = 0; row < size; row += channels)
    for (int c = 0; c < channels; c++) packed.folded[row + c] = w[row + c] * packed.factors[c];
  std::fill_n(packed.scales, channels, 0.0f);
  if (k.quantizer < 0 || !active_[k.quantizer]) return packed.folded;
  // A scale for each output channel, from the largest value; the lowest integer is left out.
  // An int8 kernel has -127..127: levels 1..255, with zero in the middle.
  const int last = (1 << model_.quantizers[k.quantizer].bits) - 1;
  std::vector<float>& largest = packed.largest;
  std::fill(largest.begin(), largest.end(), 0.0f);
  for (std::size_t row = 0; row < size; row += channels)
    for (int c = 0; c < channels; c++) largest[c] = std::max(largest[c], std::fabs(packed.folded[row + c]));
  // A bias has to fit an int32 of input scale times kernel scale, with a bit to spare.
  if (k.inputQuantizer >= 0 && ranges_[2 * k.inputQuantizer] < ranges_[2 * k.inputQuantizer + 1]) {
    const double step = kLargestBias * fakeQuants_[k.inputQuantizer]->scale / (last / 2);
    for (int c = 0; c < channels; c++)
      largest[c] = std::max(largest[c], float(std::fabs(exactBias(packed, c)) / step));
  }
  std::vector<FakeQuant>& quantizers = packed.quantizers;
  for (int c = 0; c < channels; c++) {
    quantizers[c] = nudged(-largest[c], largest[c], 1, last);
    packed.scales[c] = quantizers[c].scale;
  }
  for (std::size_t row = 0; row < size; row += channels)
    for (int c = 0; c < channels; c++)
      packed.folded[row + c] = quantizers[c].scale > 0 ? rounded(packed.folded[row + c], quantizers[c]) : 0.0f;
  if (integers_)
    for (std::size_t row = 0; row < size; row += channels)
      for (int c = 0; c < channels; c++)
        if (packed.scales[c] > 0) packed.folded[row + c] = std::round(packed.folded[row + c] / packed.scales[c]);
  return packed.folded;
}

/**
 * From the gradients of the kernels that were multiplied with to those of the parameters: dW = factor * dK, and gamma gets
 * what goes through the factor. Nothing is clipped: a kernel's range is that of its own values.
 */
void Session::unfoldGradients() {
  parallel(pool_, int(packed_.size()), [&](int item, int) {
    Packed& packed = *packed_[item];
    const KernelSpec& k = packed.spec;
    if (k.batchNorm < 0) return;
    const BatchNormSpec& norm = model_.batchNorms[k.batchNorm];
    const int channels = k.outChannels;
    const std::size_t size = model_.parameters[k.weights].size;
    const float* w = weights_.data() + offsets_[k.weights];
    float* g = gradients_.data() + offsets_[k.weights];
    std::vector<double>& sums = packed.sums;
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t row = 0; row < size; row += channels)
      for (int c = 0; c < channels; c++) {
        const float factor = packed.factors[c];
        // With the batch's own statistics the factor is divided out again behind the product.
        if (factor != 0) sums[c] += double(g[row + c]) * (w[row + c] - (frozen_ ? 0.0 : double(packed.folded[row + c]) / factor));
        g[row + c] *= factor;
      }
    float* dGamma = gradients_.data() + offsets_[norm.gamma];
    const float* variance = weights_.data() + offsets_[norm.variance];
    for (int c = 0; c < channels; c++)
      dGamma[c] = float(dGamma[c] + sums[c] / std::sqrt(double(variance[c]) + norm.epsilon));
  });
}

/** A channel's bias: batch norm by its running statistics, or a dense layer's own; 0 without either. */
double Session::exactBias(const Packed& packed, int c) const {
  const KernelSpec& k = packed.spec;
  const float* w = weights_.data();
  if (k.bias >= 0) return w[offsets_[k.bias] + c];
  if (k.batchNorm < 0) return 0;
  const BatchNormSpec& norm = model_.batchNorms[k.batchNorm];
  return w[offsets_[norm.beta] + c] - double(w[offsets_[norm.mean] + c]) * packed.factors[c];
}

/** Biases in use: batch norm by its running statistics, on the grid of the integers that they are at run time. */
void Session::foldBiases() {
  for (auto& packed : packed_) {
    const KernelSpec& k = packed->spec;
    if (!packed->folded && k.bias < 0) continue;
    const FakeQuant* input = quantizerOf(k.inputQuantizer);
    const auto onGrid = [&](double bias, int c) {
      const bool quantized = packed->scales && input && input->active && input->maximum > input->minimum;
      const double step = quantized ? double(input->scale) * packed->scales[c] : 0;
      return float(step > 0 ? std::round(bias / step) * step : bias);
    };
    if (k.bias >= 0)
      for (int c = 0; c < k.outChannels; c++) packed->biasInUse[c] = onGrid(exactBias(*packed, c), c);
    if (k.batchNorm < 0) continue;
    const BatchNorm& norm = *norms_[k.batchNorm];
    for (int c = 0; c < k.outChannels; c++) {
      norm.foldedScale()[c] = 1;
      norm.foldedShift()[c] = onGrid(exactBias(*packed, c), c);
    }
  }
}

/** Allocates, as the evaluation that follows must not: an Observation for each part of the work, merged in their order. */
void Session::prepareObservations(const float* limits, int bins) {
  limits_.assign(limits, limits + limits_.size());
  observations_.assign(model_.quantizers.size(), Observation());
  for (std::size_t i = 0; i < observations_.size(); i++) {
    if (limits_[2 * i] < limits_[2 * i + 1]) observations_[i].histogram.assign(std::size_t(bins), 0);
    observations_[i].largest.reserve(kMostChannels);
  }
  partObservations_.resize(kObservers);
  for (Observation& part : partObservations_) part.histogram.assign(std::size_t(bins), 0), part.largest.resize(kMostChannels);
}

/** Sums of values in float64: energy and noise are sums of squares, and their ratio is the signal-to-noise of the rounding. */
void Session::observe(const Observe& op) {
  if (observations_.empty()) return;
  Observation& total = observations_[op.quantizer];
  const FakeQuant q = nudged(ranges_[2 * op.quantizer], ranges_[2 * op.quantizer + 1], 0,
                             (1 << model_.quantizers[op.quantizer].bits) - 1);
  const int bins = int(total.histogram.size()), stride = padded(op.channels);
  const double low = limits_[2 * op.quantizer], width = double(limits_[2 * op.quantizer + 1]) - low;
  const int items = int(std::min<std::int64_t>(kObservers, op.rows));
  const int channels = op.channels > kMostChannels ? 0 : op.channels;
  parallel(pool_, items, [&](int item, int) {
    Observation& o = partObservations_[item];
    o.min = std::numeric_limits<double>::infinity(), o.max = -o.min;
    o.energy = o.noise = o.clipped = 0;
    std::fill(o.histogram.begin(), o.histogram.end(), 0.0);
    std::fill_n(o.largest.begin(), channels, 0.0);
    for (std::int64_t r = op.rows * item / items; r < op.rows * (item + 1) / items; r++)
      for (int c = 0; c < op.channels; c++) {
        const float x = op.x[r * stride + c];
        o.min = std::min(o.min, double(x)), o.max = std::max(o.max, double(x));
        o.energy += double(x) * x;
        if (channels > 0) o.largest[c] = std::max(o.largest[c], double(std::fabs(x)));
        if (q.scale > 0) {
          const double off = double(x) - rounded(x, q);
          o.noise += off * off;
          if (x < q.minimum || x > q.maximum) o.clipped++;
        }
        if (bins > 0) {
          const double bin = std::floor((x - low) / width * bins);
          o.histogram[std::size_t(bin > 0 ? std::min(bin, double(bins - 1)) : 0)]++;
        }
      }
  });
  total.min = std::numeric_limits<double>::infinity(), total.max = -total.min;
  total.largest.assign(std::size_t(channels), 0);
  for (int item = 0; item < items; item++) {
    const Observation& o = partObservations_[item];
    total.min = std::min(total.min, o.min), total.max = std::max(total.max, o.max);
    total.energy += o.energy, total.noise += o.noise, total.clipped += o.clipped;
    for (int b = 0; b < bins; b++) total.histogram[b] += o.histogram[b];
    for (int c = 0; c < channels; c++) total.largest[c] = std::max(total.largest[c], o.largest[c]);
  }
  total.count = double(op.rows) * op.channels;
}

}  // namespace ft
