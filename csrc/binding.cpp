// The border to Python: raw addresses and plain numbers in the order of the structs in api.hpp.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "evaluation.hpp"
#include "kernels.hpp"

namespace nb = nanobind;
using namespace crossent;

namespace {

void* at(uintptr_t address) { return reinterpret_cast<void*>(address); }

// Both kernels over classes take the same.
template <int64_t (*kernel)(Softmax, Type, Reduction, void*, int)>
int64_t over_classes(uintptr_t logits, uintptr_t label, uintptr_t target, uintptr_t weight, uintptr_t adjustment,
                     uintptr_t row_scale, uintptr_t loss, uintptr_t rows, uintptr_t gradient, int64_t outer,
                     int64_t inner, int64_t classes, int64_t logits_outer, int64_t logits_inner, int64_t logits_class,
                     int64_t target_outer, int64_t target_inner, int64_t target_class, int64_t gradient_outer,
                     int64_t gradient_inner, int64_t gradient_class, int64_t ignored, double smoothing, double gamma,
                     double z_loss, double scale, int type, int how, bool by_rows, bool zero_of_nothing, int threads) {
  const Softmax a{at(logits),     static_cast<const int64_t*>(at(label)),
                  at(target),     at(weight),
                  at(adjustment), at(row_scale),
                  at(rows),       at(gradient),
                  outer,          inner,
                  classes,        logits_outer,
                  logits_inner,   logits_class,
                  target_outer,   target_inner,
                  target_class,   gradient_outer,
                  gradient_inner, gradient_class,
                  ignored,        smoothing,
                  gamma,          z_loss,
                  scale};
  const nb::gil_scoped_release unlocked;
  return kernel(a, Type(type), {Reduction::How(how), by_rows, zero_of_nothing}, at(loss), threads);
}

// Both kernels of yes or no, too.
template <class Result, Result (*kernel)(Binary, Type, int64_t, Reduction, void*, int)>
Result yes_or_no(uintptr_t logits, uintptr_t target, bool target_is_wide, uintptr_t weight, int64_t weight_each,
                 int64_t weight_size, uintptr_t pos_weight, int64_t pos_weight_each, int64_t pos_weight_size,
                 uintptr_t scales, uintptr_t loss, uintptr_t losses, uintptr_t gradient, int64_t elements, bool ignores,
                 double ignored, double smoothing, double gamma, double of_yes, double of_no, double scale, int type,
                 int how, bool zero_of_nothing, int threads) {
  const Binary a{at(logits),
                 at(target),
                 target_is_wide,
                 {at(weight), weight_each, weight_size},
                 {at(pos_weight), pos_weight_each, pos_weight_size},
                 at(scales),
                 at(losses),
                 at(gradient),
                 ignores,
                 ignored,
                 smoothing,
                 gamma,
                 of_yes,
                 of_no,
                 scale};
  const nb::gil_scoped_release unlocked;
  return kernel(a, Type(type), elements, {Reduction::How(how), false, zero_of_nothing}, at(loss), threads);
}

nb::bytes bytes_of(const std::vector<int64_t>& values) {
  return nb::bytes(values.data(), values.size() * sizeof(int64_t));
}

// None if a score is not what it must be.
nb::object evaluation(uintptr_t scores, uintptr_t labels, uintptr_t weights, int type, int label_type, bool logits,
                      bool binary, int64_t rows, int64_t classes, int64_t row_step, int64_t class_step,
                      int64_t label_step, double threshold, int64_t of_class, int64_t of_decided, int64_t of_pairs,
                      int threads) {
  const Scored scored{at(scores), at(labels), static_cast<const double*>(at(weights)),
                      Type(type), Whole(label_type), logits, binary, rows, classes, row_step, class_step, label_step,
                      threshold};
  Kept kept;
  {
    const nb::gil_scoped_release unlocked;
    kept = evaluate(scored, {of_class, of_decided, of_pairs}, threads);
  }
  if (!kept.good) return nb::none();
  nb::list sums, bins;
  for (const Sum& sum : kept.sums) sums.append(nb::bytes(sum.limb, sizeof sum.limb));
  for (const Bins& each : kept.bins) bins.append(nb::make_tuple(each.level, bytes_of(each.keys), bytes_of(each.cells)));
  return nb::make_tuple(sums, bytes_of(kept.confusion), bytes_of(kept.ranks), bins);
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const Loops* loops : available_loops()) found.emplace_back(loops->name);
  return found;
}

}  // namespace

NB_MODULE(_native, m) {
  m.def("softmax", &over_classes<softmax>);
  m.def("nll", &over_classes<nll>);
  m.def("sigmoid", &yes_or_no<void, sigmoid>);
  m.def("binary", &yes_or_no<bool, binary>);
  m.def("evaluation", &evaluation);
  m.def("instruction_sets", &names);
  m.def("instruction_set", [] { return std::string(current_loops().name); });
  m.def("use_instruction_set", [](const std::string& name) { return use_loops(name.c_str()); });
#ifdef _OPENMP
  m.attr("parallel") = true;
#else
  m.attr("parallel") = false;
#endif
}
