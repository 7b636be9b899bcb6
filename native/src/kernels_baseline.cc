#include "kernels_table.h"

namespace ft {

const Kernels* kernelsBaseline() {
  static constexpr Kernels table = tableNamed("baseline");
  return &table;
}

}  // namespace ft
