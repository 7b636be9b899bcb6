// Depthwise convolutions. An item is an image, or a band of rows of one where the images are few. Input rows are read once,
// through their view, into a ring of as many rows as the kernel is high, with zeros at both ends: no tap tests a border.
#pragma once

#include "kernels_conv.h"

namespace {

using ft::DepthwiseBackward;
using ft::DepthwiseForward;

/** Images, and bands of rows where images alone give too few items. */
struct Bands {
  int rows, images, bands;
  Bands(int images, int rows, bool whole)
      : rows(rows), images(images), bands(whole || images >= 16 ? 1 : most(1, least(rows / 2, ceilDiv(16, images)))) {}
  int items() const { return images * bands; }
  int image(int item) const { return item / bands; }
  int begin(int item) const { return int(int64_t(rows) * (item % bands) / bands); }
  int end(int item) const { return int(int64_t(rows) * (item % bands + 1) / bands); }
};

/** The last `height` rows of an image that were read, by row number; rows outside of the image are zeros. */
struct RowRing {
  float* rows;      // [height][stride]
  float* zeros;     // [stride]
  size_t stride;    // floats of a row with its borders
  int height, border, channels;  // border: floats before the first pixel
  int next = 0;     // first row not read yet

  static size_t floats(int height, size_t stride) { return (height + 1) * stride; }
  void start(int firstRow) {
    clear(rows, floats(height, stride));
    next = firstRow;
  }
  const float* row(int y, int imageRows) const { return y < 0 || y >= imageRows ? zeros : rows + (y % height) * stride; }
  float* room(int y) const { return rows + (y % height) * stride + border; }
};

inline size_t ringStride(const Geometry& g) {
  const int pixels = most((g.outW - 1) * g.stride + g.kernelW, g.left + g.w);
  return size_t(pixels) * padded(g.c);
}

ft::Needs depthwiseForwardNeeds(const DepthwiseForward& f) {
  const int channels = padded(f.g.c);
  const Bands bands(f.g.n, f.g.outH, false);
  return {RowRing::floats(f.g.kernelH, ringStride(f.g)) + channels, size_t(bands.items()) * 2 * channels};
}

/** What happens to a row's outputs as they leave: statistics in training, the epilogue in inference. */
struct RowMoments {
  V first = zero(), sum = zero(), squares = zero();
  inline void add(int x, V y) {
    if (x == 0) first = y;
    const V off = y - first;
    sum = sum + off;
    squares = fma(off, off, squares);
  }
  inline void flush(const RunningMoments& moments, int c, int count, float before) const {
    const V shift = sum * splat(1.0f / count);
    // The deviations were from the first value: take the mean's share out.
    moments.merge(c, first + shift, squares - shift * sum, float(count), before);
  }
};

/** One row of outputs of one vector of channels. rows: the kernel's rows, at column -left. */
template <int kStride, class Emit>
inline void depthwiseRow3(const float* const* rows, int c, size_t channels, int outW, const float* kernel, Emit&& emit) {
  V w[9];
#pragma GCC unroll 9
  for (int i = 0; i < 9; i++) w[i] = load(kernel + i * channels + c);
  const float* p[3] = {rows[0] + c, rows[1] + c, rows[2] + c};
  V left[3], middle[3];
#pragma GCC unroll 3
  for (int i = 0; i < 3; i++) left[i] = load(p[i]), middle[i] = load(p[i] + channels);
  for (int x = 0; x < outW; x++) {
    V y[3];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
      const V right = load(p[i] + 2 * channels);
      y[i] = fma(right, w[3 * i + 2], fma(middle[i], w[3 * i + 1], left[i] * w[3 * i]));
      if (kStride == 1) {
        left[i] = middle[i];
        middle[i] = right;
      } else {
        left[i] = right;
        // The last column's right neighbours' neighbour may lie beyond the row's end: it is not read.
        if (x + 1 < outW) middle[i] = load(p[i] + 3 * channels);
      }
      p[i] += kStride * channels;
    }
    emit(x, y[0] + y[1] + y[2]);
  }
}

