// From the engine's results to JavaScript's values. All are copies: the arena's tensors are overwritten by the next step.
#pragma once

#include "napi_read.h"

namespace {

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  check(env, napi_set_named_property(env, object, name, value));
}

void set(napi_env env, napi_value object, const char* name, double value) {
  napi_value number;
  check(env, napi_create_double(env, value, &number));
  set(env, object, name, number);
}

void set(napi_env env, napi_value object, const char* name, const char* value) {
  napi_value string;
  check(env, napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &string));
  set(env, object, name, string);
}

napi_value object(napi_env env) {
  napi_value value;
  check(env, napi_create_object(env, &value));
  return value;
}

/** A new Float32Array; `data` receives its memory. */
napi_value floats(napi_env env, std::size_t count, float** data) {
  void* memory;
  napi_value buffer, array;
  check(env, napi_create_arraybuffer(env, count * sizeof(float), &memory, &buffer));
  check(env, napi_create_typedarray(env, napi_float32_array, count, buffer, 0, &array));
  *data = static_cast<float*>(memory);
  return array;
}

/** A new Float64Array: counts of a histogram, which may pass what float32 counts without a gap (2^24). */
napi_value doubles(napi_env env, const std::vector<double>& values) {
  void* memory;
  napi_value buffer, array;
  check(env, napi_create_arraybuffer(env, values.size() * sizeof(double), &memory, &buffer));
  if (!values.empty()) std::memcpy(memory, values.data(), values.size() * sizeof(double));
  check(env, napi_create_typedarray(env, napi_float64_array, values.size(), buffer, 0, &array));
  return array;
}

/** Rows of a padded tensor, without their padding. */
napi_value rows(napi_env env, const float* tensor, int count, int channels) {
  float* data;
  const napi_value array = floats(env, std::size_t(count) * channels, &data);
  for (int r = 0; r < count; r++)
    std::memcpy(data + std::size_t(r) * channels, tensor + std::size_t(r) * ft::padded(channels),
                channels * sizeof(float));
  return array;
}

}  // namespace
