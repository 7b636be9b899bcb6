// Operations on a pixel's channels, and maxima of windows, beside their plain twins.
#pragma once

#include "conv_cases.h"

namespace {

using ft::Values;

/** The plain outputs [rows, channels] beside those of a kernel, whose padding is zero. */
void expectRows(const Buffer& out, const std::vector<double>& plain, std::int64_t rows, int channels) {
  const double scale = scaleOf(plain);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < padded(channels); c++)
      compare("the output", (*out)[r * padded(channels) + c], c < channels ? plain[r * channels + c] : 0, scale);
}

/** Backward of `f`, whose kind, operands and gradient are set, for the target `x`. */
void backwardCase(const Table& t, Values f, const ViewOf& x, std::int64_t rows, const std::vector<double>& plain,
                  Random& random) {
  TargetOf target(x, rows, random.next() % 2, random.next() % 2, random);
  f.target = target.target;
  f.rows = rows, f.channels = x.channels;
  t.run(f, t.k.valuesNeeds(f), t.k.valuesBackward);
  target.expect(plain);
}

void preluCase(const Table& t, const ViewOf& x, std::int64_t rows, Random& random) {
  const int channels = x.channels;
  const GradientOf d(rows, channels, random.next() % 2, random);
  const Buffer slope = tensor(1, channels, random), dSlope = buffer(channels);
  Values f;
  f.kind = Values::prelu;
  f.x = x.view, f.d = d.d, f.slope = slope->data(), f.slopeGradient = dSlope->data();
  std::vector<double> dx(rows * channels), slopes(channels);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c++) {
      const double value = x.value(r, c), g = d.value(r, c);
      dx[r * channels + c] = value > 0 ? g : g * (*slope)[c];
      slopes[c] += value > 0 ? 0 : g * value;
    }
  backwardCase(t, f, x, rows, dx, random);
  for (int c = 0; c < channels; c++) compare("the slope's gradient", (*dSlope)[c], slopes[c], std::sqrt(double(rows)));
  // Behind the pictures: the slopes alone.
  f.rows = rows, f.channels = channels;
  t.run(f, t.k.valuesNeeds(f), t.k.valuesBackward);
  for (int c = 0; c < channels; c++) compare("the slope's gradient", (*dSlope)[c], slopes[c], std::sqrt(double(rows)));
}

void sigmoidCase(const Table& t, const ViewOf& x, std::int64_t rows, Random& random) {
  const int channels = x.channels;
  const Buffer out = buffer(rows * padded(channels));
  const GradientOf d(rows, channels, false, random);
  Values f;
  f.kind = Values::sigmoid;
  f.rows = rows, f.channels = channels, f.x = x.view, f.out = out->data();
  t.run(f, t.k.valuesNeeds(f), t.k.valuesForward);
  std::vector<double> y(rows * channels), dx(rows * channels);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c++) {
      const double s = y[r * channels + c] = 1 / (1 + std::exp(-x.value(r, c)));
      dx[r * channels + c] = d.value(r, c) * s * (1 - s);
    }
  expectRows(out, y, rows, channels);
  f.d = d.d;
  backwardCase(t, f, x, rows, dx, random);
}

void normalizeCase(const Table& t, const ViewOf& x, std::int64_t rows, Random& random) {
  const int channels = x.channels;
  const Buffer out = buffer(rows * padded(channels));
  const GradientOf d(rows, channels, false, random);
  Values f;
  f.kind = Values::normalize;
  f.rows = rows, f.channels = channels, f.x = x.view, f.out = out->data();
  t.run(f, t.k.valuesNeeds(f), t.k.valuesForward);
  std::vector<double> y(rows * channels), dx(rows * channels);
  for (std::int64_t r = 0; r < rows; r++) {
    double squares = 0, along = 0;
    for (int c = 0; c < channels; c++) squares += x.value(r, c) * x.value(r, c);
    const double length = std::fmax(std::sqrt(squares), 1e-12);
    for (int c = 0; c < channels; c++) along += d.value(r, c) * x.value(r, c) / length;
    for (int c = 0; c < channels; c++) {
      y[r * channels + c] = x.value(r, c) / length;
      dx[r * channels + c] = (d.value(r, c) - (squares > 0 ? along * x.value(r, c) / length : 0)) / length;
    }
  }
  expectRows(out, y, rows, channels);
  f.d = d.d;
  if (scaleOf(dx) < 1e6) backwardCase(t, f, x, rows, dx, random);
}

