// Convolutions (and dense layers) as matrix products over blocks of rows: what their two passes share.
//
// forward   X[rows, depth] * W[depth, outC]       depth = kH * kW * C, a row of X is a pixel's patch
// backward  D * W^T for the input, X^T * D for the kernel; D, the gradient of the raw output, is computed once a block
#pragma once

#include "kernels_view.h"

namespace {

using ft::ConvBackward;
using ft::ConvForward;
using ft::Geometry;
using ft::padded;
using ft::Workspace;

constexpr int kItems = 32;         // parts of an operation, whatever the number of threads: the result may not depend on it
constexpr int kGradientItems = 16; // parts with a kernel gradient of their own
constexpr size_t kBlockFloats = 24 * 1024;  // a block of A: with the panel that it meets it stays in the second-level cache
constexpr size_t kSharedKernel = 64 * 1024; // kernels above this many floats take the split form of the backward pass
constexpr size_t kMostPartial = 4u << 20;  // floats of all the copies together

/**
 * Rows, and columns, of a kernel at most: the length of arrays that hold something for each. The constructor of Session refuses larger
 * kernels; here nothing looks at it again.
 */
constexpr int kMostKernelRows = 16;

/** Rows of the kernel as a matrix forward: patches stand there without the padding of their pixels. */
inline int forwardDepth(const Geometry& g) { return g.kernelH * g.kernelW * g.c; }
/** Backward they keep it: their gradients are added to the images vector by vector. */
inline int channelStride(const Geometry& g, bool bytes) { return bytes ? g.c : padded(g.c); }
/** Rows of the kernel's gradient as a matrix. A 1x1 kernel leaves the padding out. */
inline int depthOf(const Geometry& g, bool bytes) {
  return g.kernelH == 1 && g.kernelW == 1 ? g.c : g.kernelH * g.kernelW * channelStride(g, bytes);
}
/**
 * Stride of a block of X: room for a whole tile beyond the depth. A depth that is a power of two does not give one
 * for a stride, by which the rows of a tile would crowd into a few sets of the cache.
 */
inline size_t blockStride(int depth) { return size_t(roundUp(depth, 16)) + 16; }

/** Rows of a block: whole tiles, 2 to 16 of them, about kBlockFloats. Half and four times as many floats took as long. */
inline int blockRowsFor(int64_t rows, int depth) {
  const int wanted = most(2 * kTall, least(16 * kTall, int(kBlockFloats / blockStride(depth)) / kTall * kTall));
  return int(least(rows, int64_t(wanted)));
}

/** Rows cut into items of whole blocks. */
struct Cut {
  int64_t rows;
  int block, items;
  int64_t itemRows;
  Cut(int64_t rows, int block, int mostItems) : rows(rows), block(block) {
    const int64_t blocks = ceilDiv(rows, int64_t(block));
    const int64_t each = ceilDiv(blocks, int64_t(mostItems));
    itemRows = each * block;
    items = int(ceilDiv(rows, itemRows));
  }
  int64_t begin(int item) const { return item * itemRows; }
  int64_t end(int item) const { return least(rows, (item + 1) * itemRows); }
  int64_t count(int item) const { return end(item) - begin(item); }
};

/** v / 127.5 - 1 = (2v - 255) / 255, rounded once: for every byte what float64 gives. */
inline V loadPixels(const std::uint8_t* p) {
  const V w = fma(loadBytes(p), splat(2), splat(-255));
  if (!kFused) return w / splat(255);
  // 1 / 255 in two parts: a product of both is as exact as the division and takes a tenth of its time.
  constexpr float high = 1.0f / 255, low = float(1.0 / 255 - double(high));
  return fma(w, splat(high), w * splat(low));
}

/**
 * Bytes of pixels as the values that they stand for: `count` of them from the first colour of a pixel on, and up to a vector more.
 * @param colours a table for each of the colours
 */
inline void loadColours(const std::uint8_t* from, int count, const float* colours, int channels, const Rounding& rounding, float* to) {
  if (!colours) {
    for (int k = 0; k < count; k += kLanes) store(to + k, rounding(loadPixels(from + k)));
    return;
  }
  for (int c = 0; c < channels; c++)
    for (int k = c; k < count; k += channels) to[k] = colours[c * 256 + from[k]];
  // What lies beyond is nobody's yet, as above.
  for (int k = 0; rounding.active && k < count; k += kLanes) store(to + k, rounding.round(load(to + k)));
}

/** Which output pixel a row is, counted on instead of divided out. */
struct OutputPixel {
  int64_t image;
  int y, x;
  OutputPixel(const Geometry& g, int64_t row)
      : image(row / g.outW / g.outH), y(int(row / g.outW % g.outH)), x(int(row % g.outW)) {}
  /** By as many as are left in the row, or fewer. */
  void advance(const Geometry& g, int pixels = 1) {
    x += pixels;
    if (x < g.outW) return;
    x = 0;
    if (++y < g.outH) return;
    y = 0;
    image++;
  }
};

/**
 * One row of the kernel over a run of output pixels of one row: `segment` floats of each patch.
 * @param stride floats of a pixel in a patch, its channels or these with their padding; what a vector writes beyond is overwritten
 */
inline void loadPatchRow(const Geometry& g, const View& view, const std::uint8_t* pixels, const float* colours, int stride,
                         const OutputPixel& at, int run, int i, float* dst, size_t ld) {
  const Rounding rounding(pixels ? view.quant : nullptr);
  const int channels = channelStride(g, pixels != nullptr);
  const int segment = g.kernelW * stride;
  const int iy = at.y * g.stride - g.top + i;
  if (iy < 0 || iy >= g.h) {
    for (int r = 0; r < run; r++)
      for (int k = 0; k < segment; k++) dst[r * ld + k] = 0;
    return;
  }
  const int64_t row = (at.image * g.h + iy) * g.w;
  for (int r = 0; r < run; r++) {
    const int ix0 = (at.x + r) * g.stride - g.left;
    float* out = dst + r * ld;
    if (pixels && !colours && segment <= kLanes && ix0 >= 0 && ix0 + g.kernelW <= g.w) {
      store(out, rounding(loadPixels(pixels + (row + ix0) * stride)));
      continue;
    }
    const int from = most(0, -ix0), to = most(from, least(g.kernelW, g.w - ix0));
    const int64_t source = (row + ix0 + from) * channels;
    const int head = from * stride, body = (to - from) * stride;
    for (int k = 0; k < head; k++) out[k] = 0;
    if (pixels)  // beyond the body: what follows overwrites it
      loadColours(pixels + source, body, colours, stride, rounding, out + head);
    else
      loadView(view, view.x + source, to - from, channels, channels, out + head, stride);
    for (int k = head + body; k < segment; k++) out[k] = 0;
  }
}

/**
 * Rows [row0, row0 + rows) of X: patches of the view. What lies beyond the depth of a row, and in the rows that a tiling
 * covers beyond these, is read by tiles at the edge and goes into results that nobody keeps: it stays as it is.
 */
inline void loadPatches(const Geometry& g, const View& view, const std::uint8_t* pixels, const float* colours, int stride,
                        int64_t row0, int rows, float* dst, size_t ld) {
  if (!pixels && g.pointwise()) {
    const int channels = channelStride(g, false);
    loadView(view, view.x + row0 * channels, rows, channels, channels, dst, ld);
    return;
  }
  const int segment = g.kernelW * stride;
  OutputPixel at(g, row0);
  for (int r = 0; r < rows;) {
    const int run = least(rows - r, g.outW - at.x);
    for (int i = 0; i < g.kernelH; i++)
      loadPatchRow(g, view, pixels, colours, stride, at, run, i, dst + r * ld + i * segment, ld);
    at.advance(g, run);
    r += run;
  }
}

}  // namespace
