#include "loss.h"

// Every kind, each in a file of its own: loss_softmax.cc.
#define FT_LOSSES(X) X(kSoftmaxLoss) X(kCosFaceLoss) X(kArcFaceLoss) X(kCombinedLoss)

namespace ft {

#define FT_DECLARE(kind) extern const LossKind kind;
FT_LOSSES(FT_DECLARE)
#undef FT_DECLARE

const std::vector<const LossKind*>& lossKinds() {
#define FT_ADDRESS(kind) &kind,
  static const std::vector<const LossKind*> kinds = {FT_LOSSES(FT_ADDRESS)};
#undef FT_ADDRESS
  return kinds;
}

const LossKind* lossNamed(const std::string& name) {
  for (const LossKind* kind : lossKinds())
    if (name == kind->name) return kind;
  return nullptr;
}

}  // namespace ft
