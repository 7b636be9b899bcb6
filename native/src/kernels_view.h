// Reading tensors through their views, and what is done to gradients as they are written.
#pragma once

#include "kernels_matrix.h"

namespace {

using ft::Gradient;
using ft::Target;
using ft::View;

/** Zeros and ones for operands that are not there. A wider tensor never has such (`kMostChannels`). */
constexpr int kConstantLength = ft::kMostChannels;
struct Constants {
  alignas(64) float zeros[kConstantLength];
  alignas(64) float ones[kConstantLength];
  // Constant-initialized: code that runs when the library is loaded would meet processors it was not compiled for.
  constexpr Constants() : zeros(), ones() {
    for (int i = 0; i < kConstantLength; i++) ones[i] = 1;
  }
};
constexpr Constants kConstants;

inline const float* orOnes(const float* p) { return p ? p : kConstants.ones; }
inline const float* orZeros(const float* p) { return p ? p : kConstants.zeros; }

/** A fake quantizer in registers. Rounds exactly as TensorFlow's FakeQuantWithMinMaxVars does, float32 step by step. */
struct Rounding {
  bool active;
  V minimum, maximum, scale, below;
  explicit Rounding(const ft::FakeQuant* q)
      : active(q && q->active),
        minimum(splat(active ? q->minimum : 0)),
        maximum(splat(active ? q->maximum : 0)),
        scale(splat(active ? q->scale : 1)),
        below(splat(active ? q->below : 0)) {}
  /** Whether active or not is asked outside of loops. */
  inline V round(V x) const {
    return whole((clamp(x, minimum, maximum) - minimum) / scale - below + splat(0.5f)) * scale;
  }
  inline V operator()(V x) const { return active ? round(x) : x; }
};

/** Sums of integers to integers of the next scale. */
inline V requantized(V sums, const ft::Requantize& r, int c) {
  float values[kLanes];
  store(values, sums);
  for (int l = 0; l < kLanes; l++)
    values[l] = float(__builtin_floor((double(values[l]) + r.bias[c + l]) * r.multiplier[c + l] + 0.5));
  return clamp(load(values), splat(r.lo), splat(r.hi));
}

/** Gradients pass where a value lies strictly between these: inside the clamp, and not beyond the quantizer's ends. */
struct Bounds {
  V lo, hi;
  explicit Bounds(const View& view) {
    float low = view.lo, high = view.hi;
    if (view.rounds()) {
      // The ends of the quantizer pass a gradient, as TensorFlow's FakeQuantWithMinMaxVarsGradient has it; those of ReLU6 do not.
      const float below = __builtin_nextafterf(view.quant->minimum, -ft::kInfinity);
      const float above = __builtin_nextafterf(view.quant->maximum, ft::kInfinity);
      low = low > below ? low : below;
      high = high < above ? high : above;
    }
    lo = splat(low), hi = splat(high);
  }
};

/** dst[rows, channels] (stride ld) = the view of x, which points at the rows wanted. */
inline void loadView(const View& view, const float* x, int64_t rows, int channels, size_t ldx, float* dst, size_t ld) {
  if (view.plain()) {
    for (int64_t r = 0; r < rows; r++)
      for (int c = 0; c < channels; c += kLanes) store(dst + r * ld + c, load(x + r * ldx + c));
    return;
  }
  const V lo = splat(view.lo), hi = splat(view.hi);
  const float* scale = orOnes(view.scale);
  const float* shift = orZeros(view.shift);
  if (view.rounds()) {
    const Rounding rounding(view.quant);
    for (int64_t r = 0; r < rows; r++)
      for (int c = 0; c < channels; c += kLanes) {
        const V value = clamp(fma(load(scale + c), load(x + r * ldx + c), load(shift + c)), lo, hi);
        store(dst + r * ld + c, rounding.round(value));
      }
    return;
  }
  for (int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c += kLanes)
      store(dst + r * ld + c, clamp(fma(load(scale + c), load(x + r * ldx + c), load(shift + c)), lo, hi));
}

/** dst[rows, channels] (stride ld) = a * g + b * x + c, of rows from row0 on: D in kernels_patches.h. */
inline void loadGradient(const Gradient& d, int64_t row0, int64_t rows, int channels, float* dst, size_t ld) {
  const float* g = d.g + row0 * channels;
  if (!d.a) {
    for (int64_t r = 0; r < rows; r++)
      for (int c = 0; c < channels; c += kLanes) store(dst + r * ld + c, load(g + r * channels + c));
    return;
  }
  const float* x = d.x + row0 * channels;
  for (int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c += kLanes) {
      const V bx = fma(load(d.b + c), load(x + r * channels + c), load(d.c + c));
      store(dst + r * ld + c, fma(load(d.a + c), load(g + r * channels + c), bx));
    }
}

/** out[c] += the sum of column c: of D, the gradient of a bias. */
inline void sumRows(const float* d, size_t ld, int rows, int columns, float* out) {
  for (int c = 0; c < columns; c += kLanes) {
    V sum = zero();
    for (int r = 0; r < rows; r++) sum = sum + load(d + r * ld + c);
    store(out + c, load(out + c) + sum);
  }
}

/** Any count: channels are whole vectors, rows of the pictures' floats are not. */
inline void clear(float* p, size_t count) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(p + i, zero());
  for (; i < count; i++) p[i] = 0;
}

