#include "session.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ft {
namespace {

constexpr int kAlign = 16;  // floats: a cache line

std::size_t aligned(std::size_t floats) { return (floats + kAlign - 1) / kAlign * kAlign; }

void require(bool condition, const char* what) {
  if (!condition) throw InvalidPlan(what);
}

template <class T>
const T& at(const std::vector<T>& list, int index, const char* what) {
  require(index >= 0 && std::size_t(index) < list.size(), what);
  return list[index];
}

/** Rows or columns that SAME padding adds before the first. */
int paddingBefore(int in, int out, int kernel, int stride) {
  return std::max(0, (out - 1) * stride + kernel - in) / 2;
}

}  // namespace

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
  Block<float> forward, backward, bias;
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
  // loadPixels
  float* out = nullptr;
  std::int64_t rows = 0;
  int channels = 0;
  Needs needs;
  BatchNorm* statistics = nullptr;  // finish them afterwards
  std::int64_t statisticsCount = 0;
  int statisticsIndex = -1;
  BatchNorm* sums = nullptr;
  std::int64_t sumsCount = 0;
  double seconds = 0;
};

struct Session::Plan {
  PlanSpec spec;
  std::vector<BoundOp> forward, backward;
};

Session::Session(const Kernels& kernels, int threads, ModelSpec model, OptimizerSpec optimizer)
    : kernels_(kernels), pool_(std::clamp(threads, 1, 256)), model_(std::move(model)), optimizer_(optimizer) {
  for (const ParameterSpec& p : model_.parameters) {
    require(p.size > 0 && p.size < (std::size_t(1) << 31), "the size of a parameter");
    offsets_.push_back(flatSize_);
    flatSize_ += aligned(p.size);
  }
  weights_ = Block<float>(flatSize_);
  first_ = Block<float>(flatSize_);
  second_ = Block<float>(flatSize_);
  gradients_ = Block<float>(flatSize_);
  const auto sizeOf = [&](int parameter) { return at(model_.parameters, parameter, "a parameter").size; };
  for (const BatchNormSpec& spec : model_.batchNorms) {
    require(spec.channels > 0 && spec.channels <= kMostChannels, "the channels of a batch norm");
    for (const int parameter : {spec.gamma, spec.beta, spec.mean, spec.variance})
      require(sizeOf(parameter) == std::size_t(spec.channels), "the parameters of a batch norm");
    norms_.push_back(std::make_unique<BatchNorm>(spec));
  }
  for (const KernelSpec& k : model_.kernels) {
    require(k.height > 0 && k.height <= 16 && k.width > 0 && k.width <= 16, "the size of a kernel");
    for (const int channels : {k.inChannels, k.outChannels})
      require(channels > 0 && channels <= kMostChannels, "the channels of a kernel");
    const bool depthwise = k.kind == KernelSpec::depthwise;
    require(!depthwise || k.inChannels == k.outChannels, "the channels of a depthwise kernel");
    require(sizeOf(k.weights) == std::size_t(k.height) * k.width * k.inChannels * (depthwise ? 1 : k.outChannels),
            "the size of a kernel's parameter");
    require(k.bias < 0 || (k.kind == KernelSpec::dense && sizeOf(k.bias) == std::size_t(k.outChannels)), "a bias");
    auto packed = std::make_unique<Packed>();
    packed->spec = k;
    const std::size_t taps = std::size_t(k.height) * k.width;
    if (depthwise) {
      packed->forward = Block<float>(taps * padded(k.inChannels));
    } else {
      const std::size_t depth = taps * (k.pixels ? k.inChannels : padded(k.inChannels));
      packed->forward = Block<float>(depth * padded(k.outChannels));
      if (k.backward) packed->backward = Block<float>(std::size_t(k.outChannels) * taps * padded(k.inChannels));
      if (k.bias >= 0) packed->bias = Block<float>(padded(k.outChannels));
    }
    packed_.push_back(std::move(packed));
  }
  workspace_.pool = &pool_;
}

Session::~Session() = default;

// Plans -----------------------------------------------------------------------------------------------------------

