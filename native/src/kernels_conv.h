// Convolutions (and dense layers) as matrix products over blocks of rows.
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

inline int channelStride(const Geometry& g, bool bytes) { return bytes ? g.c : padded(g.c); }
/** Rows of the kernel as a matrix. A 1x1 kernel leaves the padding out. */
inline int depthOf(const Geometry& g, bool bytes) {
  return g.kernelH == 1 && g.kernelW == 1 ? g.c : g.kernelH * g.kernelW * channelStride(g, bytes);
}
/** Stride of a block of X: room for a whole tile beyond the depth, and never a power of two. */
inline size_t blockStride(int depth) { return size_t(roundUp(depth, 16)) + 16; }

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

/** (v / 127.5 - 1) of every byte. */
struct ByteTable {
  float value[256];
  constexpr ByteTable() : value() {
    for (int i = 0; i < 256; i++) value[i] = float(i / 127.5 - 1);
  }
};
constexpr ByteTable kByteTable;

/** Rows [row0, row0 + rows) of X: patches of the view. Columns beyond the depth and rows up to `covered` are zeros. */
inline void loadPatches(const Geometry& g, const View& view, const std::uint8_t* pixels, int64_t row0, int rows,
                        int covered, float* dst, size_t ld) {
  const int stride = channelStride(g, pixels != nullptr);
  const int depth = depthOf(g, pixels != nullptr);
  if (!pixels && g.pointwise()) {
    loadView(view, view.x + row0 * stride, rows, stride, stride, dst, ld);
    for (int r = 0; r < rows; r++) clear(dst + r * ld + stride, ld - stride);
  } else {
    const size_t segment = size_t(g.kernelW) * stride;
    for (int r = 0; r < rows; r++) {
      const int64_t pixel = row0 + r;
      const int ox = int(pixel % g.outW), oy = int(pixel / g.outW % g.outH);
      const int64_t image = pixel / g.outW / g.outH;
      const int ix0 = ox * g.stride - g.left;
      const int from = most(0, -ix0), to = least(g.kernelW, g.w - ix0);
      for (int i = 0; i < g.kernelH; i++) {
        float* out = dst + r * ld + i * segment;
        const int iy = oy * g.stride - g.top + i;
        if (iy < 0 || iy >= g.h || from >= to) {
          for (size_t k = 0; k < segment; k++) out[k] = 0;
          continue;
        }
        const int64_t source = ((image * g.h + iy) * g.w + ix0 + from) * stride;
        const int head = from * stride, body = (to - from) * stride;
        for (int k = 0; k < head; k++) out[k] = 0;
        if (pixels)
          for (int k = 0; k < body; k++) out[head + k] = kByteTable.value[pixels[source + k]];
        else
          loadView(view, view.x + source, to - from, stride, stride, out + head, stride);
        for (size_t k = head + body; k < segment; k++) out[k] = 0;
      }
      for (size_t k = depth; k < ld; k++) dst[r * ld + k] = 0;
    }
  }
  for (int r = rows; r < covered; r++) clear(dst + r * ld, ld);
}

// Forward ---------------------------------------------------------------------------------------------------------

struct ForwardPlan {
  int depth, columns, panels;
  size_t ld;
  Cut cut;
  /** Panels cut into parts where the rows alone give too few. */
  int parts;
  explicit ForwardPlan(const ConvForward& f)
      : depth(depthOf(f.g, f.pixels != nullptr)),
        columns(padded(f.g.outC)),
        panels(ceilDiv(columns, kPanel)),
        ld(blockStride(depth)),
        cut(f.g.outRows(), blockRowsFor(f.g.outRows(), depth), kItems),
        parts(cut.items >= kItems / 2 ? 1 : least(panels, kItems / 2 / cut.items)) {}
};

ft::Needs convForwardNeeds(const ConvForward& f) {
  const ForwardPlan plan(f);
  return {(plan.cut.block + kTall) * plan.ld, size_t(plan.cut.items) * 2 * plan.columns};
}

