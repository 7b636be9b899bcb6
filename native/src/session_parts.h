// What a session is made of; for its own source files.
#pragma once

#include "session.h"

namespace ft {

constexpr int kAlign = 16;  // floats: a cache line

inline void require(bool condition, const char* what) {
  if (!condition) throw InvalidPlan(what);
}

template <class T>
const T& at(const std::vector<T>& list, int index, const char* what) {
  require(index >= 0 && std::size_t(index) < list.size(), what);
  return list[index];
}

/** A batch norm's numbers, padded to whole vectors with zeros. */
struct Session::BatchNorm {
  explicit BatchNorm(const BatchNormSpec& spec)
      : spec(spec),
        stride(padded(spec.channels)),
        floats(std::size_t(stride) * 12),
        doubles(std::size_t(stride) * 4) {}
  const BatchNormSpec spec;
  int stride;
  /** The kernel that it is folded into: [C] gamma / deviation by the running statistics. Null: none. */
  const float* factors = nullptr;
  Block<float> floats;
  Block<double> doubles;
  // Training: this batch's.
  float* scale() const { return floats.data(); }
  float* shift() const { return floats.data() + stride; }
  float* mean() const { return floats.data() + 2 * stride; }  // of the tensor, for sums of deviations
  float* batchMean() const { return floats.data() + 9 * stride; }
  float* unbiasedVariance() const { return floats.data() + 3 * stride; }
  // Gradient of the input: a * g + b * x + c.
  float* a() const { return floats.data() + 4 * stride; }
  float* b() const { return floats.data() + 5 * stride; }
  float* c() const { return floats.data() + 6 * stride; }
  // Inference: by the running statistics.
  float* foldedScale() const { return floats.data() + 7 * stride; }
  float* foldedShift() const { return floats.data() + 8 * stride; }
  float* low() const { return floats.data() + 10 * stride; }
  float* high() const { return floats.data() + 11 * stride; }
  Statistics statistics(bool ranged = false) const {
    return {doubles.data(), doubles.data() + stride, ranged ? low() : nullptr, ranged ? high() : nullptr};
  }
  double* sums() const { return doubles.data() + 2 * stride; }
};

/** A kernel laid out for the products: folded with its batch norm and rounded by its quantizer, where it has them. */
struct Session::Packed {
  KernelSpec spec;
  // In the session's block of all kernels; null where there is none.
  float* forward = nullptr;
  float* backward = nullptr;
  float* bias = nullptr;
  float* biasInUse = nullptr;  // on the grid of the integer that it is at run time
  float* folded = nullptr;     // the parameter's layout
  float* factors = nullptr;    // [outC] gamma / deviation, or ones
  float* scales = nullptr;     // [outC] of the quantizer; zeros while it is not active
  // Room for a step to work in, [outC]; made with the session, since a step allocates nothing.
  std::vector<float> largest;
  std::vector<FakeQuant> quantizers;
  std::vector<double> sums;
  /**
   * A plan on integers, [outC padded]: what is added to a sum of products, in units of input scale times kernel scale, and
   * the factor from there to the output's scale. Made with the first such plan.
   */
  std::vector<double> integerBias, multiplier;
  Requantize requantize;
};

struct Session::BoundOp {
  OpSpec::Kind kind;
  ConvForward conv;
  ConvBackward convBackward;
  DepthwiseForward depthwise;
  DepthwiseBackward depthwiseBackward;
  Add add;
  Pool2d pool;
  Contribute contribute;
  // loadPixels, loadFloats, dropout
  float* out = nullptr;
  double rate = 0;
  int node = 0;
  std::int64_t rows = 0;
  int channels = 0;
  Needs needs;
  BatchNorm* statistics = nullptr;  // finish them afterwards
  std::int64_t statisticsCount = 0;
  int statisticsIndex = -1;
  BatchNorm* sums = nullptr;
  std::int64_t sumsCount = 0;
  int quantizer = -1;  // whose range follows the output, or that observes it
  View ranged;         // the output as its quantizer meets it
  double seconds = 0;

  Statistics batchStatistics() const {
    return statistics ? statistics->statistics(quantizer >= 0) : Statistics();
  }
};

struct Session::Plan {
  PlanSpec spec;
  std::vector<BoundOp> forward, backward;
};

}  // namespace ft
