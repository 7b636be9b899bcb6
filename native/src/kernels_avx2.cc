#include "kernels_table.h"

namespace ft {

const Kernels* kernelsAvx2() {
  static constexpr Kernels table = tableNamed("AVX2");
  return &table;
}

}  // namespace ft