template <bool kStatistics>
inline void convForwardItem(const ConvForward& f, const ForwardPlan& plan, int item, int part, float* block,
                            float* partial) {
  const int columns = plan.columns;
  const bool direct = !f.pixels && f.g.pointwise() && f.x.plain();
  const int firstPanel = plan.panels * part / plan.parts, lastPanel = plan.panels * (part + 1) / plan.parts;
  const RunningMoments moments{partial + size_t(item) * 2 * columns, partial + (size_t(item) * 2 + 1) * columns};
  if (kStatistics && part == 0 && plan.parts == 1) moments.start(columns);
  if (kStatistics && plan.parts > 1) {
    const int c0 = firstPanel * kPanel, c1 = least(columns, lastPanel * kPanel);
    clear(moments.mean + c0, c1 - c0), clear(moments.m2 + c0, c1 - c0);
  }
  const V lo = splat(f.epilogue.lo), hi = splat(f.epilogue.hi);
  const float* scale = orOnes(f.epilogue.scale);
  const float* shift = orZeros(f.epilogue.shift);
  const int64_t begin = plan.cut.begin(item), end = plan.cut.end(item);
  for (int64_t row0 = begin; row0 < end; row0 += plan.cut.block) {
    const int rows = int(least(int64_t(plan.cut.block), end - row0));
    const Tiling tiling(rows);
    const float* a = block;
    size_t lda = plan.ld;
    if (direct && tiling.covered() == rows) {
      lda = padded(f.g.c);
      a = f.x.x + row0 * lda;
    } else {
      loadPatches(f.g, f.x, f.pixels, row0, rows, tiling.covered(), block, plan.ld);
    }
    float* out = f.out + row0 * columns;
    multiplyPanels(a, lda, tiling, rows, f.panels, plan.depth, columns, firstPanel, lastPanel,
                   [&](auto& acc, int row, int valid, int column) __attribute__((always_inline)) {
                     constexpr int R = sizeof(acc) / sizeof(acc[0]);
                     constexpr int P = sizeof(acc[0]) / sizeof(V);
                     float* tile = out + size_t(row) * columns + column;
                     if constexpr (kStatistics) {
                       const float count = float(valid), before = float(row0 - begin + row);
                       const V inverse = splat(1.0f / count);
#pragma GCC unroll 8
                       for (int j = 0; j < P; j++) {
                         V sum = zero(), squares = zero();
#pragma GCC unroll 16
                         for (int i = 0; i < R; i++)
                           if (i < valid) {
                             store(tile + size_t(i) * columns + j * kLanes, acc[i][j]);
                             sum = sum + acc[i][j];
                           }
                         const V mean = sum * inverse;
#pragma GCC unroll 16
                         for (int i = 0; i < R; i++)
                           if (i < valid) {
                             const V off = acc[i][j] - mean;
                             squares = fma(off, off, squares);
                           }
                         moments.merge(column + j * kLanes, mean, squares, count, before);
                       }
                     } else {
#pragma GCC unroll 8
                       for (int j = 0; j < P; j++) {
                         const V s = load(scale + column + j * kLanes), t = load(shift + column + j * kLanes);
#pragma GCC unroll 16
                         for (int i = 0; i < R; i++)
                           if (i < valid) {
                             const size_t at = size_t(i) * columns + j * kLanes;
                             V y = clamp(fma(s, acc[i][j], t), lo, hi);
                             if (f.epilogue.residual)
                               y = y + load(f.epilogue.residual + (row0 + row) * columns + column + at);
                             store(tile + at, y);
                           }
                       }
                     }
                   });
  }
}

void convForward(const ConvForward& f, const Workspace& work) {
  const ForwardPlan plan(f);
  ft::parallel(*work.pool, plan.cut.items * plan.parts, [&](int i, int thread) {
    if (f.statistics.mean)
      convForwardItem<true>(f, plan, i / plan.parts, i % plan.parts, work.of(thread), work.partial);
    else
      convForwardItem<false>(f, plan, i / plan.parts, i % plan.parts, work.of(thread), work.partial);
  });
  if (f.statistics.mean)
    mergeMoments(work.partial, plan.cut.items, plan.columns, [&](int i) { return plan.cut.count(i); }, f.statistics);
}

// Backward --------------------------------------------------------------------------------------------------------

/** Copies of a kernel gradient: fewer where one is large. */
inline int gradientItems(size_t kernelFloats) {
  const int affordable = int(kMostPartial / kernelFloats);
  return most(1, least(kGradientItems, affordable));
}

