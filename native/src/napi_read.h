// From JavaScript's values to the engine's descriptions. Whatever is not what it should be throws in JavaScript. Checked here is
// what a value is: its type, and whether it fits into the number that takes it. Whether indices and shapes fit each other Session
// checks, which tests make without JavaScript.
//
// A getter of a description, or a proxy, would run JavaScript in the middle of it, which could dispose of the session that is being
// described to. Nothing guards against that: descriptions come from the planner as plain data.
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "session.h"

namespace {

/** Already thrown in JavaScript: only unwinds the C++ between here and `guarded`, which has nothing to add. */
struct Thrown {};

/** Every call of Node-API goes through here. One that ran JavaScript may have left its exception, which is kept as it is. */
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

/** A RangeError, in words that name the value: what the caller gave is wrong, and the session is as it was. */
[[noreturn]] void refuse(napi_env env, const std::string& what) {
  napi_throw_range_error(env, nullptr, what.c_str());
  throw Thrown();
}

// Reading ---------------------------------------------------------------------------------------------------------

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_valuetype type;
  check(env, napi_typeof(env, object, &type));
  // Node-API would make an object of a number or a string, and find nothing in it.
  if (type != napi_object) refuse(env, std::string(name) + ": its owner is no object");
  napi_value value;
  check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

/** Left out, undefined or null: all the same. */
bool absent(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type == napi_undefined || type == napi_null;
}

/**
 * @param fallback where it is absent; NAN: it is required
 * NaN and infinities of JavaScript's pass: shares and counts are compared so that they fail, and a step that others spoil says so.
 */
double number(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const napi_value value = property(env, object, name);
  if (absent(env, value) && !std::isnan(fallback)) return fallback;
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok) refuse(env, std::string(name) + " is no number");
  return result;
}

std::int64_t integer(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const double value = number(env, object, name, fallback);
  // Up to Number.MAX_SAFE_INTEGER, beyond which JavaScript's numbers skip some; written so that NaN fails.
  if (!(std::abs(value) <= 9007199254740991.0) || value != std::floor(value))
    refuse(env, std::string(name) + " is no integer");
  return static_cast<std::int64_t>(value);
}

/** Indices, sizes and counts; -1 is none, what is less is refused. Session refuses a size that is none. */
int smallInteger(napi_env env, napi_value object, const char* name, double fallback = NAN) {
  const std::int64_t value = integer(env, object, name, fallback);
  if (value < -1 || value > 0x7fffffff) refuse(env, std::string(name) + " is out of range");
  return static_cast<int>(value);
}

/** False when absent; nothing but a boolean is taken for one. */
bool flag(napi_env env, napi_value object, const char* name) {
  const napi_value value = property(env, object, name);
  if (absent(env, value)) return false;
  bool result;
  if (napi_get_value_bool(env, value, &result) != napi_ok) refuse(env, std::string(name) + " is no boolean");
  return result;
}

/** Names of this engine's own. A longer string is cut off at 63 bytes, and then is none of them. */
std::string stringOf(napi_env env, napi_value value, const char* name) {
  char buffer[64];
  std::size_t length;
  if (napi_get_value_string_utf8(env, value, buffer, sizeof(buffer), &length) != napi_ok)
    refuse(env, std::string(name) + " is no string");
  return std::string(buffer, length);
}

/** Empty when absent. */
std::string text(napi_env env, napi_value object, const char* name) {
  const napi_value value = property(env, object, name);
  return absent(env, value) ? "" : stringOf(env, value, name);
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

/** Elements of an array, one after the other. Each has a scope of its own: the handles made for it end with it, not with the call. */
template <class Read>
auto elements(napi_env env, napi_value array, const char* name, Read&& read) {
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

/** Those of an array that is a property. */
template <class Read>
auto list(napi_env env, napi_value object, const char* name, Read&& read) {
  return elements(env, property(env, object, name), name, read);
}

/**
 * The memory of a typed array of exactly `length` elements. It is JavaScript's, which may move or free it once the call is
 * over: `run` copies it, and no step reads it.
 */
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
    // A size of -1 becomes one that Session refuses.
    p.size = static_cast<std::size_t>(smallInteger(env, v, "size"));
    p.trainable = flag(env, v, "trainable");
    p.rate = static_cast<float>(number(env, v, "rate"));
    p.decay = flag(env, v, "decay");
    return p;
  });
  model.colours = list(env, object, "colours", [&](napi_value v) {
    return ft::ColourSpec{number(env, v, "scale"), number(env, v, "shift")};
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
    q.slope = smallInteger(env, v, "slope", -1);
    q.observed = flag(env, v, "observed");
    return q;
  });
  return model;
}

