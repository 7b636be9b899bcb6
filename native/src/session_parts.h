// What a session is made of; for its own source files.
#pragma once

#include <variant>

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

/**
 * A batch norm's numbers, padded to whole vectors with zeros: C channels, `stride` values apart. Slots of `floats`:
 *
 *   0  scale             training: what readers multiply the tensor by, and
 *   1  shift             add; set by finishStatistics, read until the step ends
 *   2  mean              of the tensor, for the deviations in the sums of the way back
 *   3  unbiasedVariance  of the batch, for the running variance
 *   4  a, 5 b, 6 c       gradient of the tensor = a * g + b * x + c; set by finishGradientSums
 *   7  foldedScale       inference: by the running statistics,
 *   8  foldedShift       kept until parameters change (foldedStep_); of a folded norm set in every evaluation
 *   9  batchMean         for the running mean; `mean` without the factor of a folded kernel
 *  10  low, 11 high      of the tensor, where a quantizer's range follows it
 *
 * Of `doubles`: 0 mean and 1 sum of squared deviations of the tensor, then the sums of g and of g * (x - mean). The tensor's mean is
 * there twice: kernels take deviations from the float, and what it lacks of the double is put right afterwards.
 */
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

/** What is computed value by value looks at rows and channels alone: height and width may be cut otherwise. */
inline bool alike(const TensorSpec& a, const TensorSpec& b) { return a.rows() == b.rows() && a.c == b.c; }

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

/** Slopes of a PReLU as a step has them: as they are, rounded, or the integers that they are rounded to. */
struct Session::Slopes {
  int parameter = -1, quantizer = -1;
  float* inUse = nullptr;  // [C padded], in the session's block
  float scale = 0;         // 0 while nothing rounds, and of slopes of zero
};

// Operations with addresses; each holds what its kind uses. Those that kernels compute are in kernels.h.

/** The input as a tensor, for readers that are no convolution of the pictures. */
struct Load {
  float* out = nullptr;
  std::int64_t rows = 0;
  int channels = 0;
  bool floats = false;  // else the pictures' bytes
  const float* colours = nullptr;  // [C][256] of bytes; null: v / 127.5 - 1
};

/** In place, of a tensor or of its gradient: both get the same mask, which `node` and the step tell. */
struct Dropout {
  float* out = nullptr;
  std::int64_t rows = 0;
  int channels = 0;
  double rate = 0;
  int node = 0;
};

/** Looks at a tensor before it is rounded, for the ranges of calibration. */
struct Observe {
  const float* x = nullptr;
  std::int64_t rows = 0;
  int channels = 0;
  int quantizer = -1;
};

// Two types of one operand: the variant says which pass it is.
struct PoolForward {
  Pool2d pool;
};
struct PoolBackward {
  Pool2d pool;
};

struct ValuesForward {
  Values values;
};
struct ValuesBackward {
  Values values;
};
struct MaxPoolForward {
  MaxPool pool;
};
struct MaxPoolBackward {
  MaxPool pool;
};

using Work = std::variant<Load, Dropout, Observe, ConvForward, ConvBackward, DepthwiseForward, DepthwiseBackward, Add,
                          PoolForward, PoolBackward, Contribute, ValuesForward, ValuesBackward, MaxPoolForward, MaxPoolBackward>;

struct Session::BoundOp {
  Work work;
  Needs needs;
  /** The batch norm that the output's statistics are finished for, and over how many values a channel. */
  BatchNorm* statistics = nullptr;
  std::int64_t statisticsCount = 0;
  int statisticsIndex = -1;
  /** The same for the sums of a gradient. */
  BatchNorm* sums = nullptr;
  std::int64_t sumsCount = 0;
  /** The quantizer whose range follows the output, which it meets through `ranged`: [rows, channels]. */
  int quantizer = -1;
  View ranged;
  std::int64_t rows = 0;
  int channels = 0;
  double seconds = 0;
};

struct Session::Plan {
  PlanSpec spec;
  std::vector<BoundOp> forward, backward;
};

/** Gives operations of one plan their addresses. @throws InvalidPlan */
class Session::Binder {
 public:
  Binder(Session& session, const Plan& plan) : session_(session), spec_(plan.spec) {}
  BoundOp bind(const OpSpec& op) const;

 private:
  void finishes(const OpSpec& op, BoundOp& bound) const;
  Load load(const OpSpec& op) const;
  Dropout dropout(const OpSpec& op) const;
  Observe observe(const OpSpec& op) const;
  ConvForward conv(const OpSpec& op, const BoundOp& bound) const;
  ConvBackward convBackward(const OpSpec& op) const;
  DepthwiseForward depthwise(const OpSpec& op, const BoundOp& bound) const;
  DepthwiseBackward depthwiseBackward(const OpSpec& op) const;
  Add add(const OpSpec& op, const BoundOp& bound) const;
  Pool2d pool(const OpSpec& op, const BoundOp& bound) const;
  Contribute contribute(const OpSpec& op) const;
  Values valuesForward(const OpSpec& op, const BoundOp& bound) const;
  Values valuesBackward(const OpSpec& op) const;
  MaxPool maxPool(const OpSpec& op, const BoundOp& bound) const;
  template <class Operand>
  const Packed& product(const OpSpec& op, Operand& operand) const;
  template <class Operand>
  void addBias(const OpSpec& op, const Packed& packed, Operand& operand) const;
  Needs needs(const Work& work) const;

  Epilogue epilogueOf(const OpSpec& op, const TensorSpec& out) const;
  Geometry geometryOf(const OpSpec& op, const TensorSpec& out) const;
  void placeWindows(const OpSpec& op, Geometry& g) const;
  const float* slopeOf(const OpSpec& op, int channels) const;
  const float* colours() const;
  const TensorSpec& tensorOf(int chain) const {
    return spec_.tensors[at(spec_.chains, chain, "an input").tensor];
  }
  const TensorSpec& outputOf(const OpSpec& op) const { return at(spec_.tensors, op.out, "an output"); }
  /** The tensor whose gradient an operation of the way back reads. */
  const TensorSpec& differentiated(const OpSpec& op) const {
    return spec_.tensors[at(spec_.chains, op.d, "the chain of a gradient").tensor];
  }
  Statistics statisticsOf(const BoundOp& bound) const {
    return bound.statistics ? bound.statistics->statistics(bound.quantizer >= 0) : Statistics();
  }
  View viewOf(int chain) const;
  Gradient gradientOf(const OpSpec& op) const;
  Target targetOf(const OpSpec& op) const;
  float* place(const TensorSpec& tensor) const { return session_.arena_.data() + tensor.offset; }

  Session& session_;
  const PlanSpec& spec_;
};

}  // namespace ft
