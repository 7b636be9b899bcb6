#include "cpu.h"

namespace ft {

std::vector<const Kernels*> availableKernels() {
  std::vector<const Kernels*> tables;
#if defined(__x86_64__) || defined(_M_X64)
  // These ask the operating system as well, which has to save the wide registers.
  __builtin_cpu_init();
  // The foundation is all that kernels_avx512.cc may use of AVX-512: it is compiled with -mavx512f (binding.gyp).
  if (__builtin_cpu_supports("avx512f")) tables.push_back(kernelsAvx512());
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(kernelsAvx2());
#endif
  tables.push_back(kernelsBaseline());
  return tables;
}

const Kernels* kernelsNamed(const std::string& name) {
  for (const Kernels* table : availableKernels())
    if (name.empty() || name == table->name) return table;
  return nullptr;
}

}  // namespace ft