/** An index or size of an operation, and where it goes; one that is absent leaves what OpSpec begins with. */
struct OpField {
  const char* name;
  int ft::OpSpec::* place;
};
/** The same for what is true or false; absent is false. */
struct OpFlag {
  const char* name;
  bool ft::OpSpec::* place;
};

/**
 * What an operation of a kind may say; whatever else it says is refused: a word of the planner's that the addon does not
 * know is an error, and not an operation that is computed without it.
 */
struct OpKind {
  const char* name;
  ft::OpSpec::Kind kind;
  std::vector<OpField> fields;
  std::vector<OpFlag> flags;
};

/** The twin of src/engine/native/description.ts, kind by kind. */
const std::vector<OpKind>& opKinds() {
  using Op = ft::OpSpec;
  const OpField x{"x", &Op::x}, y{"y", &Op::y}, kernel{"kernel", &Op::kernel}, stride{"stride", &Op::stride},
      out{"out", &Op::out}, statistics{"statistics", &Op::statistics}, ranged{"ranged", &Op::ranged},
      folded{"foldedBatchNorm", &Op::foldedBatchNorm}, residual{"residual", &Op::residual},
      quantizer{"quantizer", &Op::quantizer}, sumQuantizer{"sumQuantizer", &Op::sumQuantizer},
      xQuantizer{"xQuantizer", &Op::xQuantizer}, yQuantizer{"yQuantizer", &Op::yQuantizer}, d{"d", &Op::d},
      gradient{"gradient", &Op::gradient}, target{"target", &Op::target}, dense{"dense", &Op::dense},
      node{"node", &Op::node}, size{"size", &Op::size}, top{"top", &Op::top}, bottom{"bottom", &Op::bottom},
      left{"left", &Op::left}, right{"right", &Op::right}, slope{"slope", &Op::slope}, first{"first", &Op::first};
  const OpFlag max{"max", &Op::max}, relu6{"relu6", &Op::relu6}, accumulate{"accumulate", &Op::accumulate},
      finish{"finish", &Op::finish};
  static const std::vector<OpKind> kinds = {
      {"loadPixels", Op::loadPixels, {out, ranged}, {}},
      {"loadFloats", Op::loadFloats, {out, ranged}, {}},
      {"conv", Op::conv, {x, kernel, stride, top, bottom, left, right, out, statistics, ranged, folded, slope, quantizer, residual, sumQuantizer, first}, {relu6}},
      {"depthwise", Op::depthwise, {x, kernel, stride, top, bottom, left, right, out, statistics, ranged, folded, slope, quantizer}, {relu6}},
      {"add", Op::add, {x, y, out, statistics, ranged, slope, quantizer, xQuantizer, yQuantizer}, {relu6}},
      {"pool", Op::pool, {x, out, ranged, quantizer}, {max}},
      {"convBackward", Op::convBackward, {x, kernel, stride, top, bottom, left, right, d, gradient, target, dense}, {accumulate, finish}},
      {"depthwiseBackward", Op::depthwiseBackward, {x, kernel, stride, top, bottom, left, right, d, gradient, target}, {accumulate, finish}},
      {"poolBackward", Op::poolBackward, {x, out, gradient, target}, {max, accumulate, finish}},
      {"contribute", Op::contribute, {x, d, gradient, target}, {accumulate, finish}},
      {"dropout", Op::dropout, {out, node}, {}},
      {"observe", Op::observe, {out, quantizer}, {}},
      {"sigmoid", Op::sigmoid, {x, out, ranged, quantizer, xQuantizer}, {}},
      {"multiply", Op::multiply, {x, y, residual, out, ranged, quantizer, xQuantizer, yQuantizer}, {relu6}},
      {"concat", Op::concat, {x, y, out, ranged}, {}},
      {"maxPool", Op::maxPool, {x, size, stride, top, bottom, left, right, out, ranged}, {}},
      {"normalize", Op::normalize, {x, out, ranged, quantizer, xQuantizer}, {}},
      {"preluBackward", Op::preluBackward, {x, slope, d, gradient, target}, {accumulate, finish}},
      {"sigmoidBackward", Op::sigmoidBackward, {x, out, d, gradient, target}, {accumulate, finish}},
      {"multiplyBackward", Op::multiplyBackward, {x, y, d, gradient, target}, {accumulate, finish}},
      {"factorsBackward", Op::factorsBackward, {x, y, d, gradient, target}, {accumulate, finish}},
      {"partBackward", Op::partBackward, {x, first, d, gradient, target}, {accumulate, finish}},
      {"maxPoolBackward", Op::maxPoolBackward, {x, out, size, stride, top, bottom, left, right, gradient, target}, {accumulate, finish}},
      {"normalizeBackward", Op::normalizeBackward, {x, d, gradient, target}, {accumulate, finish}},
  };
  return kinds;
}

