// A network in training: its parameters, its plans and the steps over them. Knows nothing of JavaScript.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels.h"
#include "loss.h"
#include "memory.h"

namespace ft {

/** A description that does not fit together. What it says names the part. */
struct InvalidPlan : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// Descriptions: plain data, as the planner in TypeScript (src/engine/native) makes it. Indices point into the lists of
// the same description; -1 is none.

struct ParameterSpec {
  std::size_t size = 0;
  bool trainable = true;
  float rate = 1;      // what the learning rate is multiplied by
  bool decay = false;  // weight decay takes from it
};

struct KernelSpec {
  enum Kind { conv, depthwise, dense } kind = conv;
  int weights = -1, bias = -1;  // parameters
  int height = 1, width = 1, inChannels = 0, outChannels = 0;
  bool pixels = false;   // reads the pictures' bytes
  bool backward = false; // its input needs a gradient
  int batchNorm = -1;    // that is folded into it
  int quantizer = -1, inputQuantizer = -1;  // of its weights, and of the activations that it reads
};

struct BatchNormSpec {
  int channels = 0;
  double epsilon = 0;
  int gamma = -1, beta = -1, mean = -1, variance = -1;  // parameters
};

struct QuantizerSpec {
  int bits = 8;
  int range = -1;  // parameter: smallest and largest value of activations; -1 for weights
  int slope = -1;  // parameter: the slopes of a PReLU, which it rounds with one scale; -1 for what is none
  bool observed = false;
};

/** How a byte of a colour is read: byte * scale + shift, in float64, rounded once. */
struct ColourSpec {
  double scale = 1, shift = 0;
};

struct ModelSpec {
  std::vector<ColourSpec> colours;  // of the pictures; none: byte / 127.5 - 1
  std::vector<ParameterSpec> parameters;
  std::vector<KernelSpec> kernels;
  std::vector<BatchNormSpec> batchNorms;
  std::vector<QuantizerSpec> quantizers;
};

struct TensorSpec {
  std::size_t offset = 0;  // floats from the start of the arena
  int n = 0, h = 0, w = 0, c = 0;
  std::int64_t rows() const { return std::int64_t(n) * h * w; }
  std::size_t floats() const { return std::size_t(rows()) * padded(c); }
};

/** A stored tensor and what its readers apply to it. */
struct ChainSpec {
  int tensor = -1, batchNorm = -1;
  bool relu6 = false;
  int quantizer = -1;  // of activations
};

struct OpSpec {
  enum Kind {
    loadPixels,        // pictures -> out
    loadFloats,        // values taken as they are -> out
    conv,              // x (a chain, or -1 for the pictures), kernel, stride -> out; dense as well
    depthwise,         // x, kernel, stride -> out
    add,               // x + y (y may be -1: a copy) -> out
    pool,              // x -> out
    convBackward,      // x, kernel, stride; d (a chain with its gradient) -> target
    depthwiseBackward,
    poolBackward,      // x, out; gradient -> target
    contribute,        // d (gradient -1: none) -> target
    dropout,           // out, in place: an output, or the gradient of one
    observe,           // looks at out, for `quantizer`
    sigmoid,           // x -> out
    multiply,          // x * y (y of one pixel an image) -> out
    concat,            // x beside y -> out
    maxPool,           // x, size, stride, padding -> out
    normalize,         // x -> out
    preluBackward,     // x, slope; d -> target
    sigmoidBackward,   // x, out; d -> target
    multiplyBackward,  // x, y; d -> target of x
    factorsBackward,   // x is what was multiplied by, y what it was multiplied with; d -> target of x
    partBackward,      // x, first; d -> target
    maxPoolBackward,   // x, out, size, stride, padding; gradient -> target
    normalizeBackward, // x; d -> target
  } kind = conv;
  int x = -1, y = -1, kernel = -1, stride = 1, out = -1;
  int size = 1;         // of a maximum's windows
  int top = -1, bottom = -1, left = -1, right = -1;  // padding; SAME where all are -1
  int slope = -1;       // parameter [C]: of the PReLU behind the output
  int first = -1;       // channel: partBackward's of d; conv's of out, of which it writes a part
  bool max = true;
  double rate = 0;      // dropout
  int node = 0;
  int statistics = -1;  // batch norm whose statistics the output gives
  int ranged = -1;      // training: chain whose quantizer's range follows the output
  // Inference: what happens to the output before it is stored.
  int foldedBatchNorm = -1, residual = -1;
  bool relu6 = false;
  int quantizer = -1, sumQuantizer = -1;  // of the output, and of its sum with the residual
  int xQuantizer = -1, yQuantizer = -1;   // integers: of what is read
  // Backward. d: chain behind which `gradient` stands. The target is the chain x, its gradient goes to `target`.
  int d = -1, gradient = -1, target = -1;
  bool accumulate = false, finish = false;
  int dense = -1;  // room for convBackward's split form
};

/** What is read when a plan has run: a tensor [batch, h, w, c], of one pixel where a loss reads it. */
struct OutputSpec {
  OutputName name = scores;
  int tensor = -1;
  int gradient = -1;   // training: the tensor where the loss leaves the gradient, which the way back starts from
  int quantizer = -1;  // integers: says what they stand for
};

struct PlanSpec {
  int batch = 0, height = 0, width = 0, channels = 0;
  bool training = false;
  bool floats = false;  // the input, instead of bytes
  bool integers = false;  // tensors hold integers of int8 arithmetic, and what it rounds is rounded alike
  std::size_t arenaFloats = 0;
  std::vector<TensorSpec> tensors;
  std::vector<ChainSpec> chains;
  std::vector<OpSpec> forward, backward;
  std::vector<OutputSpec> outputs;