template <class Emit>
inline void depthwiseRowAny(const Geometry& g, const float* const* rows, int c, size_t channels, const float* kernel,
                            Emit&& emit) {
  for (int x = 0; x < g.outW; x++) {
    V y = zero();
    for (int i = 0; i < g.kernelH; i++)
      for (int j = 0; j < g.kernelW; j++)
        y = fma(load(rows[i] + size_t(x * g.stride + j) * channels + c),
                load(kernel + size_t(i * g.kernelW + j) * channels + c), y);
    emit(x, y);
  }
}

constexpr int kMostKernelRows = 16;

template <bool kStatistics>
inline void depthwiseForwardItem(const DepthwiseForward& f, const Bands& bands, int item, float* scratch,
                                 float* partial) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  RowRing ring{scratch, nullptr, ringStride(g), g.kernelH, g.left * channels, channels};
  ring.zeros = scratch + g.kernelH * ring.stride;
  const int begin = bands.begin(item), end = bands.end(item), image = bands.image(item);
  ring.start(most(0, begin * g.stride - g.top));
  const RunningMoments moments{partial + size_t(item) * 2 * channels, partial + (size_t(item) * 2 + 1) * channels};
  if (kStatistics) moments.start(channels);
  const V lo = splat(f.epilogue.lo), hi = splat(f.epilogue.hi);
  const float* scale = orOnes(f.epilogue.scale);
  const float* shift = orZeros(f.epilogue.shift);
  for (int oy = begin; oy < end; oy++) {
    const int last = least(g.h, oy * g.stride - g.top + g.kernelH);
    for (; ring.next < last; ring.next++)
      loadView(f.x, f.x.x + (int64_t(image) * g.h + ring.next) * g.w * channels, g.w, channels, channels,
               ring.room(ring.next), channels);
    const float* rows[kMostKernelRows];
    for (int i = 0; i < g.kernelH; i++) rows[i] = ring.row(oy * g.stride - g.top + i, g.h);
    float* out = f.out + (int64_t(image) * g.outH + oy) * g.outW * channels;
    for (int c = 0; c < channels; c += kLanes) {
      RowMoments row;
      const V s = load(scale + c), t = load(shift + c);
      const auto emit = [&](int x, V y) __attribute__((always_inline)) {
        if (kStatistics)
          row.add(x, y);
        else
          y = clamp(fma(s, y, t), lo, hi);
        store(out + size_t(x) * channels + c, y);
      };
      if (g.kernelH == 3 && g.kernelW == 3 && g.stride == 1)
        depthwiseRow3<1>(rows, c, channels, g.outW, f.kernel, emit);
      else if (g.kernelH == 3 && g.kernelW == 3 && g.stride == 2)
        depthwiseRow3<2>(rows, c, channels, g.outW, f.kernel, emit);
      else
        depthwiseRowAny(g, rows, c, channels, f.kernel, emit);
      if (kStatistics) row.flush(moments, c, g.outW, float((oy - begin) * g.outW));
    }
  }
}

void depthwiseForward(const DepthwiseForward& f, const Workspace& work) {
  const Bands bands(f.g.n, f.g.outH, false);
  ft::parallel(*work.pool, bands.items(), [&](int item, int thread) {
    if (f.statistics.mean)
      depthwiseForwardItem<true>(f, bands, item, work.of(thread), work.partial);
    else
      depthwiseForwardItem<false>(f, bands, item, work.of(thread), work.partial);
  });
  if (f.statistics.mean)
    mergeMoments(work.partial, bands.items(), padded(f.g.c),
                 [&](int i) { return int64_t(bands.end(i) - bands.begin(i)) * f.g.outW; }, f.statistics);
}