struct BackwardPlan {
  int depth, columns, targetColumns;
  size_t ldx, ldd;
  /** Patches overlap: the gradient of an image is collected by one item. */
  bool scatter;
  /** The kernel gradient is computed in a pass of its own, tiles of it in parallel, instead of one copy an item. */
  bool split;
  Cut cut;
  size_t kernelFloats;  // of one copy
  size_t itemFloats;    // of an item's partial results: kernel gradient, sums, bias gradient
  explicit BackwardPlan(const ConvBackward& f)
      : depth(depthOf(f.g, f.pixels != nullptr)),
        columns(padded(f.g.outC)),
        targetColumns(padded(f.g.c)),
        ldx(blockStride(depth)),
        ldd(size_t(columns) + 16),
        scatter(!f.g.pointwise() && f.target.g),
        split(f.g.pointwise() && size_t(depth) * columns > kSharedKernel),
        cut(f.g.outRows(), scatter ? f.g.outH * f.g.outW : blockRowsFor(f.g.outRows(), most(depth, columns)),
            split ? kItems : gradientItems(size_t(depth) * columns)),
        kernelFloats(size_t(depth + kTall) * columns),
        itemFloats((split ? 0 : kernelFloats) + 2 * targetColumns + columns) {}
  int innerBlock() const { return scatter ? blockRowsFor(cut.itemRows, most(depth, columns)) : cut.block; }
};

// The split form's tiles of the kernel gradient.
constexpr int kSplitRows = 4 * kTall, kSplitColumns = 256, kSplitBlock = 128;

ft::Needs convBackwardNeeds(const ConvBackward& f) {
  const BackwardPlan plan(f);
  const size_t rows = size_t(plan.innerBlock()) + kTall;
  size_t scratch = rows * (plan.ldx + plan.ldd + (plan.scatter ? plan.ldx : 0));
  const size_t splitScratch =
      plan.split ? size_t(kSplitBlock) * (kSplitRows + 32) + size_t(kSplitRows + kTall) * kSplitColumns : 0;
  if (splitScratch > scratch) scratch = splitScratch;
  return {scratch, plan.cut.items * plan.itemFloats};
}

/** Adds a block's patches to the gradient of the images they were cut from. */
inline void scatterPatches(const Geometry& g, int64_t row0, int rows, const float* patches, size_t ld, float* target) {
  const int stride = padded(g.c);
  for (int r = 0; r < rows; r++) {
    const int64_t pixel = row0 + r;
    const int ox = int(pixel % g.outW), oy = int(pixel / g.outW % g.outH);
    const int64_t image = pixel / g.outW / g.outH;
    for (int i = 0; i < g.kernelH; i++) {
      const int iy = oy * g.stride - g.top + i;
      if (iy < 0 || iy >= g.h) continue;
      for (int j = 0; j < g.kernelW; j++) {
        const int ix = ox * g.stride - g.left + j;
        if (ix < 0 || ix >= g.w) continue;
        float* to = target + ((image * g.h + iy) * g.w + ix) * stride;
        const float* from = patches + r * ld + size_t(i * g.kernelW + j) * stride;
        for (int c = 0; c < stride; c += kLanes) store(to + c, load(to + c) + load(from + c));
      }
    }
  }
}

