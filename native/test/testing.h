// What a test of kernels needs: operands of exact size, their plain values, and comparisons that tell where they failed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../src/kernels.h"

namespace {

using ft::Geometry;
using ft::padded;

int checks = 0, failures = 0;
std::string context;

void fail(const std::string& what) {
  if (failures++ < 20) std::fprintf(stderr, "FAILED %s: %s\n", context.c_str(), what.c_str());
}

/** splitmix64: the same numbers everywhere. */
struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  float between(float low, float high) { return low + (high - low) * float(next() >> 40) / float(1 << 24); }
};

/** Floats of exact size, aligned like the engine's, that start as NaN: what a kernel leaves out shows. */
class Floats {
 public:
  explicit Floats(std::size_t count, float value = NAN) : count_(count) {
    data_ = static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64));
    for (std::size_t i = 0; i < count; i++) data_[i] = value;
  }
  ~Floats() { std::free(data_); }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  float* data() const { return data_; }
  std::size_t size() const { return count_; }
  float& operator[](std::size_t i) const { return data_[i]; }

 private:
  float* data_;
  std::size_t count_;
};
using Buffer = std::unique_ptr<Floats>;

Buffer buffer(std::size_t count, float value = NAN) { return std::make_unique<Floats>(count, value); }

/** [rows, padded(channels)]: random values, and zeros in the padding. */
Buffer tensor(std::int64_t rows, int channels, Random& random, float low = -1, float high = 1) {
  Buffer t = buffer(rows * padded(channels), 0);
  for (std::int64_t r = 0; r < rows; r++)
    for (int c = 0; c < channels; c++) (*t)[r * padded(channels) + c] = random.between(low, high);
  return t;
}

void compare(const char* what, double actual, double expected, double scale, double tolerance = 2e-5) {
  checks++;
  if (!(std::abs(actual - expected) <= tolerance * std::max(scale, std::abs(expected)))) {
    char text[160];
    std::snprintf(text, sizeof text, "%s is %.9g, expected %.9g (scale %.3g)", what, actual, expected, scale);
    fail(text);
  }
}

/** Root mean square: what single elements are compared in terms of. */
double scaleOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum / double(std::max<std::size_t>(1, values.size()))) + 1e-6;
}

struct Table {
  const ft::Kernels& k;
  ft::Pool& pool;

  /** Runs an operation with scratch and partial memory of exactly the size it asked for. */
  template <class Op>
  void run(const Op& op, ft::Needs needs, void (*kernel)(const Op&, const ft::Workspace&)) const {
    // One thread: exact. Several: each needs its own, so the stride is rounded up to a line.
    const std::size_t stride = pool.threads() == 1 ? needs.scratch : (needs.scratch + 15) / 16 * 16;
    const Buffer scratch = buffer(stride * pool.threads() + (stride == 0)), partial = buffer(needs.partial + 1);
    ft::Workspace work;
    work.pool = &pool;
    work.scratch = scratch->data();
    work.scratchStride = stride;
    work.partial = partial->data();
    kernel(op, work);
  }
};

/** A quantizer with few levels, so that few values lie next to the border of two. */
inline ft::FakeQuant coarse() {
  ft::FakeQuant q;
  q.active = true;
  q.scale = 0.7f, q.below = 1;
  q.minimum = -0.7f, q.maximum = 6 * 0.7f;
  return q;
}

/** As TensorFlow's quantizers round, float32 step by step. */
inline float rounded(float x, const ft::FakeQuant& q) {
  return std::floor((std::fmin(q.maximum, std::fmax(q.minimum, x)) - q.minimum) / q.scale - q.below + 0.5f) * q.scale;
}

