// Operations that go over a tensor row by row, and those over flat arrays.
#pragma once

#include "kernels_integers.h"

namespace {

using ft::Contribute;

// Sums and copies -------------------------------------------------------------------------------------------------

ft::Needs addNeeds(const Add& f) { return {0, size_t(rowCut(f.rows).items) * f.statistics.parts() * f.channels}; }

/** x + y, or a copy of x, through their views: residual sums, and chains that begin where none could go on. */
void add(const Add& f, const Workspace& work) {
  const Cut cut = rowCut(f.rows);
  const int channels = f.channels;
  if (f.integers.active)
    return ft::parallel(*work.pool, cut.items, [&](int item, int) { addIntegers(f, cut.begin(item), cut.end(item)); });
  if (f.integerPrelu.active)
    return ft::parallel(*work.pool, cut.items, [&](int item, int) { preluIntegers(f, cut.begin(item), cut.end(item)); });
  const V loX = splat(f.x.lo), hiX = splat(f.x.hi), loY = splat(f.y.lo), hiY = splat(f.y.hi);
  const float *scaleX = orOnes(f.x.scale), *shiftX = orZeros(f.x.shift);
  const float *scaleY = orOnes(f.y.scale), *shiftY = orZeros(f.y.shift);
  const Rounding roundX(f.x.quant), roundY(f.y.quant), roundSum(f.quant);
  ft::parallel(*work.pool, cut.items, [&](int item, int) {
    const RunningMoments moments(work.partial + size_t(item) * f.statistics.parts() * channels, channels, f.statistics);
    if (f.statistics.mean) moments.start(0, channels);
    for (int64_t r = cut.begin(item); r < cut.end(item); r++)
      for (int c = 0; c < channels; c += kLanes) {
        const size_t at = size_t(r) * channels + c;
        V sum = roundX(clamp(fma(load(scaleX + c), load(f.x.x + at), load(shiftX + c)), loX, hiX));
        if (f.y.x) sum = sum + roundY(clamp(fma(load(scaleY + c), load(f.y.x + at), load(shiftY + c)), loY, hiY));
        if (f.slope) sum = leaky(sum, load(f.slope + c));
        store(f.out + at, roundSum(sum));
        if (f.statistics.mean) moments.merge(c, sum, zero(), 1, float(r - cut.begin(item)));  // a row is a group of one
        if (f.statistics.low) moments.extend(c, sum, sum);
      }
  });
  if (f.statistics.mean)
    mergeMoments(work.partial, cut.items, channels, [&](int i) { return cut.count(i); }, f.statistics);
}

ft::Needs contributeNeeds(const Contribute& f) {
  return {size_t(f.channels), size_t(rowCut(f.rows).items) * 2 * f.channels};
}

/** Gradient upon gradient, and the finish, while the row is in the cache. */
void contribute(const Contribute& f, const Workspace& work) {
  const Cut cut = rowCut(f.rows);
  const int channels = f.channels;
  ft::parallel(*work.pool, cut.items, [&](int item, int thread) {
    float* sums = work.partial + size_t(item) * 2 * channels;
    float* d = work.of(thread);
    clear(sums, 2 * channels);
    for (int64_t r = cut.begin(item); r < cut.end(item); r++) {
      if (f.d.g) {
        loadGradient(f.d, r, 1, channels, d, channels);
        float* to = f.target.g + size_t(r) * channels;
        for (int c = 0; c < channels; c += kLanes)
          store(to + c, f.target.accumulate ? load(to + c) + load(d + c) : load(d + c));
      }
      if (f.target.finish) finishRows(f.target, r, 1, channels, sums);
    }
  });
  if (f.target.finish && f.target.sums)
    mergeSums(work.partial, 2 * channels, cut.items, 2 * channels, f.target.sums);
}

// Global pooling --------------------------------------------------------------------------------------------------

/** Of the way back: ties of one image [C padded], and an item's sums [2][C padded]. Forward needs nothing. */
ft::Needs poolNeeds(const Pool2d& f) {
  return {size_t(f.channels), size_t(least(f.n, kItems)) * 2 * f.channels};
}

/** A vector of the view, clamped and not rounded. */
inline V viewAt(const View& view, const float* scale, const float* shift, size_t at, int c) {
  return clamp(fma(load(scale + c), load(view.x + at), load(shift + c)), splat(view.lo), splat(view.hi));
}


void poolForward(const Pool2d& f, const Workspace& work) {
  const float* scale = orOnes(f.x.scale);
  const float* shift = orZeros(f.x.shift);
  const Rounding rounding(f.x.quant), roundOut(f.quant);
  ft::parallel(*work.pool, f.n, [&](int image, int) {
    if (f.integers.active) return poolIntegers(f, image);
    for (int c = 0; c < f.channels; c += kLanes) {
      const size_t first = size_t(image) * f.pixels * f.channels + c;
      V y = rounding(viewAt(f.x, scale, shift, first, c));
      for (int p = 1; p < f.pixels; p++) {
        const V x = rounding(viewAt(f.x, scale, shift, first + size_t(p) * f.channels, c));
        // A clamp for a maximum: as it takes its operands, an x that is not a number is not passed over.
        y = f.max ? clamp(x, y, splat(ft::kInfinity)) : y + x;
      }
      if (!f.max) y = y * splat(1.0f / float(f.pixels));
      store(f.out + size_t(image) * f.channels + c, roundOut(y));
    }
  });
}

/** A maximum's gradient is shared evenly among the pixels that tie for it, as TensorFlow's reduce_max does. */
void poolBackward(const Pool2d& f, const Workspace& work) {
  const float* scale = orOnes(f.x.scale);
  const float* shift = orZeros(f.x.shift);
  const float* mean = orZeros(f.target.mean);
  const Rounding rounding(f.x.quant);
  const Bounds bounds(f.target.view);
  const int items = least(f.n, kItems);
  ft::parallel(*work.pool, items, [&](int item, int thread) {
    float* sums = work.partial + size_t(item) * 2 * f.channels;
    float* ties = work.of(thread);
    clear(sums, 2 * f.channels);
    for (int image = int(int64_t(f.n) * item / items); image < int(int64_t(f.n) * (item + 1) / items); image++) {
      const float* peak = f.out + size_t(image) * f.channels;
      const float* dOut = f.dOut + size_t(image) * f.channels;
      const size_t first = size_t(image) * f.pixels * f.channels;
      if (f.max) {
        clear(ties, f.channels);
        for (int p = 0; p < f.pixels; p++)
          for (int c = 0; c < f.channels; c += kLanes) {
            const V x = rounding(viewAt(f.x, scale, shift, first + size_t(p) * f.channels + c, c));
            float value[kLanes];
            store(value, x);
            for (int i = 0; i < kLanes; i++) ties[c + i] += value[i] == peak[c + i] ? 1.0f : 0.0f;
          }
      }
      for (int p = 0; p < f.pixels; p++)
        for (int c = 0; c < f.channels; c += kLanes) {
          const size_t at = first + size_t(p) * f.channels + c;
          const V x = viewAt(f.x, scale, shift, at, c);
          float value[kLanes], share[kLanes];
          store(value, rounding(x));
          for (int i = 0; i < kLanes; i++)
            // The peak is found by its bits, which are the same each time: both passes compute a value in one way.
            share[i] = f.max ? (value[i] == peak[c + i] ? dOut[c + i] / ties[c + i] : 0.0f)
                             : dOut[c + i] * (1.0f / float(f.pixels));
          V g = load(share);
          if (f.target.accumulate) g = g + load(f.target.g + at);
          if (f.target.finish) {
            V sum = load(sums + c), product = load(sums + f.channels + c);
            g = finishGradient(g, x, load(f.x.x + at), bounds.lo, bounds.hi, load(mean + c), sum, product);
            store(sums + c, sum);
            store(sums + f.channels + c, product);
          }
          store(f.target.g + at, g);
        }
    }
  });
  if (f.target.finish && f.target.sums)
    mergeSums(work.partial, 2 * f.channels, items, 2 * f.channels, f.target.sums);
}

// Flat arrays -----------------------------------------------------------------------------------------------------
// The last few values of an array go through the same vectors by way of a buffer: one arithmetic for all.

/** body(at): at[a] points to kLanes values of array a; what it stores goes back into the array, also where it did not change. */
template <int N, class Body>
inline void overArrays(float* const (&arrays)[N], size_t count, Body&& body) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    float* at[N];
    for (int a = 0; a < N; a++) at[a] = arrays[a] + i;
    body(at);
  }
  if (i == count) return;
  float buffer[N][kLanes] = {};
  float* at[N];
  for (int a = 0; a < N; a++) {
    at[a] = buffer[a];
    for (size_t k = i; k < count; k++) buffer[a][k - i] = arrays[a][k];
  }
  body(at);
  for (int a = 0; a < N; a++)
    for (size_t k = i; k < count; k++) arrays[a][k] = buffer[a][k - i];
}

