// Convolutions and dense layers forward: blocks of patches times the packed kernel.
#pragma once

#include "kernels_patches.h"

namespace {

/**
 * How a convolution is cut into items, by its sizes alone. What an item computes for an output does not depend on the cut: the
 * products of an output are added in one order, from the first of its depth to the last. Statistics do depend on it.
 */
struct ForwardPlan {
  int depth, columns, panels;  // of W: rows, padded columns, and how many panels these make
  size_t ld;                   // of a block of X
  Cut cut;
  /** Panels cut into parts where the rows alone give too few items, as in a dense layer: the pictures of a batch are its rows. */
  int parts;
  explicit ForwardPlan(const ConvForward& f)
      : depth(forwardDepth(f.g)),
        columns(padded(f.g.outC)),
        panels(ceilDiv(columns, kPanel)),
        ld(blockStride(depth)),
        cut(f.g.outRows(), blockRowsFor(f.g.outRows(), depth), kItems),
        parts(cut.items >= kItems / 2 ? 1 : least(panels, kItems / 2 / cut.items)) {}
};

/** Floats of one of the pictures' rows as the kernel meets it: with its borders, and room for a tile at the edge. */
inline size_t pixelLine(const Geometry& g) {
  const int pixels = most((g.outW - 1) * g.stride + g.kernelW, g.left + g.w) + kTall * g.stride;
  return size_t(roundUp(pixels * g.c, kLanes)) + 2 * kLanes;
}

/** Scratch is the lines of pictures and one of zeros, or a block of X with the rows that its last tile reads in vain. */
ft::Needs convForwardNeeds(const ConvForward& f) {
  const ForwardPlan plan(f);
  const size_t scratch = f.pixels ? (f.g.kernelH + 1) * pixelLine(f.g) : (plan.cut.block + kTall) * plan.ld;
  return {scratch, size_t(plan.cut.items) * f.statistics.parts() * plan.columns};
}

/**
 * Takes the tiles of a product as they come from the registers: gives them their epilogue, or takes their statistics. Of a tile
 * acc [R rows][P vectors] the first `valid` rows are stored; the others are those that the tiling covers beyond the block.
 */
template <bool kStatistics>
struct OutputWriter {
  const ConvForward& f;
  int columns;
  RunningMoments moments;
  Ahead ahead;
  int64_t row0 = 0;  // of the block at work
  int64_t before = 0;  // rows of this item before it

  template <int R, int P>
  inline __attribute__((always_inline)) void write(V (&acc)[R][P], int row, int valid, int column) {
    const size_t stride = f.outStride;
    float* tile = f.out + (row0 + row) * stride + column;
    ahead.fetch();
    if constexpr (kStatistics) {
      const float count = float(valid);
      const V inverse = splat(1.0f / count);
#pragma GCC unroll 8
      for (int j = 0; j < P; j++) {
        // Two passes over what is in registers, without a load; tiles are then merged (RunningMoments).
        V sum = zero(), squares = zero();
#pragma GCC unroll 16
        for (int i = 0; i < R; i++)
          if (i < valid) {
            store(tile + i * stride + j * kLanes, acc[i][j]);
            sum = sum + acc[i][j];
          }
        const V mean = sum * inverse;
#pragma GCC unroll 16
        for (int i = 0; i < R; i++)
          if (i < valid) {
            const V off = acc[i][j] - mean;
            squares = fma(off, off, squares);
          }
        moments.merge(column + j * kLanes, mean, squares, count, float(before + row));
        if (moments.low) {
          V least = acc[0][j], most = acc[0][j];
#pragma GCC unroll 16
          for (int i = 1; i < R; i++)
            if (i < valid) least = smaller(least, acc[i][j]), most = larger(most, acc[i][j]);
          moments.extend(column + j * kLanes, least, most);
        }
      }
    } else if (f.epilogue.integers) {
#pragma GCC unroll 8
      for (int j = 0; j < P; j++)
#pragma GCC unroll 16
        for (int i = 0; i < R; i++)
          if (i < valid)
            store(tile + i * stride + j * kLanes,
                  requantized(acc[i][j], *f.epilogue.integers, column + j * kLanes));
    } else {
      f.epilogue.slope ? finish<true>(acc, tile, row, valid, column) : finish<false>(acc, tile, row, valid, column);
    }
  }

