// Operations that every pixel's channels, or every vector, pass by themselves: a row of the output depends on one row of each input.
#pragma once

#include "kernels_rows.h"

namespace {

/** Rows of an operand in scratch: the parts of a concat stand beside each other, with room for the vectors that overlap. */
inline size_t valuesRow(const Values& f) { return size_t(padded(f.channels)) + padded(f.otherChannels) + ft::kChannelStep; }

/** Scratch: four rows. Partial results of an item: the sums of its target, and of the slopes. */
ft::Needs valuesNeeds(const Values& f) {
  return {4 * valuesRow(f), size_t(rowCut(f.rows).items) * 3 * padded(f.channels)};
}

/** One row through its view. */
inline void viewRow(const View& view, int64_t row, int channels, float* to) {
  loadView(view, view.x + row * channels, 1, channels, channels, to, channels);
}

// Forward ---------------------------------------------------------------------------------------------------------

/** In float64: vectors are few, and all sets give the same. The padding stays zero. */
inline void sigmoidRow(const float* x, int channels, float* out) {
  for (int c = 0; c < channels; c++) out[c] = float(1 / (1 + __builtin_exp(-double(x[c]))));
  for (int c = channels; c < padded(channels); c++) out[c] = 0;
}

/** Rows [begin, end) of a product; a new image's factors are read once. */
inline void multiplyRows(const Values& f, int64_t begin, int64_t end, float* x, float* factors) {
  const int channels = padded(f.channels);
  const bool plain = f.x.plain();
  int64_t image = -1;
  for (int64_t r = begin; r < end; r++) {
    if (r / f.pixels != image) viewRow(f.y, image = r / f.pixels, channels, factors);
    const size_t at = size_t(r) * channels;
    if (!plain) viewRow(f.x, r, channels, x);
    const float* from = plain ? f.x.x + at : x;
    for (int c = 0; c < channels; c += kLanes) {
      const V y = load(from + c) * load(factors + c);
      store(f.out + at + c, f.residual ? y + load(f.residual + at + c) : y);
    }
  }
}

inline void concatRow(const Values& f, int64_t row, float* both) {
  viewRow(f.x, row, padded(f.channels), both);
  viewRow(f.y, row, padded(f.otherChannels), both + f.channels);
  const int channels = padded(f.channels + f.otherChannels);
  for (int c = 0; c < channels; c += kLanes) store(f.out + size_t(row) * channels + c, load(both + c));
}

/** max(|x|, 1e-12), where the square of 1e-12 is far from the smallest double. */
inline double lengthOf(const float* x, int channels) {
  double squares = 0;
  for (int c = 0; c < channels; c++) squares += double(x[c]) * x[c];
  const double length = __builtin_sqrt(squares);
  return length < 1e-12 ? 1e-12 : length;  // what is not a number goes on
}

inline void normalizeRow(const float* x, int channels, float* out) {
  const double length = lengthOf(x, channels);
  for (int c = 0; c < padded(channels); c++) out[c] = float(x[c] / length);
}

void valuesForward(const Values& f, const Workspace& work) {
  const Cut cut = rowCut(f.rows);
  const int stride = padded(f.channels);
  ft::parallel(*work.pool, cut.items, [&](int item, int thread) {
    float* x = work.of(thread);
    const int64_t begin = cut.begin(item), end = cut.end(item);
    if (f.integers.active) {
      for (int64_t r = begin; r < end; r++) valuesIntegers(f, r);
      return;
    }
    if (f.kind == Values::multiply) return multiplyRows(f, begin, end, x, x + valuesRow(f));
    // What no row of a concat reaches stays zero.
    clear(x, valuesRow(f));
    for (int64_t r = begin; r < end; r++) {
      if (f.kind == Values::concat) {
        concatRow(f, r, x);
        continue;
      }
      viewRow(f.x, r, stride, x);
      f.kind == Values::sigmoid ? sigmoidRow(x, f.channels, f.out + r * stride)
                                : normalizeRow(x, f.channels, f.out + r * stride);
    }
  });
}

// Backward --------------------------------------------------------------------------------------------------------

/** @param g the gradient behind, and its share in front in the end; @param slopes sums over the rows */
inline void preluShare(const float* x, const float* slope, int channels, float* g, float* slopes) {
  for (int c = 0; c < channels; c += kLanes) {
    const V value = load(x + c), all = load(g + c);
    const V above = keepInside(all, value, zero(), splat(ft::kInfinity)), below = all - above;
    store(g + c, fma(load(slope + c), below, above));
    store(slopes + c, fma(below, value, load(slopes + c)));
  }
}

/** With u = x / |x|: (g - u (g · u)) / |x|, and g / 1e-12 of a vector that is shorter. */
inline void normalizeShare(const float* x, int channels, float* g) {
  const double length = lengthOf(x, channels);
  double along = 0;
  for (int c = 0; c < channels; c++) along += double(g[c]) * x[c];
  along = length > 1e-12 ? along / (length * length) : 0;
  for (int c = 0; c < padded(channels); c++) g[c] = float((g[c] - x[c] * along) / length);
}

/** The sum of g * x over an image's pixels, group by group: a long sum of small numbers keeps its digits. */
inline void factorsShare(const Values& f, int64_t image, float* x, float* g, float* share, float* group) {
  constexpr int64_t kGroup = 64;
  const int channels = padded(f.channels);
  clear(share, channels);
  for (int64_t first = 0; first < f.pixels; first += kGroup) {
    clear(group, channels);
    for (int64_t r = image * f.pixels + first; r < image * f.pixels + least(f.pixels, first + kGroup); r++) {
      viewRow(f.x, r, channels, x);
      loadGradient(f.d, r, 1, channels, g, channels);
      for (int c = 0; c < channels; c += kLanes) store(group + c, fma(load(g + c), load(x + c), load(group + c)));
    }
    for (int c = 0; c < channels; c += kLanes) store(share + c, load(share + c) + load(group + c));
  }
}

/** What a row of the target gets. @returns where it stands, in scratch: four rows of `valuesRow` */
inline float* shareOf(const Values& f, int64_t r, float* scratch, float* slopes) {
  const int channels = padded(f.channels);
  float *x = scratch, *g = scratch + valuesRow(f), *other = g + valuesRow(f);
  if (f.kind == Values::factors) {
    factorsShare(f, r, x, g, other, other + valuesRow(f));
    return other;
  }
  const int width = f.kind == Values::part ? padded(f.otherChannels) : channels;
  loadGradient(f.d, r, 1, width, g, width);
  switch (f.kind) {
    case Values::prelu:
      viewRow(f.x, r, channels, x);
      preluShare(x, f.slope, channels, g, slopes);
      break;
    case Values::sigmoid:
      for (int c = 0; c < channels; c += kLanes) {
        const V s = load(f.out + size_t(r) * channels + c);
        store(g + c, load(g + c) * s * (splat(1) - s));
      }
      break;
    case Values::multiply:
      viewRow(f.y, r / f.pixels, channels, x);
      for (int c = 0; c < channels; c += kLanes) store(g + c, load(g + c) * load(x + c));
      break;
    case Values::part:
      for (int c = 0; c < channels; c++) other[c] = c < f.channels ? g[f.first + c] : 0;
      return other;
    case Values::normalize:
      viewRow(f.x, r, channels, x);
      normalizeShare(x, f.channels, g);
      break;
    default: break;
  }
  return g;
}

void valuesBackward(const Values& f, const Workspace& work) {
  const Cut cut = rowCut(f.rows);
  const int channels = padded(f.channels);
  const size_t itemFloats = 3 * size_t(channels);
  ft::parallel(*work.pool, cut.items, [&](int item, int thread) {
    float* sums = work.partial + item * itemFloats;
    clear(sums, itemFloats);
    for (int64_t r = cut.begin(item); r < cut.end(item); r++) {
      const float* share = shareOf(f, r, work.of(thread), sums + 2 * channels);
      float* to = f.target.g + size_t(r) * channels;
      // Slopes behind the pictures have a gradient all the same.
      for (int c = 0; f.target.g && c < channels; c += kLanes)
        store(to + c, f.target.accumulate ? load(to + c) + load(share + c) : load(share + c));
      if (f.target.g && f.target.finish) finishRows(f.target, r, 1, channels, sums);
    }
  });
  if (f.target.g && f.target.finish && f.target.sums)
    mergeSums(work.partial, itemFloats, cut.items, 2 * channels, f.target.sums);
  if (f.slopeGradient) mergeSums(work.partial + 2 * channels, itemFloats, cut.items, f.channels, f.slopeGradient);
}

}  // namespace
