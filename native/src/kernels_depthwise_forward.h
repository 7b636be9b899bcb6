// Depthwise convolutions forward: out[y, x, c] = sum over the taps of X[y * stride - top + i, x * stride - left + j, c] * W[i, j, c].
// Few multiplications for each value that is loaded (nine a 3x3 kernel): memory is the limit, not arithmetic. At batch 64 they reach
// 11 % of what the processor multiplies (docs/performance.md), so all is arranged for reading and writing in order.
#pragma once

#include "kernels_rows_ring.h"

namespace {

using ft::DepthwiseForward;

ft::Needs depthwiseForwardNeeds(const DepthwiseForward& f) {
  const Bands bands(f.g.n, f.g.outH);
  return {RowRing::floats(f.g.kernelH, ringStride(f.g)), size_t(bands.items()) * f.statistics.parts() * padded(f.g.c)};
}

/**
 * Statistics of a block of outputs, or the epilogue of inference; then the store.
 *
 * @param y a vector of channels, from c on, of N outputs beside each other
 * @param before outputs of this item that have been merged into the moments
 * @param out the first of the N outputs, at channel 0
 */
template <bool kStatistics, int N>
inline __attribute__((always_inline)) void emitBlock(const DepthwiseForward& f, V (&y)[N], int c, size_t channels,
                                                     const RunningMoments& moments, float before, float* out) {
  if (kStatistics) {
    V sum = y[0];
#pragma GCC unroll 4
    for (int b = 1; b < N; b++) sum = sum + y[b];
    // N is a power of two: 1 / N is exact.
    const V mean = sum * splat(1.0f / N);
    V squares = zero();
#pragma GCC unroll 4
    for (int b = 0; b < N; b++) squares = fma(y[b] - mean, y[b] - mean, squares);
    moments.merge(c, mean, squares, float(N), before);
    if (moments.low) {
      V least = y[0], most = y[0];
#pragma GCC unroll 4
      for (int b = 1; b < N; b++) least = smaller(least, y[b]), most = larger(most, y[b]);
      moments.extend(c, least, most);
    }
  } else if (f.epilogue.integers) {
    for (int b = 0; b < N; b++) y[b] = requantized(y[b], *f.epilogue.integers, c);
  } else {
    const Rounding rounding(f.epilogue.quant);
    const V scale = load(orOnes(f.epilogue.scale) + c), shift = load(orZeros(f.epilogue.shift) + c);
#pragma GCC unroll 4
    for (int b = 0; b < N; b++) y[b] = clamp(fma(scale, y[b], shift), splat(f.epilogue.lo), splat(f.epilogue.hi));
    if (f.epilogue.slope) {
      const V slope = load(f.epilogue.slope + c);
#pragma GCC unroll 4
      for (int b = 0; b < N; b++) y[b] = leaky(y[b], slope);
    }
    if (rounding.active)
#pragma GCC unroll 4
      for (int b = 0; b < N; b++) y[b] = rounding.round(y[b]);
  }
#pragma GCC unroll 4
  for (int b = 0; b < N; b++) store(out + b * channels + c, y[b]);
}

/**
 * N outputs of a 3x3 kernel beside each other. A value that is loaded serves every output of the block: with four, and stride 1,
 * that is 6 loads instead of 12 for each row of the kernel.
 *
 * @param rows three rows of the input, at the first column that the block meets; borders are there, as zeros
 */
template <bool kStatistics, int kStride, int N>
inline void depthwiseBlock3(const DepthwiseForward& f, const float* const* rows, size_t channels,
                            const RunningMoments& moments, float before, float* out) {
  constexpr int kColumns = (N - 1) * kStride + 3;
  for (size_t c = 0; c < channels; c += kLanes) {
    V y[N];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
      V x[kColumns], w[3];
#pragma GCC unroll 9
      for (int k = 0; k < kColumns; k++) x[k] = load(rows[i] + k * channels + c);
#pragma GCC unroll 3
      for (int j = 0; j < 3; j++) w[j] = load(f.kernel + (3 * i + j) * channels + c);
#pragma GCC unroll 4
      for (int b = 0; b < N; b++)
#pragma GCC unroll 3
        for (int j = 0; j < 3; j++)
          y[b] = i + j == 0 ? x[b * kStride] * w[0] : fma(x[b * kStride + j], w[j], y[b]);
    }
    emitBlock<kStatistics, N>(f, y, int(c), channels, moments, before, out);
  }
}

