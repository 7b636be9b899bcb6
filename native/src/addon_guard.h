// What stands around every function of the addon.
#pragma once

#include <exception>
#include <string>

#include "napi_read.h"

namespace {

/** Throws in JavaScript what was thrown in C++. */
void rethrow(napi_env env, const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Thrown&) {  // in JavaScript it is thrown already
  } catch (const ft::InvalidPlan& error) {
    napi_throw_range_error(env, nullptr, (std::string("a plan that does not fit: ") + error.what()).c_str());
  } catch (const std::bad_alloc&) {  // by the code nativeSession.ts knows it, and says how much was asked for
    napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED", "there is not enough memory for this network and batch");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (...) {
    napi_throw_error(env, nullptr, "the native engine failed");
  }
}

/** Runs `body` with its N arguments; every C++ exception becomes one of JavaScript. Node-API is C: none may pass through it. */
template <std::size_t N, class Body>
napi_value guarded(napi_env env, napi_callback_info info, Body&& body) {
  try {
    napi_value arguments[N > 0 ? N : 1];
    std::size_t count = N;
    check(env, napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr));
    if (count < N) refuse(env, "too few arguments");
    return body(arguments);
  } catch (...) {
    rethrow(env, std::current_exception());
  }
  return nullptr;
}

}  // namespace
