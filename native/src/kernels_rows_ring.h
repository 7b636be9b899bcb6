// Depthwise convolutions. An item is an image, or a band of rows of one where the images are few. Input rows are read once,
// through their view, into a ring of as many rows as the kernel is high, with zeros at both ends: no tap tests a border.
#pragma once

#include "kernels_patches.h"

namespace {

/** Images, and bands of rows where images alone give too few items. */
struct Bands {
  int rows, images, bands;
  Bands(int images, int rows)
      // With 16 images each is one item. Fewer are cut into bands, so that there are 16 if every band gets two rows.
      : rows(rows), images(images), bands(images >= 16 ? 1 : most(1, least(rows / 2, ceilDiv(16, images)))) {}
  int items() const { return images * bands; }
  int image(int item) const { return item / bands; }
  int begin(int item) const { return int(int64_t(rows) * (item % bands) / bands); }
  int end(int item) const { return int(int64_t(rows) * (item % bands + 1) / bands); }
};

/** The last `height` rows of an image that were read, by row number; rows outside of the image are zeros. */
struct RowRing {
  float* rows;      // [height][stride]
  float* zeros;     // [stride]
  size_t stride;    // floats of a row with its borders
  int height;
  size_t border, width;  // floats before the first pixel, and of the pixels
  int next = 0;     // first row not read yet

  static size_t floats(int height, size_t stride) { return (height + 1) * stride; }
  void start(int firstRow) {
    for (int i = 0; i < height; i++) {
      clear(rows + i * stride, border);
      clear(rows + i * stride + border + width, stride - border - width);
    }
    clear(zeros, stride);
    next = firstRow;
  }
  // Rows that are in use at once follow one another, `height` at most: no two of them have the same place.
  const float* row(int y, int imageRows) const { return y < 0 || y >= imageRows ? zeros : rows + (y % height) * stride; }
  float* room(int y) const { return rows + (y % height) * stride + border; }
};

/** Floats of a row of the input with its borders: from the first column that output 0 meets to the last of the last output. */
inline size_t ringStride(const Geometry& g) {
  const int pixels = most((g.outW - 1) * g.stride + g.kernelW, g.left + g.w);
  return size_t(pixels) * padded(g.c);
}

// Rows are walked in blocks of a few pixels, and a block channel by channel: every tensor is then read and written along
// its memory, and a value of the ring serves all the pixels of the block that it meets.
constexpr int kBlockPixels = 4;

}  // namespace