/** Kingma and Ba 2015 in Keras' form: epsilon stands beside the root of the uncorrected second moment. */
void adam(float* weights, const float* gradient, float* first, float* second, size_t count, const ft::Adam& o) {
  const double correction = __builtin_sqrt(1 - __builtin_pow(double(o.beta2), double(o.step))) /
                            (1 - __builtin_pow(double(o.beta1), double(o.step)));
  const V rate = splat(float(o.learningRate * correction)), epsilon = splat(o.epsilon);
  const V share1 = splat(float(1 - double(o.beta1))), share2 = splat(float(1 - double(o.beta2)));
  const V keep = splat(float(1 - double(o.learningRate) * double(o.decay)));  // Loshchilov and Hutter 2019: beside the gradient
  float* const arrays[4] = {weights, const_cast<float*>(gradient), first, second};
  overArrays<4>(arrays, count, [&](float* const* at) {
    const V g = load(at[1]), m0 = load(at[2]), v0 = load(at[3]);
    const V m = fma(g - m0, share1, m0), v = fma(g * g - v0, share2, v0);
    store(at[2], m);
    store(at[3], v);
    store(at[0], load(at[0]) * keep - rate * m / (root(v) + epsilon));
  });
}

/** Stochastic gradient descent with momentum as Keras has it: the velocity carries the learning rate. */
void momentum(float* weights, const float* gradient, float* velocity, size_t count, const ft::Momentum& o) {
  const V keep = splat(o.momentum), rate = splat(-o.learningRate);
  float* const arrays[3] = {weights, const_cast<float*>(gradient), velocity};
  overArrays<3>(arrays, count, [&](float* const* at) {
    const V v = fma(keep, load(at[2]), rate * load(at[1]));
    store(at[2], v);
    store(at[0], load(at[0]) + v);
  });
}