int Session::addPlan(PlanSpec spec) {
  auto plan = std::make_unique<Plan>();
  plan->spec = std::move(spec);
  const PlanSpec& s = plan->spec;
  require(s.batch > 0 && s.height > 0 && s.width > 0 && s.channels > 0 && s.channels <= kMostChannels, "the input");
  require(std::int64_t(s.batch) * s.height * s.width * s.channels < (std::int64_t(1) << 31), "the size of the input");
  require(s.arenaFloats < (std::size_t(1) << 40), "the size of the arena");
  for (const TensorSpec& t : s.tensors) {
    require(t.n > 0 && t.h > 0 && t.w > 0 && t.c > 0 && t.c <= kMostChannels, "the shape of a tensor");
    require(t.rows() < (std::int64_t(1) << 31) && t.offset % kAlign == 0, "the place of a tensor");
    require(t.offset <= s.arenaFloats && t.floats() <= s.arenaFloats - t.offset, "a tensor beyond the arena");
  }
  for (const ChainSpec& c : s.chains) {
    const TensorSpec& t = at(s.tensors, c.tensor, "the tensor of a chain");
    if (c.batchNorm >= 0)
      require(at(model_.batchNorms, c.batchNorm, "a batch norm").channels == t.c, "the channels of a batch norm");
  }
  const TensorSpec& logits = at(s.tensors, s.logits, "the logits");
  require(logits.rows() == s.batch && logits.c == s.classes, "the shape of the logits");
  if (s.training) {
    const TensorSpec& g = at(s.tensors, s.logitsGradient, "the gradient of the logits");
    require(g.rows() == s.batch && g.c == s.classes, "the shape of the logits' gradient");
  }
  if (s.embeddings >= 0)
    require(at(s.tensors, s.embeddings, "the embeddings").rows() == s.batch, "the shape of the embeddings");
  grow(*plan);
  bind(*plan);
  plans_.push_back(std::move(plan));
  return int(plans_.size()) - 1;
}

const PlanSpec& Session::plan(int index) const {
  require(index >= 0 && std::size_t(index) < plans_.size(), "a plan");
  return plans_[index]->spec;
}

const float* Session::tensor(int plan, int index) const {
  return arena_.data() + plans_[plan]->spec.tensors[index].offset;
}

/** Room for one plan more. What a step leaves in the arena is of no use to the next, so a larger one just takes its place. */
void Session::grow(const Plan& plan) {
  const PlanSpec& s = plan.spec;
  const std::size_t input = std::size_t(s.batch) * s.height * s.width * s.channels;
  if (pixels_.size() < input) pixels_ = Block<std::uint8_t>(input);
  if (labels_.size() < std::size_t(s.batch)) {
    labels_ = Block<std::int32_t>(s.batch);
    rowLoss_ = Block<double>(s.batch);
    rowCorrect_ = Block<std::uint8_t>(s.batch);
  }
  if (arena_.size() < s.arenaFloats) {
    arena_ = Block<float>();  // both at once may be more than there is
    arena_ = Block<float>(s.arenaFloats);
  }
  for (auto& other : plans_) bind(*other);
}

void Session::bind(Plan& plan) {
  plan.forward.clear();
  plan.backward.clear();
  for (const OpSpec& op : plan.spec.forward) plan.forward.push_back(bindOp(plan, op));
  for (const OpSpec& op : plan.spec.backward) plan.backward.push_back(bindOp(plan, op));
  Needs most;
  for (const auto* ops : {&plan.forward, &plan.backward})
    for (const BoundOp& op : *ops) {
      most.scratch = std::max(most.scratch, op.needs.scratch);
      most.partial = std::max(most.partial, op.needs.partial);
    }
  // A page between the threads' blocks: a line that two of them write would travel between the cores.
  const std::size_t stride = (most.scratch + 1024 + 1023) / 1024 * 1024;
  if (workspace_.scratchStride < stride) {
    scratch_ = Block<float>(stride * pool_.threads());
    workspace_.scratchStride = stride;
    workspace_.scratch = scratch_.data();
  }
  if (partial_.size() < most.partial) {
    partial_ = Block<float>(most.partial);
    workspace_.partial = partial_.data();
  }
}

