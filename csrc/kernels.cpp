#include "kernels.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "threads.hpp"

namespace crossent {

namespace baseline { extern const Loops loops; }
#ifdef CROSSENT_X86_LEVELS
namespace x86_64_v3 { extern const Loops loops; }
namespace x86_64_v4 { extern const Loops loops; }
#endif

std::vector<const Loops*> available_loops() {
  std::vector<const Loops*> found;
#ifdef CROSSENT_X86_LEVELS
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  // The first is taken. The fourth level comes second until it has been run on a processor that has it.
  if (v3) found.push_back(&x86_64_v3::loops);
  if (v4) found.push_back(&x86_64_v4::loops);
#endif
  found.push_back(&baseline::loops);
  return found;
}

namespace {

const Loops*& chosen_loops() {
  static const Loops* chosen = available_loops().front();
  return chosen;
}

constexpr int64_t elements_in_stretch = 1 << 14;
constexpr int64_t labels_in_stretch = 1 << 16;

// A gradient is fresh memory: touched for the first time, page by page, that costs more than the arithmetic. Large
// pages, where the system gives them on request, are touched 512 times less often. A request and no more: errors, and
// systems without it, change nothing.
void ask_for_large_pages(void* memory, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr uintptr_t page = uintptr_t{1} << 21;
  if (!memory || bytes < int64_t{4} * int64_t{page}) return;
  const uintptr_t from = reinterpret_cast<uintptr_t>(memory), first = (from + page - 1) / page * page;
  const uintptr_t last = (from + uintptr_t(bytes)) / page * page;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

int64_t width_of(Type type) {
  return type == Type::float64 ? 8 : type == Type::float32 ? 4 : 2;
}

int threads_for(int64_t elements, int64_t stretches, int threads) {
#ifdef _OPENMP
  constexpr int64_t worth_sharing = 1 << 17;  // below it a parallel region costs more than it saves
  if (elements >= worth_sharing && !omp_in_parallel()) return int(std::min<int64_t>(threads, stretches));
#endif
  (void)elements, (void)stretches, (void)threads;
  return 1;
}

void write(double value, Type type, void* to) {
  if (type == Type::float64) {
    std::memcpy(to, &value, sizeof value);
  } else {
    const float narrowed = float(value);
    std::memcpy(to, &narrowed, sizeof narrowed);
  }
}

double total(const std::vector<double>& sums) {
  double all = 0;
  for (const double sum : sums) all += sum;
  return all;
}

Counted count_labels(const Loops& loops, const Softmax& a, Type type, int threads) {
  const int64_t rows = a.outer * a.inner, stretches = (rows + labels_in_stretch - 1) / labels_in_stretch;
  std::vector<Counted> counted(static_cast<size_t>(stretches));
  share(stretches, threads_for(rows, stretches, threads), [&](int64_t i, int) {
    const int64_t begin = i * labels_in_stretch, end = std::min(rows, begin + labels_in_stretch);
    counted[static_cast<size_t>(i)] = loops.count[int(type)](a, begin, end);
  });
  Counted all{-1, 0};
  for (const Counted& one : counted) {
    if (one.outside >= 0) return one;
    all.weight += one.weight;
  }
  return all;
}

}  // namespace

const Loops& current_loops() { return *chosen_loops(); }

bool use_loops(const char* name) {
  for (const Loops* loops : available_loops()) {
    if (std::strcmp(loops->name, name) == 0) {
      chosen_loops() = loops;
      return true;
    }
  }
  return false;
}

namespace {

// What a mean over `weight` is divided by, and what it is where that is nothing.
double divisor_of(double weight, Reduction reduction) {
  return weight == 0 && reduction.zero_of_nothing ? 1 : weight;
}

void write_reduced(const std::vector<double>& sums, double divisor, Reduction reduction, Type type, void* loss) {
  if (reduction.how == Reduction::How::mean) write(total(sums) / divisor, type, loss);
  if (reduction.how == Reduction::How::sum) write(total(sums), type, loss);
}

// Room for each thread to work in, from the beginning of a cache line on.
class Scratch {
 public:
  Scratch(int64_t bytes, int threads) : of_thread_((bytes + line - 1) / line * line) {
    memory_.reset(new char[static_cast<size_t>(of_thread_ * threads + line)]);
    first_ = memory_.get() + (line - int64_t(reinterpret_cast<uintptr_t>(memory_.get()) % line));
  }
  void* of(int thread) const { return first_ + of_thread_ * thread; }

