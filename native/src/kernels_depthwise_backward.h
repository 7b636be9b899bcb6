// Depthwise convolutions backward.
//
// Seen from the input: x[y, x] meets the gradient d[oy, ox] through tap (y + top - oy * stride, x + left - ox * stride). So
// one walk over the input's pixels gives both gradients: the input's is the sum of w * d over the taps, the kernel's sums
// x * d. The ring holds rows of d, computed once each.
#pragma once

#include "kernels_rows_ring.h"

namespace {

using ft::DepthwiseBackward;

/** Rows or columns of d that one row or column of the input meets, and through which tap of the kernel; taps rise, so indices fall. */
struct Meetings {
  int count;
  int tap[kMostKernelRows];
  int index[kMostKernelRows];
  Meetings(int position, int before, int stride, int kernel, int outputs) : count(0) {
    for (int tap0 = 0; tap0 < kernel; tap0++) {
      // index * stride - before + tap0 == position, solved for the index.
      const int shifted = position + before - tap0;
      if (shifted < 0 || shifted % stride != 0 || shifted / stride >= outputs) continue;
      tap[count] = tap0;
      index[count++] = shifted / stride;
    }
  }
};

/** A row of d with a pixel of zeros at both ends: the outermost taps of a 3x3 kernel meet nothing there. */
inline size_t gradientRingStride(const Geometry& g) { return size_t(g.outW + 2) * padded(g.c); }

/** Items of whole images. Partial results of an item: [2 + taps][channels], the sums of the target and the kernel gradient; then the bias's. */
struct DepthwisePlan {
  int channels, taps, items;
  size_t itemFloats;
  explicit DepthwisePlan(const DepthwiseBackward& f)
      : channels(padded(f.g.c)),
        taps(f.g.kernelH * f.g.kernelW),
        items(least(f.g.n, kItems)),
        itemFloats(size_t(taps + (f.biasGradient ? 3 : 2)) * channels) {}
  int begin(int item, int images) const { return int(int64_t(images) * item / items); }
};

/** Rows of d that the ring must hold: those one input row meets, and the row before. */
inline int gradientRingHeight(const Geometry& g) { return ceilDiv(g.kernelH, g.stride) + 1; }

ft::Needs depthwiseBackwardNeeds(const DepthwiseBackward& f) {
  const DepthwisePlan plan(f);
  return {RowRing::floats(gradientRingHeight(f.g), gradientRingStride(f.g)), plan.items * plan.itemFloats};
}

/** The finish of N pixels' gradients and their store. raw, g: the block's pixels; value: theirs, before it is rounded. */
template <int N>
inline __attribute__((always_inline)) void putBlock(const Target& t, const Bounds& bounds, V (&gradient)[N],
                                                    const V (&raw)[N], const V (&value)[N], int c, size_t channels,
                                                    const float* mean, float* g, float* sums) {
  if (t.accumulate)
#pragma GCC unroll 4
    for (int b = 0; b < N; b++) gradient[b] = gradient[b] + load(g + b * channels + c);
  if (t.finish) {
    const V lo = bounds.lo, hi = bounds.hi, m = load(mean + c);
    V sum = load(sums + c), product = load(sums + channels + c);
#pragma GCC unroll 4
    for (int b = 0; b < N; b++) gradient[b] = finishGradient(gradient[b], value[b], raw[b], lo, hi, m, sum, product);
    store(sums + c, sum);
    store(sums + channels + c, product);
  }
#pragma GCC unroll 4
  for (int b = 0; b < N; b++) store(g + b * channels + c, gradient[b]);
}

/** What the walk along a row needs; pointers move on with it. */
struct RowWalk {
  const DepthwiseBackward& f;
  const float* scale;
  const float* shift;
  const float* mean;
  const float* raw;       // the input's pixels
  float* g;               // their gradients; null when nobody needs them
  const float* d[kMostKernelRows];  // rows of d that this row meets, at the column before output 0
  const int* taps;        // and through which row of the kernel
  float* sums;
  float* kernelGradient;
  size_t ahead;           // floats to the next row, which is fetched meanwhile; 0 in the last
};

/**
 * N pixels of the input of a 3x3 kernel. Pixel b meets column k of d through tap b + kOffset - k * kStride, where that is
 * one of the three.
 */
template <int kStride, int kOffset, int kRows, int N>
inline void walkBlock3(const RowWalk& walk, size_t channels) {
  constexpr int kColumns = (N - 1 + kOffset) / kStride + 1;
  const View& view = walk.f.x;
  const V lo = splat(view.lo), hi = splat(view.hi);
  const Bounds bounds(view);
  const Rounding rounding(view.quant);
  for (size_t c = 0; c < channels; c += kLanes) {
    const V scale = load(walk.scale + c), shift = load(walk.shift + c);
    for (int b = 0; b < N; b++) {
      fetch(walk.raw + walk.ahead + b * channels + c);
      if (walk.g) fetch(walk.g + walk.ahead + b * channels + c);
    }
    V raw[N], value[N], seen[N], g[N];
#pragma GCC unroll 4
    for (int b = 0; b < N; b++) {
      raw[b] = load(walk.raw + b * channels + c);
      value[b] = clamp(fma(scale, raw[b], shift), lo, hi);
      seen[b] = rounding(value[b]);
      g[b] = zero();
    }
#pragma GCC unroll 3
    for (int i = 0; i < kRows; i++) {
      V d[kColumns];
#pragma GCC unroll 6
      for (int k = 0; k < kColumns; k++) d[k] = load(walk.d[i] + k * channels + c);
#pragma GCC unroll 3
      for (int tap = 0; tap < 3; tap++) {
        const size_t at = size_t(walk.taps[i] * 3 + tap) * channels + c;
        const V w = load(walk.f.kernel + at);
        V dw = load(walk.kernelGradient + at);
#pragma GCC unroll 4
        for (int b = 0; b < N; b++) {
          if ((b + kOffset - tap) % kStride != 0) continue;
          const int k = (b + kOffset - tap) / kStride;
          g[b] = fma(d[k], w, g[b]);
          dw = fma(d[k], seen[b], dw);
        }
        store(walk.kernelGradient + at, dw);
      }
    }
    if (walk.g) putBlock<N>(walk.f.target, bounds, g, raw, value, int(c), channels, walk.mean, walk.g, walk.sums);
  }
}

template <int kStride, int kOffset, int kRows>
inline void walkRow3(RowWalk walk, size_t channels, int width) {
  int x = 0;
  for (; x + kBlockPixels <= width; x += kBlockPixels) {
    walkBlock3<kStride, kOffset, kRows, kBlockPixels>(walk, channels);
    walk.raw += kBlockPixels * channels;
    if (walk.g) walk.g += kBlockPixels * channels;
    for (int i = 0; i < kRows; i++) walk.d[i] += kBlockPixels / kStride * channels;
  }
  switch (width - x) {
    // kBlockPixels is 4: three are left at most.
    case 1: return walkBlock3<kStride, kOffset, kRows, 1>(walk, channels);
    case 2: return walkBlock3<kStride, kOffset, kRows, 2>(walk, channels);
    case 3: return walkBlock3<kStride, kOffset, kRows, 3>(walk, channels);
  }
}

/** Any kernel and stride, a pixel at a time. */
inline void walkRowAny(RowWalk walk, const Geometry& g, int rows, size_t channels) {
  for (int x = 0; x < g.w; x++) {
    const Meetings columns(x, g.left, g.stride, g.kernelW, g.outW);
    for (size_t c = 0; c < channels; c += kLanes) {
      const V raw[1] = {load(walk.raw + c)};
      const V value[1] = {
          clamp(fma(load(walk.scale + c), raw[0], load(walk.shift + c)), splat(walk.f.x.lo), splat(walk.f.x.hi))};
      const V seen = Rounding(walk.f.x.quant)(value[0]);
      V sum[1] = {zero()};
      for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns.count; j++) {
          const size_t tap = size_t(walk.taps[i] * g.kernelW + columns.tap[j]) * channels + c;
          const V dd = load(walk.d[i] + size_t(columns.index[j] + 1) * channels + c);
          sum[0] = fma(load(walk.f.kernel + tap), dd, sum[0]);
          store(walk.kernelGradient + tap, fma(seen, dd, load(walk.kernelGradient + tap)));
        }
      if (walk.g) putBlock<1>(walk.f.target, Bounds(walk.f.x), sum, raw, value, int(c), channels, walk.mean, walk.g, walk.sums);
    }
    walk.raw += channels;
    if (walk.g) walk.g += channels;
  }
}

