// The loops of one instruction set against the formulas in a wider type, for machines that only an emulator is at hand of.
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "api.hpp"

using namespace crossent;
using Wide = long double;

namespace crossent::CROSSENT_LEVEL { extern const Loops loops; }

namespace {

template <class C> constexpr int type_of = int(sizeof(C) == 8 ? Type::float64 : Type::float32);
template <class C> constexpr double epsilon = sizeof(C) == 8 ? 2.3e-16 : 1.2e-7;

int faults = 0;

void expect(Wide value, Wide truth, double tolerance, Wide least, const char* what, int64_t classes) {
  if (std::abs(value - truth) <= tolerance * std::abs(truth) + least) return;
  if (++faults <= 20) std::printf("%s, %lld classes: %.17Lg, not %.17Lg\n", what, (long long)classes, value, truth);
}

enum class Kind { index, smoothed, probabilities };

struct Row { Wide loss; std::vector<Wide> slope; };

// -sum of part log p, with the smallest -log p of the row as log1p of the odds against it.
Row truth_of(const std::vector<Wide>& x, const std::vector<Wide>& part) {
  size_t leader = 0;
  for (size_t c = 0; c < x.size(); ++c) leader = x[c] > x[leader] ? c : leader;
  Wide odds = 0, parts = 0;
  for (size_t c = 0; c < x.size(); ++c) odds += c == leader ? 0 : std::exp(x[c] - x[leader]);
  for (const Wide one : part) parts += one;
  Row row{0, {}};
  for (size_t c = 0; c < x.size(); ++c) {
    const Wide p = std::exp(x[c] - x[leader]) / (1 + odds);
    row.loss += part[c] * (x[leader] - x[c] + std::log1p(odds));
    Wide others = 0;  // 1 - p where that would cancel
    for (size_t other = 0; other < x.size(); ++other)
      others += other == c ? 0 : std::exp(x[other] - x[leader]) / (1 + odds);
    row.slope.push_back(p * (parts - part[c]) - part[c] * others);
  }
  return row;
}

template <class C> void check_softmax(int64_t rows, int64_t classes, bool class_first, Kind kind) {
  std::mt19937 random(unsigned(rows * 1000 + classes));
  std::normal_distribution<double> normal(0, 4);
  std::uniform_real_distribution<double> uniform(0, 1);
  const size_t size = size_t(rows * classes);
  std::vector<C> x(size), target(size), gradient(size), losses(static_cast<size_t>(rows));
  std::vector<int64_t> label(static_cast<size_t>(rows));
  for (C& one : x) one = C(normal(random));
  for (C& one : target) one = C(uniform(random));
  for (int64_t row = 0; row < rows; ++row) label[size_t(row)] = row % 5 == 4 ? -100 : row * 7 % classes;

  Softmax a{};
  a.logits = x.data();
  if (kind == Kind::probabilities) a.target = target.data();
  else a.label = label.data();
  a.rows = losses.data();
  a.gradient = gradient.data();
  a.outer = 1, a.inner = rows, a.classes = classes;
  const int64_t row_step = class_first ? 1 : classes, class_step = class_first ? rows : 1;
  a.logits_inner = a.target_inner = a.gradient_inner = row_step;
  a.logits_class = a.target_class = a.gradient_class = class_step;
  a.ignored = -100;
  a.smoothing = kind == Kind::smoothed ? 0.125 : 0;
  a.scale = 1;
  std::vector<C> scratch(static_cast<size_t>(scratch_elements(a) + 64));
  const double sum = CROSSENT_LEVEL::loops.softmax[type_of<C>](a, 0, 0, rows, scratch.data());

  Wide total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const bool ignored = kind != Kind::probabilities && label[size_t(row)] == -100;
    std::vector<Wide> of_row, part;
    for (int64_t c = 0; c < classes; ++c) {
      const size_t at = size_t(row * row_step + c * class_step);
      of_row.push_back(Wide(x[at]));
      const Wide sharp = kind == Kind::probabilities ? Wide(target[at]) : c == label[size_t(row)];
      part.push_back(ignored ? 0 : (1 - a.smoothing) * sharp + a.smoothing / Wide(classes));
    }
    const Row truth = truth_of(of_row, part);
    total += truth.loss;
    Wide largest = 0;
    for (const Wide slope : truth.slope) largest = std::fmax(largest, std::abs(slope));
    expect(Wide(losses[size_t(row)]), truth.loss, 8 * epsilon<C>, 0, "loss", classes);
    const Wide least = kind == Kind::index ? 0 : 8 * epsilon<C> * largest;
    for (int64_t c = 0; c < classes; ++c)
      expect(Wide(gradient[size_t(row * row_step + c * class_step)]), truth.slope[size_t(c)], 24 * epsilon<C>, least,
             "gradient", classes);
  }
  expect(sum, total, 8 * epsilon<C>, 0, "sum", classes);
}

template <class C> void check_sigmoid(int64_t elements) {
  std::vector<C> x, y, losses(static_cast<size_t>(elements)), gradient(losses);
  for (int64_t i = 0; i < elements; ++i) {
    x.push_back(C(i % 161 - 80));
    y.push_back(C(i % 3 ? i % 2 : 0.25));
  }
  const C weight = C(2);
  Binary a{};
  a.logits = x.data(), a.target = y.data();
  a.weight = a.pos_weight = {nullptr, 1, 1};
  a.pos_weight.values = &weight;
  a.losses = losses.data(), a.gradient = gradient.data();
  a.of_yes = a.of_no = a.scale = 1;
  CROSSENT_LEVEL::loops.sigmoid[type_of<C>](a, 0, elements);
  for (size_t i = 0; i < size_t(elements); ++i) {
    const Wide given = Wide(x[i]), yes = 2 * Wide(y[i]), no = 1 - Wide(y[i]);
    const auto softplus = [](Wide z) { return (z > 0 ? z : 0) + std::log1p(std::exp(-std::abs(z))); };
    const auto chance = [](Wide z) { return 1 / (1 + std::exp(-z)); };
    expect(Wide(losses[i]), yes * softplus(-given) + no * softplus(given), 8 * epsilon<C>, 0, "sigmoid loss", 2);
    const Wide up = no * chance(given), down = yes * chance(-given);
    expect(Wide(gradient[i]), up - down, 8 * epsilon<C>, 8 * epsilon<C> * std::fmax(up, down), "sigmoid slope", 2);
  }
}

template <class C> void check_all() {
  const int64_t shapes[][2] = {{1, 1}, {5, 2}, {64, 3}, {67, 4}, {130, 10}, {70, 64}, {3, 65}, {11, 300}, {2, 1003}};
  for (const auto& shape : shapes)
    for (const bool class_first : {false, true})
      for (const Kind kind : {Kind::index, Kind::smoothed, Kind::probabilities})
        check_softmax<C>(shape[0], shape[1], class_first, kind);
  for (const int64_t elements : {1, 7, 1000}) check_sigmoid<C>(elements);
}

}  // namespace

int main() {
  check_all<float>();
  check_all<double>();
  std::printf("%s: %d faults\n", CROSSENT_LEVEL::loops.name, faults);
  return faults != 0;
}