// Backward --------------------------------------------------------------------------------------------------------
//
// Seen from the input: x[y, x] meets the gradient d[oy, ox] through tap (y + top - oy * stride, x + left - ox * stride). So
// one walk over the input's pixels gives both gradients: the input's is the sum of w * d over the taps, the kernel's sums
// x * d. The ring holds rows of d, computed once each.

/** Rows and columns of d, with their taps, that one input row or column meets. */
struct Meetings {
  int count;
  int tap[kMostKernelRows];
  int index[kMostKernelRows];
  Meetings(int position, int before, int stride, int kernel, int outputs) : count(0) {
    for (int tap0 = 0; tap0 < kernel; tap0++) {
      const int shifted = position + before - tap0;
      if (shifted < 0 || shifted % stride != 0 || shifted / stride >= outputs) continue;
      tap[count] = tap0;
      index[count++] = shifted / stride;
    }
  }
};

inline size_t gradientRingStride(const Geometry& g) { return size_t(g.outW + 2) * padded(g.c); }

struct DepthwisePlan {
  int channels, taps, items;
  size_t itemFloats;
  explicit DepthwisePlan(const DepthwiseBackward& f)
      : channels(padded(f.g.c)),
        taps(f.g.kernelH * f.g.kernelW),
        items(least(f.g.n, kItems)),
        itemFloats(size_t(taps + 2) * channels) {}
  int begin(int item, int images) const { return int(int64_t(images) * item / items); }
};

/** Rows of d that the ring must hold: those one input row meets, and the row before. */
inline int gradientRingHeight(const Geometry& g) { return ceilDiv(g.kernelH, g.stride) + 1; }

ft::Needs depthwiseBackwardNeeds(const DepthwiseBackward& f) {
  const DepthwisePlan plan(f);
  return {RowRing::floats(gradientRingHeight(f.g), gradientRingStride(f.g)), plan.items * plan.itemFloats};
}

/** What the walk over one row of one vector of channels needs. */
struct RowWalk {
  const float* raw;  // the input's row, at channel c
  float* g;          // null when nobody needs the input's gradient
  size_t channels;
  int width;
  V scale, shift, lo, hi, mean;
  bool accumulate, finish;
  V sum, product;

  inline V value(V x) const { return clamp(fma(scale, x, shift), lo, hi); }
  inline void put(int x, V raw0, V value0, V gradient) {
    if (!g) return;
    float* to = g + size_t(x) * channels;
    if (accumulate) gradient = gradient + load(to);
    if (finish) gradient = finishGradient(gradient, value0, raw0, lo, hi, mean, sum, product);
    store(to, gradient);
  }
};

/** Stride 1, 3x3, padding 1: the window of d slides along. d: rows y-1, y, y+1, at column -1. */
inline void walkStride1(RowWalk& walk, const float* const* d, int c, size_t channels, const float* kernel,
                        float* kernelGradient) {
  V w[9], dw[9];
#pragma GCC unroll 9
  for (int i = 0; i < 9; i++) w[i] = load(kernel + i * channels), dw[i] = load(kernelGradient + i * channels);
  const float* p[3] = {d[0] + c, d[1] + c, d[2] + c};
  V left[3], middle[3];
#pragma GCC unroll 3
  for (int i = 0; i < 3; i++) left[i] = load(p[i]), middle[i] = load(p[i] + channels);
  for (int x = 0; x < walk.width; x++) {
    const V raw = load(walk.raw + size_t(x) * channels);
    const V value = walk.value(raw);
    V g[3];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
      const V right = load(p[i] + 2 * channels);
      // Row y - 1 + i of d meets tap row 2 - i; column x - 1 + j meets tap column 2 - j.
      const int t = 3 * (2 - i);
      g[i] = fma(right, w[t], fma(middle[i], w[t + 1], left[i] * w[t + 2]));
      dw[t] = fma(value, right, dw[t]);
      dw[t + 1] = fma(value, middle[i], dw[t + 1]);
      dw[t + 2] = fma(value, left[i], dw[t + 2]);
      left[i] = middle[i];
      middle[i] = right;
      p[i] += channels;
    }
    walk.put(x, raw, value, g[0] + g[1] + g[2]);
  }