/** Masks and sums rows that have all their contributions. */
inline void finishRows(const Target& t, int64_t row0, int64_t rows, int channels, float* sums) {
  const V lo = splat(t.view.lo), hi = splat(t.view.hi);
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

/** The input's gradient of one block, straight from the registers: D * W^T, then the target's finish. */
template <bool kFinish>
inline void writeInputGradient(const ConvBackward& f, const BackwardPlan& plan, int64_t row0, int rows, const float* x,
                               const float* d, float* sums) {
  const int columns = plan.targetColumns;
  const V lo = splat(f.target.view.lo), hi = splat(f.target.view.hi);
  const float* mean = orZeros(f.target.mean);
  const float* raw = f.x.x + row0 * columns;
  float* out = f.target.g + row0 * columns;
  multiplyPanels(d, plan.ldd, Tiling(rows), rows, f.panels, f.g.outC, columns, 0, ceilDiv(columns, kPanel),
                 [&](auto& acc, int row, int valid, int column) __attribute__((always_inline)) {
                   constexpr int R = sizeof(acc) / sizeof(acc[0]);
                   constexpr int P = sizeof(acc[0]) / sizeof(V);
#pragma GCC unroll 8
                   for (int j = 0; j < P; j++) {
                     const int c = column + j * kLanes;
                     const V m = load(mean + c);
                     V sum = zero(), product = zero();
#pragma GCC unroll 16
                     for (int i = 0; i < R; i++)
                       if (i < valid) {
                         const size_t at = size_t(row + i) * columns + c;
                         V g = acc[i][j];
                         if (f.target.accumulate) g = g + load(out + at);
                         if constexpr (kFinish)
                           g = finishGradient(g, load(x + (row + i) * plan.ldx + c), load(raw + at), lo, hi, m, sum,
                                              product);
                         store(out + at, g);
                       }
                     if constexpr (kFinish) {
                       store(sums + c, load(sums + c) + sum);
                       store(sums + columns + c, load(sums + columns + c) + product);
                     }
                   }
                 });
}

inline void sumRows(const float* d, size_t ld, int rows, int columns, float* out) {
  for (int c = 0; c < columns; c += kLanes) {
    V sum = zero();
    for (int r = 0; r < rows; r++) sum = sum + load(d + r * ld + c);
    store(out + c, load(out + c) + sum);
  }
}

inline void convBackwardItem(const ConvBackward& f, const BackwardPlan& plan, int item, float* scratch, float* partial) {
  const int block = plan.innerBlock();
  float* x = scratch;
  float* d = x + (block + kTall) * plan.ldx;
  float* patches = d + (block + kTall) * plan.ldd;
  float* sums = partial + item * plan.itemFloats;
  float* bias = sums + 2 * plan.targetColumns;
  float* kernel = bias + plan.columns;
  clear(partial + item * plan.itemFloats, plan.itemFloats);
  const Tiling depthTiling(plan.depth);
  const int64_t begin = plan.cut.begin(item), end = plan.cut.end(item);
  if (plan.scatter && !f.target.accumulate) {
    const int64_t image = int64_t(f.g.h) * f.g.w * plan.targetColumns;
    const int64_t first = begin / plan.cut.block, last = ceilDiv(end, int64_t(plan.cut.block));
    clear(f.target.g + first * image, (last - first) * image);
  }
  for (int64_t row0 = begin; row0 < end; row0 += block) {
    const int rows = int(least(int64_t(block), end - row0));
    const int covered = Tiling(rows).covered();
    loadGradient(f.d, row0, rows, plan.columns, d, plan.ldd);
    for (int r = rows; r < covered; r++) clear(d + r * plan.ldd, plan.ldd);
    if (f.biasGradient) sumRows(d, plan.ldd, rows, plan.columns, bias);
    const bool needsX = !plan.split || (!plan.scatter && f.target.finish);
    if (needsX) loadPatches(f.g, f.x, f.pixels, row0, rows, rows, x, plan.ldx);
    if (plan.split) {
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < plan.columns; c += kLanes)
          store(f.dense + (row0 + r) * plan.columns + c, load(d + r * plan.ldd + c));
    } else {
      accumulateTransposed(x, plan.ldx, depthTiling, d, plan.ldd, rows, plan.columns, kernel, plan.columns);
    }
    if (!f.target.g) continue;
    if (plan.scatter) {
      const int width = roundUp(plan.depth, 16);
      multiplyPanels(d, plan.ldd, Tiling(rows), rows, f.panels, f.g.outC, width, 0, ceilDiv(width, kPanel),
                     [&](auto& acc, int row, int valid, int column) {
                       constexpr int R = sizeof(acc) / sizeof(acc[0]);
                       constexpr int P = sizeof(acc[0]) / sizeof(V);
#pragma GCC unroll 16
                       for (int i = 0; i < R; i++)
                         if (i < valid)
#pragma GCC unroll 8
                           for (int j = 0; j < P; j++)
                             store(patches + (row + i) * plan.ldx + column + j * kLanes, acc[i][j]);
                     });
      scatterPatches(f.g, row0, rows, patches, plan.ldx, f.target.g);
    } else if (f.target.finish) {
      writeInputGradient<true>(f, plan, row0, rows, x, d, sums);
    } else {
      writeInputGradient<false>(f, plan, row0, rows, x, d, sums);
    }
  }
  if (plan.scatter && f.target.finish) {
    const int64_t image = int64_t(f.g.h) * f.g.w;
    const int64_t first = begin / plan.cut.block, last = ceilDiv(end, int64_t(plan.cut.block));
    finishRows(f.target, first * image, (last - first) * image, plan.targetColumns, sums);
  }
}

