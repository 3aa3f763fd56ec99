// The kernels: stretches of rows shared among threads, sums taken in an order that no number of threads changes.
#pragma once

#include <vector>

#include "api.hpp"

namespace crossent {

// A mean over class indices divides by the sum of the kept rows' weights, or by the number of all rows; another one by
// the number of rows, or of kept elements. Over nothing it is NaN, or 0.
struct Reduction {
  enum class How : int { none, mean, sum } how;
  bool by_rows;
  bool zero_of_nothing;
};

// The instruction sets that this build has and this processor runs, best first.
std::vector<const Loops*> available_loops();
const Loops& current_loops();
bool use_loops(const char* name);

// Write the loss (none: nothing but the rows) and, where asked, the gradient. Return the first row whose label is out
// of range, having written nothing; else -1, or -2 for logits that look like probabilities.
int64_t softmax(Softmax a, Type type, Reduction reduction, void* loss, int threads);
int64_t nll(Softmax a, Type type, Reduction reduction, void* loss, int threads);

// The same of elements. `binary` returns whether all were probabilities.
void sigmoid(Binary a, Type type, int64_t elements, Reduction reduction, void* loss, int threads);
bool binary(Binary a, Type type, int64_t elements, Reduction reduction, void* loss, int threads);

}  // namespace crossent
