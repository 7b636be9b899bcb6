// The operations of a plan, one after the other.
#include <algorithm>
#include <chrono>

#include "dropout.h"
#include "session_parts.h"

namespace ft {

/** Computes an operation. */
struct Session::Runner {
  Session& s;

  /** What came, each row padded with zeros: values as they are, bytes as what they stand for. */
  void operator()(const Load& op) const {
    const int stride = padded(op.channels);
    const std::uint8_t* bytes = s.pixels_.data();
    const float* floats = reinterpret_cast<const float*>(bytes);
    const auto pixel = [&](std::uint8_t byte, int c) {
      return op.colours ? op.colours[c * 256 + byte] : float(byte / 127.5 - 1);
    };
    parallel(s.pool_, int((op.rows + 4095) / 4096), [&](int item, int) {
      for (std::int64_t r = item * 4096LL; r < std::min<std::int64_t>(op.rows, (item + 1) * 4096LL); r++) {
        float* out = op.out + r * stride;
        const std::int64_t from = r * op.channels;
        for (int c = 0; c < op.channels; c++) out[c] = op.floats ? floats[from + c] : pixel(bytes[from + c], c);
        std::fill(out + op.channels, out + stride, 0.0f);
      }
    });
  }

  void operator()(const Dropout& op) const {
    const DropoutMask mask(op.rate, s.seed_, s.step + 1, op.node);
    const int stride = padded(op.channels);
    parallel(s.pool_, int((op.rows + 63) / 64), [&](int item, int) {
      for (std::int64_t r = item * 64LL; r < std::min<std::int64_t>(op.rows, (item + 1) * 64LL); r++)
        for (int c = 0; c < op.channels; c++) op.out[r * stride + c] *= mask.at(std::uint32_t(r * op.channels + c));
    });
  }

  void operator()(const Observe& op) const { s.observe(op); }
  void operator()(const ConvForward& op) const { s.kernels_.convForward(op, s.workspace_); }
  void operator()(const ConvBackward& op) const { s.kernels_.convBackward(op, s.workspace_); }
  void operator()(const DepthwiseForward& op) const { s.kernels_.depthwiseForward(op, s.workspace_); }
  void operator()(const DepthwiseBackward& op) const { s.kernels_.depthwiseBackward(op, s.workspace_); }
  void operator()(const Add& op) const { s.kernels_.add(op, s.workspace_); }
  void operator()(const PoolForward& op) const { s.kernels_.poolForward(op.pool, s.workspace_); }
  void operator()(const PoolBackward& op) const { s.kernels_.poolBackward(op.pool, s.workspace_); }
  void operator()(const Contribute& op) const { s.kernels_.contribute(op, s.workspace_); }
  void operator()(const ValuesForward& op) const { s.kernels_.valuesForward(op.values, s.workspace_); }
  void operator()(const ValuesBackward& op) const { s.kernels_.valuesBackward(op.values, s.workspace_); }
  void operator()(const MaxPoolForward& op) const { s.kernels_.maxPoolForward(op.pool, s.workspace_); }
  void operator()(const MaxPoolBackward& op) const { s.kernels_.maxPoolBackward(op.pool, s.workspace_); }
};

/** @returns the batch norm whose statistics are not finite, where the run stopped, or -1 */
int Session::runOps(std::vector<BoundOp>& ops) {
  using Clock = std::chrono::steady_clock;
  for (BoundOp& op : ops) {
    const Clock::time_point start = Clock::now();
    std::visit(Runner{*this}, op.work);
    const bool finite = !op.statistics || finishStatistics(*op.statistics, op.statisticsCount);
    if (finite && op.quantizer >= 0) followRange(op);
    if (op.sums) finishGradientSums(*op.sums, op.sumsCount);
    op.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    if (!finite) return op.statisticsIndex;
  }
  return -1;
}

std::vector<double> Session::times(int plan) const {
  std::vector<double> times;
  for (const auto* ops : {&plans_[plan]->forward, &plans_[plan]->backward})
    for (const BoundOp& op : *ops) times.push_back(op.seconds);
  return times;
}

}  // namespace ft
