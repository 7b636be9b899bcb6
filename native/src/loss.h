// What training makes smaller, as data: the weighted sum of some losses, mostly one. A new kind is a file loss_<kind>.cc and a row of the table in loss.cc; its plain twin
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
  const float* targets = nullptr;        // [rows, channels of the embedding]; null: there are none
  double factor = 1;                     // what every score is multiplied by before it is looked at
  LossOutput outputs[kOutputNames];
  // Room, [rows].
  double* rowLoss = nullptr;
  std::uint8_t* rowCorrect = nullptr;
  /** Room for a gradient more, [rows, stride], of an output that several losses of a sum read. */
  float* spare[kOutputNames] = {};
  /** Room for a loss that compares pairs: rows * (rows + 1), and pairRoom for each thread. */
  double* pairs = nullptr;
};

struct LossResult {
  double lossSum = 0;  // nats, over the rows; not finite where an output is not
  int correct = 0;     // rows whose highest score is the label's; never one with a score that is not a number
};

struct LossSpec;

/** How far scale and margin have grown at a step, as shares: 0 < scale <= 1, 0 <= margin <= 1. */
struct LossRamp {
  double scale = 1, margin = 1;
};

/** A number that a kind of loss is told: `least` <= value < `below`. */
struct LossSetting {
  const char* name;
  double least, below;
  /** What it grows with: a scale as a whole, a margin from the least, which is none. */
  double LossRamp::*ramp = nullptr;
  /** A word: its place in this list, which ends with null. */
  const char* const* choices = nullptr;
};

constexpr int kMostLossSettings = 4, kMostLossTerms = 4;
constexpr double kMostLossWeight = 1e6;

struct LossKind {
  const char* name;
  bool reads[kOutputNames];
  /** In the order of `LossSpec::settings`; those without a name are not there. */
  LossSetting settings[kMostLossSettings];
  /** The result may not depend on the number of threads. Allocates nothing. */
  LossResult (*compute)(Pool&, const LossSpec&, const LossBatch&);
  /** Reads the targets of a batch. */
  bool needsTargets = false;
  /** Compares the embeddings of a batch with each other. */
  bool needsPairs = false;
};

/** For a thread that compares pairs: rows or channels of the embedding, of which there are more, and a cache line between threads. */
inline std::size_t pairRoom(int rows, int channels) { return std::size_t(rows > channels ? rows : channels) + 8; }

struct LossSpec {
  const LossKind* kind = nullptr;
  double settings[kMostLossSettings] = {};
};

struct LossTerm {
  LossSpec loss;
  double weight = 1;  // 0 <= weight < kMostLossWeight
};

struct LossSum {
  std::vector<LossTerm> terms;  // 1 to kMostLossTerms

  bool reads(OutputName name) const { return readers(name) > 0; }
  /** How many of the losses read it. */
  int readers(OutputName name) const;
  bool needsTargets() const;
  bool needsPairs() const;
  /**
   * A loss whose outputs or targets are not there is left out, which must not be in training. Correct are the rows of the first that
   * reads scores, else of the first. Allocates nothing.
   */
  LossResult compute(Pool& pool, const LossBatch& batch, const LossRamp& ramp) const;
};

/** Every kind. */
const std::vector<const LossKind*>& lossKinds();
/** Null when there is none of that name. */
const LossKind* lossNamed(const std::string& name);

}  // namespace ft