 private:
  static constexpr int64_t line = 64;
  int64_t of_thread_;
  std::unique_ptr<char[]> memory_;
  char* first_;
};

// Looks at the labels, if there are any, then sweeps the rows: sweep(outer, begin, end, thread) gives the loss of a
// stretch, and prepare(threads) makes what it works in.
template <class Prepare, class Sweep>
int64_t sweep_rows(Softmax& a, Type type, Reduction reduction, void* loss, int threads, bool tiled,
                   const Prepare& prepare, const Sweep& sweep) {
  const int64_t rows = a.outer * a.inner;
  double divisor = double(rows);
  if (a.label) {
    const Counted counted = count_labels(current_loops(), a, type, threads);
    if (counted.outside >= 0) return counted.outside;
    if (!reduction.by_rows) divisor = counted.weight;
  }
  divisor = divisor_of(divisor, reduction);
  if (reduction.how == Reduction::How::mean) a.scale /= divisor;

  ask_for_large_pages(a.gradient, rows * a.classes * width_of(type));
  int64_t rows_in_stretch = std::max<int64_t>(1, elements_in_stretch / a.classes);
  const int64_t step = tiled ? tile_rows : most_lanes;
  if (tiled || rows_in_stretch > step) rows_in_stretch = (rows_in_stretch + step - 1) / step * step;
  const int64_t of_one = (a.inner + rows_in_stretch - 1) / rows_in_stretch, stretches = a.outer * of_one;
  const int used = threads_for(rows * a.classes, stretches, threads);
  const auto room = prepare(used);
  std::vector<double> sums(static_cast<size_t>(stretches));
  share(stretches, used, [&](int64_t i, int thread) {
    const int64_t begin = i % of_one * rows_in_stretch, end = std::min(a.inner, begin + rows_in_stretch);
    sums[static_cast<size_t>(i)] = sweep(i / of_one, begin, end, room, thread);
  });
  write_reduced(sums, divisor, reduction, type, loss);
  return -1;
}

// Sweeps the elements in stretches; sweep(begin, end) gives the loss of one.
template <class Sweep>
void sweep_elements(Binary& a, Type type, int64_t elements, Reduction reduction, void* loss, int threads,
                    const Sweep& sweep) {
  const Loops& loops = current_loops();
  const int64_t stretches = (elements + elements_in_stretch - 1) / elements_in_stretch;
  const int used = threads_for(elements, stretches, threads);
  const auto in_stretches = [&](const auto& work) {
    share(stretches, used, [&](int64_t i, int) {
      const int64_t begin = i * elements_in_stretch, end = std::min(elements, begin + elements_in_stretch);
      work(static_cast<size_t>(i), begin, end);
    });
  };
  std::vector<double> sums(static_cast<size_t>(stretches));
  double divisor = double(elements);
  if (a.ignores) {
    in_stretches([&](size_t i, int64_t begin, int64_t end) {
      sums[i] = double(loops.count_kept[int(type)](a, begin, end));
    });
    divisor = total(sums);
  }
  divisor = divisor_of(divisor, reduction);
  if (reduction.how == Reduction::How::mean) a.scale /= divisor;
  ask_for_large_pages(a.gradient, elements * width_of(type));
  in_stretches([&](size_t i, int64_t begin, int64_t end) { sums[i] = sweep(begin, end); });
  write_reduced(sums, divisor, reduction, type, loss);
}

}  // namespace

int64_t softmax(Softmax a, Type type, Reduction reduction, void* loss, int threads) {
  const int64_t width = type == Type::float64 ? 8 : 4;
  const auto prepare = [&](int used) { return Scratch(scratch_elements(a) * width, used); };
  const auto sweep = [&](int64_t outer, int64_t begin, int64_t end, const Scratch& scratch, int thread) {
    return current_loops().softmax[int(type)](a, outer, begin, end, scratch.of(thread));
  };
  const int64_t outside = sweep_rows(a, type, reduction, loss, threads, is_tiled(a), prepare, sweep);
  return outside < 0 && current_loops().looks_softmaxed[int(type)](a) ? -2 : outside;
}

int64_t nll(Softmax a, Type type, Reduction reduction, void* loss, int threads) {
  const auto prepare = [](int) { return nullptr; };
  const auto sweep = [&](int64_t outer, int64_t begin, int64_t end, const void*, int) {
    return current_loops().nll[int(type)](a, outer, begin, end);
  };
  return sweep_rows(a, type, reduction, loss, threads, false, prepare, sweep);
}

void sigmoid(Binary a, Type type, int64_t elements, Reduction reduction, void* loss, int threads) {
  const auto sweep = [&](int64_t begin, int64_t end) { return current_loops().sigmoid[int(type)](a, begin, end); };
  sweep_elements(a, type, elements, reduction, loss, threads, sweep);
}

bool binary(Binary a, Type type, int64_t elements, Reduction reduction, void* loss, int threads) {
  std::atomic<bool> outside{false};
  const auto sweep = [&](int64_t begin, int64_t end) {
    const Swept swept = current_loops().binary[int(type)](a, begin, end);
    if (swept.outside) outside = true;
    return swept.loss;
  };
  sweep_elements(a, type, elements, reduction, loss, threads, sweep);
  return !outside;
}

}  // namespace crossent
