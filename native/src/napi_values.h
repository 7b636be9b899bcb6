// Between JavaScript's values and the engine's descriptions. Whatever is not what it should be throws in JavaScript.
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "session.h"

namespace {

/** Already thrown in JavaScript. */
struct Thrown {};

void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) {
    const napi_extended_error_info* info = nullptr;
    napi_get_last_error_info(env, &info);
    napi_throw_error(env, nullptr, info && info->error_message ? info->error_message : "Node-API failed");
  }
  throw Thrown();
}

[[noreturn]] void refuse(napi_env env, const std::string& what) {
  napi_throw_range_error(env, nullptr, what.c_str());
  throw Thrown();
}

// Reading ---------------------------------------------------------------------------------------------------------

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_valuetype type;
  check(env, napi_typeof(env, object, &type));
  if (type != napi_object) refuse(env, std::string(name) + ": its owner is no object");
  napi_value value;
  check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

bool absent(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type == napi_undefined || type == napi_null;
}

double number(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const napi_value value = property(env, object, name);
  if (absent(env, value) && !std::isnan(fallback)) return fallback;
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok) refuse(env, std::string(name) + " is no number");
  return result;
}

std::int64_t integer(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const double value = number(env, object, name, fallback);
  if (!(std::abs(value) <= 9007199254740991.0) || value != std::floor(value))
    refuse(env, std::string(name) + " is no integer");
  return static_cast<std::int64_t>(value);
}

int smallInteger(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const std::int64_t value = integer(env, object, name, fallback);
  if (value < -1 || value > 0x7fffffff) refuse(env, std::string(name) + " is out of range");
  return static_cast<int>(value);
}

bool flag(napi_env env, napi_value object, const char* name) {
  const napi_value value = property(env, object, name);
  if (absent(env, value)) return false;
  bool result;
  if (napi_get_value_bool(env, value, &result) != napi_ok) refuse(env, std::string(name) + " is no boolean");
  return result;
}

std::string text(napi_env env, napi_value object, const char* name) {
  const napi_value value = property(env, object, name);
  if (absent(env, value)) return "";
  char buffer[64];
  std::size_t length;
  if (napi_get_value_string_utf8(env, value, buffer, sizeof(buffer), &length) != napi_ok)
    refuse(env, std::string(name) + " is no string");
  return std::string(buffer, length);
}

/** Closed on the way out, also when something is thrown. */
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { check(env, napi_open_handle_scope(env, &scope_)); }
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_;
};

template <class Read>
auto list(napi_env env, napi_value object, const char* name, Read&& read) {
  const napi_value array = property(env, object, name);
  std::vector<decltype(read(array))> values;
  bool isArray = false;
  check(env, napi_is_array(env, array, &isArray));
  if (!isArray) refuse(env, std::string(name) + " is no array");
  std::uint32_t length;
  check(env, napi_get_array_length(env, array, &length));
  for (std::uint32_t i = 0; i < length; i++) {
    const HandleScope scope(env);
    napi_value element;
    check(env, napi_get_element(env, array, i, &element));
    values.push_back(read(element));
  }
  return values;
}

template <class T>
const T* typedArray(napi_env env, napi_value value, napi_typedarray_type wanted, std::size_t length, const char* what) {
  bool is = false;
  check(env, napi_is_typedarray(env, value, &is));
  napi_typedarray_type type;
  std::size_t count;
  void* data;
  if (is) check(env, napi_get_typedarray_info(env, value, &type, &count, &data, nullptr, nullptr));
  if (!is || type != wanted) refuse(env, std::string(what) + ": not the kind of array that was expected");
  if (count != length)
    refuse(env, std::string(what) + ": " + std::to_string(count) + " values, expected " + std::to_string(length));
  return static_cast<const T*>(data);
}

ft::ModelSpec readModel(napi_env env, napi_value object) {
  ft::ModelSpec model;
  model.parameters = list(env, object, "parameters", [&](napi_value v) {
    ft::ParameterSpec p;
    p.size = static_cast<std::size_t>(smallInteger(env, v, "size"));
    p.trainable = flag(env, v, "trainable");
    p.rate = static_cast<float>(number(env, v, "rate"));
    p.decay = flag(env, v, "decay");
    return p;
  });
  model.kernels = list(env, object, "kernels", [&](napi_value v) {
    ft::KernelSpec k;
    const std::string kind = text(env, v, "kind");
    if (kind == "conv") k.kind = ft::KernelSpec::conv;
    else if (kind == "depthwise") k.kind = ft::KernelSpec::depthwise;
    else if (kind == "dense") k.kind = ft::KernelSpec::dense;
    else refuse(env, "kind of a kernel: " + kind);
    k.weights = smallInteger(env, v, "weights");
    k.bias = smallInteger(env, v, "bias", -1);
    k.height = smallInteger(env, v, "height", 1);
    k.width = smallInteger(env, v, "width", 1);
    k.inChannels = smallInteger(env, v, "inChannels");
    k.outChannels = smallInteger(env, v, "outChannels");
    k.pixels = flag(env, v, "pixels");
    k.backward = flag(env, v, "backward");
    k.batchNorm = smallInteger(env, v, "batchNorm", -1);
    k.quantizer = smallInteger(env, v, "quantizer", -1);
    k.inputQuantizer = smallInteger(env, v, "inputQuantizer", -1);
    return k;
  });
  model.batchNorms = list(env, object, "batchNorms", [&](napi_value v) {
    ft::BatchNormSpec b;
    b.channels = smallInteger(env, v, "channels");
    b.epsilon = number(env, v, "epsilon");
    b.gamma = smallInteger(env, v, "gamma");
    b.beta = smallInteger(env, v, "beta");
    b.mean = smallInteger(env, v, "mean");
    b.variance = smallInteger(env, v, "variance");
    return b;
  });
  model.quantizers = list(env, object, "quantizers", [&](napi_value v) {
    ft::QuantizerSpec q;
    q.bits = smallInteger(env, v, "bits");
    q.range = smallInteger(env, v, "range", -1);
    q.observed = flag(env, v, "observed");
    return q;
  });
  return model;
}