  /** The epilogue of a network in use, and the store. */
  template <bool kLeaks, int R, int P>
  inline __attribute__((always_inline)) void finish(V (&acc)[R][P], float* tile, int row, int valid, int column) {
    const ft::Epilogue& e = f.epilogue;
    const V lo = splat(e.lo), hi = splat(e.hi);
    const Rounding rounding(e.quant), sumRounding(e.sumQuant);
    const float* residual = e.residual ? e.residual + (row0 + row) * columns + column : nullptr;
#pragma GCC unroll 8
    for (int j = 0; j < P; j++) {
      // The padding stays zero: its sums and its shift are, and zero lies between lo and hi and on every quantizer's grid.
      const V scale = load(orOnes(e.scale) + column + j * kLanes);
      const V shift = load(orZeros(e.shift) + column + j * kLanes);
      const V slope = kLeaks ? load(e.slope + column + j * kLanes) : zero();
#pragma GCC unroll 16
      for (int i = 0; i < R; i++)
        if (i < valid) {
          V y = clamp(fma(scale, acc[i][j], shift), lo, hi);
          if (kLeaks) y = leaky(y, slope);
          y = rounding(y);
          if (residual) y = sumRounding(y + load(residual + size_t(i) * columns + j * kLanes));
          store(tile + i * f.outStride + j * kLanes, y);
        }
    }
  }
};

/** Rows [begin, end) of a convolution of a tensor: block by block, each through its view into the cache, then times the kernel. */
template <class Writer>
inline void convBlocks(const ConvForward& f, const ForwardPlan& plan, int64_t begin, int64_t end, int firstPanel,
                       int lastPanel, float* block, Writer& writer) {
  const bool direct = f.g.pointwise() && f.x.plain();
  for (int64_t row0 = begin; row0 < end; row0 += plan.cut.block) {
    const int rows = int(least(int64_t(plan.cut.block), end - row0));
    const Tiling tiling(rows);
    const float* a = block;
    size_t lda = plan.ld;
    // Tiles that cover more would read beyond the tensor, whose end may be that of the arena.
    if (direct && tiling.covered() == rows) {
      lda = padded(f.g.c);
      a = f.x.x + row0 * lda;
    } else {
      loadPatches(f.g, f.x, nullptr, nullptr, f.g.c, row0, rows, block, plan.ld);
    }
    writer.row0 = row0;
    writer.before = row0 - begin;
    writer.ahead = Ahead();
    if (row0 + rows < end) {
      const int64_t next = row0 + rows, count = least(int64_t(plan.cut.block), end - next);
      // Fetched meanwhile: the next block, and where its outputs go.
      if (f.g.pointwise()) writer.ahead.add(f.x.x + next * padded(f.g.c), count * padded(f.g.c));
      if (plan.parts == 1) writer.ahead.add(f.out + next * f.outStride, count * f.outStride);
    }
    writer.ahead.divide(tiling.count * (lastPanel - firstPanel));
    multiplyPanels(a, lda, tiling, rows, f.panels, plan.depth, plan.columns, firstPanel, lastPanel,
                   [&](auto& acc, int row, int valid, int column)
                       __attribute__((always_inline)) { writer.write(acc, row, valid, column); });
  }
}

/** Rows of the pictures as floats, with their borders: as many as the kernel is high, so that each is read once; and one of zeros. */
struct PixelLines {
  const ConvForward& f;
  size_t line;
  float* lines;                             // [kernelH + 1][line]
  const float* rows[kMostKernelRows] = {};  // what the rows of the kernel meet
  int64_t held[kMostKernelRows];            // which row of all pictures stands in a line; -1: none