/**
 * Mean and sum of squared deviations of a growing set, one for each channel, merged group by group (Chan, Golub and
 * LeVeque 1983): as exact in float32 as two passes over the data, whatever the mean.
 */
struct RunningMoments {
  float* mean;
  float* m2;
  /** Smallest and largest value; null where nobody asks. */
  float* low;
  float* high;
  /** @param partial an item's results: [parts][channels] */
  RunningMoments(float* partial, int channels, const ft::Statistics& asked)
      : mean(partial),
        m2(partial + channels),
        low(asked.low ? partial + 2 * size_t(channels) : nullptr),
        high(asked.low ? partial + 3 * size_t(channels) : nullptr) {}
  void start(int first, int count) const {
    clear(mean + first, count), clear(m2 + first, count);
    for (int c = first; low && c < first + count; c += kLanes)
      store(low + c, splat(ft::kInfinity)), store(high + c, splat(-ft::kInfinity));
  }
  /**
   * What is not a number may be passed over: x86 takes the second operand then. The mean meets it for certain, and stops the step
   * before anybody asks for the extremes (finishStatistics).
   */
  inline void extend(int c, V least, V most) const {
    store(low + c, smaller(least, load(low + c)));
    store(high + c, larger(most, load(high + c)));
  }
  /**
   * @param groupMean of `count` values, and `squares`, the sum of their squared deviations from it
   * @param before number of values merged so far
   */
  inline void merge(int c, V groupMean, V squares, float count, float before) const {
    const float share = count / (before + count);
    const V old = load(mean + c);
    const V delta = groupMean - old;
    store(mean + c, fma(delta, splat(share), old));
    store(m2 + c, load(m2 + c) + fma(delta * delta, splat(before * share), squares));
  }
};

/** Merges what each item has found, in the order of the items. partial: [items][parts][channels]; counts by item. */
template <class Count>
inline void mergeMoments(const float* partial, int items, int channels, Count&& count, const ft::Statistics& out) {
  for (int c = 0; c < channels; c++) out.mean[c] = out.m2[c] = 0;
  for (int c = 0; out.low && c < channels; c++) out.low[c] = ft::kInfinity, out.high[c] = -ft::kInfinity;
  double before = 0;
  for (int item = 0; item < items; item++) {
    const double n = double(count(item));
    if (n == 0) continue;
    const float* mean = partial + size_t(item) * out.parts() * channels;
    const float* m2 = mean + channels;
    for (int c = 0; out.low && c < channels; c++) {
      const float low = m2[channels + c], high = m2[2 * channels + c];
      out.low[c] = low < out.low[c] ? low : out.low[c];
      out.high[c] = high > out.high[c] ? high : out.high[c];
    }
    const double share = n / (before + n);
    for (int c = 0; c < channels; c++) {
      const double delta = mean[c] - out.mean[c];
      out.mean[c] += delta * share;
      out.m2[c] += m2[c] + delta * delta * before * share;
    }
    before += n;
  }
}

/** out[c] = the items' values, added in float64 in the order of the items. */
template <class Out>
inline void mergeSums(const float* partial, size_t stride, int items, int count, Out* out) {
  constexpr int kChunk = 128;
  for (int c0 = 0; c0 < count; c0 += kChunk) {
    double sums[kChunk] = {};
    const int chunk = least(kChunk, count - c0);
    for (int item = 0; item < items; item++)
      for (int c = 0; c < chunk; c++) sums[c] += partial[item * stride + c0 + c];
    for (int c = 0; c < chunk; c++) out[c0 + c] = Out(sums[c]);
  }
}

/**
 * The last step of a gradient that has all its contributions: zero where the view was clamped, and into the sums of
 * batch norm. `value` is the view's value before it is rounded, x the tensor behind it, lo and hi are its `Bounds`.
 *
 * `value` may be clamped or not: bounds never lie outside of the clamp, and what the clamp moves lands on one of its
 * ends, which the mask keeps out as it does all beyond. So those who have the clamped value, to round it, give that
 * (depthwise, pooling); the others spare themselves the clamp.
 */
inline V finishGradient(V g, V value, V x, V lo, V hi, V mean, V& sum, V& product) {
  g = keepInside(g, value, lo, hi);
  sum = sum + g;
  product = fma(g, x - mean, product);
  return g;
}

/** Masks and sums rows that have all their contributions. The value goes to the mask unclamped: see finishGradient. */
inline void finishRows(const Target& t, int64_t row0, int64_t rows, int channels, float* sums) {
  const auto [lo, hi] = Bounds(t.view);
  const float* scale = orOnes(t.view.scale);
  const float* shift = orZeros(t.view.shift);
  const float* mean = orZeros(t.mean);
  for (int64_t r = row0; r < row0 + rows; r++)
    for (int c = 0; c < channels; c += kLanes) {
      const V x = load(t.view.x + r * channels + c);
      V sum = load(sums + c), product = load(sums + channels + c);
      const V value = fma(load(scale + c), x, load(shift + c));
      float* g = t.g + r * channels + c;
      store(g, finishGradient(load(g), value, x, lo, hi, load(mean + c), sum, product));
      store(sums + c, sum);
      store(sums + channels + c, product);
    }
}

}  // namespace
