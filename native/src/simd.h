// A vector of floats as wide as the instruction set that this translation unit is compiled for.
//
// Only kernels*.h include this file. They are compiled once for each instruction set, each time in a namespace of its
// own (FT_ISA) and with internal linkage, so that no function compiled for a newer processor can be picked by the linker
// for an older one. For the same reason nothing here uses containers or algorithms of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>

// What a set has to give: kLanes, kFused, V, load, store, splat, fma, root, clamp, keepInside, leaky, smaller, larger, whole, loadBytes;
// +, -, * and / are the compiler's. Loads and stores need no alignment. loadBytes reads as many bytes as there are lanes.
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace {

#if defined(__AVX512F__)

constexpr int kLanes = 16;
constexpr bool kFused = true;  // fma rounds once
using V = __m512;
inline V load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, V x) { _mm512_storeu_ps(p, x); }
inline V splat(float x) { return _mm512_set1_ps(x); }
inline V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
inline V root(V x) { return _mm512_sqrt_ps(x); }
// The order of the operands lets a NaN in x through.
inline V clamp(V x, V lo, V hi) { return _mm512_min_ps(hi, _mm512_max_ps(lo, x)); }
/** x where lo < z < hi, else 0. */
inline V keepInside(V x, V z, V lo, V hi) {
  const __mmask16 above = _mm512_cmp_ps_mask(z, lo, _CMP_GT_OQ);
  return _mm512_maskz_mov_ps(_mm512_mask_cmp_ps_mask(above, z, hi, _CMP_LT_OQ), x);
}
/** x where it is positive, else slope * x. */
inline V leaky(V x, V slope) {
  return _mm512_mask_mul_ps(x, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NGT_UQ), x, slope);
}
inline V smaller(V a, V b) { return _mm512_min_ps(a, b); }
inline V larger(V a, V b) { return _mm512_max_ps(a, b); }
/** The whole number below. */
inline V whole(V x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
inline V loadBytes(const std::uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}

#elif defined(__AVX2__) && defined(__FMA__)

constexpr int kLanes = 8;
constexpr bool kFused = true;  // fma rounds once
using V = __m256;
inline V load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, V x) { _mm256_storeu_ps(p, x); }
inline V splat(float x) { return _mm256_set1_ps(x); }
inline V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
inline V root(V x) { return _mm256_sqrt_ps(x); }
inline V clamp(V x, V lo, V hi) { return _mm256_min_ps(hi, _mm256_max_ps(lo, x)); }
inline V keepInside(V x, V z, V lo, V hi) {
  return _mm256_and_ps(x, _mm256_and_ps(_mm256_cmp_ps(z, lo, _CMP_GT_OQ), _mm256_cmp_ps(z, hi, _CMP_LT_OQ)));
}
inline V leaky(V x, V slope) { return _mm256_blendv_ps(x * slope, x, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ)); }
inline V smaller(V a, V b) { return _mm256_min_ps(a, b); }
inline V larger(V a, V b) { return _mm256_max_ps(a, b); }
inline V whole(V x) { return _mm256_floor_ps(x); }
inline V loadBytes(const std::uint8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}

#elif defined(__ARM_NEON)

constexpr int kLanes = 4;
constexpr bool kFused = true;
using V = float32x4_t;
inline V load(const float* p) { return vld1q_f32(p); }
inline void store(float* p, V x) { vst1q_f32(p, x); }
inline V splat(float x) { return vdupq_n_f32(x); }
inline V fma(V a, V b, V c) { return vfmaq_f32(c, a, b); }
inline V root(V x) { return vsqrtq_f32(x); }
inline V clamp(V x, V lo, V hi) { return vminq_f32(hi, vmaxq_f32(lo, x)); }
inline V keepInside(V x, V z, V lo, V hi) {
  const uint32x4_t inside = vandq_u32(vcgtq_f32(z, lo), vcltq_f32(z, hi));
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), inside));
}
inline V leaky(V x, V slope) { return vbslq_f32(vcgtq_f32(x, vdupq_n_f32(0)), x, vmulq_f32(x, slope)); }
inline V smaller(V a, V b) { return vminq_f32(a, b); }
inline V larger(V a, V b) { return vmaxq_f32(a, b); }
inline V whole(V x) { return vrndmq_f32(x); }
inline V loadBytes(const std::uint8_t* p) {
  const float values[4] = {float(p[0]), float(p[1]), float(p[2]), float(p[3])};
  return vld1q_f32(values);
}

#elif defined(__SSE2__)

constexpr int kLanes = 4;
constexpr bool kFused = false;
using V = __m128;
inline V load(const float* p) { return _mm_loadu_ps(p); }
inline void store(float* p, V x) { _mm_storeu_ps(p, x); }
inline V splat(float x) { return _mm_set1_ps(x); }
// Rounds twice: results differ from those of the other sets in the last digits, never between two runs on this one.
inline V fma(V a, V b, V c) { return a * b + c; }
inline V root(V x) { return _mm_sqrt_ps(x); }
inline V clamp(V x, V lo, V hi) { return _mm_min_ps(hi, _mm_max_ps(lo, x)); }
inline V keepInside(V x, V z, V lo, V hi) {
  return _mm_and_ps(x, _mm_and_ps(_mm_cmpgt_ps(z, lo), _mm_cmplt_ps(z, hi)));
}
inline V leaky(V x, V slope) {
  const V positive = _mm_cmpgt_ps(x, _mm_setzero_ps());
  return _mm_or_ps(_mm_and_ps(positive, x), _mm_andnot_ps(positive, x * slope));
}
inline V smaller(V a, V b) { return _mm_min_ps(a, b); }
inline V larger(V a, V b) { return _mm_max_ps(a, b); }
// SSE2 rounds to zero only, and only what fits an integer; x - x lets what is not a number through.
inline V whole(V x) {
  const V near = _mm_cvtepi32_ps(_mm_cvttps_epi32(x));
  return near - _mm_and_ps(_mm_cmpgt_ps(near, x), splat(1)) + (x - x);
}
inline V loadBytes(const std::uint8_t* p) { return _mm_setr_ps(p[0], p[1], p[2], p[3]); }

#else
#error "The native engine needs SSE2, AVX2 with FMA, AVX-512 or NEON."
#endif

inline V zero() { return splat(0.0f); }
/** Asks for a cache line that will be read or written soon. An address that does not exist is no harm. */
inline void fetch(const float* p) { __builtin_prefetch(p, 0, 2); }

}  // namespace