  PixelLines(const ConvForward& f, float* scratch) : f(f), line(pixelLine(f.g)), lines(scratch) {
    for (int i = 0; i < f.g.kernelH; i++) held[i] = -1;
    clear(lines + f.g.kernelH * line, line);
  }
  void meet(const OutputPixel& at) {
    const Geometry& g = f.g;
    for (int i = 0; i < g.kernelH; i++) {
      const int iy = at.y * g.stride - g.top + i;
      const bool inside = iy >= 0 && iy < g.h;
      // Rows that are in use at once follow one another: no two of them have the same place.
      const int place = inside ? iy % g.kernelH : g.kernelH;
      rows[i] = lines + place * line;
      const int64_t row = at.image * g.h + iy;
      if (!inside || held[place] == row) continue;
      held[place] = row;
      load(row, lines + place * line);
    }
  }
  void load(int64_t row, float* to) const {
    const Geometry& g = f.g;
    const int left = g.left * g.c, width = g.w * g.c;
    // In this order: the last vector of bytes runs beyond the row, and the zeros of the right border go over it.
    clear(to, left);
    loadColours(f.pixels + row * width, width, f.colours, g.c, Rounding(f.x.quant), to + left);
    clear(to + left + width, line - left - width);
  }
};

/**
 * The same for a convolution of the pictures' bytes: a run of one row of outputs at a time. The input rows that it meets are
 * turned into floats once, and the patches, which overlap there, are multiplied where they lie.
 */
template <class Writer>
inline void convPixels(const ConvForward& f, const ForwardPlan& plan, int64_t begin, int64_t end, int firstPanel,
                       int lastPanel, float* scratch, Writer& writer) {
  const Geometry& g = f.g;
  const size_t step = size_t(g.stride) * g.c;
  const int segment = g.kernelW * g.c;
  PixelLines lines(f, scratch);
  OutputPixel at(g, begin);
  for (int64_t row0 = begin; row0 < end;) {
    const int run = int(least(end - row0, int64_t(g.outW - at.x)));
    lines.meet(at);
    const auto product = [&](auto& acc, int row, const float* b, int panelWidth) __attribute__((always_inline)) {
      for (int i = 0; i < g.kernelH; i++)
        multiply(acc, lines.rows[i] + (at.x + row) * step, step, 1, b + size_t(i) * segment * panelWidth, panelWidth,
                 segment);
    };
    writer.row0 = row0;
    writer.before = row0 - begin;
    multiplyTiles(Tiling(run), run, f.panels, plan.depth, plan.columns, firstPanel, lastPanel, product,
                  [&](auto& acc, int row, int valid, int column)
                      __attribute__((always_inline)) { writer.write(acc, row, valid, column); });
    at.advance(g, run);
    row0 += run;
  }
}

/** An item: rows of the output, and part of its panels. Parts of the same rows write moments of different channels. */
template <bool kStatistics>
inline void convForwardItem(const ConvForward& f, const ForwardPlan& plan, int item, int part, float* scratch,
                            float* partial) {
  const int columns = plan.columns;
  const int firstPanel = plan.panels * part / plan.parts, lastPanel = plan.panels * (part + 1) / plan.parts;
  const RunningMoments moments(partial + size_t(item) * f.statistics.parts() * columns, columns, f.statistics);
  if (kStatistics) {
    const int first = firstPanel * kPanel;
    moments.start(first, least(columns, lastPanel * kPanel) - first);
  }
  OutputWriter<kStatistics> writer{f, columns, moments, Ahead()};
  const int64_t begin = plan.cut.begin(item), end = plan.cut.end(item);
  if (f.pixels)
    convPixels(f, plan, begin, end, firstPanel, lastPanel, scratch, writer);
  else
    convBlocks(f, plan, begin, end, firstPanel, lastPanel, scratch, writer);
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
