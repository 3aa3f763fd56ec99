// The kernels: stretches of rows shared among threads, sums taken in an order that no number of threads changes.
#pragma once

#include <vector>

#include "api.hpp"

namespace crossent {

enum class Reduction : int { none, mean, sum };

// The instruction sets that this build has and this processor runs, best first.
std::vector<const Loops*> available_loops();
const Loops& current_loops();
bool use_loops(const char* name);

// Write the loss (none: nothing but the rows) and, where asked, the gradient. Returns the first row whose label is
// out of range, having written nothing; else -1.
int64_t softmax(Softmax a, Type type, Reduction reduction, void* loss, int threads);
void sigmoid(Sigmoid a, Type type, int64_t elements, Reduction reduction, void* loss, int threads);

}  // namespace crossent