inline void depthwiseBackwardImage(const DepthwiseBackward& f, int image, float* scratch, float* sums,
                                   float* kernelGradient, float* biasGradient) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  const int height = gradientRingHeight(g);
  const size_t stride = gradientRingStride(g);
  RowRing ring{scratch, scratch + height * stride, stride, height, size_t(channels), size_t(g.outW) * channels};
  ring.start(0);
  // A 3x3 kernel of stride 1 slides where one row and one column stand before the first, and as many outputs as inputs: SAME.
  const bool small = g.kernelH == 3 && g.kernelW == 3;
  const bool slides = small && g.stride == 1 && g.top == 1 && g.left == 1 && g.outH == g.h && g.outW == g.w;
  static constexpr int kDescending[3] = {2, 1, 0};
  for (int y = 0; y < g.h; y++) {
    const Meetings rows(y, g.top, g.stride, g.kernelH, g.outH);
    const int last = rows.count > 0 ? rows.index[0] + 1 : 0;  // taps count up, so rows of d count down
    for (; ring.next < last; ring.next++) {
      loadGradient(f.d, (int64_t(image) * g.outH + ring.next) * g.outW, g.outW, channels, ring.room(ring.next), channels);
      if (biasGradient) sumRows(ring.room(ring.next), channels, g.outW, channels, biasGradient);
    }
    const size_t at = (size_t(image) * g.h + y) * g.w * channels;
    RowWalk walk{f,
                 orOnes(f.x.scale),
                 orZeros(f.x.shift),
                 orZeros(f.target.mean),
                 f.x.x + at,
                 f.target.g ? f.target.g + at : nullptr,
                 {},
                 slides ? kDescending : rows.tap,
                 sums,
                 kernelGradient,
                 y + 1 < g.h ? size_t(g.w) * channels : 0};
    if (slides) {
      // Row y - 1 + i of d is met through tap row 2 - i; outside of the image it is zeros.
      for (int i = 0; i < 3; i++) walk.d[i] = ring.row(y - 1 + i, g.outH);
      walkRow3<1, 2, 3>(walk, channels, g.w);
      continue;
    }
    for (int i = 0; i < rows.count; i++) walk.d[i] = ring.row(rows.index[i], g.outH);
    if (!small || g.stride != 2 || g.left > 1 || rows.count == 0) {
      walkRowAny(walk, g, rows.count, channels);
      continue;
    }
    // Of a 3x3 kernel and stride 2, with no padding on the left or a column of it.
    // With no padding on the left the first pixel meets the column before output 0 as well, else output 0 first.
    for (int i = 0; i < rows.count; i++) walk.d[i] += g.left * channels;
    if (g.left == 0)
      rows.count == 1 ? walkRow3<2, 2, 1>(walk, channels, g.w) : walkRow3<2, 2, 2>(walk, channels, g.w);
    else
      rows.count == 1 ? walkRow3<2, 1, 1>(walk, channels, g.w) : walkRow3<2, 1, 2>(walk, channels, g.w);
  }
}

void depthwiseBackward(const DepthwiseBackward& f, const Workspace& work) {
  const DepthwisePlan plan(f);
  float* partial = work.partial;
  ft::parallel(*work.pool, plan.items, [&](int item, int thread) {
    float* sums = partial + item * plan.itemFloats;
    clear(sums, plan.itemFloats);
    for (int image = plan.begin(item, f.g.n); image < plan.begin(item + 1, f.g.n); image++)
      depthwiseBackwardImage(f, image, work.of(thread), sums, sums + 2 * plan.channels,
                             f.biasGradient ? sums + size_t(2 + plan.taps) * plan.channels : nullptr);
  });
  if (f.target.g && f.target.finish && f.target.sums)
    mergeSums(partial, plan.itemFloats, plan.items, 2 * plan.channels, f.target.sums);
  for (int tap = 0; tap < plan.taps; tap++)
    mergeSums(partial + size_t(2 + tap) * plan.channels, plan.itemFloats, plan.items, f.g.c,
              f.kernelGradient + size_t(tap) * f.g.c);
  if (f.biasGradient)
    mergeSums(partial + size_t(2 + plan.taps) * plan.channels, plan.itemFloats, plan.items, f.g.c, f.biasGradient);
}

}  // namespace
