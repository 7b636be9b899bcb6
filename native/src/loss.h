// What training makes smaller, as data. A new kind is a file loss_<kind>.cc and a row of the table in loss.cc; its plain twin
// stands in src/core/losses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pool.h"

namespace ft {

/** What a network gives, in the order of src/graph/graph.ts. */
enum OutputName { embedding, scores, kOutputNames };

/** An output for a batch. */
struct LossOutput {
  const float* values = nullptr;  // [rows, stride], of which the first `channels` columns count; null: not there
  float* gradient = nullptr;      // the same; receives d(mean loss of the rows)/d(values), zeros in the padding; null: not wanted
  int channels = 0, stride = 0;
};

struct LossBatch {
  int rows = 0;
  const std::int32_t* labels = nullptr;  // [rows], each of them in range
  LossOutput outputs[kOutputNames];
  // Room, [rows].
  double* rowLoss = nullptr;
  std::uint8_t* rowCorrect = nullptr;
};

struct LossResult {
  double lossSum = 0;  // nats, over the rows; not finite where an output is not
  int correct = 0;     // rows whose highest score is the label's; never one with a score that is not a number
};

struct LossSpec;

/** A number that a kind of loss is told: `least` <= value < `below`. */
struct LossSetting {
  const char* name;
  double least, below;
};

constexpr int kMostLossSettings = 4;

struct LossKind {
  const char* name;
  bool reads[kOutputNames];
  /** In the order of `LossSpec::settings`; those without a name are not there. */
  LossSetting settings[kMostLossSettings];
  /** The result may not depend on the number of threads. Allocates nothing. */
  LossResult (*compute)(Pool&, const LossSpec&, const LossBatch&);
};

struct LossSpec {
  const LossKind* kind = nullptr;
  double settings[kMostLossSettings] = {};
};

/** Every kind. */
const std::vector<const LossKind*>& lossKinds();
/** Null when there is none of that name. */
const LossKind* lossNamed(const std::string& name);

}  // namespace ft