#pragma GCC unroll 9
  for (int i = 0; i < 9; i++) store(kernelGradient + i * channels, dw[i]);
}

/**
 * Stride 2, 3x3. Columns of the input alternate between one that meets tap 1 and one that meets taps 0 and 2 (with
 * `left` = 1; the other way round with 0). kRows: rows of d that this input row meets.
 */
template <int kRows, bool kLeft>
inline void walkStride2(RowWalk& walk, const float* const* d, const int* tapRows, int c, size_t channels, int outW,
                        const float* kernel, float* kernelGradient) {
  V w[kRows][3], dw[kRows][3];
#pragma GCC unroll 2
  for (int i = 0; i < kRows; i++)
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++) {
      w[i][j] = load(kernel + (tapRows[i] * 3 + j) * channels);
      dw[i][j] = load(kernelGradient + (tapRows[i] * 3 + j) * channels);
    }
  const auto one = [&](int x, int ox) __attribute__((always_inline)) {  // tap 1 of output ox
    const V raw = load(walk.raw + size_t(x) * channels);
    const V value = walk.value(raw);
    V g = zero();
#pragma GCC unroll 2
    for (int i = 0; i < kRows; i++) {
      const V dd = load(d[i] + size_t(ox + 1) * channels + c);
      g = fma(w[i][1], dd, g);
      dw[i][1] = fma(value, dd, dw[i][1]);
    }
    walk.put(x, raw, value, g);
  };
  const auto two = [&](int x, int ox) __attribute__((always_inline)) {  // tap 0 of output ox, tap 2 of the one before
    const V raw = load(walk.raw + size_t(x) * channels);
    const V value = walk.value(raw);
    V g = zero();
#pragma GCC unroll 2
    for (int i = 0; i < kRows; i++) {
      const V right = load(d[i] + size_t(ox + 1) * channels + c), left = load(d[i] + size_t(ox) * channels + c);
      g = fma(w[i][0], right, fma(w[i][2], left, g));
      dw[i][0] = fma(value, right, dw[i][0]);
      dw[i][2] = fma(value, left, dw[i][2]);
    }
    walk.put(x, raw, value, g);
  };
  (void)outW;
  for (int x = 0; x < walk.width; x++) {
    const int shifted = x + (kLeft ? 1 : 0);
    if (shifted % 2 == 1)
      one(x, shifted / 2);
    else
      two(x, shifted / 2);
  }
#pragma GCC unroll 2
  for (int i = 0; i < kRows; i++)
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++) store(kernelGradient + (tapRows[i] * 3 + j) * channels, dw[i][j]);
}

inline void walkAny(RowWalk& walk, const Geometry& g, const Meetings& rows, const float* const* d, int c,
                    size_t channels, const float* kernel, float* kernelGradient) {
  for (int x = 0; x < walk.width; x++) {
    const Meetings columns(x, g.left, g.stride, g.kernelW, g.outW);
    const V raw = load(walk.raw + size_t(x) * channels);
    const V value = walk.value(raw);
    V sum = zero();
    for (int i = 0; i < rows.count; i++)
      for (int j = 0; j < columns.count; j++) {
        const size_t tap = size_t(rows.tap[i] * g.kernelW + columns.tap[j]) * channels;
        const V dd = load(d[i] + size_t(columns.index[j] + 1) * channels + c);
        sum = fma(load(kernel + tap), dd, sum);
        store(kernelGradient + tap, fma(value, dd, load(kernelGradient + tap)));
      }
    walk.put(x, raw, value, sum);
  }
}

