// The state of a session, as JavaScript sets and reads it between steps.
#pragma once

#include <algorithm>

#include "addon_guard.h"
#include "addon_handle.h"
#include "napi_write.h"

namespace {

/** (session, parameters, first, second, step): sets the whole state, or nothing where one of them is refused. */
napi_value write(napi_env env, napi_callback_info info) {
  return guarded<5>(env, info, [&](napi_value* arguments) {
    const Handle& handle = *handleOf(env, arguments[0]);
    const std::size_t length = packedLength(handle);
    const float* arrays[3];
    static const char* const names[3] = {"parameters", "first moments", "second moments"};
    for (int i = 0; i < 3; i++)
      arrays[i] = typedArray<float>(env, arguments[1 + i], napi_float32_array, length, names[i]);
    double step;
    if (napi_get_value_double(env, arguments[4], &step) != napi_ok || !(step >= 0 && step < 1e15))
      refuse(env, "step is no count");
    writeFlat(handle, arrays[0], handle.session->parameters());
    writeFlat(handle, arrays[1], handle.session->first());
    writeFlat(handle, arrays[2], handle.session->second());
    handle.session->step = static_cast<std::int64_t>(step);
    handle.session->touch();  // packed and folded kernels are of other parameters now
    return static_cast<napi_value>(nullptr);
  });
}

/** (session): copies of the whole state, and of the last step's gradients. Under SGD `first` is the velocity. */
napi_value read(napi_env env, napi_callback_info info) {
  return guarded<1>(env, info, [&](napi_value* arguments) {
    const Handle& handle = *handleOf(env, arguments[0]);
    const napi_value result = object(env);
    const std::size_t length = packedLength(handle);
    const struct { const char* name; const float* flat; } arrays[] = {
        {"parameters", handle.session->parameters()},
        {"first", handle.session->first()},
        {"second", handle.session->second()},
        {"gradients", handle.session->gradients()},
    };
    for (const auto& array : arrays) {
      float* data;
      set(env, result, array.name, floats(env, length, &data));
      readFlat(handle, array.flat, data);
    }
    set(env, result, "step", double(handle.session->step));
    return result;
  });
}

/** [rows, columns] -> [columns, rows], in squares that stay in the first cache. */
void transpose(const float* from, float* to, std::size_t rows, std::size_t columns) {
  constexpr std::size_t kSquare = 16;
  for (std::size_t r = 0; r < rows; r += kSquare)
    for (std::size_t c = 0; c < columns; c += kSquare)
      for (std::size_t i = r; i < std::min(r + kSquare, rows); i++)
        for (std::size_t j = c; j < std::min(c + kSquare, columns); j++) to[j * rows + i] = from[i * columns + j];
}

/** (session, parameter, rows, values, first, second): a matrix and its moments column by column, into the arrays or out of them. */
napi_value moveColumns(napi_env env, napi_callback_info info, bool reads) {
  return guarded<6>(env, info, [&](napi_value* arguments) {
    const Handle& handle = *handleOf(env, arguments[0]);
    std::uint32_t parameter, rows;
    check(env, napi_get_value_uint32(env, arguments[1], &parameter));
    check(env, napi_get_value_uint32(env, arguments[2], &rows));
    if (parameter >= handle.parameters.size()) refuse(env, "parameter: there is no such one");
    const std::size_t size = handle.parameters[parameter].size;
    if (rows == 0 || size % rows != 0) refuse(env, "rows: the parameter has no such number of them");
    static const char* const names[3] = {"values", "first moments", "second moments"};
    float* outside[3];
    for (int i = 0; i < 3; i++)
      outside[i] = const_cast<float*>(typedArray<float>(env, arguments[3 + i], napi_float32_array, size, names[i]));
    ft::Session& session = *handle.session;
    float* const inside[3] = {session.parameters(), session.first(), session.second()};
    for (int i = 0; i < 3; i++) {
      float* own = inside[i] + session.offset(int(parameter));
      if (reads) transpose(own, outside[i], rows, size / rows);
      else transpose(outside[i], own, size / rows, rows);
    }
    if (!reads) session.touch();
    return static_cast<napi_value>(nullptr);
  });
}

napi_value readColumns(napi_env env, napi_callback_info info) { return moveColumns(env, info, true); }
napi_value writeColumns(napi_env env, napi_callback_info info) { return moveColumns(env, info, false); }

/**
 * (session, averages, share): moves every value of the averages, an array for each parameter, by that share of the way to the
 * session's own. An average of weights follows training by this after every step; reading the state would copy it four times over.
 */
napi_value averageInto(napi_env env, napi_callback_info info) {
  return guarded<3>(env, info, [&](napi_value* arguments) {
    const Handle& handle = *handleOf(env, arguments[0]);
    double share;
    if (napi_get_value_double(env, arguments[2], &share) != napi_ok || !(share >= 0 && share <= 1))
      refuse(env, "share is none");
    std::size_t i = 0;
    const auto averages = elements(env, arguments[1], "averages", [&](napi_value array) {
      if (i == handle.parameters.size()) refuse(env, "averages: more than parameters");
      return const_cast<float*>(typedArray<float>(env, array, napi_float32_array, handle.parameters[i++].size, "average"));
    });
    if (averages.size() != handle.parameters.size()) refuse(env, "averages: fewer than parameters");
    for (i = 0; i < averages.size(); i++) {
      const float* own = handle.session->parameters() + handle.session->offset(int(i));
      for (std::size_t j = 0; j < handle.parameters[i].size; j++)
        averages[i][j] += static_cast<float>(share) * (own[j] - averages[i][j]);
    }
    return static_cast<napi_value>(nullptr);
  });
}

}  // namespace
