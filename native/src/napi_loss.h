// From JavaScript's values to the losses of a session; see napi_read.h.
#pragma once

#include "napi_read.h"

namespace {

/** The place of a word among those that a setting may be. */
int choice(napi_env env, napi_value object, const ft::LossSetting& setting) {
  const std::string word = text(env, object, setting.name);
  for (int i = 0; setting.choices[i]; i++)
    if (word == setting.choices[i]) return i;
  refuse(env, std::string(setting.name) + " is none of its choices");
}

ft::LossSpec readLossKind(napi_env env, napi_value v) {
  ft::LossSpec loss;
  const std::string kind = text(env, v, "kind");
  loss.kind = ft::lossNamed(kind);
  if (!loss.kind) refuse(env, "the native engine has no loss " + kind + " (native/src/loss.cc)");
  for (int i = 0; i < ft::kMostLossSettings; i++) {
    const ft::LossSetting& setting = loss.kind->settings[i];
    if (!setting.name) break;
    if (setting.choices) {
      loss.settings[i] = choice(env, v, setting);
      continue;
    }
    const double value = loss.settings[i] = number(env, v, setting.name);
    if (!(value >= setting.least && value < setting.below)) refuse(env, std::string(setting.name) + " is out of its range");
  }
  return loss;
}

/** The terms of a sum: a weight and a loss each. */
ft::LossSum readLoss(napi_env env, napi_value object) {
  ft::LossSum sum;
  sum.terms = list(env, object, "loss", [&](napi_value v) {
    ft::LossTerm term;
    term.weight = number(env, v, "weight");
    if (!(term.weight >= 0 && term.weight < ft::kMostLossWeight)) refuse(env, "weight is out of its range");
    term.loss = readLossKind(env, property(env, v, "loss"));
    return term;
  });
  if (sum.terms.empty() || sum.terms.size() > ft::kMostLossTerms) refuse(env, "loss is no sum of a few");
  return sum;
}

}  // namespace