View Session::viewOf(const Plan& plan, int chain) const {
  const ChainSpec& c = at(plan.spec.chains, chain, "a chain");
  View view;
  view.x = arena_.data() + plan.spec.tensors[c.tensor].offset;
  if (c.batchNorm >= 0) {
    const BatchNorm& norm = *norms_[c.batchNorm];
    view.scale = plan.spec.training ? norm.scale() : norm.foldedScale();
    view.shift = plan.spec.training ? norm.shift() : norm.foldedShift();
  }
  if (c.relu6) view.lo = 0, view.hi = 6;
  return view;
}

Gradient Session::gradientOf(const Plan& plan, const OpSpec& op) const {
  const ChainSpec& c = at(plan.spec.chains, op.d, "the chain of a gradient");
  const TensorSpec& x = plan.spec.tensors[c.tensor];
  const TensorSpec& g = at(plan.spec.tensors, op.gradient, "a gradient");
  require(g.rows() == x.rows() && g.c == x.c, "the shape of a gradient");
  Gradient d;
  d.g = arena_.data() + g.offset;
  if (c.batchNorm >= 0) {
    const BatchNorm& norm = *norms_[c.batchNorm];
    d.x = arena_.data() + x.offset;
    d.a = norm.a(), d.b = norm.b(), d.c = norm.c();
  }
  return d;
}

Target Session::targetOf(const Plan& plan, const OpSpec& op) const {
  Target target;
  if (op.target < 0) return target;
  const ChainSpec& c = at(plan.spec.chains, op.x, "the chain of a target");
  const TensorSpec& x = plan.spec.tensors[c.tensor];
  const TensorSpec& g = at(plan.spec.tensors, op.target, "a target");
  require(g.rows() == x.rows() && g.c == x.c, "the shape of a target");
  target.g = arena_.data() + g.offset;
  target.accumulate = op.accumulate;
  target.finish = op.finish;
  target.view = viewOf(plan, op.x);
  if (op.finish && c.batchNorm >= 0) {
    target.mean = norms_[c.batchNorm]->mean();
    target.sums = norms_[c.batchNorm]->sums();
  }
  return target;
}

Geometry Session::geometryOf(const Plan& plan, const OpSpec& op) const {
  const KernelSpec& k = at(model_.kernels, op.kernel, "a kernel");
  require(op.stride >= 1 && op.stride <= 16, "a stride");
  const bool backward = op.kind == OpSpec::convBackward || op.kind == OpSpec::depthwiseBackward;
  const TensorSpec* out = nullptr;
  if (backward)
    out = &plan.spec.tensors[at(plan.spec.chains, op.d, "the chain of a gradient").tensor];
  else
    out = &at(plan.spec.tensors, op.out, "an output");
  Geometry g;
  if (op.x < 0) {
    require(k.pixels, "a kernel that reads pictures");
    g.n = plan.spec.batch, g.h = plan.spec.height, g.w = plan.spec.width, g.c = plan.spec.channels;
  } else {
    require(!k.pixels, "a kernel that reads a tensor");
    const TensorSpec& x = plan.spec.tensors[at(plan.spec.chains, op.x, "an input").tensor];
    g.n = x.n, g.h = x.h, g.w = x.w, g.c = x.c;
  }
  g.outH = (g.h + op.stride - 1) / op.stride, g.outW = (g.w + op.stride - 1) / op.stride;
  g.outC = k.outChannels;
  require(k.inChannels == g.c, "the input channels of a kernel");
  require(out->n == g.n && out->h == g.outH && out->w == g.outW && out->c == g.outC, "the shape of an output");
  g.kernelH = k.height, g.kernelW = k.width, g.stride = op.stride;
  g.top = paddingBefore(g.h, g.outH, k.height, op.stride);
  g.left = paddingBefore(g.w, g.outW, k.width, op.stride);
  return g;
}

