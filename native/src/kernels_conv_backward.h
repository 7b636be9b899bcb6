// Convolutions and dense layers backward. D, the gradient of the raw output, is computed once for each block of rows and
// used for both products: D * W^T gives the input's gradient, X^T * D the kernel's.
#pragma once

#include "kernels_patches.h"

namespace {

/** Copies of a kernel gradient, one an item: fewer where one is large, as each is cleared, and read again for the sum. */
inline int gradientItems(size_t kernelFloats) {
  const int affordable = int(kMostPartial / kernelFloats);
  return most(1, least(kGradientItems, affordable));
}

/**
 * The three forms of the pass. Pointwise: blocks of rows, input gradient straight from the registers. Pointwise with a large kernel:
 * the same without the kernel gradient, which follows in tiles of its own (`split`). Others: the products are
 * gradients of patches, added to those of the images (`scatter`), or nobody needs them and the kernel gradient alone is computed.
 */
struct BackwardPlan {
  int depth, columns, targetColumns;
  size_t ldx, ldd;  // of a block of X and of one of D
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
        // Where patches overlap the unit is an image: two items never add to the same pixel.
        cut(f.g.outRows(), scatter ? f.g.outH * f.g.outW : blockRowsFor(f.g.outRows(), most(depth, columns)),
            split ? kItems : gradientItems(size_t(depth) * columns)),
        kernelFloats(size_t(depth + kTall) * columns),  // the last tile writes rows beyond the depth
        itemFloats((split ? 0 : kernelFloats) + 2 * targetColumns + columns) {}
  int innerBlock() const { return scatter ? blockRowsFor(cut.itemRows, most(depth, columns)) : cut.block; }
};

// The split form's tiles of the kernel gradient, [kSplitRows, kSplitColumns], summed over blocks of kSplitBlock rows of X and D. Every
// tile reads its columns of X through the view anew; each value of X passes once for every 256 columns of the kernel.
constexpr int kSplitRows = 4 * kTall, kSplitColumns = 256, kSplitBlock = 128;

/** Scratch: X, D and, where they overlap, the gradients of patches; the split form's second pass uses the same room again. */
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
  OutputPixel at(g, row0);
  for (int r = 0; r < rows; r++, at.advance(g)) {
    const auto [image, oy, ox] = at;
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

/** The input's gradient of one block, straight from the registers: D * W^T, then the target's finish. */
template <bool kFinish>
inline void writeInputGradient(const ConvBackward& f, const BackwardPlan& plan, int64_t row0, int rows, const float* d,
                               float* sums, Ahead& ahead) {
  const int columns = plan.targetColumns;
  // The target's view is that of x: what the mask looks at is computed from it again, without its clamp (finishGradient).
  const auto [lo, hi] = Bounds(f.target.view);
  const float *scale = orOnes(f.x.scale), *shift = orZeros(f.x.shift);
  const float* mean = orZeros(f.target.mean);
  const float* raw = f.x.x + row0 * columns;
  float* out = f.target.g + row0 * columns;
  multiplyPanels(d, plan.ldd, Tiling(rows), rows, f.panels, f.g.outC, columns, 0, ceilDiv(columns, kPanel),
                 [&, lo = lo, hi = hi](auto& acc, int row, int valid, int column) __attribute__((always_inline)) {
                   constexpr int R = sizeof(acc) / sizeof(acc[0]);
                   constexpr int P = sizeof(acc[0]) / sizeof(V);
                   ahead.fetch();
#pragma GCC unroll 8
                   for (int j = 0; j < P; j++) {
                     const int c = column + j * kLanes;
                     const V m = load(mean + c), a = load(scale + c), b = load(shift + c);
                     V sum = zero(), product = zero();
#pragma GCC unroll 16
                     for (int i = 0; i < R; i++)
                       if (i < valid) {
                         const size_t at = size_t(row + i) * columns + c;
                         V g = acc[i][j];
                         if (f.target.accumulate) g = g + load(out + at);
                         if constexpr (kFinish) {
                           const V r = load(raw + at);
                           g = finishGradient(g, fma(a, r, b), r, lo, hi, m, sum, product);
                         }
                         store(out + at, g);
                       }
                     if constexpr (kFinish) {
                       store(sums + c, load(sums + c) + sum);
                       store(sums + columns + c, load(sums + columns + c) + product);
                     }
                   }
                 });
}

/** Rows of an item, block by block; partial: [items][itemFloats], of which an item has the sums, the bias and a kernel gradient. */
inline void convBackwardItem(const ConvBackward& f, const BackwardPlan& plan, int item, float* scratch, float* partial) {
  const int block = plan.innerBlock();
  float* x = scratch;  // [block + kTall, ldx]
  float* d = x + (block + kTall) * plan.ldx;  // [block + kTall, ldd]
  float* patches = d + (block + kTall) * plan.ldd;
  float* sums = partial + item * plan.itemFloats;
  float* bias = sums + 2 * plan.targetColumns;
  float* kernel = bias + plan.columns;
  clear(partial + item * plan.itemFloats, plan.itemFloats);
  const Tiling depthTiling(plan.depth);
  const int64_t begin = plan.cut.begin(item), end = plan.cut.end(item);
  // Patches are added: their images start from zero, or from what earlier readers have left.
  if (plan.scatter && !f.target.accumulate) {
    const int64_t image = int64_t(f.g.h) * f.g.w * plan.targetColumns;
    const int64_t first = begin / plan.cut.block, last = ceilDiv(end, int64_t(plan.cut.block));
    clear(f.target.g + first * image, (last - first) * image);
  }
  for (int64_t row0 = begin; row0 < end; row0 += block) {
    const int rows = int(least(int64_t(block), end - row0));
    Ahead ahead;
    // Where a kernel is small there is too little to compute meanwhile: the fetches only get in the way of the loads.
    if (plan.depth >= 32 && row0 + block < end) {
      const int64_t next = row0 + block, count = least(int64_t(block), end - next);
      ahead.add(f.d.g + next * plan.columns, count * plan.columns);
      if (f.d.a) ahead.add(f.d.x + next * plan.columns, count * plan.columns);
      if (!f.pixels && f.g.pointwise()) {
        ahead.add(f.x.x + next * plan.targetColumns, count * plan.targetColumns);
        if (f.target.g) ahead.add(f.target.g + next * plan.targetColumns, count * plan.targetColumns);
      }
    }
    ahead.divide((plan.split ? 0 : depthTiling.count * ceilDiv(plan.columns, kPanel)) +
                 (f.target.g ? Tiling(rows).count * ceilDiv(plan.targetColumns, kPanel) : 0));
    loadGradient(f.d, row0, rows, plan.columns, d, plan.ldd);
    if (f.biasGradient) sumRows(d, plan.ldd, rows, plan.columns, bias);
    if (!plan.split) loadPatches(f.g, f.x, f.pixels, f.colours, channelStride(f.g, f.pixels != nullptr), row0, rows, x, plan.ldx);
    if (plan.split) {
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < plan.columns; c += kLanes)
          store(f.dense + (row0 + r) * plan.columns + c, load(d + r * plan.ldd + c));
    } else {
      accumulateTransposed(x, plan.ldx, depthTiling, d, plan.ldd, rows, plan.columns, kernel, plan.columns,
                           &ahead);
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
      writeInputGradient<true>(f, plan, row0, rows, d, sums, ahead);
    } else {
      writeInputGradient<false>(f, plan, row0, rows, d, sums, ahead);
    }
  }
  // Only now every patch has been added: the mask and the sums take a walk of their own over the item's images.
  if (plan.scatter && f.target.finish) {
    const int64_t image = int64_t(f.g.h) * f.g.w;
    const int64_t first = begin / plan.cut.block, last = ceilDiv(end, int64_t(plan.cut.block));
    finishRows(f.target, first * image, (last - first) * image, plan.targetColumns, sums);
  }
}

/** From row `row` of the padded matrix [depth, outC padded] to the kernel's own layout [kH, kW, C, outC]. */
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
    mergeSums(partial + 2 * plan.targetColumns, plan.itemFloats, plan.cut.items, f.g.outC, f.biasGradient);
  if (plan.split) {
    const int columnTiles = ceilDiv(plan.columns, kSplitColumns);
    ft::parallel(*work.pool, ceilDiv(plan.depth, kSplitRows) * columnTiles, [&](int item, int thread) {
      splitItem(f, plan, item / columnTiles, item % columnTiles, work.of(thread));
    });
    return;
  }
  // The copies are added into the first, in float32 and in the order of the items, each row of the matrix by one item.
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