inline void depthwiseBackwardImage(const DepthwiseBackward& f, int image, float* scratch, float* sums,
                                   float* kernelGradient) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  RowRing ring{scratch, nullptr, gradientRingStride(g), gradientRingHeight(g), channels, channels};
  ring.zeros = scratch + ring.height * ring.stride;
  ring.start(0);
  const bool slides = g.kernelH == 3 && g.kernelW == 3 && g.stride == 1 && g.top == 1 && g.left == 1;
  const bool halves = g.kernelH == 3 && g.kernelW == 3 && g.stride == 2 && g.left <= 1;
  const float* scale = orOnes(f.x.scale);
  const float* shift = orZeros(f.x.shift);
  const float* mean = orZeros(f.target.mean);
  for (int y = 0; y < g.h; y++) {
    const Meetings rows(y, g.top, g.stride, g.kernelH, g.outH);
    const int last = rows.count > 0 ? rows.index[0] + 1 : 0;  // taps count up, so rows of d count down
    for (; ring.next < last; ring.next++)
      loadGradient(f.d, (int64_t(image) * g.outH + ring.next) * g.outW, g.outW, channels, ring.room(ring.next), channels);
    const float* d[kMostKernelRows];
    if (slides)
      for (int i = 0; i < 3; i++) d[i] = ring.row(y - 1 + i, g.outH);
    else
      for (int i = 0; i < rows.count; i++) d[i] = ring.row(rows.index[i], g.outH);
    const size_t at = (size_t(image) * g.h + y) * g.w * channels;
    for (int c = 0; c < channels; c += kLanes) {
      RowWalk walk{f.x.x + at + c,
                   f.target.g ? f.target.g + at + c : nullptr,
                   size_t(channels),
                   g.w,
                   load(scale + c),
                   load(shift + c),
                   splat(f.x.lo),
                   splat(f.x.hi),
                   load(mean + c),
                   f.target.accumulate,
                   f.target.finish,
                   zero(),
                   zero()};
      const float* kernel = f.kernel + c;
      if (slides)
        walkStride1(walk, d, c, channels, kernel, kernelGradient + c);
      else if (halves && rows.count == 1 && g.left == 1)
        walkStride2<1, true>(walk, d, rows.tap, c, channels, g.outW, kernel, kernelGradient + c);
      else if (halves && rows.count == 2 && g.left == 1)
        walkStride2<2, true>(walk, d, rows.tap, c, channels, g.outW, kernel, kernelGradient + c);
      else if (halves && rows.count == 1)
        walkStride2<1, false>(walk, d, rows.tap, c, channels, g.outW, kernel, kernelGradient + c);
      else if (halves && rows.count == 2)
        walkStride2<2, false>(walk, d, rows.tap, c, channels, g.outW, kernel, kernelGradient + c);
      else
        walkAny(walk, g, rows, d, c, channels, kernel, kernelGradient + c);
      if (f.target.finish) {
        store(sums + c, load(sums + c) + walk.sum);
        store(sums + channels + c, load(sums + channels + c) + walk.product);
      }
    }
  }
}

void depthwiseBackward(const DepthwiseBackward& f, const Workspace& work) {
  const DepthwisePlan plan(f);
  float* partial = work.partial;
  ft::parallel(*work.pool, plan.items, [&](int item, int thread) {
    float* sums = partial + item * plan.itemFloats;
    clear(sums, plan.itemFloats);
    for (int image = plan.begin(item, f.g.n); image < plan.begin(item + 1, f.g.n); image++)
      depthwiseBackwardImage(f, image, work.of(thread), sums, sums + 2 * plan.channels);
  });
  if (f.target.g && f.target.finish && f.target.sums)
    mergeSums(partial, plan.itemFloats, plan.items, 2 * plan.channels, f.target.sums);
  for (int tap = 0; tap < plan.taps; tap++)
    for (int c = 0; c < f.g.c; c++) {
      double sum = 0;
      for (int item = 0; item < plan.items; item++)
        sum += partial[item * plan.itemFloats + size_t(2 + tap) * plan.channels + c];
      f.kernelGradient[size_t(tap) * f.g.c + c] = float(sum);
    }
}

}  // namespace