/** One output of any kernel: rows[i] is what its row i meets. */
template <bool kStatistics>
inline void depthwiseAny(const DepthwiseForward& f, const float* const* rows, size_t channels,
                         const RunningMoments& moments, float before, float* out) {
  for (size_t c = 0; c < channels; c += kLanes) {
    V y[1] = {zero()};
    for (int i = 0; i < f.g.kernelH; i++)
      for (int j = 0; j < f.g.kernelW; j++)
        y[0] = fma(load(rows[i] + j * channels + c), load(f.kernel + size_t(i * f.g.kernelW + j) * channels + c), y[0]);
    emitBlock<kStatistics, 1>(f, y, int(c), channels, moments, before, out);
  }
}

/** A band of rows of one image (`Bands`). scratch: the ring; partial: [items][parts][channels]. */
/** Columns from `column` on of a row of the picture into `to`: zeros where they lie beyond its borders. */
inline void loadAcrossBorder(const DepthwiseForward& f, const float* row, int column, int columns, float* to) {
  const int channels = padded(f.g.c);
  for (int k = 0; k < columns; k++)
    if (column + k < 0 || column + k >= f.g.w)
      clear(to + k * channels, channels);
    else
      loadView(f.x, row + k * channels, 1, channels, channels, to + k * channels, channels);
}

template <bool kStatistics>
inline void depthwiseForwardItem(const DepthwiseForward& f, const Bands& bands, int item, float* scratch,
                                 float* partial) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  const size_t stride = ringStride(g);
  // Rows of the kernel in the ring, then one of zeros, which stands for every row outside of the image.
  RowRing ring{scratch, scratch + g.kernelH * stride, stride, g.kernelH, size_t(g.left) * channels, size_t(g.w) * channels};
  const int begin = bands.begin(item), end = bands.end(item), image = bands.image(item);
  // A band reads the rows that it shares with the band before it once more: bands know nothing of each other.
  ring.start(most(0, begin * g.stride - g.top));
  const RunningMoments moments(partial + size_t(item) * f.statistics.parts() * channels, channels, f.statistics);
  if (kStatistics) moments.start(0, channels);
  const bool small = g.kernelH == 3 && g.kernelW == 3 && g.stride <= 2;
  // A view that changes nothing needs no copy but at the borders. Where images are many the memory is what counts, and the
  // ring reads it in order.
  const bool direct = small && f.x.plain() && bands.bands > 1;
  const float* x = f.x.x + int64_t(image) * g.h * g.w * channels;
  for (int oy = begin; oy < end; oy++) {
    const int first = oy * g.stride - g.top;
    // The ring has the image's rows up to the last that this row of outputs meets, one by one: each is read once.
    for (const int last = least(g.h, first + g.kernelH); !direct && ring.next < last; ring.next++)
      loadView(f.x, x + int64_t(ring.next) * g.w * channels, g.w, channels, channels, ring.room(ring.next), channels);
    // Long enough for any kernel: the constructor of Session has refused those of more than kMostKernelRows rows.
    const float* rows[kMostKernelRows];
    float* out = f.out + (int64_t(image) * g.outH + oy) * g.outW * channels;
    float before = float((oy - begin) * g.outW);
    for (int ox = 0; ox < g.outW;) {
      const int pixels = small && g.outW - ox >= kBlockPixels ? kBlockPixels : 1;
      const int column = ox * g.stride - g.left, columns = (pixels - 1) * g.stride + g.kernelW;
      for (int i = 0; i < g.kernelH; i++) {
        const int y = first + i;
        const float* row = x + (int64_t(y) * g.w + column) * channels;
        if (!direct)
          rows[i] = ring.row(y, g.h) + size_t(ox) * g.stride * channels;
        else if (y < 0 || y >= g.h)
          rows[i] = ring.zeros;
        else if (column >= 0 && column + columns <= g.w)
          rows[i] = row;
        else {
          // The ring is free here: a piece of the row with its border is put together in it.
          float* edge = ring.rows + i * ring.stride;
          loadAcrossBorder(f, row, column, columns, edge);
          rows[i] = edge;
        }
      }
      if (!small)
        depthwiseAny<kStatistics>(f, rows, channels, moments, before, out);
      else if (g.stride == 1)
        pixels == 1 ? depthwiseBlock3<kStatistics, 1, 1>(f, rows, channels, moments, before, out)
                    : depthwiseBlock3<kStatistics, 1, kBlockPixels>(f, rows, channels, moments, before, out);
      else
        pixels == 1 ? depthwiseBlock3<kStatistics, 2, 1>(f, rows, channels, moments, before, out)
                    : depthwiseBlock3<kStatistics, 2, kBlockPixels>(f, rows, channels, moments, before, out);
      ox += pixels;
      before += float(pixels);
      out += size_t(pixels) * channels;
    }
  }
}

/** Items follow from the shapes, and their moments are merged in their order: the same result at any number of threads. */
void depthwiseForward(const DepthwiseForward& f, const Workspace& work) {
  const Bands bands(f.g.n, f.g.outH);
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

}  // namespace
