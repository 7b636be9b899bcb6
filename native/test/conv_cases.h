// Convolutions, forward and backward, beside their plain twins.
#pragma once

#include "testing.h"

namespace {

Geometry geometry(int n, int h, int w, int c, int outC, int kernelH, int kernelW, int stride) {
  Geometry g;
  g.n = n, g.h = h, g.w = w, g.c = c, g.outC = outC;
  g.kernelH = kernelH, g.kernelW = kernelW, g.stride = stride;
  g.outH = (h + stride - 1) / stride, g.outW = (w + stride - 1) / stride;
  g.top = std::max(0, (g.outH - 1) * stride + kernelH - h) / 2;
  g.left = std::max(0, (g.outW - 1) * stride + kernelW - w) / 2;
  return g;
}

/** Padded by hand: rows above and below, columns before and behind. */
Geometry paddedBy(const int (&padding)[4], Geometry g) {
  g.top = padding[0], g.left = padding[2];
  g.outH = (g.h + padding[0] + padding[1] - g.kernelH) / g.stride + 1;
  g.outW = (g.w + padding[2] + padding[3] - g.kernelW) / g.stride + 1;
  return g;
}

/** What an epilogue does to a sum before it is rounded. */
double through(const ft::Epilogue& e, double sum, int c) {
  const double y = std::fmin(double(e.hi), std::fmax(double(e.lo), sum * e.scale[c] + e.shift[c]));
  return e.slope && y <= 0 ? y * e.slope[c] : y;
}

/** Calls visit(outRow, inRow, tap) for every product of a convolution. */
template <class Visit>
void taps(const Geometry& g, Visit&& visit) {
  for (int n = 0; n < g.n; n++)
    for (int oy = 0; oy < g.outH; oy++)
      for (int ox = 0; ox < g.outW; ox++)
        for (int i = 0; i < g.kernelH; i++)
          for (int j = 0; j < g.kernelW; j++) {
            const int iy = oy * g.stride - g.top + i, ix = ox * g.stride - g.left + j;
            if (iy < 0 || iy >= g.h || ix < 0 || ix >= g.w) continue;
            visit((std::int64_t(n) * g.outH + oy) * g.outW + ox, (std::int64_t(n) * g.h + iy) * g.w + ix,
                  i * g.kernelW + j);
          }
}

void expectStatistics(const std::vector<double>& y, std::int64_t rows, int channels, const std::vector<double>& mean,
                      const std::vector<double>& m2) {
  const double scale = scaleOf(y);
  for (int c = 0; c < channels; c++) {
    double sum = 0, squares = 0;
    for (std::int64_t r = 0; r < rows; r++) sum += y[r * channels + c];
    for (std::int64_t r = 0; r < rows; r++) squares += std::pow(y[r * channels + c] - sum / double(rows), 2);
    compare("the mean", mean[c], sum / double(rows), scale);
    compare("the squared deviations", m2[c], squares, scale * scale, 1e-4);
  }
}

/** Smallest and largest value of each channel. */
void expectEnds(const std::vector<double>& y, std::int64_t rows, int channels, const ft::Statistics& found) {
  const double scale = scaleOf(y);
  for (int c = 0; c < channels; c++) {
    double low = INFINITY, high = -INFINITY;
    for (std::int64_t r = 0; r < rows; r++) low = std::fmin(low, y[r * channels + c]), high = std::fmax(high, y[r * channels + c]);
    compare("the smallest value", found.low[c], low, scale);
    compare("the largest value", found.high[c], high, scale);
  }
}

/** The sum of a product may fall to the other side of a border by its last bit. */
void compareRounded(float actual, double expected, double residual, double scale) {
  const ft::FakeQuant q = coarse();
  const double inner = rounded(float(expected), q) + residual, outer = rounded(float(inner), q);
  const auto nearBorder = [&](double x) {
    const double at = (x - q.minimum) / q.scale + 0.5;
    return std::abs(at - std::round(at)) < 1e-4 * std::max(1.0, scale);
  };
  if (nearBorder(expected) || nearBorder(inner)) return;
  compare("the rounded output", actual, outer, scale);
}

void convCase(const Table& t, const Geometry& g, bool bytes, bool transforms, bool statistics, Random& random) {
  char name[200];
  std::snprintf(name, sizeof name, "%s conv %dx%dx%dx%d -> %d, kernel %dx%d / %d%s%s%s", t.k.name, g.n, g.h, g.w, g.c,
                g.outC, g.kernelH, g.kernelW, g.stride, bytes ? ", bytes" : "", transforms ? ", view" : "",
                statistics ? ", statistics" : "");
  context = name;
  const int taps0 = g.kernelH * g.kernelW, outStride = padded(g.outC);
  const ViewOf x(g.inRows(), g.c, transforms, random);
  std::vector<std::uint8_t> pixels(g.inRows() * g.c + ft::kPixelSlack);
  for (auto& p : pixels) p = std::uint8_t(random.next());
  const bool scaled = bytes && random.next() % 2;
  const Buffer colours = tensor(g.c, 256, random);
  const auto value = [&](std::int64_t row, int c) {
    if (!bytes) return x.value(row, c);
    const std::uint8_t byte = pixels[row * g.c + c];
    const float pixel = scaled ? (*colours)[c * 256 + byte] : float(byte / 127.5 - 1);
    return double(x.view.quant ? rounded(pixel, *x.quant) : pixel);
  };
  const Buffer kernel = tensor(1, taps0 * g.c * g.outC, random);
  const auto weight = [&](int tap, int ci, int co) { return double((*kernel)[(std::size_t(tap) * g.c + ci) * g.outC + co]); };
  const int tapRows = g.c;
  const Buffer forward = buffer(std::size_t(taps0) * tapRows * outStride, 0);
  const Buffer backward = buffer(std::size_t(g.outC) * taps0 * padded(g.c), 0);
  for (int tap = 0; tap < taps0; tap++) {
    ft::MatrixBlock m;
    m.values = kernel->data() + std::size_t(tap) * g.c * g.outC;
    m.rows = g.c, m.columns = g.outC, m.rowStride = g.outC;
    m.firstRow = tap * tapRows, m.panelRows = taps0 * tapRows, m.panelColumns = outStride;
    t.k.packPanels(m, forward->data());
    m.rows = g.outC, m.columns = g.c, m.rowStride = 1, m.columnStride = g.outC;
    m.firstRow = 0, m.firstColumn = tap * padded(g.c), m.panelRows = g.outC, m.panelColumns = taps0 * padded(g.c);
    t.k.packPanels(m, backward->data());
  }

  // Forward.
  std::vector<double> y(g.outRows() * g.outC);
  taps(g, [&](std::int64_t out, std::int64_t in, int tap) {
    for (int ci = 0; ci < g.c; ci++)
      for (int co = 0; co < g.outC; co++) y[out * g.outC + co] += value(in, ci) * weight(tap, ci, co);
  });
  const Buffer out = buffer(g.outRows() * outStride);
  const Buffer scale = tensor(1, g.outC, random), shift = tensor(1, g.outC, random);
  const Buffer residual = tensor(g.outRows(), g.outC, random), slope = tensor(1, g.outC, random);
  std::vector<double> mean(outStride), m2(outStride);
  std::vector<float> low(outStride), high(outStride);
  const ft::FakeQuant quant = coarse();
  const bool rounds = !statistics && random.next() % 2;
  ft::ConvForward f;
  f.g = g;
  if (bytes)
    f.pixels = pixels.data(), f.colours = scaled ? colours->data() : nullptr, f.x.quant = x.view.quant;
  else
    f.x = x.view;
  f.panels = forward->data();
  f.out = out->data(), f.outStride = outStride;
  if (statistics) {
    f.statistics = {mean.data(), m2.data()};
    if (random.next() % 2) f.statistics.low = low.data(), f.statistics.high = high.data();
  } else {
    if (rounds) f.epilogue.quant = f.epilogue.sumQuant = &quant;
    f.epilogue.scale = scale->data(), f.epilogue.shift = shift->data(), f.epilogue.residual = residual->data();
    if (random.next() % 2)
      f.epilogue.slope = slope->data();
    else
      f.epilogue.lo = 0, f.epilogue.hi = 6;
  }
  t.run(f, t.k.convForwardNeeds(f), t.k.convForward);
  if (statistics) expectStatistics(y, g.outRows(), g.outC, mean, m2);
  if (f.statistics.low) expectEnds(y, g.outRows(), g.outC, f.statistics);
  const double size = scaleOf(y);
  for (std::int64_t r = 0; r < g.outRows(); r++)
    for (int c = 0; c < outStride; c++) {
      double expected = c < g.outC ? y[r * g.outC + c] : 0;
      if (rounds) {
        if (c < g.outC) compareRounded((*out)[r * outStride + c], through(f.epilogue, expected, c), (*residual)[r * outStride + c], size);
        continue;
      }
      if (!statistics && c < g.outC)
        expected = through(f.epilogue, expected, c) + (*residual)[r * outStride + c];
      compare("the output", (*out)[r * outStride + c], expected, size);
    }

  // Backward.
  const GradientOf d(g.outRows(), g.outC, transforms, random);
  std::vector<double> dx(g.inRows() * g.c), dw(std::size_t(taps0) * g.c * g.outC), db(g.outC);
  taps(g, [&](std::int64_t o, std::int64_t in, int tap) {
    for (int ci = 0; ci < g.c; ci++)
      for (int co = 0; co < g.outC; co++) {
        dx[in * g.c + ci] += d.value(o, co) * weight(tap, ci, co);
        dw[(std::size_t(tap) * g.c + ci) * g.outC + co] += value(in, ci) * d.value(o, co);
      }
  });
  for (std::int64_t r = 0; r < g.outRows(); r++)
    for (int c = 0; c < g.outC; c++) db[c] += d.value(r, c);
  const Buffer dKernel = buffer(dw.size()), dBias = buffer(g.outC), room = buffer(g.outRows() * outStride);
  ft::ConvBackward b;
  b.g = g;
  if (bytes)
    b.pixels = pixels.data(), b.colours = f.colours, b.x.quant = x.view.quant;
  else
    b.x = x.view;
  b.d = d.d;
  b.panels = backward->data();
  TargetOf target(x, g.inRows(), random.next() % 2 == 0, random.next() % 3 != 0, random);
  if (!bytes) b.target = target.target;
  b.kernelGradient = dKernel->data();
  if (random.next() % 2) b.biasGradient = dBias->data();
  b.dense = room->data();
  t.run(b, t.k.convBackwardNeeds(b), t.k.convBackward);
  if (!bytes) target.expect(dx);
  const double kernelSize = scaleOf(dw) + std::sqrt(double(g.outRows()));
  for (std::size_t i = 0; i < dw.size(); i++) compare("the kernel's gradient", (*dKernel)[i], dw[i], kernelSize);
  for (int c = 0; b.biasGradient && c < g.outC; c++)
    compare("the bias' gradient", (*dBias)[c], db[c], std::sqrt(double(g.outRows())));
}

void depthwiseCase(const Table& t, const Geometry& g, bool transforms, bool statistics, Random& random) {
  char name[200];
  std::snprintf(name, sizeof name, "%s depthwise %dx%dx%dx%d, kernel %dx%d / %d%s%s", t.k.name, g.n, g.h, g.w, g.c,
                g.kernelH, g.kernelW, g.stride, transforms ? ", view" : "", statistics ? ", statistics" : "");
  context = name;
  const int taps0 = g.kernelH * g.kernelW, stride = padded(g.c);
  const ViewOf x(g.inRows(), g.c, transforms, random);
  const Buffer kernel = tensor(taps0, g.c, random);
  const GradientOf d(g.outRows(), g.c, transforms, random);
  std::vector<double> y(g.outRows() * g.c), dx(g.inRows() * g.c), dw(std::size_t(taps0) * g.c);
  taps(g, [&](std::int64_t o, std::int64_t in, int tap) {
    for (int c = 0; c < g.c; c++) {
      const double w = (*kernel)[tap * stride + c];
      y[o * g.c + c] += x.value(in, c) * w;
      dx[in * g.c + c] += d.value(o, c) * w;
      dw[tap * g.c + c] += x.value(in, c) * d.value(o, c);
    }
  });
  const Buffer out = buffer(g.outRows() * stride);
  const Buffer scale = tensor(1, g.c, random), shift = tensor(1, g.c, random), slope = tensor(1, g.c, random);
  std::vector<double> mean(stride), m2(stride);
  std::vector<float> low(stride), high(stride);
  const ft::FakeQuant quant = coarse();
  const bool rounds = !statistics && random.next() % 2;
  ft::DepthwiseForward f;
  f.g = g;
  f.x = x.view;
  f.kernel = kernel->data();
  f.out = out->data();
  if (statistics) {
    f.statistics = {mean.data(), m2.data()};
    if (random.next() % 2) f.statistics.low = low.data(), f.statistics.high = high.data();
  } else {
    if (rounds) f.epilogue.quant = &quant;
    f.epilogue.scale = scale->data(), f.epilogue.shift = shift->data();
    if (random.next() % 2)
      f.epilogue.slope = slope->data();
    else
      f.epilogue.lo = 0, f.epilogue.hi = 6;
  }
  t.run(f, t.k.depthwiseForwardNeeds(f), t.k.depthwiseForward);
  if (statistics) expectStatistics(y, g.outRows(), g.c, mean, m2);
  if (f.statistics.low) expectEnds(y, g.outRows(), g.c, f.statistics);
  const double size = scaleOf(y);
  for (std::int64_t r = 0; r < g.outRows(); r++)
    for (int c = 0; c < stride; c++) {
      double expected = c < g.c ? y[r * g.c + c] : 0;
      if (!statistics && c < g.c) expected = through(f.epilogue, expected, c);
      if (rounds && std::abs(std::fmod(expected / 0.7 + 0.5, 1.0) - 0.5) > 0.4999 * std::max(0.0, 1 - 1e-3 * size)) continue;
      if (rounds) expected = rounded(float(expected), quant);
      compare("the output", (*out)[r * stride + c], expected, size);
    }
  std::vector<double> db(g.c);
  for (std::int64_t r = 0; r < g.outRows(); r++)
    for (int c = 0; c < g.c; c++) db[c] += d.value(r, c);
  const Buffer dKernel = buffer(dw.size()), dBias = buffer(g.c);
  TargetOf target(x, g.inRows(), random.next() % 2 == 0, random.next() % 3 != 0, random);
  ft::DepthwiseBackward b;
  b.g = g;
  b.x = x.view;
  b.d = d.d;
  b.kernel = kernel->data();
  b.target = target.target;
  b.kernelGradient = dKernel->data();
  if (random.next() % 2) b.biasGradient = dBias->data();
  t.run(b, t.k.depthwiseBackwardNeeds(b), t.k.depthwiseBackward);
  target.expect(dx);
  const double kernelSize = scaleOf(dw) + std::sqrt(double(g.outRows()));
  for (std::size_t i = 0; i < dw.size(); i++) compare("the kernel's gradient", (*dKernel)[i], dw[i], kernelSize);
  for (int c = 0; b.biasGradient && c < g.c; c++)
    compare("the bias' gradient", (*dBias)[c], db[c], std::sqrt(double(g.outRows())));
}

}  // namespace
