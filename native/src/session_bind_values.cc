// Operands of poolings, and of operations on a pixel's channels: see session_bind.cc.
#include "session_parts.h"

namespace ft {
namespace {

/** Rows that have one of the factors: an image's. */
std::int64_t pixelsOf(const TensorSpec& x, const TensorSpec& factors) {
  require(factors.rows() == x.n && factors.c == x.c, "the shape of factors");
  return std::int64_t(x.h) * x.w;
}

}  // namespace

Values Session::Binder::valuesForward(const OpSpec& op, const BoundOp& bound) const {
  Values f;
  const TensorSpec& x = tensorOf(op.x);
  const TensorSpec& out = outputOf(op);
  require(!bound.statistics && padded(out.c) <= kMostChannels, "an output of a value");
  require(out.rows() == x.rows(), "the shape of an output");
  f.rows = out.rows(), f.channels = x.c;
  f.x = viewOf(op.x);
  f.out = place(out);
  if (op.kind == OpSpec::concat) {
    const TensorSpec& y = tensorOf(op.y);
    f.kind = Values::concat;
    f.otherChannels = y.c;
    f.y = viewOf(op.y);
    require(y.rows() == x.rows() && out.c == x.c + y.c, "the shape of a concatenation");
    return f;
  }
  require(out.c == x.c, "the shape of an output");
  if (op.kind == OpSpec::multiply) {
    f.kind = Values::multiply;
    f.pixels = pixelsOf(x, tensorOf(op.y));
    f.y = viewOf(op.y);
    if (op.residual < 0) return f;
    const TensorSpec& r = at(spec_.tensors, op.residual, "a residual");
    require(!spec_.training && alike(r, out), "the shape of a residual");
    f.residual = place(r);
    return f;
  }
  f.kind = op.kind == OpSpec::sigmoid ? Values::sigmoid : Values::normalize;
  return f;
}

/** The target is x; what stands behind it, with its gradient, is the chain d. */
Values Session::Binder::valuesBackward(const OpSpec& op) const {
  Values f;
  const TensorSpec& x = tensorOf(op.x);
  const TensorSpec& behind = differentiated(op);
  require(spec_.training && padded(x.c) <= kMostChannels && padded(behind.c) <= kMostChannels, "a way back");
  f.rows = x.rows(), f.channels = x.c;
  f.x = viewOf(op.x);
  f.d = gradientOf(op);
  f.target = targetOf(op);
  require(f.target.g || op.kind == OpSpec::preluBackward, "a target");
  if (op.kind == OpSpec::partBackward) {
    f.kind = Values::part;
    f.first = op.first, f.otherChannels = behind.c;
    require(behind.rows() == x.rows() && op.first >= 0 && op.first <= behind.c - x.c, "a part of channels");
    return f;
  }
  if (op.kind == OpSpec::factorsBackward) {
    const TensorSpec& y = tensorOf(op.y);
    f.kind = Values::factors;
    f.pixels = pixelsOf(y, x);
    f.x = viewOf(op.y);
    require(alike(behind, y), "the shape of a gradient");
    return f;
  }
  require(alike(behind, x), "the shape of a gradient");
  switch (op.kind) {
    case OpSpec::preluBackward:
      f.kind = Values::prelu;
      f.slope = slopeOf(op, x.c);
      require(f.slope, "a slope");
      if (session_.model_.parameters[op.slope].trainable)
        f.slopeGradient = session_.gradients_.data() + session_.offsets_[op.slope];
      break;
    case OpSpec::sigmoidBackward:
      f.kind = Values::sigmoid;
      require(alike(outputOf(op), x), "the shape of an output");
      f.out = place(outputOf(op));
      break;
    case OpSpec::multiplyBackward:
      f.kind = Values::multiply;
      f.pixels = pixelsOf(x, tensorOf(op.y));
      f.y = viewOf(op.y);
      break;
    default: f.kind = Values::normalize;
  }
  return f;
}

/** Both passes, [n, h, w, c] <-> [n, 1, 1, c]. The way back reads the output again: it tells which pixels were the maximum. */
Pool2d Session::Binder::pool(const OpSpec& op, const BoundOp& bound) const {
  Pool2d f;
  const TensorSpec& x = spec_.tensors[at(spec_.chains, op.x, "an input").tensor];
  const TensorSpec& out = outputOf(op);
  require(out.rows() == x.n && out.c == x.c && !bound.statistics, "the shape of a pooling's output");
  f.n = x.n, f.pixels = x.h * x.w, f.channels = padded(x.c), f.max = op.max;
  f.x = viewOf(op.x);
  f.out = place(out);
  f.quant = session_.quantizerOf(op.quantizer);
  if (op.kind == OpSpec::poolBackward) {
    const TensorSpec& g = at(spec_.tensors, op.gradient, "a gradient");
    require(alike(g, out) && op.target >= 0, "the gradient of a pooling");
    f.dOut = place(g);
    f.target = targetOf(op);
  }
  return f;
}

/** Both passes. */
MaxPool Session::Binder::maxPool(const OpSpec& op, const BoundOp& bound) const {
  MaxPool f;
  const TensorSpec& x = tensorOf(op.x);
  const TensorSpec& out = outputOf(op);
  require(op.size >= 1 && op.size <= 16, "the size of a window");
  require(!bound.statistics && padded(x.c) <= kMostChannels, "an output of a maximum");
  f.g.n = x.n, f.g.h = x.h, f.g.w = x.w, f.g.c = f.g.outC = x.c;
  f.g.kernelH = f.g.kernelW = op.size, f.g.stride = op.stride;
  placeWindows(op, f.g);
  require(out.n == x.n && out.h == f.g.outH && out.w == f.g.outW && out.c == x.c, "the shape of an output");
  f.x = viewOf(op.x);
  f.out = place(out);
  if (op.kind != OpSpec::maxPoolBackward) return f;
  const TensorSpec& g = at(spec_.tensors, op.gradient, "a gradient");
  require(alike(g, out) && op.target >= 0, "the gradient of a maximum");
  f.dOut = place(g);
  f.target = targetOf(op);
  return f;
}

}  // namespace ft