bool finite(const float* values, size_t count) {
  // x - x is 0 for every finite x and NaN for the rest.
  V sum = zero();
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const V x = load(values + i);
    sum = sum + (x - x);
  }
  float lanes[kLanes], rest = 0;
  store(lanes, sum);
  for (int l = 0; l < kLanes; l++) rest += lanes[l];
  for (; i < count; i++) rest += values[i] - values[i];
  return rest == 0;
}

/** Multiply-adds in registers and nothing else: what this processor can do at most. @returns how many were done */
double multiplyAdds(size_t rounds) {
  V acc[kTall][kWide];
  for (int i = 0; i < kTall; i++)
    for (int j = 0; j < kWide; j++) acc[i][j] = splat(float(i + j));
  const V x = splat(0.999f), y = splat(0.001f);
  for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 16
    for (int i = 0; i < kTall; i++)
#pragma GCC unroll 8
      for (int j = 0; j < kWide; j++) acc[i][j] = fma(acc[i][j], x, y);
  float lanes[kLanes], sum = 0;
  for (int i = 0; i < kTall; i++)
    for (int j = 0; j < kWide; j++) {
      store(lanes, acc[i][j]);
      for (int l = 0; l < kLanes; l++) sum += lanes[l];
    }
  // The sum takes part, so that no compiler leaves the loop out.
  return double(rounds) * kTall * kWide * kLanes + (sum > 1e30f ? 1 : 0);
}

}  // namespace
