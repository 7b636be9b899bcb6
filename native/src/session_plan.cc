// From the description of a plan to operands with addresses. Everything that a kernel relies on is checked here.
#include <algorithm>

#include "session_parts.h"

namespace ft {
namespace {

/** Rows or columns that SAME padding adds before the first. */
int paddingBefore(int in, int out, int kernel, int stride) {
  return std::max(0, (out - 1) * stride + kernel - in) / 2;
}

}  // namespace

int Session::addPlan(PlanSpec spec) {
  auto plan = std::make_unique<Plan>();
  plan->spec = std::move(spec);
  const PlanSpec& s = plan->spec;
  require(s.batch > 0 && s.height > 0 && s.width > 0 && s.channels > 0 && s.channels <= kMostChannels, "the input");
  require(std::int64_t(s.batch) * s.height * s.width * s.channels < (std::int64_t(1) << 31), "the size of the input");
  require(s.arenaFloats < (std::size_t(1) << 40), "the size of the arena");
  for (const TensorSpec& t : s.tensors) {
    require(t.n > 0 && t.h > 0 && t.w > 0 && t.c > 0 && t.c <= kMostOutputs, "the shape of a tensor");
    require(t.rows() < (std::int64_t(1) << 31) && t.offset % kAlign == 0, "the place of a tensor");
    require(t.offset <= s.arenaFloats && t.floats() <= s.arenaFloats - t.offset, "a tensor beyond the arena");
  }
  for (const ChainSpec& c : s.chains) {
    const TensorSpec& t = at(s.tensors, c.tensor, "the tensor of a chain");
    if (c.batchNorm >= 0)
      require(at(model_.batchNorms, c.batchNorm, "a batch norm").channels == t.c, "the channels of a batch norm");
    if (c.quantizer >= 0) require(quantizerOf(c.quantizer), "the quantizer of a chain");
  }
  const TensorSpec& logits = at(s.tensors, s.logits, "the logits");
  require(logits.rows() == s.batch && logits.c == s.classes, "the shape of the logits");
  if (s.training) {
    const TensorSpec& g = at(s.tensors, s.logitsGradient, "the gradient of the logits");
    require(g.rows() == s.batch && g.c == s.classes, "the shape of the logits' gradient");
  }
  if (s.embeddings >= 0)
    require(at(s.tensors, s.embeddings, "the embeddings").rows() == s.batch, "the shape of the embeddings");
  if (s.integers) checkIntegers(s);
  // Whatever may find no memory comes before the session changes.
  plans_.reserve(plans_.size() + 1);
  if (s.integers) placeIntegers(s);
  grow(*plan);
  bind(*plan);
  plans_.push_back(std::move(plan));
  return int(plans_.size()) - 1;
}

/** Every operation of a plan on integers knows the quantizers that its numbers come from. */
void Session::checkIntegers(const PlanSpec& s) const {
  require(!s.training && !s.floats && s.backward.empty(), "a plan on integers");
  const auto known = [&](int quantizer) { return quantizerOf(quantizer) != nullptr; };
  require(known(s.logitsQuantizer) && (s.embeddings < 0 || known(s.embeddingsQuantizer)), "the quantizers of results");
  for (const OpSpec& op : s.forward) {
    require(known(op.quantizer), "the quantizer of an operation on integers");
    if (op.kind == OpSpec::conv || op.kind == OpSpec::depthwise) {
      const KernelSpec& k = at(model_.kernels, op.kernel, "a kernel");
      require(k.quantizer >= 0 && known(k.inputQuantizer) && op.residual < 0, "a kernel of integers");
    } else if (op.kind == OpSpec::add) {
      require(known(op.xQuantizer) && known(op.yQuantizer) && op.y >= 0, "a sum of integers");
    } else {
      require(op.kind == OpSpec::pool, "an operation on integers");
    }
  }
}

void Session::placeIntegers(const PlanSpec& s) {
  for (const OpSpec& op : s.forward) {
    if (op.kind != OpSpec::conv && op.kind != OpSpec::depthwise) continue;
    Packed& packed = *packed_[op.kernel];
    const std::size_t channels = std::size_t(padded(packed.spec.outChannels));
    packed.integerBias.resize(channels);
    packed.multiplier.resize(channels);
  }
}

const PlanSpec& Session::plan(int index) const {
  require(index >= 0 && std::size_t(index) < plans_.size(), "a plan");
  return plans_[index]->spec;
}

const float* Session::tensor(int plan, int index) const {
  return arena_.data() + plans_[plan]->spec.tensors[index].offset;
}

/**
 * Room for one plan more. What a step leaves in the arena is of no use to the next, so a larger one just takes its place.
 * Nothing is given back before all that is new is there: a session that is refused more memory works on with what it had.
 */
void Session::grow(const Plan& plan) {
  const PlanSpec& s = plan.spec;
  const auto fits = [](const auto& block, std::size_t count) { return block.size() >= count; };
  const std::size_t input =
      std::size_t(s.batch) * s.height * s.width * s.channels * (s.floats ? sizeof(float) : 1) + kPixelSlack;
  const std::size_t batch = std::size_t(s.batch);
  Block<std::uint8_t> pixels(fits(pixels_, input) ? 0 : input), rowCorrect(fits(rowCorrect_, batch) ? 0 : batch);
  Block<std::int32_t> labels(fits(labels_, batch) ? 0 : batch);
  Block<double> rowLoss(fits(rowLoss_, batch) ? 0 : batch);
  Block<float> arena(fits(arena_, s.arenaFloats) ? 0 : s.arenaFloats);
  int widest = 0;
  for (const TensorSpec& t : s.tensors) widest = std::max(widest, padded(t.c));
  const std::size_t wide = widest > kMostChannels ? std::size_t(widest) : 0;
  Block<float> zeros(fits(zeros_, wide) ? 0 : wide), ones(fits(ones_, wide) ? 0 : wide);
  std::fill_n(ones.data(), ones.size(), 1.0f);
  if (zeros.size() > 0) zeros_ = std::move(zeros);
  if (ones.size() > 0) ones_ = std::move(ones);
  if (pixels.size() > 0) pixels_ = std::move(pixels);
  if (rowCorrect.size() > 0) rowCorrect_ = std::move(rowCorrect);
  if (labels.size() > 0) labels_ = std::move(labels);
  if (rowLoss.size() > 0) rowLoss_ = std::move(rowLoss);
  if (arena.size() > 0) arena_ = std::move(arena);
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
  const TensorSpec& tensor = plan.spec.tensors[c.tensor];
  View view;
  view.x = arena_.data() + tensor.offset;
  if (isWide(tensor)) view.scale = ones_.data(), view.shift = zeros_.data();
  if (c.batchNorm >= 0) {
    const BatchNorm& norm = *norms_[c.batchNorm];
    view.scale = plan.spec.training ? norm.scale() : norm.foldedScale();
    view.shift = plan.spec.training ? norm.shift() : norm.foldedShift();
  }
  if (c.relu6) view.lo = 0, view.hi = 6;
  view.quant = quantizerOf(c.quantizer);
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
  if (isWide(x)) target.mean = zeros_.data();
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
    require(k.pixels && !plan.spec.floats, "a kernel that reads pictures");
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
  BoundOp bound;
  bound.kind = op.kind;
  bindBatchNorms(plan, op, bound);
  switch (op.kind) {
    case OpSpec::loadPixels:
    case OpSpec::loadFloats: bindPixels(plan, op, bound); break;
    case OpSpec::dropout: bindDropout(plan, op, bound); break;
    case OpSpec::conv: bindConv(plan, op, bound); break;
    case OpSpec::convBackward: bindConvBackward(plan, op, bound); break;
    case OpSpec::depthwise: bindDepthwise(plan, op, bound); break;
    case OpSpec::depthwiseBackward: bindDepthwiseBackward(plan, op, bound); break;
    case OpSpec::add: bindAdd(plan, op, bound); break;
    case OpSpec::pool:
    case OpSpec::poolBackward: bindPool(plan, op, bound); break;
    case OpSpec::contribute: bindContribute(plan, op, bound); break;
    case OpSpec::observe: {
      const TensorSpec& seen = at(plan.spec.tensors, op.out, "what is observed");
      require(!plan.spec.training && op.quantizer >= 0 && quantizerOf(op.quantizer), "an observation");
      bound.quantizer = op.quantizer;
      bound.out = arena_.data() + seen.offset, bound.rows = seen.rows(), bound.channels = seen.c;
      break;
    }
  }
  return bound;
}

/** Batch norms that have to be finished after the operation: by statistics of its output, or by sums of a gradient. */
void Session::bindBatchNorms(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  if (op.statistics >= 0) {
    require(s.training, "statistics in inference");
    const TensorSpec& out = at(s.tensors, op.out, "an output");
    require(at(model_.batchNorms, op.statistics, "a batch norm").channels == out.c, "the channels of a batch norm");
    bound.statistics = norms_[op.statistics].get();
    bound.statisticsCount = out.rows();
    bound.statisticsIndex = op.statistics;
  }
  if (op.ranged >= 0) {
    const ChainSpec& c = at(s.chains, op.ranged, "a chain whose range is followed");
    require(s.training && c.tensor == op.out && c.quantizer >= 0, "a range that is followed");
    bound.quantizer = c.quantizer;
    bound.ranged = viewOf(plan, op.ranged);
    const TensorSpec& out = s.tensors[c.tensor];
    bound.rows = out.rows(), bound.channels = out.c;
  }
  if (op.finish && op.x >= 0) {
    const ChainSpec& c = at(s.chains, op.x, "the chain of a target");
    if (c.batchNorm < 0) return;
    bound.sums = norms_[c.batchNorm].get();
    bound.sumsCount = s.tensors[c.tensor].rows();
  }
}

Epilogue Session::epilogueOf(const Plan& plan, const OpSpec& op) const {
  const PlanSpec& s = plan.spec;
  const TensorSpec& out = at(s.tensors, op.out, "an output");
  Epilogue epilogue;
  if (isWide(out)) epilogue.scale = ones_.data(), epilogue.shift = zeros_.data();
  if (op.relu6) epilogue.lo = 0, epilogue.hi = 6;
  if (op.foldedBatchNorm >= 0) {
    require(at(model_.batchNorms, op.foldedBatchNorm, "a batch norm").channels == out.c, "the channels of a batch norm");
    epilogue.scale = norms_[op.foldedBatchNorm]->foldedScale();
    epilogue.shift = norms_[op.foldedBatchNorm]->foldedShift();
  }
  if (op.residual >= 0) {
    const TensorSpec& r = at(s.tensors, op.residual, "a residual");
    require(r.rows() == out.rows() && r.c == out.c, "the shape of a residual");
    epilogue.residual = arena_.data() + r.offset;
  }
  if (s.integers) epilogue.integers = &packed_[op.kernel]->requantize;
  epilogue.quant = quantizerOf(op.quantizer);
  epilogue.sumQuant = quantizerOf(op.sumQuantizer);
  return epilogue;
}

void Session::bindPixels(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  const TensorSpec& out = at(s.tensors, op.out, "an output");
  require(out.n == s.batch && out.h == s.height && out.w == s.width && out.c == s.channels, "the shape of the input");
  require(s.floats == (op.kind == OpSpec::loadFloats), "the kind of the input");
  bound.out = arena_.data() + out.offset, bound.rows = out.rows(), bound.channels = out.c;
}

void Session::bindDropout(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const TensorSpec& t = at(plan.spec.tensors, op.out, "what a dropout works on");
  require(plan.spec.training && op.rate >= 0 && op.rate < 1, "a dropout");
  require(t.rows() * t.c < (std::int64_t(1) << 32), "the size of a dropout");
  bound.out = arena_.data() + t.offset, bound.rows = t.rows(), bound.channels = t.c;
  bound.rate = op.rate, bound.node = op.node;
}

/** What both passes of a product share: sizes, input, and a kernel of the right kind. */
template <class Operand>
const Session::Packed& Session::bindProduct(const Plan& plan, const OpSpec& op, Operand& f) const {
  f.g = geometryOf(plan, op);
  const Packed& packed = *packed_[op.kernel];
  if (op.x < 0) {
    f.pixels = pixels_.data();
    f.x.quant = quantizerOf(packed.spec.inputQuantizer);
  } else
    f.x = viewOf(plan, op.x);
  require(packed.spec.kind != KernelSpec::depthwise, "the kind of a kernel");
  return packed;
}

void Session::bindConv(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  ConvForward& f = bound.conv;
  const Packed& packed = bindProduct(plan, op, f);
  f.panels = packed.forward;
  f.out = arena_.data() + at(s.tensors, op.out, "an output").offset;
  f.statistics = bound.batchStatistics();
  f.epilogue = epilogueOf(plan, op);
  if (packed.spec.bias >= 0) {
    require(!f.statistics.mean && op.foldedBatchNorm < 0, "batch norm behind a bias");
    f.epilogue.shift = s.training ? packed.bias : packed.biasInUse;
  }
  bound.needs = kernels_.convForwardNeeds(f);
}

void Session::bindConvBackward(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  ConvBackward& f = bound.convBackward;
  const Packed& packed = bindProduct(plan, op, f);
  f.d = gradientOf(plan, op);
  f.target = targetOf(plan, op);
  require(!f.target.g || packed.backward, "a kernel without a backward pass");
  f.panels = packed.backward;
  f.kernelGradient = gradients_.data() + offsets_[packed.spec.weights];
  if (packed.spec.bias >= 0) f.biasGradient = gradients_.data() + offsets_[packed.spec.bias];
  const TensorSpec& room = at(s.tensors, op.dense, "the room of a backward pass");
  require(room.rows() == f.g.outRows() && room.c == f.g.outC, "the shape of a backward pass's room");
  f.dense = arena_.data() + room.offset;
  bound.needs = kernels_.convBackwardNeeds(f);
}

void Session::bindDepthwise(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  DepthwiseForward& f = bound.depthwise;
  f.g = geometryOf(plan, op);
  require(packed_[op.kernel]->spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
  require(op.residual < 0, "a residual behind a depthwise convolution");
  f.x = viewOf(plan, op.x);
  f.kernel = packed_[op.kernel]->forward;
  f.out = arena_.data() + at(s.tensors, op.out, "an output").offset;
  f.statistics = bound.batchStatistics();
  f.epilogue = epilogueOf(plan, op);
  bound.needs = kernels_.depthwiseForwardNeeds(f);
}

void Session::bindDepthwiseBackward(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  DepthwiseBackward& f = bound.depthwiseBackward;
  f.g = geometryOf(plan, op);
  require(packed_[op.kernel]->spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
  f.x = viewOf(plan, op.x);
  f.d = gradientOf(plan, op);
  f.kernel = packed_[op.kernel]->forward;
  f.target = targetOf(plan, op);
  f.kernelGradient = gradients_.data() + offsets_[packed_[op.kernel]->spec.weights];
  bound.needs = kernels_.depthwiseBackwardNeeds(f);
}

void Session::bindAdd(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
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
  f.out = arena_.data() + out.offset;
  f.quant = quantizerOf(op.quantizer);
  f.statistics = bound.batchStatistics();
  bound.needs = kernels_.addNeeds(f);
}

void Session::bindPool(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
  Pool2d& f = bound.pool;
  const TensorSpec& x = s.tensors[at(s.chains, op.x, "an input").tensor];
  const TensorSpec& out = at(s.tensors, op.out, "an output");
  require(out.rows() == x.n && out.c == x.c && !bound.statistics, "the shape of a pooling's output");
  f.n = x.n, f.pixels = x.h * x.w, f.channels = padded(x.c), f.max = op.max;
  f.x = viewOf(plan, op.x);
  f.out = arena_.data() + out.offset;
  f.quant = quantizerOf(op.quantizer);
  if (op.kind == OpSpec::poolBackward) {
    const TensorSpec& g = at(s.tensors, op.gradient, "a gradient");
    require(g.rows() == out.rows() && g.c == out.c && op.target >= 0, "the gradient of a pooling");
    f.dOut = arena_.data() + g.offset;
    f.target = targetOf(plan, op);
  }
  bound.needs = kernels_.poolNeeds(f);
}

void Session::bindContribute(const Plan& plan, const OpSpec& op, BoundOp& bound) const {
  const PlanSpec& s = plan.spec;
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
}

}  // namespace ft