/** From a padded matrix to the kernel's own layout. */
inline void writeKernelRow(const Geometry& g, bool bytes, int row, const float* values, float* kernel) {
  int tap = 0, channel = row;
  if (!g.pointwise()) {
    const int stride = channelStride(g, bytes);
    tap = row / stride, channel = row % stride;
    if (channel >= g.c) return;
  }
  float* out = kernel + (size_t(tap) * g.c + channel) * g.outC;
  for (int c = 0; c < g.outC; c++) out[c] = values[c];
}

/** One tile of the kernel gradient over all rows, from the stored D. */
inline void splitItem(const ConvBackward& f, const BackwardPlan& plan, int rowTile, int columnTile, float* scratch) {
  const int k0 = rowTile * kSplitRows, depth = least(kSplitRows, plan.depth - k0);
  const int n0 = columnTile * kSplitColumns, width = least(kSplitColumns, plan.columns - n0);
  const size_t ldx = kSplitRows + 32;
  float* x = scratch;
  float* out = x + kSplitBlock * ldx;
  const Tiling tiling(depth);
  clear(out, size_t(kSplitRows + kTall) * kSplitColumns);
  // Pointwise: columns of X straight from the view. Rounded to whole vectors, inside the padded channels.
  const int stride = padded(f.g.c);
  const int first = k0 / kLanes * kLanes, wide = roundUp(k0 + depth, kLanes) - first;
  View view = f.x;
  if (view.scale) view.scale += first, view.shift += first;
  const int64_t rows = f.g.outRows();
  for (int64_t row0 = 0; row0 < rows; row0 += kSplitBlock) {
    const int count = int(least(int64_t(kSplitBlock), rows - row0));
    loadView(view, f.x.x + row0 * stride + first, count, wide, stride, x, ldx);
    accumulateTransposed(x + (k0 - first), ldx, tiling, f.dense + row0 * plan.columns + n0, plan.columns, count, width,
                         out, kSplitColumns);
  }
  for (int k = 0; k < depth; k++)
    for (int c = 0; c < width && n0 + c < f.g.outC; c++)
      f.kernelGradient[size_t(k0 + k) * f.g.outC + n0 + c] = out[size_t(k) * kSplitColumns + c];
}

void convBackward(const ConvBackward& f, const Workspace& work) {
  const BackwardPlan plan(f);
  float* partial = work.partial;
  ft::parallel(*work.pool, plan.cut.items,
               [&](int item, int thread) { convBackwardItem(f, plan, item, work.of(thread), partial); });
  if (f.target.g && f.target.finish && f.target.sums)
    mergeSums(partial, plan.itemFloats, plan.cut.items, 2 * plan.targetColumns, f.target.sums);
  if (f.biasGradient)
    for (int c = 0; c < f.g.outC; c++) {
      double sum = 0;
      for (int item = 0; item < plan.cut.items; item++)
        sum += partial[item * plan.itemFloats + 2 * plan.targetColumns + c];
      f.biasGradient[c] = float(sum);
    }
  if (plan.split) {
    const int columnTiles = ceilDiv(plan.columns, kSplitColumns);
    ft::parallel(*work.pool, ceilDiv(plan.depth, kSplitRows) * columnTiles, [&](int item, int thread) {
      splitItem(f, plan, item / columnTiles, item % columnTiles, work.of(thread));
    });
    return;
  }
  const float* kernels = partial + 2 * plan.targetColumns + plan.columns;
  const int rowsEach = ceilDiv(plan.depth, kItems);
  ft::parallel(*work.pool, ceilDiv(plan.depth, rowsEach), [&](int item, int) {
    float* sum = partial + 2 * plan.targetColumns + plan.columns;
    for (int k = item * rowsEach; k < least(plan.depth, (item + 1) * rowsEach); k++) {
      float* row = sum + size_t(k) * plan.columns;
      for (int other = 1; other < plan.cut.items; other++) {
        const float* from = kernels + other * plan.itemFloats + size_t(k) * plan.columns;
        for (int c = 0; c < plan.columns; c += kLanes) store(row + c, load(row + c) + load(from + c));
      }
      writeKernelRow(f.g, f.pixels != nullptr, k, row, f.kernelGradient);
    }
  });
}

}  // namespace
