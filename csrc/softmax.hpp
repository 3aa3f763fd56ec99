// Softmax cross entropy: the loops over the rows of one stretch.
//
// Few classes, or rows that lie beside one another: lanes over rows, in tiles copied class by class.
// Many classes: lanes over classes, one row at a time.
#pragma once

#include "api.hpp"
#include "point.hpp"

namespace crossent::CROSSENT_LEVEL {

enum class Target { index, smoothed_index, probabilities };

// exp is summed in float up to this many terms, and those sums in a wider form.
constexpr int64_t terms_in_one = 32;

template <class C> CROSSENT_INLINE C row_scale(const Softmax& a, int64_t row) {
  return a.row_scale ? static_cast<const C*>(a.row_scale)[row] * C(a.scale) : C(a.scale);
}

template <class C> CROSSENT_INLINE C class_weight(const Softmax& a, int64_t c) {
  return a.weight ? static_cast<const C*>(a.weight)[c] : C(1);
}

// ---------------------------------------------------------------------------------------------- lanes over rows

// Between a tile, [class][row], and memory with any strides.

// Whole tiles of few classes side by side: with the number of classes known, the compiler turns rows with shuffles.
template <int classes, class C, class T> CROSSENT_INLINE void turn_in(C* tile, const T* from) {
  for (int r = 0; r < tile_rows; ++r)
    for (int c = 0; c < classes; ++c) tile[c * tile_rows + r] = widen(from[r * classes + c]);
}
template <int classes, class C, class T> CROSSENT_INLINE void turn_out(const C* tile, T* to) {
  for (int r = 0; r < tile_rows; ++r)
    for (int c = 0; c < classes; ++c) narrow(tile[c * tile_rows + r], to + r * classes + c);
}

// Transposes a square of lanes: in step `half`, rows half apart swap the halves of each 2 * half lanes.
template <class C, int half> CROSSENT_INLINE void swap_halves(Vector<C>* block) {
  constexpr int N = lanes<C>;
  Integers<C> low, high;
  for (int i = 0; i < N; ++i) {
    low[i] = (i & half) ? N + i - half : i;
    high[i] = (i & half) ? N + i : i + half;
  }
  for (int i = 0; i < N; ++i) {
    if (i & half) continue;
    const Vector<C> a = block[i], b = block[i + half];
    block[i] = shuffled(a, b, low);
    block[i + half] = shuffled(a, b, high);
  }
}
template <class C> CROSSENT_INLINE void turn(Vector<C>* block) {
  constexpr int N = lanes<C>;
  swap_halves<C, 1>(block);
  if constexpr (N > 2) swap_halves<C, 2>(block);
  if constexpr (N > 4) swap_halves<C, 4>(block);
  if constexpr (N > 8) swap_halves<C, 8>(block);
}

template <class C, class T>
CROSSENT_INLINE void gather(C* tile, const T* from, int64_t row_step, int64_t class_step, int64_t classes, int rows) {
  constexpr int N = lanes<C>;
  if (rows == tile_rows && class_step == 1 && row_step == classes) {
    if (classes == 2) return turn_in<2>(tile, from);
    if (classes == 3) return turn_in<3>(tile, from);
    if (classes == 4) return turn_in<4>(tile, from);
  }
  const int whole = rows / N * N;
  int first = 0;
  if (row_step == 1) {
    for (int64_t c = 0; c < classes; ++c)
      for (int r = 0; r < whole; r += N) store(load(from + c * class_step + r), tile + c * tile_rows + r);
    first = whole;
  }
  if (class_step == 1 && classes >= N) {
    for (; first + N <= rows; first += N) {
      for (int64_t c = 0; c < classes; c += N) {
        const int64_t at = c + N <= classes ? c : classes - N;  // the last block overlaps the one before
        Vector<C> block[N];
        for (int i = 0; i < N; ++i) block[i] = load(from + (first + i) * row_step + at);
        turn<C>(block);
        for (int i = 0; i < N; ++i) store(block[i], tile + (at + i) * tile_rows + first);
      }
    }
  }
  for (int r = first; r < rows; ++r)
    for (int64_t c = 0; c < classes; ++c) tile[c * tile_rows + r] = widen(from[r * row_step + c * class_step]);
  const int padded = (rows + N - 1) / N * N;
  for (int r = rows; r < padded; ++r)
    for (int64_t c = 0; c < classes; ++c) tile[c * tile_rows + r] = 0;
}

template <class C, class T>
CROSSENT_INLINE void scatter(const C* tile, T* to, int64_t row_step, int64_t class_step, int64_t classes, int rows) {
  constexpr int N = lanes<C>;
  if (rows == tile_rows && class_step == 1 && row_step == classes) {
    if (classes == 2) return turn_out<2>(tile, to);
    if (classes == 3) return turn_out<3>(tile, to);
    if (classes == 4) return turn_out<4>(tile, to);
  }
  const int whole = rows / N * N;
  int first = 0;
  if (row_step == 1) {
    for (int64_t c = 0; c < classes; ++c)
      for (int r = 0; r < whole; r += N) store(load(tile + c * tile_rows + r), to + c * class_step + r);
    first = whole;
  }
  if (class_step == 1 && classes >= N) {
    for (; first + N <= rows; first += N) {
      for (int64_t c = 0; c < classes; c += N) {
        const int64_t at = c + N <= classes ? c : classes - N;
        Vector<C> block[N];
        for (int i = 0; i < N; ++i) block[i] = load(tile + (at + i) * tile_rows + first);
        turn<C>(block);
        for (int i = 0; i < N; ++i) store(block[i], to + (first + i) * row_step + at);
      }
    }
  }
  for (int r = first; r < rows; ++r)
    for (int64_t c = 0; c < classes; ++c) narrow(tile[c * tile_rows + r], to + r * row_step + c * class_step);
}

// The label, the weight of the loss and the factor of the gradient of each row of a tile.
template <class C> struct TileRows {
  alignas(64) Integer<C> label[tile_rows];
  alignas(64) C weight[tile_rows];
  alignas(64) C factor[tile_rows];
  alignas(64) C loss[tile_rows];
};

// Reads the labels; an ignored row counts nothing, and what was gathered of it is wiped out.
template <class C>
CROSSENT_INLINE void prepare(TileRows<C>& of, const Softmax& a, int64_t row, int rows, bool weigh_rows, C* tile) {
  for (int r = 0; r < rows; ++r) of.factor[r] = row_scale<C>(a, row + r);
  for (int r = 0; r < rows; ++r) of.weight[r] = C(1);
  for (int r = rows; r < tile_rows; ++r) of.label[r] = 0, of.weight[r] = of.factor[r] = C(0);
  if (!a.label) return;
  int ignored = 0;
  for (int r = 0; r < rows; ++r) {
    const bool kept = a.label[row + r] != a.ignored;
    of.label[r] = kept ? Integer<C>(a.label[row + r]) : Integer<C>(-1);
    ignored += !kept;
  }
  if (a.weight && weigh_rows) {
    for (int r = 0; r < rows; ++r)
      if (of.label[r] >= 0) of.weight[r] = class_weight<C>(a, of.label[r]);
  }
  if (ignored) {
    for (int r = 0; r < rows; ++r) {
      if (of.label[r] >= 0) continue;
      of.label[r] = 0;
      of.weight[r] = of.factor[r] = C(0);
      for (int64_t c = 0; c < a.classes; ++c) tile[c * tile_rows + r] = 0;
    }
  }
}

// One vector of rows against their labels: the loss, and the gradient in place of the logits.
template <class C> CROSSENT_INLINE void index_rows(TileRows<C>& of, C* tile, int r, int64_t classes, bool gradient) {
  using V = Vector<C>;
  using I = Integers<C>;
  I label;
  __builtin_memcpy(&label, of.label + r, sizeof label);
  const V ruled_out = all<C>(-infinity<C>);
  V top = ruled_out, own{};
  I c{};
  for (int64_t k = 0; k < classes; ++k, c += 1) {
    const V x = load(tile + k * tile_rows + r);
    own = c == label ? x : own;
    const V other = c == label ? ruled_out : x;
    store(other, tile + k * tile_rows + r);
    top = larger(other, top);
  }
  const V shift = top == ruled_out ? V{} : top;
  V total{};
  for (int64_t k = 0; k < classes;) {
    V some{};
    for (const int64_t end = k + terms_in_one < classes ? k + terms_in_one : classes; k < end; ++k) {
      const V e = exp(at_most(load(tile + k * tile_rows + r), all<C>(largest<C>)) - shift);
      store(e, tile + k * tile_rows + r);
      some += e;
    }
    total += some;
  }
  const Odds<V> odds = odds_against<C>(top, own, total);
  const V weight = load(of.weight + r);
  store(times<C>(weight, odds.loss), of.loss + r);
  if (!gradient) return;
  const V factor = weight * load(of.factor + r);
  const V share = odds.share * factor, of_label = -odds.against * factor;
  c = I{};
  for (int64_t k = 0; k < classes; ++k, c += 1) {
    const V slope = load(tile + k * tile_rows + r) * share;
    store(c == label ? of_label : slope, tile + k * tile_rows + r);
  }
}

// One vector of rows against shares of the classes. The leading class takes the label's part, so that each class's
// -log p is exact: the leader's as log1p(odds), another's as its distance from the leader and that.
template <class C, Target kind>
CROSSENT_INLINE void share_rows(TileRows<C>& of, C* tile, const C* target, const Softmax& a, int r, bool gradient) {
  using V = Vector<C>;
  using I = Integers<C>;
  const C sharp = C(1 - a.smoothing), even = C(a.smoothing / double(a.classes));
  I label;
  __builtin_memcpy(&label, of.label + r, sizeof label);
  const V ruled_out = all<C>(-infinity<C>);
  V best = ruled_out, top = ruled_out;
  I leader{}, c{};
  for (int64_t k = 0; k < a.classes; ++k, c += 1) {
    const V x = load(tile + k * tile_rows + r);
    const I leads = x > best;
    top = leads ? best : larger(x, top);
    leader = leads ? c : leader;
    best = larger(x, best);
  }
  const V shift = top == ruled_out ? V{} : top;
  const V bound = all<C>(largest<C>), reached = at_most(best, bound);
  V total{}, distance{}, of_others{}, of_leader{};
  c = I{};
  for (int64_t k = 0; k < a.classes;) {
    V exponentials{}, distances{}, parts{};
    for (const int64_t end = k + terms_in_one < a.classes ? k + terms_in_one : a.classes; k < end; ++k, c += 1) {
      const V x = at_most(load(tile + k * tile_rows + r), bound);
      V part = all<C>(even);
      if (kind == Target::probabilities) part += sharp * load(target + k * tile_rows + r);
      else part = c == label ? part + sharp : part;
      part *= class_weight<C>(a, k);
      const I leads = c == leader;
      const V e = leads ? V{} : exp(x - shift);
      store(e, tile + k * tile_rows + r);
      exponentials += e;
      distances += times<C>(part, reached - x);
      parts += leads ? V{} : part;
      of_leader = leads ? part : of_leader;
    }
    total += exponentials;
    distance += distances;
    of_others += parts;
  }
  const V of_all = of_others + of_leader;
  const Odds<V> odds = odds_against<C>(top, best, total);
  const V kept = load(of.weight + r);
  store(kept * (distance + times<C>(of_all, odds.loss)), of.loss + r);
  if (!gradient) return;
  const V factor = load(of.factor + r);
  const V share = odds.share * of_all * factor;
  const V slope_of_leader = (of_others * (1 / (1 + odds.odds)) - of_leader * odds.against) * factor;
  c = I{};
  for (int64_t k = 0; k < a.classes; ++k, c += 1) {
    V part = all<C>(even);
    if (kind == Target::probabilities) part += sharp * load(target + k * tile_rows + r);
    else part = c == label ? part + sharp : part;
    part *= class_weight<C>(a, k) * factor;
    const V slope = load(tile + k * tile_rows + r) * share - part;
    store(c == leader ? slope_of_leader : slope, tile + k * tile_rows + r);
  }
}

template <class T, Target kind>
CROSSENT_INLINE double softmax_tiles(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  using C = Computed<T>;
  C* const tile = static_cast<C*>(scratch);
  C* const target = tile + tile_rows * a.classes;
  TileRows<C> of;
  double loss = 0;
  for (int64_t i = begin; i < end; i += tile_rows) {
    const int rows = int(end - i < tile_rows ? end - i : tile_rows);
    const int64_t row = outer * a.inner + i;
    gather(tile, static_cast<const T*>(a.logits) + outer * a.logits_outer + i * a.logits_inner, a.logits_inner,
           a.logits_class, a.classes, rows);
    if (kind == Target::probabilities)
      gather(target, static_cast<const T*>(a.target) + outer * a.target_outer + i * a.target_inner, a.target_inner,
             a.target_class, a.classes, rows);
    prepare(of, a, row, rows, kind == Target::index, tile);
    for (int r = 0; r < rows; r += lanes<C>) {
      if (kind == Target::index) index_rows<C>(of, tile, r, a.classes, a.gradient != nullptr);
      else share_rows<C, kind>(of, tile, target, a, r, a.gradient != nullptr);
    }
    loss += sum(of.loss, rows);
    if (a.rows) __builtin_memcpy(static_cast<C*>(a.rows) + row, of.loss, uint64_t(rows) * sizeof(C));
    if (a.gradient)
      scatter(tile, static_cast<T*>(a.gradient) + outer * a.gradient_outer + i * a.gradient_inner, a.gradient_inner,
              a.gradient_class, a.classes, rows);
  }
  return loss;
}

// ------------------------------------------------------------------------------------------- lanes over classes

// Copies a row, padded to whole vectors.
template <class C, class T> CROSSENT_INLINE void copy_row(C* row, const T* from, int64_t step, int64_t classes, C pad) {
  constexpr int N = lanes<C>;
  int64_t k = 0;
  if (step == 1)
    for (; k + N <= classes; k += N) store(load(from + k), row + k);
  for (; k < classes; ++k) row[k] = widen(from[k * step]);
  for (; k % N; ++k) row[k] = pad;
}

template <class T, class C> CROSSENT_INLINE void write_row(T* to, const C* row, int64_t step, int64_t classes) {
  constexpr int N = lanes<C>;
  int64_t k = 0;
  if (step == 1)
    for (; k + N <= classes; k += N) store(load(row + k), to + k);
  for (; k < classes; ++k) narrow(row[k], to + k * step);
}

template <class C> CROSSENT_INLINE C largest_in(const C* row, int64_t padded) {
  constexpr int N = lanes<C>;
  Vector<C> a = all<C>(-infinity<C>), b = a;
  int64_t k = 0;
  for (; k + 2 * N <= padded; k += 2 * N) a = larger(load(row + k), a), b = larger(load(row + k + N), b);
  if (k < padded) a = larger(load(row + k), a);
  return largest_of<C>(larger(a, b));
}

// Replaces each logit by exp(x - shift) and returns their sum.
template <class C> CROSSENT_INLINE C exponentials(C* row, int64_t padded, C shift) {
  constexpr int N = lanes<C>;
  const Vector<C> bound = all<C>(largest<C>), by = all<C>(shift);
  double total = 0;
  for (int64_t k = 0; k < padded;) {
    Vector<C> some{};
    for (const int64_t end = k + terms_in_one * N < padded ? k + terms_in_one * N : padded; k < end; k += N) {
      const Vector<C> e = exp(at_most(load(row + k), bound) - by);
      store(e, row + k);
      some += e;
    }
    C of_some[N];
    store(some, of_some);
    total += sum(of_some, N);
  }
  return C(total);
}

template <class T>
CROSSENT_INLINE double index_row(const Softmax& a, const T* logits, T* gradient, int64_t row, Computed<T>* x) {
  using C = Computed<T>;
  using V = Vector<C>;
  const int64_t label = a.label[row], padded = (a.classes + lanes<C> - 1) / lanes<C> * lanes<C>;
  if (label == a.ignored) {
    if (a.rows) static_cast<C*>(a.rows)[row] = 0;
    if (gradient)
      for (int64_t k = 0; k < a.classes; ++k) narrow(C(0), gradient + k * a.gradient_class);
    return 0;
  }
  copy_row(x, logits, 1, a.classes, -infinity<C>);
  const C own = x[label];
  x[label] = -infinity<C>;
  const C top = largest_in<C>(x, padded);
  const C total = exponentials<C>(x, padded, top == -infinity<C> ? C(0) : top);
  const Odds<V> odds = odds_against<C>(all<C>(top), all<C>(own), all<C>(total));
  const C weight = class_weight<C>(a, label);
  const C loss = times<C>(all<C>(weight), odds.loss)[0];
  if (a.rows) static_cast<C*>(a.rows)[row] = loss;
  if (gradient) {
    const C factor = weight * row_scale<C>(a, row);
    const V share = odds.share * factor;
    for (int64_t k = 0; k < padded; k += lanes<C>) store(load(x + k) * share, x + k);
    x[label] = -odds.against[0] * factor;
    write_row(gradient, x, a.gradient_class, a.classes);
  }
  return double(loss);
}

template <class T, Target kind>
CROSSENT_INLINE double share_row(const Softmax& a, const T* logits, const T* target, T* gradient, int64_t row,
                                 Computed<T>* x) {
  using C = Computed<T>;
  using V = Vector<C>;
  constexpr int N = lanes<C>;
  const C sharp = C(1 - a.smoothing), even = C(a.smoothing / double(a.classes));
  const int64_t padded = (a.classes + N - 1) / N * N;
  C* const part = x + (a.classes + 15) / 16 * 16;
  const int64_t label = kind == Target::smoothed_index ? a.label[row] : 0;
  if (kind == Target::smoothed_index && label == a.ignored) {
    if (a.rows) static_cast<C*>(a.rows)[row] = 0;
    if (gradient)
      for (int64_t k = 0; k < a.classes; ++k) narrow(C(0), gradient + k * a.gradient_class);
    return 0;
  }
  copy_row(x, logits, 1, a.classes, -infinity<C>);
  if (kind == Target::probabilities) copy_row(part, target, a.target_class, a.classes, C(0));
  for (int64_t k = 0; k < a.classes; ++k) {
    const C y = kind == Target::probabilities ? sharp * part[k] : k == label ? sharp : C(0);
    part[k] = (y + even) * class_weight<C>(a, k);
  }
  for (int64_t k = a.classes; k < padded; ++k) part[k] = C(0);

  const C best = largest_in<C>(x, padded);
  int64_t leader = 0;
  for (int64_t k = a.classes; k-- > 0;) leader = x[k] == best ? k : leader;
  const V bound = all<C>(largest<C>), reached = at_most(all<C>(best), bound);
  const C own = x[leader], of_leader = part[leader];
  x[leader] = best;
  part[leader] = C(0);
  double of_others = 0, distance = 0;
  for (int64_t k = 0; k < padded;) {
    V parts{}, distances{};
    for (const int64_t end = k + terms_in_one * N < padded ? k + terms_in_one * N : padded; k < end; k += N) {
      const V some = load(part + k);
      parts += some;
      distances += times<C>(some, reached - at_most(load(x + k), bound));
    }
    C lane[2 * N];
    store(parts, lane);
    store(distances, lane + N);
    of_others += sum(lane, N);
    distance += sum(lane + N, N);
  }
  x[leader] = -infinity<C>;
  const C top = largest_in<C>(x, padded);
  const C total = exponentials<C>(x, padded, top == -infinity<C> ? C(0) : top);
  const Odds<V> odds = odds_against<C>(all<C>(top), all<C>(own), all<C>(total));
  const C of_all = C(of_others) + of_leader;
  const C loss = C(distance) + times<C>(all<C>(of_all), odds.loss)[0];
  if (a.rows) static_cast<C*>(a.rows)[row] = loss;
  if (gradient) {
    const C factor = row_scale<C>(a, row);
    const V share = odds.share * (of_all * factor);
    for (int64_t k = 0; k < padded; k += N) store(load(x + k) * share - load(part + k) * factor, x + k);
    x[leader] = (C(of_others) / (1 + odds.odds[0]) - of_leader * odds.against[0]) * factor;
    write_row(gradient, x, a.gradient_class, a.classes);
  }
  return double(loss);
}

template <class T, Target kind>
CROSSENT_INLINE double softmax_rows(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  double loss = 0;
  for (int64_t i = begin; i < end; ++i) {
    const T* logits = static_cast<const T*>(a.logits) + outer * a.logits_outer + i * a.logits_inner;
    T* gradient = nullptr;
    if (a.gradient) gradient = static_cast<T*>(a.gradient) + outer * a.gradient_outer + i * a.gradient_inner;
    Computed<T>* const x = static_cast<Computed<T>*>(scratch);
    if (kind == Target::index) {
      loss += index_row<T>(a, logits, gradient, outer * a.inner + i, x);
    } else {
      const T* target = nullptr;
      if (a.target) target = static_cast<const T*>(a.target) + outer * a.target_outer + i * a.target_inner;
      loss += share_row<T, kind>(a, logits, target, gradient, outer * a.inner + i, x);
    }
  }
  return loss;
}

// ------------------------------------------------------------------------------------------------ the three kinds

template <class T, Target kind>
CROSSENT_INLINE double softmax_kind(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  if (is_tiled(a)) return softmax_tiles<T, kind>(a, outer, begin, end, scratch);
  return softmax_rows<T, kind>(a, outer, begin, end, scratch);
}

template <class T> double softmax(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  if (a.target) return softmax_kind<T, Target::probabilities>(a, outer, begin, end, scratch);
  if (a.smoothing != 0) return softmax_kind<T, Target::smoothed_index>(a, outer, begin, end, scratch);
  return softmax_kind<T, Target::index>(a, outer, begin, end, scratch);
}

// Looks at the labels alone: whether each is a class or ignored, and what the mean will be divided by.
template <class T> Counted count(const Softmax& a, int64_t begin, int64_t end) {
  int64_t kept = 0, outside = 0;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t label = a.label[row];
    const bool counts = label != a.ignored;
    kept += counts;
    outside += counts & (uint64_t(label) >= uint64_t(a.classes));
  }
  if (outside) {
    int64_t row = begin;
    while (a.label[row] == a.ignored || uint64_t(a.label[row]) < uint64_t(a.classes)) ++row;
    return {row, 0};
  }
  if (!a.weight) return {-1, double(kept)};
  double weight = 0;
  for (int64_t row = begin; row < end; ++row)
    if (a.label[row] != a.ignored) weight += double(class_weight<Computed<T>>(a, a.label[row]));
  return {-1, weight};
}

}  // namespace crossent::CROSSENT_LEVEL