void multiplyCase(const Table& t, const ViewOf& x, int images, std::int64_t pixels, Random& random) {
  const std::int64_t rows = images * pixels;
  const int channels = x.channels;
  const ViewOf y(images, channels, random.next() % 2, random);
  const Buffer out = buffer(rows * padded(channels)), residual = tensor(rows, channels, random);
  const GradientOf d(rows, channels, false, random);
  Values f;
  f.kind = Values::multiply;
  f.rows = rows, f.pixels = pixels, f.channels = channels;
  f.x = x.view, f.y = y.view, f.out = out->data();
  if (random.next() % 2) f.residual = residual->data();
  t.run(f, t.k.valuesNeeds(f), t.k.valuesForward);
  std::vector<double> product(rows * channels), dx(rows * channels), dy(images * channels);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c++) {
      const double factor = y.value(r / pixels, c);
      product[r * channels + c] = x.value(r, c) * factor + (f.residual ? (*residual)[r * padded(channels) + c] : 0);
      dx[r * channels + c] = d.value(r, c) * factor;
      dy[r / pixels * channels + c] += d.value(r, c) * x.value(r, c);
    }
  expectRows(out, product, rows, channels);
  f.d = d.d;
  backwardCase(t, f, x, rows, dx, random);
  f.kind = Values::factors;
  backwardCase(t, f, y, images, dy, random);
}

void concatCase(const Table& t, const ViewOf& x, std::int64_t rows, int otherChannels, Random& random) {
  const int channels = x.channels, both = channels + otherChannels;
  const ViewOf y(rows, otherChannels, random.next() % 2, random);
  const Buffer out = buffer(rows * padded(both));
  const GradientOf d(rows, both, false, random);
  Values f;
  f.kind = Values::concat;
  f.rows = rows, f.channels = channels, f.otherChannels = otherChannels;
  f.x = x.view, f.y = y.view, f.out = out->data();
  t.run(f, t.k.valuesNeeds(f), t.k.valuesForward);
  std::vector<double> all(rows * both), dx(rows * channels), dy(rows * otherChannels);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < both; c++) {
      const bool first = c < channels;
      all[r * both + c] = first ? x.value(r, c) : y.value(r, c - channels);
      (first ? dx[r * channels + c] : dy[r * otherChannels + c - channels]) = d.value(r, c);
    }
  expectRows(out, all, rows, both);
  f.kind = Values::part, f.d = d.d, f.otherChannels = both;
  backwardCase(t, f, x, rows, dx, random);
  f.first = channels;
  backwardCase(t, f, y, rows, dy, random);
}

void valuesCases(const Table& t, Random& random) {
  for (const int images : {1, 3})
    for (const int pixels : {1, 7, 130})
      for (const int channels : {1, 16, 23}) {
        const std::int64_t rows = std::int64_t(images) * pixels;
        const ViewOf x(rows, channels, random.next() % 2, random);
        context = std::string(t.k.name) + " values, " + std::to_string(images) + " x " + std::to_string(pixels) + " pixels, " +
                  std::to_string(channels) + " channels";
        preluCase(t, x, rows, random);
        sigmoidCase(t, x, rows, random);
        normalizeCase(t, x, rows, random);
        multiplyCase(t, x, images, pixels, random);
        for (const int other : {1, 9, 16, 17}) concatCase(t, x, rows, other, random);
      }
}

void maxPoolCase(const Table& t, const Geometry& g, bool transforms, Random& random) {
  context = std::string(t.k.name) + " maxima of windows, " + std::to_string(g.h) + "x" + std::to_string(g.w) + ", stride " +
            std::to_string(g.stride) + ", padding " + std::to_string(g.top) + " and " + std::to_string(g.left);
  const ViewOf x(g.inRows(), g.c, transforms, random);
  const Buffer out = buffer(g.outRows() * padded(g.c)), dOut = tensor(g.outRows(), g.c, random);
  ft::MaxPool f;
  f.g = g, f.x = x.view, f.out = out->data();
  t.run(f, t.k.maxPoolNeeds(f), t.k.maxPoolForward);
  std::vector<double> y(g.outRows() * g.c, -1e30), dx(g.inRows() * g.c);
  std::vector<std::int64_t> winner(g.outRows() * g.c);
  taps(g, [&](std::int64_t o, std::int64_t in, int) {
    for (int c = 0; c < g.c; c++)
      if (x.value(in, c) > y[o * g.c + c]) y[o * g.c + c] = x.value(in, c), winner[o * g.c + c] = in;
  });
  expectRows(out, y, g.outRows(), g.c);
  for (std::int64_t o = 0; o < g.outRows(); o++)
    for (int c = 0; c < g.c; c++) dx[winner[o * g.c + c] * g.c + c] += (*dOut)[o * padded(g.c) + c];
  TargetOf target(x, g.inRows(), random.next() % 2, random.next() % 2, random);
  f.dOut = dOut->data(), f.target = target.target;
  t.run(f, t.k.maxPoolNeeds(f), t.k.maxPoolBackward);
  target.expect(dx);
}

}  // namespace
