// The numbers of a plan on integers. The same in TypeScript: src/quantization/interpreter/integerNetwork.ts.
#include <algorithm>
#include <cmath>

#include "session_parts.h"

namespace ft {
namespace {

/** A factor as int8 arithmetic has it: 31 bits and a power of two (TFLite's QuantizeMultiplier). Below 2^-32 it is none. */
double fixedFactor(double factor) {
  if (!(factor > 0)) return 0;
  int exponent;
  const double mantissa = std::frexp(factor, &exponent);
  return exponent < -31 ? 0 : std::ldexp(std::round(std::ldexp(mantissa, 31)), exponent - 31);
}

}  // namespace

/** What the bytes of each colour are in steps of the input's scale. */
void Session::quantizeColours() {
  for (const auto& packed : packed_) {
    const KernelSpec& k = packed->spec;
    if (!k.pixels || k.inputQuantizer < 0) continue;
    const FakeQuant& q = *fakeQuants_[k.inputQuantizer];
    for (std::size_t i = 0; i < colours_.size(); i++) {
      const float within = std::max(std::min(colours_.data()[i], q.maximum), q.minimum);
      integerColours_.data()[i] = std::floor((within - q.minimum) / q.scale - q.below + 0.5f);
    }
  }
}

/** The numbers of a plan on integers. The same in TypeScript: src/quantization/interpreter/integerNetwork.ts. */
void Session::requantize(Plan& plan) {
  quantizeColours();
  // A sum's summands get 20 bits more before they are added, as TFLite's kernel for ADD gives them.
  constexpr double kAddShift = 1 << 20;
  for (std::size_t i = 0; i < plan.forward.size(); i++) {
    const OpSpec& op = plan.spec.forward[i];
    BoundOp& bound = plan.forward[i];
    const FakeQuant& out = *fakeQuants_[op.quantizer];
    const float levels = float((1 << model_.quantizers[op.quantizer].bits) - 1);
    const bool empty = !(out.maximum > out.minimum);
    // Bounds of the output, in whole steps of its scale from its zero point: a uint8's 0..255 less the zero point. ReLU6 bounds
    // them to 0..6 / scale.
    float lo = empty ? 0 : -out.below, hi = empty ? 0 : levels - out.below;
    if (op.relu6) {
      lo = std::max(lo, 0.0f);
      hi = std::min(hi, std::round(6 / out.scale));
    }
    if (PoolForward* f = std::get_if<PoolForward>(&bound.work)) {
      f->pool.integers = {true, double(out.below) - (levels + 1) / 2};
    } else if (Add* f = std::get_if<Add>(&bound.work); f && f->slope) {
      const double x = fakeQuants_[op.xQuantizer]->scale, slope = slopes_[op.slope]->scale;
      // Slopes of zero have no scale: any does.
      f->integerPrelu = {true, fixedFactor(x / out.scale), fixedFactor(x * (slope > 0 ? slope : 1) / out.scale), lo, hi};
    } else if (f) {
      const double x = fakeQuants_[op.xQuantizer]->scale, y = fakeQuants_[op.yQuantizer]->scale;
      const double twice = 2 * std::max(x, y);
      f->integers = {true, fixedFactor(x / twice) * kAddShift, fixedFactor(y / twice) * kAddShift,
                            fixedFactor(twice / (kAddShift * out.scale)), lo, hi};
    } else if (ValuesForward* f = std::get_if<ValuesForward>(&bound.work)) {
      const FakeQuant& x = *fakeQuants_[op.xQuantizer];
      const double product = op.yQuantizer < 0 ? 0 : double(x.scale) * fakeQuants_[op.yQuantizer]->scale / out.scale;
      f->values.integers = {true, fixedFactor(product), x.scale, out.scale, lo, hi};
    } else {
      Packed& packed = *packed_[op.kernel];
      requantizeKernel(packed, out);
      packed.requantize = {packed.integerBias.data(), packed.multiplier.data(), lo, hi};
    }
  }
}

/**
 * A kernel's numbers: the bias in steps of input scale times kernel scale, which is what a sum of integer products is in, and the
 * factor from such a step to one of the output's scale.
 */
void Session::requantizeKernel(Packed& packed, const FakeQuant& out) {
  const KernelSpec& k = packed.spec;
  const double inputScale = fakeQuants_[k.inputQuantizer]->scale;
  for (int c = 0; c < k.outChannels; c++) {
    const double step = inputScale * (packed.scales[c] == 0 ? out.scale : packed.scales[c]);
    // As the float that the simulation adds, which lies on the grid already.
    const double bias = k.bias >= 0 ? packed.biasInUse[c] : k.batchNorm >= 0 ? norms_[k.batchNorm]->foldedShift()[c] : 0;
    packed.integerBias[c] = std::round(bias / step);
    packed.multiplier[c] = fixedFactor(step / out.scale);
    // Pictures without colours of their own are read as multiples of their scale, a power of two: sums of those are as exact.
    if (k.pixels && model_.colours.empty()) packed.integerBias[c] *= inputScale, packed.multiplier[c] /= inputScale;
  }
}

}  // namespace ft
