// What the engine asks of an instruction set: one table of functions, and the operands they take.
//
// Tensors are row-major [N, H, W, C] floats. A row is one pixel's channels, padded to a multiple of 16 with zeros
// (`padded`), so that no kernel has a special case for a channel count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "pool.h"

namespace ft {

constexpr int kChannelStep = 16;
/**
 * Channels that a kernel takes where an operand for each of them may be null: it reads zeros or ones of its own then
 * (kernels_view.h). A wider tensor, as the scores of many people are, comes with all such operands that it needs.
 */
constexpr int kMostChannels = 8192;
/** Outputs of a dense layer, one a person. */
constexpr int kMostOutputs = 1 << 20;
/** Bytes after the last pixel that a kernel may read: a vector's. */
constexpr int kPixelSlack = 16;
constexpr int padded(int channels) { return (channels + kChannelStep - 1) / kChannelStep * kChannelStep; }
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** A fake quantizer of activations as it stands in a step: to whole multiples of scale from minimum to maximum. */
struct FakeQuant {
  bool active = false;
  float minimum = 0, maximum = 0, scale = 1;
  float below = 0;  // levels below zero: -minimum / scale
};

/**
 * A tensor as its readers see it: clamp(scale * x + shift, lo, hi), channel by channel, rounded by a quantizer. Batch norm
 * is `scale` and `shift`, ReLU6 is lo = 0 and hi = 6; none of them has a tensor of its own.
 */
struct View {
  const float* x = nullptr;
  const float* scale = nullptr;  // [C padded]; with shift null for a view that changes nothing
  const float* shift = nullptr;
  float lo = -kInfinity;
  float hi = kInfinity;
  const FakeQuant* quant = nullptr;  // null, or not active: nothing is rounded
  bool rounds() const { return quant && quant->active; }
  bool plain() const { return scale == nullptr && lo == -kInfinity && hi == kInfinity && !rounds(); }
};

/** The gradient of a raw tensor x from the masked gradient g behind its batch norm: a * g + b * x + c, per channel. */
struct Gradient {
  const float* g = nullptr;
  const float* x = nullptr;
  const float* a = nullptr;  // null without batch norm: g itself
  const float* b = nullptr;
  const float* c = nullptr;
};

/** Where a gradient goes. */
struct Target {
  float* g = nullptr;  // null: nobody needs it
  /** Add to what an earlier consumer has left. */
  bool accumulate = false;
  /** The last contribution: mask where the view's clamp was active, and sum for batch norm. */
  bool finish = false;
  View view;
  const float* mean = nullptr;  // [C padded]; null: no sums
  double* sums = nullptr;       // [2][C padded]: sum of g and of g * (x - mean)
};

/** Sizes of a convolution, or of a maximum over windows. A dense layer is one with h = w = 1. */
struct Geometry {
  int n = 0, h = 0, w = 0, c = 0;
  int outH = 0, outW = 0, outC = 0;
  int kernelH = 1, kernelW = 1, stride = 1;
  int top = 0, left = 0;  // rows and columns of padding before the first; what follows the last is known by the output
  std::int64_t inRows() const { return std::int64_t(n) * h * w; }
  std::int64_t outRows() const { return std::int64_t(n) * outH * outW; }
  bool pointwise() const { return kernelH == 1 && kernelW == 1 && stride == 1; }
};

/** Mean and sum of squared deviations of each channel of what a kernel wrote, and its smallest and largest value. */
struct Statistics {
  double* mean = nullptr;  // [C padded]; null: nobody asks
  double* m2 = nullptr;
  float* low = nullptr;  // null: nobody asks for these
  float* high = nullptr;
  /** Floats of an item's partial results for each channel. */
  int parts() const { return low ? 4 : 2; }
};

/**
 * A convolution on integers: whole numbers in floats, differences from the zero point, whose sums stay exact below 2^24. The
 * output is clamp(floor((sum + bias) * multiplier + 0.5), lo, hi), in float64.
 */
struct Requantize {
  const double* bias = nullptr;  // [C padded], whole numbers; null: no integers
  const double* multiplier = nullptr;
  float lo = 0, hi = 0;
};

/** A sum of integers: floor((floor(x * xFactor + 0.5) + floor(y * yFactor + 0.5)) * factor + 0.5), clamped, in float64. */
struct IntegerSum {
  bool active = false;
  double xFactor = 0, yFactor = 0, factor = 0;
  float lo = 0, hi = 0;
};

/** A pooling of integers: of the mean, halves away from zero where zero is that of the type. */
struct IntegerPool {
  bool active = false;
  double zeroPoint = 0;
};

/**
 * A PReLU of integers: floor(x * factor + 0.5) where x is not negative, else floor(x * slope * slopeFactor + 0.5) with whole numbers
 * for slopes; clamped, in float64.
 */
struct IntegerPrelu {
  bool active = false;
  double factor = 0, slopeFactor = 0;
  float lo = 0, hi = 0;
};

/** What is computed value by value of integers: see kernels_integers.h. */
struct IntegerValues {
  bool active = false;
  double factor = 0;             // multiply: of a product
  float scale = 0, outScale = 0; // of what is read, and of the output
  float lo = 0, hi = 0;
};

/**
 * What is done to a convolution's output before it is stored: clamp(scale * y + shift, lo, hi), PReLU, rounded, + residual, rounded.
 */
struct Epilogue {
  const float* scale = nullptr;  // with shift null: one
  const float* shift = nullptr;
  float lo = -kInfinity;
  float hi = kInfinity;
  const float* slope = nullptr;  // [C padded]; null: no PReLU
  const FakeQuant* quant = nullptr;
  const float* residual = nullptr;
  const FakeQuant* sumQuant = nullptr;
  const Requantize* integers = nullptr;  // instead of all this
};

struct ConvForward {
  Geometry g;
  View x;
  // Instead of x: bytes [N, H, W, C]. kPixelSlack more must be readable.
  const std::uint8_t* pixels = nullptr;
  const float* colours = nullptr;        // [C][256] what a byte stands for; null: v / 127.5 - 1
  const float* panels = nullptr;         // packed kernel, see packPanels
  float* out = nullptr;
  std::size_t outStride = 0;             // floats from a pixel to the next: more than its channels where others stand beside them
  Statistics statistics;
  Epilogue epilogue;
};

struct ConvBackward {
  Geometry g;
  View x;
  const std::uint8_t* pixels = nullptr;
  const float* colours = nullptr;
  Gradient d;
  const float* panels = nullptr;  // packed transposed kernel; null when the target is empty
  Target target;
  float* kernelGradient = nullptr;  // [kH, kW, C, outC], not padded
  float* biasGradient = nullptr;    // [outC]; null: no bias
  float* dense = nullptr;           // [outRows, outC padded]: room for the gradient in the split form
};

struct DepthwiseForward {
  Geometry g;
  View x;
  const float* kernel = nullptr;  // [kH * kW, C padded]
  float* out = nullptr;
  Statistics statistics;
  Epilogue epilogue;
};

struct DepthwiseBackward {
  Geometry g;
  View x;
  Gradient d;
  const float* kernel = nullptr;
  Target target;
  float* kernelGradient = nullptr;  // [kH * kW, C], not padded
  float* biasGradient = nullptr;    // [C]; null: no bias
};

struct Add {
  std::int64_t rows = 0;
  int channels = 0;
  View x, y;  // y.x null: a copy of x
  float* out = nullptr;
  const float* slope = nullptr;      // PReLU of the sum; null: none
  const FakeQuant* quant = nullptr;  // inference: of the output
  IntegerSum integers;
  IntegerPrelu integerPrelu;
  Statistics statistics;
};

struct Pool2d {
  int n = 0, pixels = 0, channels = 0;
  bool max = true;
  View x;
  float* out = nullptr;        // [N, C padded]
  const FakeQuant* quant = nullptr;  // inference: of the output
  IntegerPool integers;
  const float* dOut = nullptr;
  Target target;
};

/** target = or += d, then finish. Without d.g only the finish. */
struct Contribute {
  std::int64_t rows = 0;
  int channels = 0;
  Gradient d;
  Target target;
};

/**
 * Operations that a pixel's channels, or a vector, pass by themselves. Forward they write `out`; backward they read `d`, the gradient
 * of the output, and add their share to one target.
 */
struct Values {
  enum Kind {
    prelu,      // backward alone; forward it is an `Add` of one summand
    sigmoid,    // 1 / (1 + exp(-x))
    multiply,   // x * y, y [images, 1, 1, C]; backward: for x
    factors,    // backward of it for y: sums over an image's pixels
    concat,     // x [.., C] beside y [.., D]
    part,       // backward of it, for the channels from `first` on
    normalize,  // x / max(|x|, 1e-12)
  } kind = sigmoid;
  std::int64_t rows = 0;    // of the output; backward of the target
  std::int64_t pixels = 1;  // of an image: rows that share a row of factors
  int channels = 0;         // of x; backward of the target
  int otherChannels = 0;    // concat: of y; part: of the output
  int first = 0;
  View x, y;
  const float* residual = nullptr;  // multiply, in use: added to the product
  float* out = nullptr;             // backward of sigmoid: read
  const float* slope = nullptr;     // [C padded]
  Gradient d;
  Target target;
  float* slopeGradient = nullptr;   // [C]; null: nobody asks
  IntegerValues integers;           // forward, but for concat
};

/** Maximum of windows. The gradient goes to the first of the pixels that tie for it, as PyTorch's does. */
struct MaxPool {
  Geometry g;  // outC = c
  View x;
  float* out = nullptr;
  const float* dOut = nullptr;
  Target target;
};

struct Adam {
  float learningRate, beta1, beta2, epsilon;
  /** Decoupled weight decay, as a share of the learning rate. */
  float decay;
  /** 1 for the first update. */
  std::int64_t step;
};

struct Momentum {
  float learningRate, momentum;
};

/** Memory that the kernels share: one block for each thread, and one for partial results. */
struct Workspace {
  Pool* pool = nullptr;
  float* scratch = nullptr;
  std::size_t scratchStride = 0;  // floats a thread
  float* partial = nullptr;
  float* of(int thread) const { return scratch + scratchStride * thread; }
};

/** Floats that an operation needs. */
struct Needs {
  std::size_t scratch = 0, partial = 0;
};

/** A block [rows, columns] of a matrix [panelRows, panelColumns], with the strides of its source. */
struct MatrixBlock {
  const float* values = nullptr;
  int rows = 0, columns = 0;
  std::ptrdiff_t rowStride = 0, columnStride = 1;
  int firstRow = 0, firstColumn = 0;
  int panelRows = 0, panelColumns = 0;  // panelColumns is a multiple of 16
};

struct Kernels {
  const char* name;

