// Dropout: which values are left out is a function of their place, so that every engine draws the same.
#pragma once

#include <cstdint>

namespace ft {

/** A well mixed 32-bit integer (Wellons 2018, "lowbias32"). */
inline std::uint32_t mix(std::uint32_t h) {
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  return h ^ (h >> 16);
}

/** What one dropout of one step multiplies by; the twin of dropoutMask in src/core/dropout.ts. */
class DropoutMask {
 public:
  // Without a state: any thread may ask for any place. `node` + 1, since mix(0) is 0.
  DropoutMask(double rate, std::uint32_t seed, std::int64_t step, int node)
      : key_(mix(seed ^ mix(std::uint32_t(step) ^ mix(std::uint32_t(node) + 1)))),
        threshold_(std::uint32_t(rate * 4294967296.0)),  // rate < 1, so it stays below 2^32
        kept_(float(1 / (1 - rate))) {}  // what is kept makes up for the rest: the mean stays
  float at(std::uint32_t place) const { return mix(mix(place ^ key_) + key_) >= threshold_ ? kept_ : 0.0f; }

 private:
  std::uint32_t key_, threshold_;
  float kept_;
};

}  // namespace ft
