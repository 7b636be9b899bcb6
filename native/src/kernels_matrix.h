// The matrix product at the bottom of convolutions and dense layers, forward and backward.
#pragma once

#include "kernels.h"
#include "simd.h"

namespace {

using ft::MatrixBlock;
using std::int64_t;
using std::size_t;

inline int least(int a, int b) { return a < b ? a : b; }
inline int most(int a, int b) { return a > b ? a : b; }
inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int ceilDiv(int a, int b) { return (a + b - 1) / b; }
inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int roundUp(int a, int step) { return ceilDiv(a, step) * step; }

// A tile of the result lives in registers: kTall (or kShort) rows of kWide vectors. 14 x 2 of AVX-512's 32 registers,
// 6 x 2 of AVX2's 16, 6 x 4 of NEON's 32.
#if defined(__AVX512F__)
constexpr int kTall = 14, kShort = 8, kWide = 2;
#elif defined(__ARM_NEON)
constexpr int kTall = 6, kShort = 4, kWide = 4;
#else
constexpr int kTall = 6, kShort = 4, kWide = 2;
#endif
// Each step of a tile loads kWide vectors and kTall scalars for kTall * kWide multiply-adds. With 14 x 2 it reaches 84 % of what
// registers alone do, as long as both operands are in the cache (docs/performance.md).
constexpr int kPanel = kWide * kLanes;
static_assert(ft::kChannelStep % kLanes == 0 && (kPanel % ft::kChannelStep == 0 || ft::kChannelStep % kPanel == 0), "");

/**
 * Memory that will be used next, fetched little by little while something else is computed: the processor does not foresee
 * that a block will follow, or a walk down a row in long steps.
 */
class Ahead {
 public:
  void add(const float* p, size_t floats) {
    if (count_ < kMost) parts_[count_++] = {p, p + floats, 0};
  }
  /** @param times that `fetch` will be called */
  void divide(int times) {
    for (int i = 0; i < count_; i++)
      parts_[i].step = (size_t(parts_[i].end - parts_[i].next) / size_t(times < 1 ? 1 : times) + ft::kChannelStep) / ft::kChannelStep *
                       ft::kChannelStep;
  }
  inline void fetch() {
    for (int i = 0; i < count_; i++) {
      Part& part = parts_[i];
      const float* to = part.next + part.step < part.end ? part.next + part.step : part.end;
      for (; part.next < to; part.next += ft::kChannelStep) ::fetch(part.next);
    }
  }