/** Refuses a property that is not one of an operation's kind. */
void refuseOthers(napi_env env, napi_value v, const OpKind& kind) {
  napi_value names;
  check(env, napi_get_property_names(env, v, &names));
  std::uint32_t count;
  check(env, napi_get_array_length(env, names, &count));
  for (std::uint32_t i = 0; i < count; i++) {
    napi_value element;
    check(env, napi_get_element(env, names, i, &element));
    const std::string name = stringOf(env, element, "a property");
    bool known = name == "op" || (kind.kind == ft::OpSpec::dropout && name == "rate");
    for (const OpField& field : kind.fields) known = known || name == field.name;
    for (const OpFlag& field : kind.flags) known = known || name == field.name;
    if (!known) refuse(env, "an operation " + std::string(kind.name) + " has no " + name);
  }
}

ft::OpSpec readOp(napi_env env, napi_value v) {
  const std::string name = text(env, v, "op");
  const OpKind* kind = nullptr;
  for (const OpKind& k : opKinds())
    if (name == k.name) kind = &k;
  if (!kind) refuse(env, "operation: " + name);
  refuseOthers(env, v, *kind);
  ft::OpSpec op;
  op.kind = kind->kind;
  // A flag, which is false when absent; OpSpec begins with the other.
  op.max = false;
  for (const OpField& field : kind->fields) op.*field.place = smallInteger(env, v, field.name, op.*field.place);
  for (const OpFlag& field : kind->flags) op.*field.place = flag(env, v, field.name);
  if (op.kind == ft::OpSpec::dropout) op.rate = number(env, v, "rate");
  return op;
}

ft::OutputSpec readOutput(napi_env env, napi_value v) {
  ft::OutputSpec output;
  const std::string name = text(env, v, "output");
  if (name != "embedding" && name != "scores") refuse(env, "output: " + name);
  output.name = name == "scores" ? ft::scores : ft::embedding;
  output.tensor = smallInteger(env, v, "tensor");
  output.gradient = smallInteger(env, v, "gradient", -1);
  output.quantizer = smallInteger(env, v, "quantizer", -1);
  return output;
}

ft::PlanSpec readPlan(napi_env env, napi_value object) {
  ft::PlanSpec plan;
  plan.batch = smallInteger(env, object, "batch");
  plan.height = smallInteger(env, object, "height");
  plan.width = smallInteger(env, object, "width");
  plan.channels = smallInteger(env, object, "channels");
  plan.training = flag(env, object, "training");
  plan.floats = flag(env, object, "floats");
  // More than an int may have to hold, as offsets below: 2^31 floats are 8 GiB.
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
  plan.outputs = list(env, object, "outputs", [&](napi_value v) { return readOutput(env, v); });
  plan.integers = flag(env, object, "integers");
  return plan;
}

}  // namespace
