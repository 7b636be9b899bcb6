// Which instruction sets this processor runs.
#pragma once

#include <string>
#include <vector>

#include "kernels.h"

namespace ft {

/** The tables that this processor can run, best first; never empty. */
std::vector<const Kernels*> availableKernels();

/** @param name of a table; empty for the best. Null when there is none of that name. */
const Kernels* kernelsNamed(const std::string& name);

}  // namespace ft