Session::BoundOp Session::bindOp(const Plan& plan, const OpSpec& op) {
  const PlanSpec& s = plan.spec;
  float* const arena = arena_.data();
  BoundOp bound;
  bound.kind = op.kind;
  Statistics statistics;
  if (op.statistics >= 0) {
    require(s.training, "statistics in inference");
    at(model_.batchNorms, op.statistics, "a batch norm");
    const TensorSpec& out = at(s.tensors, op.out, "an output");
    bound.statistics = norms_[op.statistics].get();
    require(bound.statistics->spec.channels == out.c, "the channels of a batch norm");
    bound.statisticsCount = out.rows();
    bound.statisticsIndex = op.statistics;
    statistics = bound.statistics->statistics();
  }
  Epilogue epilogue;
  if (op.relu6) epilogue.lo = 0, epilogue.hi = 6;
  if (op.foldedBatchNorm >= 0) {
    const BatchNormSpec& spec = at(model_.batchNorms, op.foldedBatchNorm, "a batch norm");
    require(spec.channels == at(s.tensors, op.out, "an output").c, "the channels of a batch norm");
    epilogue.scale = norms_[op.foldedBatchNorm]->foldedScale();
    epilogue.shift = norms_[op.foldedBatchNorm]->foldedShift();
  }
  if (op.residual >= 0) {
    const TensorSpec& out = at(s.tensors, op.out, "an output");
    const TensorSpec& r = at(s.tensors, op.residual, "a residual");
    require(r.rows() == out.rows() && r.c == out.c, "the shape of a residual");
    epilogue.residual = arena + r.offset;
  }
  if (op.finish && op.x >= 0) {
    const ChainSpec& c = at(s.chains, op.x, "the chain of a target");
    if (c.batchNorm >= 0) {
      bound.sums = norms_[c.batchNorm].get();
      bound.sumsCount = s.tensors[c.tensor].rows();
    }
  }
  switch (op.kind) {
    case OpSpec::loadPixels: {
      const TensorSpec& out = at(s.tensors, op.out, "an output");
      require(out.n == s.batch && out.h == s.height && out.w == s.width && out.c == s.channels, "the shape of the input");
      bound.out = arena + out.offset, bound.rows = out.rows(), bound.channels = out.c;
      break;
    }
    case OpSpec::conv: {
      ConvForward& f = bound.conv;
      f.g = geometryOf(plan, op);
      const Packed& packed = *packed_[op.kernel];
      require(packed.spec.kind != KernelSpec::depthwise, "the kind of a kernel");
      if (op.x < 0)
        f.pixels = pixels_.data();
      else
        f.x = viewOf(plan, op.x);
      f.panels = packed.forward.data();
      f.out = arena + at(s.tensors, op.out, "an output").offset;
      f.statistics = statistics;
      f.epilogue = epilogue;
      if (packed.spec.bias >= 0) {
        require(!statistics.mean && !epilogue.scale, "batch norm behind a bias");
        f.epilogue.shift = packed.bias.data();
      }
      bound.needs = kernels_.convForwardNeeds(f);
      break;
    }
    case OpSpec::convBackward: {
      ConvBackward& f = bound.convBackward;
      f.g = geometryOf(plan, op);
      const Packed& packed = *packed_[op.kernel];
      require(packed.spec.kind != KernelSpec::depthwise, "the kind of a kernel");
      if (op.x < 0)
        f.pixels = pixels_.data();
      else
        f.x = viewOf(plan, op.x);
      f.d = gradientOf(plan, op);
      f.target = targetOf(plan, op);
      require(!f.target.g || packed.backward.size() > 0, "a kernel without a backward pass");
      f.panels = packed.backward.data();
      f.kernelGradient = gradients_.data() + offsets_[packed.spec.weights];
      if (packed.spec.bias >= 0) f.biasGradient = gradients_.data() + offsets_[packed.spec.bias];
      const TensorSpec& room = at(s.tensors, op.dense, "the room of a backward pass");
      require(room.rows() == f.g.outRows() && room.c == f.g.outC, "the shape of a backward pass's room");
      f.dense = arena + room.offset;
      bound.needs = kernels_.convBackwardNeeds(f);
      break;
    }
    case OpSpec::depthwise: {
      DepthwiseForward& f = bound.depthwise;
      f.g = geometryOf(plan, op);
      require(packed_[op.kernel]->spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
      require(op.residual < 0, "a residual behind a depthwise convolution");
      f.x = viewOf(plan, op.x);
      f.kernel = packed_[op.kernel]->forward.data();
      f.out = arena + at(s.tensors, op.out, "an output").offset;
      f.statistics = statistics;
      f.epilogue = epilogue;
      bound.needs = kernels_.depthwiseForwardNeeds(f);
      break;
    }
    case OpSpec::depthwiseBackward: {
      DepthwiseBackward& f = bound.depthwiseBackward;
      f.g = geometryOf(plan, op);
      require(packed_[op.kernel]->spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
      f.x = viewOf(plan, op.x);
      f.d = gradientOf(plan, op);
      f.kernel = packed_[op.kernel]->forward.data();
      f.target = targetOf(plan, op);
      f.kernelGradient = gradients_.data() + offsets_[packed_[op.kernel]->spec.weights];
      bound.needs = kernels_.depthwiseBackwardNeeds(f);
      break;
    }
    case OpSpec::add: {
      Add& f = bound.add;
      const TensorSpec& out = at(s.tensors, op.out, "an output");
      for (const int chain : {op.x, op.y}) {
        if (chain < 0 && chain == op.y) continue;
        const TensorSpec& x = s.tensors[at(s.chains, chain, "a summand").tensor];
        require(x.rows() == out.rows() && x.c == out.c, "the shape of a summand");
      }
      f.rows = out.rows(), f.channels = padded(out.c);
      f.x = viewOf(plan, op.x);
      if (op.y >= 0) f.y = viewOf(plan, op.y);
      f.out = arena + out.offset;
      f.statistics = statistics;
      bound.needs = kernels_.addNeeds(f);
      break;
    }
    case OpSpec::pool:
    case OpSpec::poolBackward: {
      Pool2d& f = bound.pool;
      const TensorSpec& x = s.tensors[at(s.chains, op.x, "an input").tensor];
      const TensorSpec& out = at(s.tensors, op.out, "an output");
      require(out.rows() == x.n && out.c == x.c && !statistics.mean, "the shape of a pooling's output");
      f.n = x.n, f.pixels = x.h * x.w, f.channels = padded(x.c), f.max = op.max;
      f.x = viewOf(plan, op.x);
      f.out = arena + out.offset;
      if (op.kind == OpSpec::poolBackward) {
        const TensorSpec& g = at(s.tensors, op.gradient, "a gradient");
        require(g.rows() == out.rows() && g.c == out.c && op.target >= 0, "the gradient of a pooling");
        f.dOut = arena + g.offset;
        f.target = targetOf(plan, op);
      }
      bound.needs = kernels_.poolNeeds(f);
      break;
    }
    case OpSpec::contribute: {
      Contribute& f = bound.contribute;
      require(op.target >= 0 && op.x >= 0, "the target of a contribution");
      const TensorSpec& t = s.tensors[s.chains[op.x].tensor];
      f.rows = t.rows(), f.channels = padded(t.c);
      f.target = targetOf(plan, op);
      if (op.gradient >= 0) {
        f.d = gradientOf(plan, op);
        const TensorSpec& g = s.tensors[op.gradient];
        require(g.rows() == t.rows() && g.c == t.c, "the shape of a gradient");
      }
      bound.needs = kernels_.contributeNeeds(f);
      break;
    }
  }
  return bound;
}

// Steps -----------------------------------------------------------------------------------------------------------

/** Lays every kernel out for the products; as many kernels at a time as there are threads. */
void Session::pack() {
  if (packedStep_ == step) return;
  parallel(pool_, int(packed_.size()), [&](int item, int) {
    Packed& packed = *packed_[item];
    const KernelSpec& k = packed.spec;
    const float* w = weights_.data() + offsets_[k.weights];
    const int taps = k.height * k.width;
    if (k.kind == KernelSpec::depthwise) {
      for (int tap = 0; tap < taps; tap++)
        std::copy_n(w + std::size_t(tap) * k.inChannels, k.inChannels,
                    packed.forward.data() + std::size_t(tap) * padded(k.inChannels));
      return;
    }
    if (k.bias >= 0) std::copy_n(weights_.data() + offsets_[k.bias], k.outChannels, packed.bias.data());
    // The depth of a 1x1 kernel has no padding (depthOf in kernels_conv.h).
    const auto pack = [&](int tapRows, int panelRows, Block<float>& to) {
      for (int tap = 0; tap < taps; tap++) {
        MatrixBlock m;
        m.values = w + std::size_t(tap) * k.inChannels * k.outChannels;
        m.rows = k.inChannels, m.columns = k.outChannels;
        m.rowStride = k.outChannels;
        m.firstRow = tap * tapRows;
        m.panelRows = panelRows, m.panelColumns = padded(k.outChannels);
        kernels_.packPanels(m, to.data());
      }
    };
    const int tapRows = k.pixels ? k.inChannels : padded(k.inChannels);
    if (taps == 1)
      pack(k.inChannels, k.inChannels, packed.forward);
    else
      pack(tapRows, taps * tapRows, packed.forward);
    for (int tap = 0; k.backward && tap < taps; tap++) {
      MatrixBlock m;
      m.values = w + std::size_t(tap) * k.inChannels * k.outChannels;
      m.rows = k.outChannels, m.columns = k.inChannels;
      m.rowStride = 1, m.columnStride = k.outChannels;
      m.firstColumn = tap * padded(k.inChannels);
      m.panelRows = k.outChannels, m.panelColumns = taps * padded(k.inChannels);
      kernels_.packPanels(m, packed.backward.data());
    }
  });
  packedStep_ = step;
}

void Session::foldRunningStatistics() {
  const float* w = weights_.data();
  for (auto& norm : norms_) {
    const BatchNormSpec& s = norm->spec;
    for (int c = 0; c < s.channels; c++) {
      const double inverse = 1 / std::sqrt(double(w[offsets_[s.variance] + c]) + s.epsilon);
      const double scale = w[offsets_[s.gamma] + c] * inverse;
      norm->foldedScale()[c] = float(scale);
      norm->foldedShift()[c] = float(w[offsets_[s.beta] + c] - w[offsets_[s.mean] + c] * scale);
    }
  }
}

/** From the sums over a batch to what readers apply. @returns whether every number is finite */
bool Session::finishStatistics(BatchNorm& norm, std::int64_t count) {
  const Statistics found = norm.statistics();
  const float* gamma = weights_.data() + offsets_[norm.spec.gamma];
  const float* beta = weights_.data() + offsets_[norm.spec.beta];
  bool finite = true;
  for (int c = 0; c < norm.spec.channels; c++) {
    const double mean = found.mean[c], variance = found.m2[c] / double(count);
    const double scale = gamma[c] / std::sqrt(variance + norm.spec.epsilon);
    norm.mean()[c] = float(mean);
    norm.unbiasedVariance()[c] = float(found.m2[c] / double(std::max<std::int64_t>(1, count - 1)));
    norm.scale()[c] = float(scale);
    norm.shift()[c] = float(beta[c] - mean * scale);
    finite = finite && std::isfinite(mean) && std::isfinite(variance) && std::isfinite(scale);
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
    const double inverse = 1 / std::sqrt(found.m2[c] / double(count) + norm.spec.epsilon);
    const double dBeta = norm.sums()[c];
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

/** @returns the batch norm whose statistics are not finite, where the run stopped, or -1 */
int Session::runOps(Plan& plan, std::vector<BoundOp>& ops) {
  (void)plan;
  using Clock = std::chrono::steady_clock;
  for (BoundOp& op : ops) {
    const Clock::time_point start = Clock::now();
    switch (op.kind) {
      case OpSpec::loadPixels:
        parallel(pool_, int((op.rows + 4095) / 4096), [&](int item, int) {
          const int stride = padded(op.channels);
          for (std::int64_t r = item * 4096LL; r < std::min<std::int64_t>(op.rows, (item + 1) * 4096LL); r++)
            for (int c = 0; c < stride; c++)
              op.out[r * stride + c] = c < op.channels ? float(pixels_.data()[r * op.channels + c] / 127.5 - 1) : 0.0f;
        });
        break;
      case OpSpec::conv: kernels_.convForward(op.conv, workspace_); break;
      case OpSpec::depthwise: kernels_.depthwiseForward(op.depthwise, workspace_); break;
      case OpSpec::add: kernels_.add(op.add, workspace_); break;
      case OpSpec::pool: kernels_.poolForward(op.pool, workspace_); break;
      case OpSpec::convBackward: kernels_.convBackward(op.convBackward, workspace_); break;
      case OpSpec::depthwiseBackward: kernels_.depthwiseBackward(op.depthwiseBackward, workspace_); break;
      case OpSpec::poolBackward: kernels_.poolBackward(op.pool, workspace_); break;
      case OpSpec::contribute: kernels_.contribute(op.contribute, workspace_); break;
    }
    const bool finite = !op.statistics || finishStatistics(*op.statistics, op.statisticsCount);
    if (op.sums) finishGradientSums(*op.sums, op.sumsCount);
    op.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    if (!finite) return op.statisticsIndex;
  }
  return -1;
}

int Session::firstNotFinite(const float* flat) const {
  for (std::size_t i = 0; i < model_.parameters.size(); i++)
    if (!kernels_.finite(flat + offsets_[i], model_.parameters[i].size)) return int(i);
  return -1;
}

StepResult Session::trainStep(int index, const StepSettings& settings) {
  Plan& plan = *plans_[index];
  const PlanSpec& s = plan.spec;
  StepResult result;
  const auto stop = [&](NotFinite::Where where, int which) {
    result.notFinite = {where, which};
    return result;
  };
  if (const int bad = firstNotFinite(weights_.data()); bad >= 0) return stop(NotFinite::parameter, bad);
  pack();
  if (const int bad = runOps(plan, plan.forward); bad >= 0) return stop(NotFinite::statistics, bad);
  float* arena = arena_.data();
  result.loss = softmaxCrossEntropy(pool_, arena + s.tensors[s.logits].offset, labels_.data(), s.batch, s.classes,
                                    padded(s.classes), arena + s.tensors[s.logitsGradient].offset, rowLoss_.data(),
                                    rowCorrect_.data());
  if (!std::isfinite(result.loss.lossSum)) return stop(NotFinite::loss, -1);
  runOps(plan, plan.backward);
  if (const int bad = firstNotFinite(gradients_.data()); bad >= 0) return stop(NotFinite::gradient, bad);
  update(settings);
  return result;
}

void Session::update(const StepSettings& settings) {
  step++;
  const Adam adam{settings.learningRate, optimizer_.beta1, optimizer_.beta2, optimizer_.epsilon, step};
  const Momentum momentum{settings.learningRate, optimizer_.momentum};
  parallel(pool_, int(model_.parameters.size()), [&](int i, int) {
    if (!model_.parameters[i].trainable) return;
    const std::size_t at = offsets_[i], size = model_.parameters[i].size;
    float* w = weights_.data() + at;
    const float* g = gradients_.data() + at;
    if (optimizer_.adam)
      kernels_.adam(w, g, first_.data() + at, second_.data() + at, size, adam);
    else
      kernels_.momentum(w, g, first_.data() + at, size, momentum);
  });
  const double keep = settings.batchNormMomentum;
  for (auto& norm : norms_) {
    float* mean = weights_.data() + offsets_[norm->spec.mean];
    float* variance = weights_.data() + offsets_[norm->spec.variance];
    for (int c = 0; c < norm->spec.channels; c++) {
      mean[c] = float(mean[c] * keep + norm->mean()[c] * (1 - keep));
      variance[c] = float(variance[c] * keep + norm->unbiasedVariance()[c] * (1 - keep));
    }
  }
}

StepResult Session::evaluate(int index) {
  Plan& plan = *plans_[index];
  const PlanSpec& s = plan.spec;
  StepResult result;
  if (foldedStep_ != step) {
    if (const int bad = firstNotFinite(weights_.data()); bad >= 0) {
      result.notFinite = {NotFinite::parameter, bad};
      return result;
    }
    pack();
    foldRunningStatistics();
    foldedStep_ = step;
  }
  runOps(plan, plan.forward);
  result.loss = softmaxCrossEntropy(pool_, arena_.data() + s.tensors[s.logits].offset, labels_.data(), s.batch,
                                    s.classes, padded(s.classes), nullptr, rowLoss_.data(), rowCorrect_.data());
  return result;
}

std::vector<OpTime> Session::times(int plan) const {
  std::vector<OpTime> times;
  for (const auto* ops : {&plans_[plan]->forward, &plans_[plan]->backward})
    for (const BoundOp& op : *ops) times.push_back({op.kind, op.seconds});
  return times;
}

}  // namespace ft