/** A view with batch norm and ReLU6, or none; rounded or not. */
struct ViewOf {
  Buffer x, scale, shift;
  ft::View view;
  std::shared_ptr<ft::FakeQuant> quant = std::make_shared<ft::FakeQuant>(coarse());
  int channels;
  ViewOf(std::int64_t rows, int channels, bool transforms, Random& random)
      : x(tensor(rows, channels, random)),
        scale(tensor(1, channels, random, 2, 5)),
        shift(tensor(1, channels, random, -1, 2)),
        channels(channels) {
    view.x = x->data();
    if (random.next() % 2) view.quant = quant.get();
    if (!transforms) return;
    view.scale = scale->data(), view.shift = shift->data();
    view.lo = 0, view.hi = 6;
  }
  double value(std::int64_t row, int c) const {
    const double v = unrounded(row, c);
    return view.quant ? rounded(float(v), *quant) : v;
  }
  double unrounded(std::int64_t row, int c) const {
    const double raw = (*x)[row * padded(channels) + c];
    if (!view.scale) return raw;
    // In float32 as the kernel has it: the mask decides on this value.
    return std::fmin(6.0f, std::fmax(0.0f, std::fma((*scale)[c], float(raw), (*shift)[c])));
  }
  /** Whether a gradient passes. */
  bool passes(std::int64_t row, int c) const {
    const double v = unrounded(row, c);
    if (view.quant && (v < quant->minimum || v > quant->maximum)) return false;
    return view.hi != 6 || (v > 0 && v < 6);
  }
};

/** A gradient with the coefficients of a batch norm, or none. */
struct GradientOf {
  Buffer g, x, a, b, c;
  ft::Gradient d;
  int channels;
  GradientOf(std::int64_t rows, int channels, bool transforms, Random& random)
      : g(tensor(rows, channels, random)),
        x(tensor(rows, channels, random)),
        a(tensor(1, channels, random)),
        b(tensor(1, channels, random)),
        c(tensor(1, channels, random)),
        channels(channels) {
    d.g = g->data();
    if (transforms) d.x = x->data(), d.a = a->data(), d.b = b->data(), d.c = c->data();
  }
  double value(std::int64_t row, int ch) const {
    const std::size_t at = row * padded(channels) + ch;
    if (!d.a) return (*g)[at];
    return double((*a)[ch]) * (*g)[at] + double((*b)[ch]) * (*x)[at] + (*c)[ch];
  }
};

/** Where an input's gradient goes; `expect` compares it with the plain one. */
struct TargetOf {
  const ViewOf& view;
  std::int64_t rows;
  Buffer g, before, mean;
  std::vector<double> sums;
  ft::Target target;
  TargetOf(const ViewOf& view, std::int64_t rows, bool accumulate, bool finish, Random& random)
      : view(view),
        rows(rows),
        g(tensor(rows, view.channels, random)),
        before(buffer(g->size())),
        mean(tensor(1, view.channels, random)),
        sums(2 * padded(view.channels)) {
    if (!accumulate)
      for (std::size_t i = 0; i < g->size(); i++) (*g)[i] = NAN;
    std::memcpy(before->data(), g->data(), g->size() * sizeof(float));
    target.g = g->data();
    target.accumulate = accumulate;
    target.finish = finish;
    target.view = view.view;
    target.mean = mean->data();
    target.sums = sums.data();
  }
  void expect(std::vector<double> plain) {
    const int stride = padded(view.channels);
    std::vector<double> sum(view.channels), product(view.channels);
    double masked = 0;
    for (std::int64_t r = 0; r < rows; r++)
      for (int c = 0; c < view.channels; c++) {
        double& value = plain[r * view.channels + c];
        if (target.accumulate) value += (*before)[r * stride + c];
        if (target.finish && !view.passes(r, c)) value = 0, masked++;
        sum[c] += value;
        product[c] += value * (double((*view.x)[r * stride + c]) - (*mean)[c]);
      }
    const double scale = scaleOf(plain);
    for (std::int64_t r = 0; r < rows; r++)
      for (int c = 0; c < stride; c++)
        compare("the input's gradient", (*g)[r * stride + c], c < view.channels ? plain[r * view.channels + c] : 0, scale);
    for (int c = 0; target.finish && c < view.channels; c++) {
      compare("the sum", sums[c], sum[c], scale * std::sqrt(double(rows)), 1e-4);
      compare("the product", sums[stride + c], product[c], scale * std::sqrt(double(rows)), 1e-4);
    }
  }
};

}  // namespace
