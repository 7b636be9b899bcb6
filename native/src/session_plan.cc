// A new plan: its description checked, and room for it. What an operation relies on is checked as it gets its addresses
// (session_bind.cc).
#include <algorithm>

#include "session_parts.h"

namespace ft {

/**
 * Checks, then grows, then binds: whatever is refused on the way, for want of memory or sense, leaves every other plan as it was and
 * computes the same. What grew stays grown; integer kernels keep the room that `placeIntegers` gave them, which nothing else reads.
 */
int Session::addPlan(PlanSpec spec) {
  auto plan = std::make_unique<Plan>();
  plan->spec = std::move(spec);
  const PlanSpec& s = plan->spec;
  checkTensors(s);
  checkOutputs(s);
  if (s.integers) checkIntegers(s);
  // Whatever may find no memory comes before the session changes.
  plans_.reserve(plans_.size() + 1);
  if (s.integers) placeIntegers(s);
  grow(*plan);
  bind(*plan);
  plans_.push_back(std::move(plan));
  return int(plans_.size()) - 1;
}

/** Sizes that fit into the integers of the kernels, tensors inside the arena, chains of what there is. Others rely on it. */
void Session::checkTensors(const PlanSpec& s) const {
  constexpr std::int64_t kMost = std::int64_t(1) << 31;  // pixels of a tensor, and values of a batch: an int counts them
  // Factor by factor, so that no product overflows.
  const auto fits = [](std::initializer_list<int> factors) {
    std::int64_t product = 1;
    for (const int factor : factors)
      if (factor <= 0 || (product *= factor) >= kMost) return false;
    return true;
  };
  require(s.channels <= kMostChannels && fits({s.batch, s.height, s.width, s.channels}), "the size of the input");
  require(s.arenaFloats < (std::size_t(1) << 40), "the size of the arena");  // 4 TiB: no sum of bytes overflows
  for (const TensorSpec& t : s.tensors) {
    require(fits({t.n, t.h, t.w}) && t.c > 0 && t.c <= kMostOutputs, "the shape of a tensor");
    require(t.offset % kAlign == 0, "the place of a tensor");
    require(t.offset <= s.arenaFloats && t.floats() <= s.arenaFloats - t.offset, "a tensor beyond the arena");
  }
  for (const ChainSpec& c : s.chains) {
    const TensorSpec& t = at(s.tensors, c.tensor, "the tensor of a chain");
    if (c.batchNorm >= 0)
      require(at(model_.batchNorms, c.batchNorm, "a batch norm").channels == t.c, "the channels of a batch norm");
    if (c.quantizer >= 0) require(quantizerOf(c.quantizer), "the quantizer of a chain");
  }
}

/** Each of them once; a training has what the loss reads, with its gradient. What a loss reads is a vector. */
void Session::checkOutputs(const PlanSpec& s) const {
  for (const OutputSpec& o : s.outputs) {
    require(s.output(o.name) == &o, "an output that stands there twice");
    const TensorSpec& t = at(s.tensors, o.tensor, "an output");
    require(t.n == s.batch, "the shape of an output");
    require(t.rows() == s.batch || (o.name == embedding && !s.training && o.gradient < 0 && !loss_.reads(embedding)),
            "an output that is no vector");
    if (o.gradient < 0) continue;
    const TensorSpec& g = at(s.tensors, o.gradient, "the gradient of an output");
    require(s.training && g.rows() == t.rows() && g.c == t.c, "the shape of an output's gradient");
  }
  for (const OutputName name : {embedding, scores}) {
    const OutputSpec* o = s.output(name);
    require(!s.training || !loss_.reads(name) || (o && o->gradient >= 0), "an output that the loss reads");
  }
}

/** Every operation of a plan on integers knows the quantizers that its numbers come from. */
void Session::checkIntegers(const PlanSpec& s) const {
  require(!s.training && !s.floats && s.backward.empty(), "a plan on integers");
  const auto known = [&](int quantizer) { return quantizerOf(quantizer) != nullptr; };
  for (const OutputSpec& o : s.outputs) require(known(o.quantizer), "the quantizer of an output");
  for (const OpSpec& op : s.forward) {
    require(known(op.quantizer), "the quantizer of an operation on integers");
    require(op.slope < 0 || op.kind == OpSpec::add, "a PReLU of integers that is a part of another operation");
    if (op.kind == OpSpec::conv || op.kind == OpSpec::depthwise) {
      const KernelSpec& k = at(model_.kernels, op.kernel, "a kernel");
      require(k.quantizer >= 0 && known(k.inputQuantizer) && op.residual < 0, "a kernel of integers");
    } else if (op.kind == OpSpec::add) {
      const bool sum = op.y >= 0 && known(op.yQuantizer) && op.slope < 0;
      const bool prelu = op.y < 0 && op.slope >= 0 && std::size_t(op.slope) < slopes_.size() && slopes_[op.slope];
      require(known(op.xQuantizer) && (sum || prelu), "a sum of integers");
    } else if (op.kind == OpSpec::multiply) {
      require(known(op.xQuantizer) && known(op.yQuantizer) && op.residual < 0, "a product of integers");
    } else if (op.kind == OpSpec::sigmoid || op.kind == OpSpec::normalize) {
      require(known(op.xQuantizer), "a value of integers");
    } else {
      require(op.kind == OpSpec::pool, "an operation on integers");
    }
  }
}

/** Room for a kernel's numbers on integers; padding is 0, and stays it: clamp(floor((0 + 0) * 0 + 0.5), lo, hi). */
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

int Session::people(int index) const {
  const PlanSpec& s = plan(index);
  const OutputSpec* o = s.output(scores);
  return o ? s.tensors[o->tensor].c : std::numeric_limits<std::int32_t>::max();
}

std::size_t Session::targetCount(int index) const {
  const PlanSpec& s = plan(index);
  const OutputSpec* o = s.output(embedding);
  return o && loss_.needsTargets() ? std::size_t(s.batch) * s.tensors[o->tensor].c : 0;
}

void Session::setTargets(const float* targets, std::size_t count) {
  hasTargets_ = targets != nullptr;
  if (count > 0 && targets) std::copy_n(targets, count, targets_.data());
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
  Block<float> targets, spare[kOutputNames];
  Block<double> pairs;
  for (const OutputSpec& o : s.outputs) {
    const std::size_t c = std::size_t(s.tensors[o.tensor].c), row = std::size_t(padded(int(c)));
    if (o.name == embedding && loss_.needsTargets() && !fits(targets_, batch * c)) targets = Block<float>(batch * c);
    const std::size_t room = batch * (batch + 1) + pool_.threads() * pairRoom(s.batch, int(c));
    if (o.name == embedding && loss_.needsPairs() && !fits(pairs_, room)) pairs = Block<double>(room);
    if (s.training && loss_.readers(o.name) > 1 && !fits(spare_[o.name], batch * row)) spare[o.name] = Block<float>(batch * row);
  }
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
  if (targets.size() > 0) targets_ = std::move(targets);
  if (pairs.size() > 0) pairs_ = std::move(pairs);
  for (int name = 0; name < kOutputNames; name++)
    if (spare[name].size() > 0) spare_[name] = std::move(spare[name]);
  if (arena.size() > 0) arena_ = std::move(arena);
  // Their operands point into the blocks that may have moved. Allocates nothing: no plan needs more than when it came.
  for (auto& other : plans_) bind(*other);
}

/**
 * Operands for every operation, and the workspace for the greediest. Scratch and partial results may move here although other plans
 * have been bound before: they get them with each call, as workspace_. Arena, input and constants must not: operands point there.
 */
void Session::bind(Plan& plan) {
  // Bound anew a plan has as many operations as before: nothing is allocated that could be refused.
  plan.forward.clear();
  plan.backward.clear();
  const Binder binder(*this, plan);
  for (const OpSpec& op : plan.spec.forward) plan.forward.push_back(binder.bind(op));
  for (const OpSpec& op : plan.spec.backward) plan.backward.push_back(binder.bind(op));
  Needs most;
  for (const auto* ops : {&plan.forward, &plan.backward})
    for (const BoundOp& op : *ops) {
      most.scratch = std::max(most.scratch, op.needs.scratch);
      most.partial = std::max(most.partial, op.needs.partial);
    }
  // A page between the threads' blocks: a line that two of them write would travel between the cores.
  const std::size_t stride = (most.scratch + 1024 + 1023) / 1024 * 1024;
  // Refused the second of these blocks, the first is larger than anybody needs: every plan still works.
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

}  // namespace ft
