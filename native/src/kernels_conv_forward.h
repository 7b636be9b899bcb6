// Convolutions and dense layers forward: blocks of patches times the packed kernel.
#pragma once

#include "kernels_patches.h"

namespace {

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
      loadPatches(f.g, f.x, f.pixels, row0, rows, block, plan.ld);
    }
    float* out = f.out + row0 * columns;
    Ahead ahead;
    if (row0 + rows < end) {
      const int64_t next = row0 + rows, count = least(int64_t(plan.cut.block), end - next);
      if (!f.pixels && f.g.pointwise()) ahead.add(f.x.x + next * padded(f.g.c), count * padded(f.g.c));
      if (plan.parts == 1) ahead.add(out + int64_t(rows) * columns, count * columns);
    }
    ahead.divide(tiling.count * (lastPanel - firstPanel));
    multiplyPanels(a, lda, tiling, rows, f.panels, plan.depth, columns, firstPanel, lastPanel,
                   [&](auto& acc, int row, int valid, int column) __attribute__((always_inline)) {
                     constexpr int R = sizeof(acc) / sizeof(acc[0]);
                     constexpr int P = sizeof(acc[0]) / sizeof(V);
                     float* tile = out + size_t(row) * columns + column;
                     ahead.fetch();
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

}  // namespace
