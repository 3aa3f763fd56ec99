#include "evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "counter.hpp"
#include "kernels.hpp"
#include "threads.hpp"

namespace crossent {

namespace {

constexpr int64_t scores_in_block = 1 << 20, rows_in_block = 1 << 17;
constexpr int64_t worth_sharing = 1 << 15;

using Whole64 = std::vector<int64_t>;

// What is made of a block of rows, before it is counted; columns of `stride`.
struct Block {
  int64_t stride;
  Whole64 keys, label, decision, rank, top, limbs;

  Block(const Scored& a, int64_t rows)
      : stride(rows + most_lanes), keys(size_t(stride * a.classes)), label(size_t(stride)), decision(size_t(stride)),
        rank(size_t(a.binary ? 0 : stride)), top(size_t(a.binary ? 0 : stride)),
        limbs(size_t(a.weights ? limbs_of_weight * rows : 0)) {}
};

// Rows of a stretch, where a thread works on them, and the sums of all that it has worked on.
struct Bench {
  int64_t room;
  std::vector<double> columns;
  std::vector<Sum> sums;

  Bench(const Scored& a, size_t kinds)
      : room(stretch_rows(a.classes) + most_lanes),
        columns(size_t(room * (work_columns(a.classes) + int64_t(figures) + 2))), sums(kinds) {}
  double* column(int64_t i) { return columns.data() + i * room; }
};

size_t moments(const Scored& a) { return a.weights ? 3 : 2; }

size_t kinds_of_sums(const Scored& a) {
  return (a.weights ? 2 : 0) + moments(a) * (a.logits ? 3 : 2) + (a.binary ? 2 : 0);
}

// Adds the figures of a stretch, in the order that _sweep.py names them.
void add_figures(const Sweeps& sweeps, const Scored& a, int64_t begin, int64_t rows, const Made& made, Bench& bench) {
  double* const weights = bench.column(work_columns(a.classes) + int64_t(figures));
  double* const work = bench.column(work_columns(a.classes) + int64_t(figures) + 1);
  Sum* sum = bench.sums.data();
  if (a.weights) {
    for (int64_t i = 0; i < rows; ++i) weights[i] = work[i] = a.weights[begin + i];
    sweeps.add(work, rows, *sum++);
    for (int64_t i = 0; i < rows; ++i) work[i] = weights[i] * weights[i];
    sweeps.add(work, rows, *sum++);
  }
  for (const Figure each : {log_loss, brier, hinge}) {
    if (each == hinge && !a.logits) continue;
    sweeps.add_moments(made.figure[each], a.weights ? weights : nullptr, rows, work, sum);
    sum += moments(a);
  }
  if (!a.binary) return;
  sweeps.add(made.figure[spiegelhalter], rows, *sum++);
  sweeps.add(made.figure[spiegelhalter_variance], rows, *sum++);
}

// A weight as whole numbers of 1, 2^-32 and 2^-64, as _exact.py says.
void write_limbs(const double* weights, int64_t rows, int64_t* limbs) {
  for (int64_t i = 0; i < rows; ++i) {
    const double ones = std::floor(weights[i]), rest = (weights[i] - ones) * 0x1p32, middle = std::floor(rest);
    limbs[limbs_of_weight * i] = int64_t(ones);
    limbs[limbs_of_weight * i + 1] = int64_t(middle);
    limbs[limbs_of_weight * i + 2] = int64_t(std::nearbyint((rest - middle) * 0x1p32));
  }
}

class Sweep {
 public:
  Sweep(const Scored& a, Limits limits, int threads)
      : a_(a), threads_(a.rows * a.classes < worth_sharing ? 1 : threads),
        block_rows_(std::min(a.rows, std::clamp(scores_in_block / a.classes, stretch_rows(a.classes), rows_in_block))),
        block_(a, block_rows_), cell_(a.weights ? 1 + limbs_of_weight : 1) {
    for (int i = 0; i < threads_; ++i) benches_.emplace_back(a, kinds_of_sums(a));
    const int64_t size = a.binary ? 2 : a.classes;
    kept_.confusion.resize(size_t(size * size * cell_));
    kept_.ranks.resize(size_t(a.binary ? 0 : size * cell_));
    parts_ = std::max<int64_t>(1, threads_ / a.classes);
    const bool weighted = a.weights != nullptr;
    counters_.assign(size_t(a.classes * parts_), Counter(limits.of_class, 2, weighted));
    if (a.binary) return;
    top_.assign(1, Counter(limits.of_class, 2, weighted));
    decided_.assign(size_t(a.classes), Counter(limits.of_decided, 2, weighted));
    if (limits.of_pairs) pairs_.assign(size_t(a.classes), Counter(limits.of_pairs, a.classes, weighted));
  }

  Kept all() {
    for (int64_t begin = 0; begin < a_.rows && kept_.good; begin += block_rows_) {
      const int64_t rows = std::min(block_rows_, a_.rows - begin);
      make(begin, rows);
      if (kept_.good) count(rows);
    }
    if (kept_.good) gather();
    return std::move(kept_);
  }

 private:
  const Scored& a_;
  int threads_;
  int64_t block_rows_;
  Block block_;
  int64_t cell_, parts_;
  std::vector<Bench> benches_;
  std::vector<Counter> counters_, top_, decided_, pairs_;
  Kept kept_{true, {}, {}, {}, {}};

