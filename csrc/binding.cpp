// The border to Python: raw addresses and plain numbers in the order of the structs in api.hpp.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "kernels.hpp"

namespace nb = nanobind;
using namespace crossent;

namespace {

void* at(uintptr_t address) { return reinterpret_cast<void*>(address); }

int64_t bound_softmax(uintptr_t logits, uintptr_t label, uintptr_t target, uintptr_t weight, uintptr_t row_scale,
                      uintptr_t loss, uintptr_t rows, uintptr_t gradient, int64_t outer, int64_t inner,
                      int64_t classes, int64_t logits_outer, int64_t logits_inner, int64_t logits_class,
                      int64_t target_outer, int64_t target_inner, int64_t target_class, int64_t gradient_outer,
                      int64_t gradient_inner, int64_t gradient_class, int64_t ignored, double smoothing, double scale,
                      int type, int reduction, int threads) {
  const Softmax a{at(logits),     static_cast<const int64_t*>(at(label)),
                  at(target),     at(weight),
                  at(row_scale),  at(rows),
                  at(gradient),   outer,
                  inner,          classes,
                  logits_outer,   logits_inner,
                  logits_class,   target_outer,
                  target_inner,   target_class,
                  gradient_outer, gradient_inner,
                  gradient_class, ignored,
                  smoothing,      scale};
  const nb::gil_scoped_release unlocked;
  return softmax(a, Type(type), Reduction(reduction), at(loss), threads);
}

void bound_sigmoid(uintptr_t logits, uintptr_t target, bool target_is_wide, uintptr_t weight, int64_t weight_each,
                   int64_t weight_size, uintptr_t pos_weight, int64_t pos_weight_each, int64_t pos_weight_size,
                   uintptr_t scales, uintptr_t loss, uintptr_t losses, uintptr_t gradient, int64_t elements,
                   double scale, int type, int reduction, int threads) {
  const Sigmoid a{at(logits),
                  at(target),
                  target_is_wide,
                  {at(weight), weight_each, weight_size},
                  {at(pos_weight), pos_weight_each, pos_weight_size},
                  at(scales),
                  at(losses),
                  at(gradient),
                  scale};
  const nb::gil_scoped_release unlocked;
  sigmoid(a, Type(type), elements, Reduction(reduction), at(loss), threads);
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const Loops* loops : available_loops()) found.emplace_back(loops->name);
  return found;
}

}  // namespace

NB_MODULE(_native, m) {
  m.def("softmax", &bound_softmax);
  m.def("sigmoid", &bound_sigmoid);
  m.def("instruction_sets", &names);
  m.def("instruction_set", [] { return std::string(current_loops().name); });
  m.def("use_instruction_set", [](const std::string& name) { return use_loops(name.c_str()); });
#ifdef _OPENMP
  m.attr("parallel") = true;
#else
  m.attr("parallel") = false;
#endif
}
