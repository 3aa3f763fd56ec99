// Negative log likelihood: one log probability a row, picked by its label.
#pragma once

#include "api.hpp"
#include "lanes.hpp"

namespace crossent::CROSSENT_LEVEL {

template <class T> double nll(const Softmax& a, int64_t outer, int64_t begin, int64_t end) {
  using C = Computed<T>;
  const C* const weight = static_cast<const C*>(a.weight);
  const C* const scale = static_cast<const C*>(a.row_scale);
  double total = 0;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = outer * a.inner + i, label = a.label[row];
    const bool kept = label != a.ignored;
    const C of_row = !kept ? C(0) : weight ? weight[label] : C(1);
    C loss = 0;
    if (kept) {
      const T* const values = static_cast<const T*>(a.logits) + outer * a.logits_outer + i * a.logits_inner;
      loss = -widen(values[label * a.logits_class]);
      loss = of_row == 0 && loss == infinity<C> ? C(0) : of_row * loss;
    }
    total += double(loss);
    if (a.rows) static_cast<C*>(a.rows)[row] = loss;
    if (a.gradient) {
      T* const gradient = static_cast<T*>(a.gradient) + outer * a.gradient_outer + i * a.gradient_inner;
      if (a.gradient_class == 1) __builtin_memset(gradient, 0, uint64_t(a.classes) * sizeof(T));
      else for (int64_t k = 0; k < a.classes; ++k) narrow(C(0), gradient + k * a.gradient_class);
      if (kept) narrow(-of_row * C(a.scale) * (scale ? scale[row] : C(1)), gradient + label * a.gradient_class);
    }
  }
  return total;
}

}  // namespace crossent::CROSSENT_LEVEL