ft::OpSpec readOp(napi_env env, napi_value v) {
  static const struct { const char* name; ft::OpSpec::Kind kind; } kinds[] = {
      {"loadPixels", ft::OpSpec::loadPixels},
      {"loadFloats", ft::OpSpec::loadFloats},
      {"conv", ft::OpSpec::conv},
      {"depthwise", ft::OpSpec::depthwise},
      {"add", ft::OpSpec::add},
      {"pool", ft::OpSpec::pool},
      {"convBackward", ft::OpSpec::convBackward},
      {"depthwiseBackward", ft::OpSpec::depthwiseBackward},
      {"poolBackward", ft::OpSpec::poolBackward},
      {"contribute", ft::OpSpec::contribute},
      {"dropout", ft::OpSpec::dropout},
      {"observe", ft::OpSpec::observe},
  };
  ft::OpSpec op;
  const std::string kind = text(env, v, "op");
  bool known = false;
  for (const auto& k : kinds)
    if (kind == k.name) op.kind = k.kind, known = true;
  if (!known) refuse(env, "operation: " + kind);
  op.x = smallInteger(env, v, "x", -1);
  op.y = smallInteger(env, v, "y", -1);
  op.kernel = smallInteger(env, v, "kernel", -1);
  op.stride = smallInteger(env, v, "stride", 1);
  op.out = smallInteger(env, v, "out", -1);
  op.max = flag(env, v, "max");
  if (op.kind == ft::OpSpec::dropout) {
    op.rate = number(env, v, "rate");
    op.node = smallInteger(env, v, "node");
  }
  op.statistics = smallInteger(env, v, "statistics", -1);
  op.foldedBatchNorm = smallInteger(env, v, "foldedBatchNorm", -1);
  op.residual = smallInteger(env, v, "residual", -1);
  op.relu6 = flag(env, v, "relu6");
  op.ranged = smallInteger(env, v, "ranged", -1);
  op.quantizer = smallInteger(env, v, "quantizer", -1);
  op.sumQuantizer = smallInteger(env, v, "sumQuantizer", -1);
  op.xQuantizer = smallInteger(env, v, "xQuantizer", -1);
  op.yQuantizer = smallInteger(env, v, "yQuantizer", -1);
  op.d = smallInteger(env, v, "d", -1);
  op.gradient = smallInteger(env, v, "gradient", -1);
  op.target = smallInteger(env, v, "target", -1);
  op.accumulate = flag(env, v, "accumulate");
  op.finish = flag(env, v, "finish");
  op.dense = smallInteger(env, v, "dense", -1);
  return op;
}

ft::PlanSpec readPlan(napi_env env, napi_value object) {
  ft::PlanSpec plan;
  plan.batch = smallInteger(env, object, "batch");
  plan.height = smallInteger(env, object, "height");
  plan.width = smallInteger(env, object, "width");
  plan.channels = smallInteger(env, object, "channels");
  plan.classes = smallInteger(env, object, "classes");
  plan.training = flag(env, object, "training");
  plan.floats = flag(env, object, "floats");
  const std::int64_t arena = integer(env, object, "arenaFloats");
  if (arena < 0) refuse(env, "arenaFloats is negative");
  plan.arenaFloats = static_cast<std::size_t>(arena);
  plan.tensors = list(env, object, "tensors", [&](napi_value v) {
    ft::TensorSpec t;
    const std::int64_t offset = integer(env, v, "offset");
    if (offset < 0) refuse(env, "the offset of a tensor is negative");
    t.offset = static_cast<std::size_t>(offset);
    t.n = smallInteger(env, v, "n");
    t.h = smallInteger(env, v, "h");
    t.w = smallInteger(env, v, "w");
    t.c = smallInteger(env, v, "c");
    return t;
  });
  plan.chains = list(env, object, "chains", [&](napi_value v) {
    ft::ChainSpec c;
    c.tensor = smallInteger(env, v, "tensor");
    c.batchNorm = smallInteger(env, v, "batchNorm", -1);
    c.relu6 = flag(env, v, "relu6");
    c.quantizer = smallInteger(env, v, "quantizer", -1);
    return c;
  });
  plan.forward = list(env, object, "forward", [&](napi_value v) { return readOp(env, v); });
  plan.backward = list(env, object, "backward", [&](napi_value v) { return readOp(env, v); });
  plan.logits = smallInteger(env, object, "logits");
  plan.logitsGradient = smallInteger(env, object, "logitsGradient", -1);
  plan.embeddings = smallInteger(env, object, "embeddings", -1);
  plan.integers = flag(env, object, "integers");
  plan.logitsQuantizer = smallInteger(env, object, "logitsQuantizer", -1);
  plan.embeddingsQuantizer = smallInteger(env, object, "embeddingsQuantizer", -1);
  return plan;
}

// Writing ---------------------------------------------------------------------------------------------------------

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
