// The table of one instruction set. Included by kernels_*.cc, which name the function that hands it out.
#pragma once

#include "kernels_conv_backward.h"
#include "kernels_conv_forward.h"
#include "kernels_depthwise_backward.h"
#include "kernels_depthwise_forward.h"
#include "kernels_max_pool.h"
#include "kernels_rows.h"
#include "kernels_values.h"

namespace {

constexpr ft::Kernels tableNamed(const char* name) {
  // In the order of the members of `Kernels`, which C++17 gives no names here.
  return {name,
          packPanels,
          convForwardNeeds,
          convForward,
          convBackwardNeeds,
          convBackward,
          depthwiseForwardNeeds,
          depthwiseForward,
          depthwiseBackwardNeeds,
          depthwiseBackward,
          addNeeds,
          add,
          poolNeeds,
          poolForward,
          poolBackward,
          contributeNeeds,
          contribute,
          valuesNeeds,
          valuesForward,
          valuesBackward,
          maxPoolNeeds,
          maxPoolForward,
          maxPoolBackward,
          adam,
          momentum,
          finite,
          multiplyAdds};
}

}  // namespace