  void make(int64_t begin, int64_t rows) {
    const Sweeps& sweeps = *current_loops().sweeps;
    const int64_t step = stretch_rows(a_.classes);
    std::vector<char> bad(static_cast<size_t>(threads_));
    share((rows + step - 1) / step, threads_, [&](int64_t i, int thread) {
      const int64_t first = i * step, last = std::min(rows, first + step);
      Bench& bench = benches_[size_t(thread)];
      Made made{block_.keys.data() + first, block_.stride, block_.label.data() + first, block_.decision.data() + first,
                a_.binary ? nullptr : block_.rank.data() + first, a_.binary ? nullptr : block_.top.data() + first,
                {}, bench.column(0)};
      for (int64_t each = 0; each < figures; ++each) made.figure[each] = bench.column(work_columns(a_.classes) + each);
      if (!sweeps.sweep[int(a_.type)](a_, begin + first, begin + last, made)) {
        bad[size_t(thread)] = 1;
        return;
      }
      add_figures(sweeps, a_, begin + first, last - first, made, bench);
      if (a_.weights) write_limbs(a_.weights + begin + first, last - first, block_.limbs.data() + limbs_of_weight * first);
    });
    for (const char each : bad) kept_.good = kept_.good && !each;
  }

  const int64_t* keys_of(int64_t k) const { return block_.keys.data() + k * block_.stride; }

  auto right() const {
    return [label = block_.label.data(), decision = block_.decision.data()](int64_t r) {
      return int64_t(label[r] == decision[r]);
    };
  }

  // Each histogram is one thread's; where there are more threads, a part of the rows is.
  void count(int64_t rows) {
    const int64_t histograms = a_.classes * parts_;
    share(histograms + (a_.binary ? 1 : 3) + int64_t(pairs_.size()), threads_, [&](int64_t i, int) {
      if (i < histograms) return count_class(i, rows);
      switch (i - histograms) {
        case 0: return count_cells(rows);
        case 1: return count_tops(rows, [&](int64_t) { return &top_[0]; });
        case 2: return count_tops(rows, [&](int64_t r) { return &decided_[size_t(block_.decision[size_t(r)])]; });
        default: return count_pairs(i - histograms - 3, rows);
      }
    });
  }

  template <class Where> void count_tops(int64_t rows, const Where& where) {
    count_rows(0, rows, block_.top.data(), where, right());
  }

  void count_pairs(int64_t k, int64_t rows) {
    const int64_t* const label = block_.label.data();
    count_rows(0, rows, keys_of(k), [&](int64_t) { return &pairs_[size_t(k)]; }, [=](int64_t r) { return label[r]; });
  }

  // Counts rows in the counter where(r), on the side side(r).
  template <class Where, class Side>
  void count_rows(int64_t begin, int64_t end, const int64_t* keys, const Where& where, const Side& side) {
    if (a_.weights) {
      const int64_t* const limbs = block_.limbs.data();
      for (int64_t r = begin; r < end; ++r) where(r)->weigh(keys[r], side(r), limbs + limbs_of_weight * r);
    } else {
      for (int64_t r = begin; r < end; ++r) where(r)->count(keys[r], side(r));
    }
  }

  void count_class(int64_t i, int64_t rows) {
    const int64_t k = i / parts_, part = i % parts_, mine = a_.binary ? 1 : k;
    Counter* const counter = &counters_[size_t(i)];
    const int64_t* const label = block_.label.data();
    const int64_t begin = rows * part / parts_, end = rows * (part + 1) / parts_;
    const auto side = [=](int64_t r) { return int64_t(label[r] == mine); };
    if (a_.weights) count_rows(begin, end, keys_of(k), [=](int64_t) { return counter; }, side);
    else counter->count_all(keys_of(k), begin, end, side);
  }

  void add_cell(std::vector<int64_t>& cells, int64_t at, int64_t r) const {
    int64_t* const cell = cells.data() + at * cell_;
    ++cell[0];
    for (int64_t i = 1; i < cell_; ++i) cell[i] += block_.limbs[size_t(limbs_of_weight * r + i - 1)];
  }

  void count_cells(int64_t rows) {
    const int64_t size = a_.binary ? 2 : a_.classes;
    for (int64_t r = 0; r < rows; ++r) {
      add_cell(kept_.confusion, block_.label[size_t(r)] * size + block_.decision[size_t(r)], r);
      if (!a_.binary) add_cell(kept_.ranks, block_.rank[size_t(r)], r);
    }
  }

  void gather() {
    kept_.sums.resize(kinds_of_sums(a_));
    for (const Bench& bench : benches_)
      for (size_t i = 0; i < kept_.sums.size(); ++i) kept_.sums[i].add(bench.sums[i]);
    std::vector<Counter*> each;
    for (int64_t k = 0; k < a_.classes; ++k) each.push_back(&counters_[size_t(k * parts_)]);
    for (std::vector<Counter>* const more : {&top_, &decided_, &pairs_})
      for (Counter& counter : *more) each.push_back(&counter);
    kept_.bins.resize(each.size());
    share(int64_t(each.size()), threads_, [&](int64_t i, int) {
      Counter& counter = *each[size_t(i)];
      if (i < a_.classes)
        for (int64_t part = 1; part < parts_; ++part) counter.add(counters_[size_t(i * parts_ + part)]);
      kept_.bins[size_t(i)] = counter.bins();
    });
  }
};

}  // namespace

Kept evaluate(const Scored& scored, Limits limits, int threads) { return Sweep(scored, limits, threads).all(); }

}  // namespace crossent
