// Operations on tensors of integers: whole numbers in floats, differences from the zero point, row by row. What is computed is exact
// in float64 value by value, so that every set gives the same. The same in TypeScript: src/quantization/interpreter.
#pragma once

#include "kernels_patches.h"

namespace {

using ft::Add;
using ft::Pool2d;
using ft::Values;

/** Rows cut into items, whatever the number of threads. */
inline Cut rowCut(int64_t rows) { return Cut(rows, 64, kItems); }

inline float wholeWithin(double x, float lo, float hi) {
  const float nearest = float(__builtin_floor(x + 0.5));
  return nearest < lo ? lo : nearest > hi ? hi : nearest;
}

inline void addIntegers(const Add& f, int64_t begin, int64_t end) {
  const ft::IntegerSum& s = f.integers;
  for (int64_t i = begin * f.channels; i < end * f.channels; i++) {
    const double x = __builtin_floor(f.x.x[i] * s.xFactor + 0.5), y = __builtin_floor(f.y.x[i] * s.yFactor + 0.5);
    const float sum = float(__builtin_floor((x + y) * s.factor + 0.5));
    f.out[i] = sum < s.lo ? s.lo : sum > s.hi ? s.hi : sum;
  }
}

inline void poolIntegers(const Pool2d& f, int image) {
  for (int c = 0; c < f.channels; c++) {
    const float* x = f.x.x + size_t(image) * f.pixels * f.channels + c;
    double sum = 0;
    float most = x[0];
    for (int p = 0; p < f.pixels; p++) {
      const float value = x[size_t(p) * f.channels];
      sum += value + f.integers.zeroPoint;
      most = value > most ? value : most;
    }
    const double half = f.pixels / 2;  // of whole numbers, as the runtime has it: 24 for 49 pixels
    const double mean = __builtin_trunc((sum > 0 ? sum + half : sum - half) / f.pixels) - f.integers.zeroPoint;
    f.out[size_t(image) * f.channels + c] = f.max ? most : float(mean);
  }
}

/** The padding stays zero. */
inline void preluIntegers(const Add& f, int64_t begin, int64_t end) {
  const ft::IntegerPrelu& p = f.integerPrelu;
  for (int64_t r = begin; r < end; r++)
    for (int c = 0; c < f.channels; c++) {
      const size_t at = size_t(r) * f.channels + c;
      const double x = f.x.x[at];
      f.out[at] = wholeWithin(x >= 0 ? x * p.factor : x * f.slope[c] * p.slopeFactor, p.lo, p.hi);
    }
}

inline void multiplyIntegers(const Values& f, int64_t row) {
  const int channels = padded(f.channels);
  const float *x = f.x.x + size_t(row) * channels, *factors = f.y.x + size_t(row / f.pixels) * channels;
  for (int c = 0; c < channels; c++)
    f.out[size_t(row) * channels + c] = wholeWithin(double(x[c]) * factors[c] * f.integers.factor, f.integers.lo, f.integers.hi);
}

/** Halves away from zero, which they are above. */
inline void sigmoidIntegers(const Values& f, int64_t row) {
  const int channels = padded(f.channels);
  const float* x = f.x.x + size_t(row) * channels;
  float* out = f.out + size_t(row) * channels;
  for (int c = 0; c < f.channels; c++) {
    const float real = x[c] * f.integers.scale;
    out[c] = wholeWithin(1 / (1 + __builtin_exp(-double(real))) / f.integers.outScale, f.integers.lo, f.integers.hi);
  }
  for (int c = f.channels; c < channels; c++) out[c] = 0;
}

/** A factor of 31 bits and a power of two. */
inline double fixedFactor(double factor) {
  int exponent;
  const double mantissa = __builtin_frexp(factor, &exponent);
  return __builtin_ldexp(__builtin_round(__builtin_ldexp(mantissa, 31)), exponent - 31);
}

inline void normalizeIntegers(const Values& f, int64_t row) {
  const int channels = padded(f.channels);
  const float* x = f.x.x + size_t(row) * channels;
  double squares = 0;
  for (int c = 0; c < f.channels; c++) squares += double(x[c]) * x[c];
  const double factor = squares > 0 ? fixedFactor(1 / (__builtin_sqrt(squares) * f.integers.outScale)) : 0;
  for (int c = 0; c < channels; c++)
    f.out[size_t(row) * channels + c] = wholeWithin(x[c] * factor, f.integers.lo, f.integers.hi);
}

inline void valuesIntegers(const Values& f, int64_t row) {
  switch (f.kind) {
    case Values::multiply: return multiplyIntegers(f, row);
    case Values::sigmoid: return sigmoidIntegers(f, row);
    default: return normalizeIntegers(f, row);
  }
}

}  // namespace