  /** Null when the plan does not give it. */
  const OutputSpec* output(OutputName name) const {
    for (const OutputSpec& o : outputs)
      if (o.name == name) return &o;
    return nullptr;
  }
};

struct OptimizerSpec {
  bool adam = true;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-7f, weightDecay = 0, momentum = 0.9f;
  double clipNorm = 0;  // the gradients together are made no longer; 0: they stay as they are
};

struct StepSettings {
  float learningRate = 0, batchNormMomentum = 0;
  LossRamp ramp;
  std::uint32_t seed = 0;
  double rangeMomentum = -1;  // negative: ranges stay
  bool frozenBatchNorm = false;
};

/** What an observation has seen before a quantizer. */
struct Observation {
  double count = 0, min = 0, max = 0, energy = 0, noise = 0, clipped = 0;
  std::vector<double> histogram;
  std::vector<double> largest;  // |x| by channel; empty of more than kMostChannels
};

/** Where a number was met that is not finite. */
struct NotFinite {
  enum Where { nowhere, parameter, statistics, loss, gradient } where = nowhere;
  int index = -1;  // of the parameter or batch norm
};

struct StepResult {
  LossResult loss;
  NotFinite notFinite;
};

struct Observe;

/**
 * Owns everything that a step reads and writes: parameters, gradients and moments in flat blocks, packed kernels, batch norms, the
 * arena of all tensors, and the threads. Plans own their operands, which point into these blocks and are bound anew when one of
 * them moves (`grow`). One thread at a time may call it; between `addPlan` and the end of a step nothing of it moves.
 */
class Session {
 public:
  /** @throws InvalidPlan, std::bad_alloc */
  Session(const Kernels& kernels, int threads, ModelSpec model, OptimizerSpec optimizer, LossSum loss);
  ~Session();

  /** Flat arrays: every parameter starts at offset(i). */
  std::size_t offset(int parameter) const { return offsets_[parameter]; }
  std::size_t flatSize() const { return flatSize_; }
  float* parameters() const { return weights_.data(); }
  float* first() const { return first_.data(); }
  float* second() const { return second_.data(); }
  const float* gradients() const { return gradients_.data(); }
  std::int64_t step = 0;
  /** After the parameters were written from outside. */
  void touch() { packedStep_ = foldedStep_ = -1; }

  /** @throws InvalidPlan, std::bad_alloc; the session then computes as before, though in more room than it may need */
  int addPlan(PlanSpec spec);
  const PlanSpec& plan(int index) const;

  /** Room for the pictures (or floats) and labels of a batch; large enough for the largest plan. */
  std::uint8_t* pixels() const { return pixels_.data(); }
  std::int32_t* labels() const { return labels_.data(); }
  /** Values of the targets of a batch, [batch, channels of the embedding]; 0 where the loss needs none or there is no embedding. */
  std::size_t targetCount(int plan) const;
  /** Those of the next step or evaluation, copied; null: it has none, which only an evaluation may. */
  void setTargets(const float* targets, std::size_t count);

  /** By quantizer: what rounds in the steps that follow. */
  void activate(const std::uint8_t* active);
  std::size_t quantizers() const { return model_.quantizers.size(); }
  StepResult trainStep(int plan, const StepSettings& settings);
  StepResult evaluate(int plan);
  /**
   * Room for what `observe` operations see in the next evaluation.
   * @param limits [quantizers, 2]: of the histograms; none where both are equal
   */
  void prepareObservations(const float* limits, int bins);
  const std::vector<Observation>& observations() const { return observations_; }
  /** People that a label of a plan may name: its scores, or any number where it gives none. */
  int people(int plan) const;
  /** A tensor of the plan that ran last, until another runs or is added: rows of padded(c) floats. */
  const float* tensor(int plan, int index) const;

  int threads() const { return pool_.threads(); }
  /** Seconds that each operation of a plan has taken, forward and then backward; `addPlan` sets those of every plan back to 0. */
  std::vector<double> times(int plan) const;

 private:
  struct BatchNorm;
  struct Packed;
  struct Slopes;
  struct BoundOp;
  struct Plan;
  class Binder;
  struct Runner;

