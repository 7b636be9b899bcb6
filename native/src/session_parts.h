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
        floats(std::size_t(stride) * 9),
        doubles(std::size_t(stride) * 4) {}
  const BatchNormSpec spec;
  int stride;
  Block<float> floats;
  Block<double> doubles;
  // Training: this batch's.
  float* scale() const { return floats.data(); }
  float* shift() const { return floats.data() + stride; }
  float* mean() const { return floats.data() + 2 * stride; }
  float* unbiasedVariance() const { return floats.data() + 3 * stride; }
  // Gradient of the input: a * g + b * x + c.
  float* a() const { return floats.data() + 4 * stride; }
  float* b() const { return floats.data() + 5 * stride; }
  float* c() const { return floats.data() + 6 * stride; }
  // Inference: by the running statistics.
  float* foldedScale() const { return floats.data() + 7 * stride; }
  float* foldedShift() const { return floats.data() + 8 * stride; }
  Statistics statistics() const { return {doubles.data(), doubles.data() + stride}; }
  double* sums() const { return doubles.data() + 2 * stride; }
};

/** A kernel laid out for the products. Fake quantization of weights belongs here: packing would read them through it. */
struct Session::Packed {
  KernelSpec spec;
  // In the session's block of all kernels; null where there is none.
  float* forward = nullptr;
  float* backward = nullptr;
  float* bias = nullptr;
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
  double seconds = 0;

  Statistics batchStatistics() const { return statistics ? statistics->statistics() : Statistics(); }
};

struct Session::Plan {
  PlanSpec spec;
  std::vector<BoundOp> forward, backward;
};

}  // namespace ft