 private:
  static constexpr int kMost = 4;
  struct Part {
    const float *next, *end;
    size_t step;
  };
  Part parts_[kMost];
  int count_ = 0;
};

/** Rows cut into tall tiles and then short ones, so that the rows computed in vain are few. */
struct Tiling {
  int tall, count;
  explicit Tiling(int rows) {
    int bestCost = 1 << 30;
    tall = count = 0;
    for (int t = ceilDiv(rows, kTall); t >= 0; t--) {
      const int s = most(0, ceilDiv(rows - t * kTall, kShort));
      // A short tile costs a little more than its rows: it loads as much of the panel.
      const int cost = t * kTall * 8 + s * kShort * 9;
      if (cost < bestCost) bestCost = cost, tall = t, count = t + s;
    }
  }
  int begin(int tile) const { return tile <= tall ? tile * kTall : tall * kTall + (tile - tall) * kShort; }
  int covered() const { return begin(count); }
};

/** Rows of the right operand that are fetched before they are used. */
constexpr int kRowsAhead = 16;

/**
 * acc[R][P] += A[R, depth] * B[depth, P vectors].
 * @param a element (i, k) at a[i * rowStride + k * depthStride]
 * @param b element (k, j) at b[k * bStride + j]
 */
template <int R, int P>
inline __attribute__((always_inline)) void multiply(V (&acc)[R][P], const float* a, size_t rowStride,
                                                    size_t depthStride, const float* b, size_t bStride, int depth) {
  for (int k = 0; k < depth; k++) {
    V row[P];
#pragma GCC unroll 8
    for (int j = 0; j < P; j++) {
      row[j] = load(b + j * kLanes);
      fetch(b + kRowsAhead * bStride + j * kLanes);
    }
#pragma GCC unroll 16
    for (int i = 0; i < R; i++) {
      const V x = splat(a[i * rowStride]);
#pragma GCC unroll 8
      for (int j = 0; j < P; j++) acc[i][j] = fma(x, row[j], acc[i][j]);
    }
    a += depthStride;
    b += bStride;
  }
}

/**
 * A block of rows times a packed matrix of `columns`, tile by tile.
 * @param product product(acc, row, b, width) multiplies the tile's rows, from `row` on, with a panel
 * @param finish finish(acc, row, valid, column) gets each tile, of which the first `valid` rows count
 */
template <class Product, class Finish>
inline void multiplyTiles(const Tiling& tiling, int rows, const float* panels, int depth, int columns, int firstPanel,
                          int lastPanel, Product&& product, Finish&& finish) {
  constexpr int half = kWide > 1 ? kWide / 2 : 1;
  for (int p = firstPanel; p < lastPanel; p++) {
    const int column = p * kPanel;
    const int width = least(kPanel, columns - column);
    const bool narrow = kPanel > ft::kChannelStep && width < kPanel;
    const float* b = panels + size_t(column) * depth;
    for (int t = 0; t < tiling.count; t++) {
      const int row = tiling.begin(t);
      const int valid = rows - row;
      const auto tile = [&](auto& acc, int height) __attribute__((always_inline)) {
        product(acc, row, b, width);
        finish(acc, row, least(valid, height), column);
      };
      if (rows == 1) {  // a dense layer on one picture
        V one[1][kWide] = {}, oneNarrow[1][half] = {};
        narrow ? tile(oneNarrow, 1) : tile(one, 1);
      } else if (t < tiling.tall) {
        V tall[kTall][kWide] = {}, tallNarrow[kTall][half] = {};
        narrow ? tile(tallNarrow, kTall) : tile(tall, kTall);
      } else {
        V low[kShort][kWide] = {}, lowNarrow[kShort][half] = {};
        narrow ? tile(lowNarrow, kShort) : tile(low, kShort);
      }
    }
  }
}

/** A block A [rows, depth], row-major with stride lda, readable up to `tiling.covered()` rows, times a packed matrix. */
template <class Finish>
inline void multiplyPanels(const float* a, size_t lda, const Tiling& tiling, int rows, const float* panels, int depth,
                           int columns, int firstPanel, int lastPanel, Finish&& finish) {
  const auto product = [&](auto& acc, int row, const float* b, int width) __attribute__((always_inline)) {
    multiply(acc, a + row * lda, lda, 1, b, width, depth);
  };
  multiplyTiles(tiling, rows, panels, depth, columns, firstPanel, lastPanel, product, finish);
}

/** out[R, P vectors] += X^T * D of one tile: the tile stays in registers over all rows, and touches memory before and after. */
template <int R, int P>
inline __attribute__((always_inline)) void accumulateTile(const float* x, size_t ldx, const float* d, size_t ldd,
                                                          int rows, float* out, size_t ldOut) {
  V acc[R][P];
#pragma GCC unroll 16
  for (int i = 0; i < R; i++)
#pragma GCC unroll 8
    for (int j = 0; j < P; j++) acc[i][j] = load(out + i * ldOut + j * kLanes);
  multiply(acc, x, 1, ldx, d, ldd, rows);
#pragma GCC unroll 16
  for (int i = 0; i < R; i++)
#pragma GCC unroll 8
    for (int j = 0; j < P; j++) store(out + i * ldOut + j * kLanes, acc[i][j]);
}

/**
 * out[depth, columns] += X[rows, depth]^T * D[rows, columns]. X must be readable, and out writable, up to
 * `tiling.covered()` columns (rows of out); what those beyond the depth hold is of no consequence.
 */
inline void accumulateTransposed(const float* x, size_t ldx, const Tiling& tiling, const float* d, size_t ldd, int rows,
                                 int columns, float* out, size_t ldOut, Ahead* ahead = nullptr) {
  const int panels = ceilDiv(columns, kPanel);
  const auto tile = [&](int p, int t) {
    if (ahead) ahead->fetch();
    constexpr int half = kWide > 1 ? kWide / 2 : 1;
    const int column = p * kPanel, row = tiling.begin(t);
    const bool narrow = kPanel > ft::kChannelStep && columns - column < kPanel;
    const float* xt = x + row;
    const float* dt = d + column;
    float* o = out + row * ldOut + column;
    if (t < tiling.tall) {
      if (narrow)
        accumulateTile<kTall, half>(xt, ldx, dt, ldd, rows, o, ldOut);
      else
        accumulateTile<kTall, kWide>(xt, ldx, dt, ldd, rows, o, ldOut);
    } else if (narrow)
      accumulateTile<kShort, half>(xt, ldx, dt, ldd, rows, o, ldOut);
    else
      accumulateTile<kShort, kWide>(xt, ldx, dt, ldd, rows, o, ldOut);
  };
  // The smaller operand stays in the first-level cache while the other passes by.
  if (columns < tiling.covered())
    for (int t = 0; t < tiling.count; t++)
      for (int p = 0; p < panels; p++) tile(p, t);
  else
    for (int p = 0; p < panels; p++)
      for (int t = 0; t < tiling.count; t++) tile(p, t);
}

/** Columns that a panel holds of the block, panel by panel; a panel may begin before the block, or end behind it. */
void packPanels(const MatrixBlock& m, float* panels) {
  for (int c0 = m.firstColumn; c0 < m.firstColumn + m.columns;) {
    const int panelStart = c0 / kPanel * kPanel;
    const int width = least(kPanel, m.panelColumns - panelStart);
    const int c1 = least(panelStart + width, m.firstColumn + m.columns);
    float* panel = panels + size_t(panelStart) * m.panelRows + size_t(m.firstRow) * width;
    const float* source = m.values + (c0 - m.firstColumn) * m.columnStride;
    for (int r = 0; r < m.rows; r++)
      for (int c = c0; c < c1; c++)
        panel[size_t(r) * width + (c - panelStart)] = source[r * m.rowStride + (c - c0) * m.columnStride];
    c0 = c1;
  }
}

}  // namespace
