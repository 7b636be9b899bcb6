// A session as JavaScript holds it.
#pragma once

#include <memory>

#include "napi_read.h"

namespace {

/** Owned by a JavaScript object and by the step at work, whichever ends last. */
struct Handle {
  std::shared_ptr<ft::Session> session;
  std::vector<ft::ParameterSpec> parameters;  // for their sizes
  /** A step is being computed: the session belongs to another thread. */
  bool busy = false;
};

// Tells our objects from those of another addon, whose pointers would be unwrapped as well. The letters are “facetrainer-nati”.
constexpr napi_type_tag kTag = {0x6661636574726169, 0x6e65722d6e617469};

using HandleRef = std::shared_ptr<Handle>;

/**
 * The session behind a JavaScript object; refuses whatever else there is. The reference is to what the object owns: keep a copy of
 * it, as `Job` does, for longer than the call.
 */
const HandleRef& handleOf(napi_env env, napi_value value, bool mayBeBusy = false) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  bool ours = false;
  if (type == napi_object) check(env, napi_check_object_type_tag(env, value, &kTag, &ours));
  if (!ours) refuse(env, "this is no session");
  void* data;
  check(env, napi_unwrap(env, value, &data));
  const HandleRef& handle = *static_cast<HandleRef*>(data);
  if (!handle->session) refuse(env, "this session was disposed of");
  if (handle->busy && !mayBeBusy) refuse(env, "this session computes a step");
  return handle;
}

/** Floats of all parameters end to end, as JavaScript holds them; in the session each begins at a cache line (`offset`). */
std::size_t packedLength(const Handle& handle) {
  std::size_t length = 0;
  for (const ft::ParameterSpec& p : handle.parameters) length += p.size;
  return length;
}

/** From the session's flat array to the parameters end to end. */
void readFlat(const Handle& handle, const float* flat, float* out) {
  for (std::size_t i = 0; i < handle.parameters.size(); i++) {
    const std::size_t size = handle.parameters[i].size;
    std::memcpy(out, flat + handle.session->offset(int(i)), size * sizeof(float));
    out += size;
  }
}

/** The way back. What lies between the parameters stays zero. */
void writeFlat(const Handle& handle, const float* in, float* flat) {
  for (std::size_t i = 0; i < handle.parameters.size(); i++) {
    const std::size_t size = handle.parameters[i].size;
    std::memcpy(flat + handle.session->offset(int(i)), in, size * sizeof(float));
    in += size;
  }
}

}  // namespace