  /**
   * Lays a matrix out for the matrix products, as one block of a larger one: panels of as many columns as the set's tiles
   * have (the last one narrower), in each panel row after row. What no block covers stays as it is, so the room starts as zeros.
   */
  void (*packPanels)(const MatrixBlock& block, float* panels);

  Needs (*convForwardNeeds)(const ConvForward&);
  void (*convForward)(const ConvForward&, const Workspace&);
  Needs (*convBackwardNeeds)(const ConvBackward&);
  void (*convBackward)(const ConvBackward&, const Workspace&);
  Needs (*depthwiseForwardNeeds)(const DepthwiseForward&);
  void (*depthwiseForward)(const DepthwiseForward&, const Workspace&);
  Needs (*depthwiseBackwardNeeds)(const DepthwiseBackward&);
  void (*depthwiseBackward)(const DepthwiseBackward&, const Workspace&);
  Needs (*addNeeds)(const Add&);
  void (*add)(const Add&, const Workspace&);
  Needs (*poolNeeds)(const Pool2d&);
  void (*poolForward)(const Pool2d&, const Workspace&);
  void (*poolBackward)(const Pool2d&, const Workspace&);
  Needs (*contributeNeeds)(const Contribute&);
  void (*contribute)(const Contribute&, const Workspace&);
  Needs (*valuesNeeds)(const Values&);
  void (*valuesForward)(const Values&, const Workspace&);
  void (*valuesBackward)(const Values&, const Workspace&);
  Needs (*maxPoolNeeds)(const MaxPool&);
  void (*maxPoolForward)(const MaxPool&, const Workspace&);
  void (*maxPoolBackward)(const MaxPool&, const Workspace&);

  void (*adam)(float* weights, const float* gradient, float* first, float* second, std::size_t count, const Adam&);
  void (*momentum)(float* weights, const float* gradient, float* velocity, std::size_t count, const Momentum&);
  bool (*finite)(const float* values, std::size_t count);
  double (*multiplyAdds)(std::size_t rounds);
};

/** The tables; which of them this processor runs tells `availableKernels`. The first two exist on x86-64 only. */
const Kernels* kernelsAvx512();
const Kernels* kernelsAvx2();
const Kernels* kernelsBaseline();

}  // namespace ft