  // A new plan (session_plan.cc).
  void checkTensors(const PlanSpec& spec) const;
  void checkOutputs(const PlanSpec& spec) const;
  void checkIntegers(const PlanSpec& spec) const;
  void placeIntegers(const PlanSpec& spec);
  void grow(const Plan& plan);
  void bind(Plan& plan);

  // A step (session.cc).
  void placeKernels();
  void placeColours();
  void pack();
  void packKernel(Packed& packed);
  void foldRunningStatistics();
  int runOps(std::vector<BoundOp>& ops);
  static double factorOf(const BatchNorm& norm, int c);
  bool finishStatistics(BatchNorm& norm, std::int64_t count);
  void finishGradientSums(BatchNorm& norm, std::int64_t count);
  int firstNotFinite(const float* flat) const;
  LossResult computeLoss(const PlanSpec& plan, const LossRamp& ramp);
  void cutGradients();
  void clipGradients();
  void update(const Plan& plan, const StepSettings& settings);
  void updateStatistics(const Plan& plan, const StepSettings& settings);
  void scale(const TensorSpec& tensor, float factor);

  // Quantization (session_quantization.cc).
  void placeQuantizers();
  void placeSlopes();
  FakeQuant* quantizerOf(int index) const;
  void setRange(int quantizer, float min, float max);
  void loadRanges();
  void followRange(const BoundOp& op);
  const float* foldKernel(Packed& packed) const;
  void roundSlopes();
  void unfoldGradients();
  double exactBias(const Packed& packed, int c) const;
  void foldBiases();
  void observe(const Observe& op);

  // Integers (session_integers.cc).
  void requantize(Plan& plan);
  void requantizeKernel(Packed& packed, const FakeQuant& out);
  void quantizeColours();

  const Kernels& kernels_;  // a static table
  Pool pool_;
  ModelSpec model_;
  OptimizerSpec optimizer_;
  LossSum loss_;
  std::vector<std::size_t> offsets_;
  std::size_t flatSize_ = 0;
  /** [flatSize]: parameters, both moments (the second of Adam alone) and gradients, each parameter at its offset. */
  Block<float> weights_, first_, second_, gradients_;
  /** What `Packed` points to: kernels laid out for the products, and their folded and rounded values. */
  Block<float> kernelFloats_, foldedFloats_;
  /** What `Slopes` point to. */
  Block<float> slopeFloats_;
  /** All tensors of the plan at work; `scratch` of the threads and `partial` results of their parts. */
  Block<float> arena_, scratch_, partial_;
  /** What stands for absent operands of tensors wider than kMostChannels; empty without such. */
  Block<float> zeros_, ones_;
  /** [colours][256]: what a byte stands for, and its integer; empty where that is byte / 127.5 - 1. */
  Block<float> colours_, integerColours_;
  // A batch, [rows] of the largest plan: bytes of pictures or floats, labels, and room for the loss.
  Block<std::uint8_t> pixels_, rowCorrect_;
  Block<std::int32_t> labels_;
  Block<double> rowLoss_;
  /** Where gradients are clipped: parts of what is trained, none longer than kClippedTogether, and their sums of squares. */
  struct Part {
    std::size_t begin, end;
    double squares;
  };
  std::vector<Part> clipped_;
  /** Targets of the embedding, and by output room for a gradient more; empty where the loss needs neither. */
  Block<float> targets_, spare_[kOutputNames];
  /** Room for a loss that compares pairs. */
  Block<double> pairs_;
  bool hasTargets_ = false;
  Workspace workspace_;
  std::vector<std::unique_ptr<BatchNorm>> norms_;
  std::vector<std::unique_ptr<Packed>> packed_;
  /** By parameter; null for one that is no slopes, or whose slopes nothing rounds. */
  std::vector<std::unique_ptr<Slopes>> slopes_;
  std::vector<std::unique_ptr<Plan>> plans_;
  /** Of the step at work. */
  std::uint32_t seed_ = 0;
  double rangeMomentum_ = -1;
  bool frozen_ = false;
  /** Kernels are packed as integers. */
  bool integers_ = false, packedIntegers_ = false;
  /** By quantizer: what rounds now, and what did when the kernels were packed. */
  std::vector<std::uint8_t> active_, packedActive_;
  /** By quantizer, null for those of kernels; operands point to them. */
  std::vector<std::unique_ptr<FakeQuant>> fakeQuants_;
  /** [quantizers, 2]: smallest and largest value, as the step at work has them; they go into the parameters with its update. */
  std::vector<float> ranges_;
  /** By quantizer; by part of the work, for one operation; [quantizers, 2]: the ends of the histograms. */
  std::vector<Observation> observations_, partObservations_;
  std::vector<float> limits_;
  /** Steps after which the kernels were packed and the running statistics folded. */
  std::int64_t packedStep_ = -1, foldedStep_ = -1;
};

}  // namespace ft
