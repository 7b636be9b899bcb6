// The maximum of each window of a map, and its way back.
#pragma once

#include "kernels_rows.h"

namespace {

using ft::MaxPool;

/** Rows of the output are the items' units forward, images backward, where windows overlap. */
inline Cut maxPoolCut(const MaxPool& f) { return Cut(int64_t(f.g.n) * f.g.outH, 1, kItems); }

/** Of the way back: an item's sums [2][C padded]. */
ft::Needs maxPoolNeeds(const MaxPool& f) { return {0, size_t(least(f.g.n, kItems)) * 2 * padded(f.g.c)}; }

/** The part of a window that lies inside the map; never empty, since no padding is as wide as a window. */
struct WindowPart {
  int y0, y1, x0, x1;
  WindowPart(const Geometry& g, int oy, int ox)
      : y0(most(0, oy * g.stride - g.top)),
        y1(least(g.h, oy * g.stride - g.top + g.kernelH)),
        x0(most(0, ox * g.stride - g.left)),
        x1(least(g.w, ox * g.stride - g.left + g.kernelW)) {}
};

template <bool kPlain>
inline void maxPoolRow(const MaxPool& f, int64_t row) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  const float *scale = orOnes(f.x.scale), *shift = orZeros(f.x.shift);
  const Rounding rounding(f.x.quant);
  const int64_t image = row / g.outH;
  for (int ox = 0; ox < g.outW; ox++) {
    const WindowPart part(g, int(row % g.outH), ox);
    float* out = f.out + (row * g.outW + ox) * channels;
    for (int c = 0; c < channels; c += kLanes) {
      V y = splat(-ft::kInfinity);
      for (int iy = part.y0; iy < part.y1; iy++)
        for (int ix = part.x0; ix < part.x1; ix++) {
          const size_t at = size_t((image * g.h + iy) * g.w + ix) * channels + c;
          // A clamp for a maximum: as it takes its operands, an x that is not a number is not passed over.
          y = clamp(kPlain ? load(f.x.x + at) : rounding(viewAt(f.x, scale, shift, at, c)), y, splat(ft::kInfinity));
        }
      store(out + c, y);
    }
  }
}

void maxPoolForward(const MaxPool& f, const Workspace& work) {
  const Cut cut = maxPoolCut(f);
  const bool plain = f.x.plain();
  ft::parallel(*work.pool, cut.items, [&](int item, int) {
    for (int64_t row = cut.begin(item); row < cut.end(item); row++)
      plain ? maxPoolRow<true>(f, row) : maxPoolRow<false>(f, row);
  });
}

/** One window's gradient to the first pixel of each channel that has the maximum: by its bits, computed as they were forward. */
inline void maxPoolShare(const MaxPool& f, int image, int oy, int ox) {
  const Geometry& g = f.g;
  const int channels = padded(g.c);
  const float *scale = orOnes(f.x.scale), *shift = orZeros(f.x.shift);
  const Rounding rounding(f.x.quant);
  const WindowPart part(g, oy, ox);
  const size_t out = size_t((int64_t(image) * g.outH + oy) * g.outW + ox) * channels;
  for (int c = 0; c < channels; c += kLanes) {
    float left[kLanes];
    for (int i = 0; i < kLanes; i++) left[i] = f.dOut[out + c + i];
    for (int iy = part.y0; iy < part.y1; iy++)
      for (int ix = part.x0; ix < part.x1; ix++) {
        const size_t at = size_t((int64_t(image) * g.h + iy) * g.w + ix) * channels + c;
        float value[kLanes];
        store(value, f.x.plain() ? load(f.x.x + at) : rounding(viewAt(f.x, scale, shift, at, c)));
        for (int i = 0; i < kLanes; i++)
          if (value[i] == f.out[out + c + i]) f.target.g[at + i] += left[i], left[i] = 0;
      }
  }
}

void maxPoolBackward(const MaxPool& f, const Workspace& work) {
  const Geometry& g = f.g;
  const int channels = padded(g.c), items = least(g.n, kItems);
  const int64_t pixels = int64_t(g.h) * g.w;
  ft::parallel(*work.pool, items, [&](int item, int) {
    float* sums = work.partial + size_t(item) * 2 * channels;
    clear(sums, 2 * channels);
    for (int image = int(int64_t(g.n) * item / items); image < int(int64_t(g.n) * (item + 1) / items); image++) {
      if (!f.target.accumulate) clear(f.target.g + image * pixels * channels, size_t(pixels) * channels);
      for (int oy = 0; oy < g.outH; oy++)
        for (int ox = 0; ox < g.outW; ox++) maxPoolShare(f, image, oy, ox);
      if (f.target.finish) finishRows(f.target, image * pixels, pixels, channels, sums);
    }
  });
  if (f.target.finish && f.target.sums) mergeSums(work.partial, 2 * channels, items, 2 * channels, f.target.sums);
}

}  // namespace
