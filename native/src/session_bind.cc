// From descriptions of operations to operands with addresses. Everything that a kernel relies on is checked here, but for what
// `checkTensors` has checked before: every tensor lies in the arena, every chain names a tensor and a batch norm of its width.
// An operation's own indices pass `at` or `quantizerOf` before they are used.
#include <algorithm>

#include "session_parts.h"

namespace ft {
namespace {

/** Rows or columns that TensorFlow's SAME padding adds before the first; where the number is odd one more follows the last. */
int paddingBefore(int in, int out, int kernel, int stride) {
  return std::max(0, (out - 1) * stride + kernel - in) / 2;
}

/** Too wide for the zeros and ones that kernels have of their own: operands are given even where they change nothing. */
bool isWide(const TensorSpec& tensor) { return padded(tensor.c) > kMostChannels; }

}  // namespace

Session::BoundOp Session::Binder::bind(const OpSpec& op) const {
  BoundOp bound;
  // First, since an operand collects statistics, and extremes, only where something is finished with them.
  finishes(op, bound);
  switch (op.kind) {
    case OpSpec::loadPixels:
    case OpSpec::loadFloats: bound.work = load(op); break;
    case OpSpec::dropout: bound.work = dropout(op); break;
    case OpSpec::observe: bound.work = observe(op); break;
    case OpSpec::conv: bound.work = conv(op, bound); break;
    case OpSpec::convBackward: bound.work = convBackward(op); break;
    case OpSpec::depthwise: bound.work = depthwise(op, bound); break;
    case OpSpec::depthwiseBackward: bound.work = depthwiseBackward(op); break;
    case OpSpec::add: bound.work = add(op, bound); break;
    case OpSpec::pool: bound.work = PoolForward{pool(op, bound)}; break;
    case OpSpec::poolBackward: bound.work = PoolBackward{pool(op, bound)}; break;
    case OpSpec::contribute: bound.work = contribute(op); break;
    case OpSpec::sigmoid:
    case OpSpec::multiply:
    case OpSpec::concat:
    case OpSpec::normalize: bound.work = ValuesForward{valuesForward(op, bound)}; break;
    case OpSpec::preluBackward:
    case OpSpec::sigmoidBackward:
    case OpSpec::multiplyBackward:
    case OpSpec::factorsBackward:
    case OpSpec::partBackward:
    case OpSpec::normalizeBackward: bound.work = ValuesBackward{valuesBackward(op)}; break;
    case OpSpec::maxPool: bound.work = MaxPoolForward{maxPool(op, bound)}; break;
    case OpSpec::maxPoolBackward: bound.work = MaxPoolBackward{maxPool(op, bound)}; break;
  }
  bound.needs = needs(bound.work);
  return bound;
}

/** By shapes alone, never by addresses: an operation that is bound anew needs no more than before. */
Needs Session::Binder::needs(const Work& work) const {
  const Kernels& k = session_.kernels_;
  struct Visitor {
    const Kernels& k;
    Needs operator()(const Load&) const { return {}; }
    Needs operator()(const Dropout&) const { return {}; }
    Needs operator()(const Observe&) const { return {}; }
    Needs operator()(const ConvForward& f) const { return k.convForwardNeeds(f); }
    Needs operator()(const ConvBackward& f) const { return k.convBackwardNeeds(f); }
    Needs operator()(const DepthwiseForward& f) const { return k.depthwiseForwardNeeds(f); }
    Needs operator()(const DepthwiseBackward& f) const { return k.depthwiseBackwardNeeds(f); }
    Needs operator()(const Add& f) const { return k.addNeeds(f); }
    Needs operator()(const PoolForward& f) const { return k.poolNeeds(f.pool); }
    Needs operator()(const PoolBackward& f) const { return k.poolNeeds(f.pool); }
    Needs operator()(const Contribute& f) const { return k.contributeNeeds(f); }
    Needs operator()(const ValuesForward& f) const { return k.valuesNeeds(f.values); }
    Needs operator()(const ValuesBackward& f) const { return k.valuesNeeds(f.values); }
    Needs operator()(const MaxPoolForward& f) const { return k.maxPoolNeeds(f.pool); }
    Needs operator()(const MaxPoolBackward& f) const { return k.maxPoolNeeds(f.pool); }
  };
  return std::visit(Visitor{k}, work);
}

/**
 * What is finished after an operation: statistics of its output, sums of a gradient, the range of a quantizer. It is done before
 * the next operation runs, so whoever reads the output, or the gradient, finds the numbers of this step.
 */
void Session::Binder::finishes(const OpSpec& op, BoundOp& bound) const {
  if (op.statistics >= 0) {
    require(spec_.training, "statistics in inference");
    const TensorSpec& out = outputOf(op);
    require(at(session_.model_.batchNorms, op.statistics, "a batch norm").channels == out.c,
            "the channels of a batch norm");
    bound.statistics = session_.norms_[op.statistics].get();
    bound.statisticsCount = out.rows();
    bound.statisticsIndex = op.statistics;
  }
  if (op.ranged >= 0) {
    const ChainSpec& c = at(spec_.chains, op.ranged, "a chain whose range is followed");
    // The chain says how its readers see the output: the range is that of the values behind ReLU6.
    require(spec_.training && c.tensor == op.out && c.quantizer >= 0, "a range that is followed");
    bound.quantizer = c.quantizer;
    bound.ranged = viewOf(op.ranged);
    const TensorSpec& out = spec_.tensors[c.tensor];
    bound.rows = out.rows(), bound.channels = out.c;
  }
  // The gradient of x is whole: its batch norm gets dGamma, dBeta, and the a, b and c that x's producer reads on its way back.
  if (op.finish && op.x >= 0) {
    const ChainSpec& c = at(spec_.chains, op.x, "the chain of a target");
    if (c.batchNorm < 0) return;
    bound.sums = session_.norms_[c.batchNorm].get();
    bound.sumsCount = spec_.tensors[c.tensor].rows();
  }
}

/** What a chain's readers compute: in training with the numbers that the end of its producer has left (finishStatistics). */
View Session::Binder::viewOf(int chain) const {
  const ChainSpec& c = at(spec_.chains, chain, "a chain");
  const TensorSpec& tensor = spec_.tensors[c.tensor];
  View view;
  view.x = place(tensor);
  // The view is no longer plain then: its readers copy by way of a multiplication by one.
  if (isWide(tensor)) view.scale = session_.ones_.data(), view.shift = session_.zeros_.data();
  if (c.batchNorm >= 0) {
    const BatchNorm& norm = *session_.norms_[c.batchNorm];
    view.scale = spec_.training ? norm.scale() : norm.foldedScale();
    view.shift = spec_.training ? norm.shift() : norm.foldedShift();
  }
  if (c.relu6) view.lo = 0, view.hi = 6;
  view.quant = session_.quantizerOf(c.quantizer);
  return view;
}

/**
 * The gradient of the tensor that op.d stands for. `g` is masked by the chain's ReLU6 and quantizer already (the last
 * contribution does that), so batch norm alone remains; without one g is the gradient.
 */
Gradient Session::Binder::gradientOf(const OpSpec& op) const {
  const TensorSpec& x = differentiated(op);
  const TensorSpec& g = at(spec_.tensors, op.gradient, "a gradient");
  require(alike(g, x), "the shape of a gradient");
  Gradient d;
  d.g = place(g);
  if (const int batchNorm = spec_.chains[op.d].batchNorm; batchNorm >= 0) {
    const BatchNorm& norm = *session_.norms_[batchNorm];
    d.x = place(x);
    d.a = norm.a(), d.b = norm.b(), d.c = norm.c();
  }
  return d;
}

/** Empty where nobody needs the gradient of x, as for the pictures. View, mean and sums serve the finish alone. */
Target Session::Binder::targetOf(const OpSpec& op) const {
  Target target;
  if (op.target < 0) return target;
  const ChainSpec& c = at(spec_.chains, op.x, "the chain of a target");
  const TensorSpec& x = spec_.tensors[c.tensor];
  const TensorSpec& g = at(spec_.tensors, op.target, "a target");
  require(alike(g, x), "the shape of a target");
  target.g = place(g);
  target.accumulate = op.accumulate;
  target.finish = op.finish;
  target.view = viewOf(op.x);
  if (isWide(x)) target.mean = session_.zeros_.data();
  if (op.finish && c.batchNorm >= 0) {
    target.mean = session_.norms_[c.batchNorm]->mean();
    target.sums = session_.norms_[c.batchNorm]->sums();
  }
  return target;
}

/** Height and width of an output, and the padding before the first window, from the sizes of input and kernel. */
void Session::Binder::placeWindows(const OpSpec& op, Geometry& g) const {
  require(op.stride >= 1 && op.stride <= 16, "a stride");
  const int padding[] = {op.top, op.bottom, op.left, op.right};
  if (std::all_of(std::begin(padding), std::end(padding), [](int p) { return p == -1; })) {
    // SAME: the input's size divided by the stride, rounded up.
    g.outH = (g.h - 1) / op.stride + 1, g.outW = (g.w - 1) / op.stride + 1;
    g.top = paddingBefore(g.h, g.outH, g.kernelH, op.stride);
    g.left = paddingBefore(g.w, g.outW, g.kernelW, op.stride);
    return;
  }
  // Narrower than the kernel: every window meets a pixel.
  for (int i = 0; i < 4; i++) require(padding[i] >= 0 && padding[i] < (i < 2 ? g.kernelH : g.kernelW), "a padding");
  const std::int64_t h = std::int64_t(g.h) + op.top + op.bottom, w = std::int64_t(g.w) + op.left + op.right;
  require(h >= g.kernelH && w >= g.kernelW, "a kernel larger than its input");
  g.outH = int((h - g.kernelH) / op.stride) + 1, g.outW = int((w - g.kernelW) / op.stride) + 1;
  g.top = op.top, g.left = op.left;
}

/** The parameter itself, or what a quantizer makes of it: its room is padded with zeros like a row of channels. */
const float* Session::Binder::slopeOf(const OpSpec& op, int channels) const {
  if (op.slope < 0) return nullptr;
  require(at(session_.model_.parameters, op.slope, "a slope").size == std::size_t(channels), "the size of a slope");
  if (const auto& slopes = session_.slopes_[op.slope]) return slopes->inUse;
  return session_.weights_.data() + session_.offsets_[op.slope];
}

const float* Session::Binder::colours() const {
  const std::size_t colours = session_.model_.colours.size();
  require(colours == 0 || colours == std::size_t(spec_.channels), "the colours of the pictures");
  return session_.colours_.data();
}

/**
 * Sizes of an operation with a kernel, from its input: of the pictures' bytes where x is -1. Checks op.kernel too, so that those
 * who call this first may use it as an index. `out` is the output; the way back finds it by the chain of its gradient.
 */
Geometry Session::Binder::geometryOf(const OpSpec& op, const TensorSpec& out) const {
  const KernelSpec& k = at(session_.model_.kernels, op.kernel, "a kernel");
  Geometry g;
  if (op.x < 0) {
    require(k.pixels && !spec_.floats, "a kernel that reads pictures");
    g.n = spec_.batch, g.h = spec_.height, g.w = spec_.width, g.c = spec_.channels;
  } else {
    require(!k.pixels, "a kernel that reads a tensor");
    const TensorSpec& x = spec_.tensors[at(spec_.chains, op.x, "an input").tensor];
    g.n = x.n, g.h = x.h, g.w = x.w, g.c = x.c;
  }
  g.kernelH = k.height, g.kernelW = k.width, g.stride = op.stride;
  g.outC = k.outChannels;
  placeWindows(op, g);
  require(k.inChannels == g.c, "the input channels of a kernel");
  require(out.n == g.n && out.h == g.outH && out.w == g.outW && out.c == g.outC, "the shape of an output");
  return g;
}

/** The planner asks for none in training, where tensors are stored raw; a bias is added to it by `addBias`. */
Epilogue Session::Binder::epilogueOf(const OpSpec& op, const TensorSpec& out) const {
  Epilogue epilogue;
  if (isWide(out)) epilogue.scale = session_.ones_.data(), epilogue.shift = session_.zeros_.data();
  if (op.relu6) epilogue.lo = 0, epilogue.hi = 6;
  epilogue.slope = slopeOf(op, out.c);
  if (op.foldedBatchNorm >= 0) {
    require(at(session_.model_.batchNorms, op.foldedBatchNorm, "a batch norm").channels == out.c,
            "the channels of a batch norm");
    epilogue.scale = session_.norms_[op.foldedBatchNorm]->foldedScale();
    epilogue.shift = session_.norms_[op.foldedBatchNorm]->foldedShift();
  }
  if (op.residual >= 0) {
    const TensorSpec& r = at(spec_.tensors, op.residual, "a residual");
    require(alike(r, out), "the shape of a residual");
    epilogue.residual = place(r);
  }
  // Filled in with the scales of the evaluation at work (`requantize`): the address is that of the kernel's, which never moves.
  if (spec_.integers) epilogue.integers = &session_.packed_[op.kernel]->requantize;
  epilogue.quant = session_.quantizerOf(op.quantizer);
  epilogue.sumQuant = session_.quantizerOf(op.sumQuantizer);
  return epilogue;
}

Load Session::Binder::load(const OpSpec& op) const {
  const TensorSpec& out = outputOf(op);
  require(out.n == spec_.batch && out.h == spec_.height && out.w == spec_.width && out.c == spec_.channels,
          "the shape of the input");
  require(spec_.floats == (op.kind == OpSpec::loadFloats), "the kind of the input");
  return {place(out), out.rows(), out.c, spec_.floats, colours()};
}

Dropout Session::Binder::dropout(const OpSpec& op) const {
  const TensorSpec& t = at(spec_.tensors, op.out, "what a dropout works on");
  require(spec_.training && op.rate >= 0 && op.rate < 1, "a dropout");
  // A place in the mask is a 32-bit number (dropout.h).
  require(t.rows() * t.c < (std::int64_t(1) << 32), "the size of a dropout");
  return {place(t), t.rows(), t.c, op.rate, op.node};
}

Observe Session::Binder::observe(const OpSpec& op) const {
  const TensorSpec& seen = at(spec_.tensors, op.out, "what is observed");
  // Of activations: what kernels' quantizers see is known without a picture.
  require(!spec_.training && op.quantizer >= 0 && session_.quantizerOf(op.quantizer), "an observation");
  return {place(seen), seen.rows(), seen.c, op.quantizer};
}

/** What both passes of a product share: input, and a kernel of the right kind. After geometryOf, which has checked op.kernel. */
template <class Operand>
const Session::Packed& Session::Binder::product(const OpSpec& op, Operand& f) const {
  const Packed& packed = *session_.packed_[op.kernel];
  if (op.x < 0) {
    f.pixels = session_.pixels_.data();
    f.colours = colours();
    // Bytes have no view: all that a kernel applies to them is the quantizer.
    f.x.quant = session_.quantizerOf(packed.spec.inputQuantizer);
    if (spec_.integers && f.colours) f.colours = session_.integerColours_.data(), f.x.quant = nullptr;
  } else {
    f.x = viewOf(op.x);
  }
  require(packed.spec.kind != KernelSpec::depthwise, "the kind of a kernel");
  return packed;
}

/** It takes the place of a batch norm's shift, and statistics would be those without it. */
template <class Operand>
void Session::Binder::addBias(const OpSpec& op, const Packed& packed, Operand& f) const {
  if (packed.spec.bias < 0) return;
  require(!f.statistics.mean && op.foldedBatchNorm < 0, "batch norm behind a bias");
  f.epilogue.shift = spec_.training ? packed.bias : packed.biasInUse;
}

ConvForward Session::Binder::conv(const OpSpec& op, const BoundOp& bound) const {
  ConvForward f;
  const TensorSpec& whole = outputOf(op);
  // What an epilogue knows of is the part alone.
  TensorSpec out = whole;
  if (op.first >= 0) out.c = at(session_.model_.kernels, op.kernel, "a kernel").outChannels;
  f.g = geometryOf(op, out);
  const Packed& packed = product(op, f);
  f.panels = packed.forward;
  f.out = place(whole);
  f.outStride = std::size_t(padded(whole.c));
  f.statistics = statisticsOf(bound);
  f.epilogue = epilogueOf(op, out);
  addBias(op, packed, f);
  if (op.first < 0) return f;
  // Vectors of another part's channels would be written over, but for the padding of the last.
  require(op.first % kChannelStep == 0 && op.first <= whole.c - out.c, "the place of a part");
  require(out.c % kChannelStep == 0 || op.first + out.c == whole.c, "a part that ends amid a vector");
  require(!spec_.training && !spec_.integers && op.residual < 0 && padded(whole.c) <= kMostChannels, "a part of an output");
  f.out += op.first;
  return f;
}

ConvBackward Session::Binder::convBackward(const OpSpec& op) const {
  ConvBackward f;
  f.g = geometryOf(op, differentiated(op));
  const Packed& packed = product(op, f);
  f.d = gradientOf(op);
  f.target = targetOf(op);
  require(!f.target.g || packed.backward, "a kernel without a backward pass");
  f.panels = packed.backward;
  // Written, not added to: of two operations with one kernel the gradient would be that of the last.
  f.kernelGradient = session_.gradients_.data() + session_.offsets_[packed.spec.weights];
  if (packed.spec.bias >= 0) f.biasGradient = session_.gradients_.data() + session_.offsets_[packed.spec.bias];
  // Only the split form writes there, but which form it is the kernels know: the room is there for both.
  const TensorSpec& room = at(spec_.tensors, op.dense, "the room of a backward pass");
  require(room.rows() == f.g.outRows() && room.c == f.g.outC, "the shape of a backward pass's room");
  f.dense = place(room);
  return f;
}

DepthwiseForward Session::Binder::depthwise(const OpSpec& op, const BoundOp& bound) const {
  DepthwiseForward f;
  const TensorSpec& out = outputOf(op);
  f.g = geometryOf(op, out);
  const Packed& packed = *session_.packed_[op.kernel];
  require(packed.spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
  // Its epilogue stores no sums.
  require(op.residual < 0, "a residual behind a depthwise convolution");
  f.x = viewOf(op.x);
  f.kernel = packed.forward;
  f.out = place(out);
  f.statistics = statisticsOf(bound);
  f.epilogue = epilogueOf(op, out);
  addBias(op, packed, f);
  return f;
}

DepthwiseBackward Session::Binder::depthwiseBackward(const OpSpec& op) const {
  DepthwiseBackward f;
  f.g = geometryOf(op, differentiated(op));
  const Packed& packed = *session_.packed_[op.kernel];
  require(packed.spec.kind == KernelSpec::depthwise && op.x >= 0, "the kind of a kernel");
  f.x = viewOf(op.x);
  f.d = gradientOf(op);
  f.kernel = packed.forward;
  f.target = targetOf(op);
  f.kernelGradient = session_.gradients_.data() + session_.offsets_[packed.spec.weights];
  if (packed.spec.bias >= 0) f.biasGradient = session_.gradients_.data() + session_.offsets_[packed.spec.bias];
  return f;
}

Add Session::Binder::add(const OpSpec& op, const BoundOp& bound) const {
  Add f;
  const TensorSpec& out = outputOf(op);
  for (const int chain : {op.x, op.y}) {
    if (chain < 0 && chain == op.y) continue;
    require(alike(spec_.tensors[at(spec_.chains, chain, "a summand").tensor], out), "the shape of a summand");
  }
  // The padding is computed as well: whole vectors, and 0 + 0 keeps it zero.
  f.rows = out.rows(), f.channels = padded(out.c);
  f.x = viewOf(op.x);
  if (op.y >= 0) f.y = viewOf(op.y);
  f.out = place(out);
  f.slope = slopeOf(op, out.c);
  f.quant = session_.quantizerOf(op.quantizer);
  f.statistics = statisticsOf(bound);
  return f;
}

/** A gradient that passes a sum or a copy. Without op.gradient the target holds it already, and is finished only. */
Contribute Session::Binder::contribute(const OpSpec& op) const {
  Contribute f;
  require(op.target >= 0 && op.x >= 0, "the target of a contribution");
  f.target = targetOf(op);
  const TensorSpec& t = spec_.tensors[spec_.chains[op.x].tensor];
  f.rows = t.rows(), f.channels = padded(t.c);
  if (op.gradient >= 0) {
    f.d = gradientOf(op);
    require(alike(spec_.tensors[op.gradient], t), "the shape of a gradient");
  }
  return f;
}

}  // namespace ft
