#include "kernels_table.h"

namespace ft {

const Kernels* kernelsAvx512() {
  static constexpr Kernels table = tableNamed("AVX-512");
  return &table;
}

}  // namespace ft
