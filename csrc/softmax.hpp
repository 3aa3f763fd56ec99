// Softmax cross entropy: the loops over the rows of one stretch.
//
// Few classes, or rows that lie beside one another: lanes over rows, in tiles copied class by class.
// Many classes: lanes over classes, one row at a time; the last steps of several rows at once.
#pragma once

#include "point.hpp"
#include "tiles.hpp"

namespace crossent::CROSSENT_LEVEL {

enum class Target { index, smoothed_index, probabilities };

// Terms are summed in float up to this many, and those sums with what they round off: down a column of a tile, where
// a class is one term, and along a row, where a block of lanes is.
constexpr int64_t classes_in_one = 8;
constexpr int64_t terms_in_one = 32;

template <class C> CROSSENT_INLINE C class_weight(const Softmax& a, int64_t c) {
  return a.weight ? static_cast<const C*>(a.weight)[c] : C(1);
}

// What a row gets: its loss, the leading or the right class's own slope, and the share that, times exp(x_c - top), is
// another class's slope.
template <class C> struct Cost { Vector<C> loss, of_own, share; };

// Of class indices: `own` is the right class, whose slope is -of_own.
template <class C>
CROSSENT_INLINE Cost<C> cost_of_index(const Softmax& a, Vector<C> top, Vector<C> own, Vector<C> total) {
  using V = Vector<C>;
  const Odds<V> odds = odds_against<C>(top, own, total);
  Cost<C> cost{odds.loss, odds.against, odds.share};
  if (a.gamma != 0) {
    const V least = all<C>(C(0.5)), odds_of = odds.total * exp(at_most(odds.gap, all<C>(linear_from<C>)));
    const V leading = odds.gap + log(odds.total < least ? least : odds.total) - odds.loss;
    const V trailing = odds.p == 0 ? V{} : -log1p(1 / (odds_of < least ? least : odds_of)).log;
    const V log_against = ((odds_of < 1) & (odds.p != 0)) ? leading : trailing;
    const Focus<V> focal = focus<C>(odds.loss, odds.against, odds.p, log_against, a.gamma);
    cost = {times<C>(focal.loss, odds.loss), odds.against * focal.slope, odds.share * focal.slope};
  }
  if (a.z_loss != 0) {
    const V away = exp(at_most(-odds.gap, all<C>(linear_from<C>)));
    const V sum = odds.gap < 0 ? own + odds.loss : top + log(odds.total + away);
    const V slope = C(2 * a.z_loss) * sum;
    cost.loss += C(a.z_loss) * sum * sum;
    cost.share += odds.share * slope;
    cost.of_own -= odds.p * slope;
  }
  return cost;
}

// Of shares of the classes: `own` is the leading class, whose slope is of_own. The leading class takes the right one's
// part, so that each class's -log p is exact: the leader's as log1p(odds), another's as its distance from the leader
// and that.
template <class C>
CROSSENT_INLINE Cost<C> cost_of_shares(const Softmax& a, Vector<C> top, Vector<C> own, Vector<C> total,
                                       Vector<C> distance, Vector<C> of_others, Vector<C> of_leader) {
  using V = Vector<C>;
  const Odds<V> odds = odds_against<C>(top, own, total);
  const V parts = of_others + of_leader;
  Cost<C> cost{distance + times<C>(parts, odds.loss), of_others * odds.p - of_leader * odds.against,
               odds.share * parts};
  if (a.z_loss != 0) {
    const V sum = own + odds.loss, slope = C(2 * a.z_loss) * sum;
    cost.loss += times<C>(parts, C(a.z_loss) * sum * sum);
    cost.share += cost.share * slope;
    cost.of_own += parts * odds.p * slope;
  }
  return cost;
}

// The rows of a tile, or of a batch: a label that is ignored is 0 here, and has the weight 0.
template <class C> struct Rows {
  alignas(64) Integer<C> label[tile_rows];
  alignas(64) C weight[tile_rows];
  alignas(64) C factor[tile_rows];  // of the gradient
  alignas(64) C loss[tile_rows];
};

// Reads the labels, and returns how many rows are ignored.
template <class C> CROSSENT_APART int prepare(Rows<C>& of, const Softmax& a, int64_t row, int rows, bool weigh_rows) {
  const C* const scale = static_cast<const C*>(a.row_scale);
  for (int r = 0; r < rows; ++r) of.factor[r] = scale ? scale[row + r] * C(a.scale) : C(a.scale);
  for (int r = 0; r < rows; ++r) of.weight[r] = C(1);
  for (int r = rows; r < tile_rows; ++r) of.label[r] = 0, of.weight[r] = of.factor[r] = C(0);
  if (!a.label) return 0;
  const int64_t* const label = a.label + row;
  int ignored = 0;
  for (int r = 0; r < rows; ++r) {
    const bool kept = label[r] != a.ignored;
    of.label[r] = kept ? Integer<C>(label[r]) : Integer<C>(0);
    ignored += !kept;
  }
  if (a.weight && weigh_rows)
    for (int r = 0; r < rows; ++r) of.weight[r] = class_weight<C>(a, of.label[r]);
  if (ignored)
    for (int r = 0; r < rows; ++r)
      if (label[r] == a.ignored) of.weight[r] = of.factor[r] = C(0);
  return ignored;
}

// ---------------------------------------------------------------------------------------------- lanes over rows

// A logit of +inf has all the probability; in the exponentials the largest finite number stands for it.
template <class C> CROSSENT_INLINE void bound_column(C* tile, int r, int64_t classes) {
  for (int64_t k = 0; k < classes; ++k) {
    C* const x = tile + k * tile_rows + r;
    store(at_most(load(x), all<C>(largest<C>)), x);
  }
}

// One vector of rows against their labels: the loss, and the gradient in place of the logits.
template <class C> CROSSENT_APART void index_rows(Rows<C>& of, C* tile, const Softmax& a, int r) {
  using V = Vector<C>;
  using I = Integers<C>;
  I label;
  __builtin_memcpy(&label, of.label + r, sizeof label);
  const V ruled_out = all<C>(-infinity<C>);
  V top = ruled_out, own{};
  I c{};
  for (int64_t k = 0; k < a.classes; ++k, c += 1) {
    const V x = load(tile + k * tile_rows + r);
    own = c == label ? x : own;
    const V other = c == label ? ruled_out : x;
    store(other, tile + k * tile_rows + r);
    top = larger(other, top);
  }
  if (any<C>(top == infinity<C>)) bound_column(tile, r, a.classes);
  const V shift = top == ruled_out ? V{} : top;
  LongSum<V> total;
  for (int64_t k = 0; k < a.classes;) {
    V some{};
    for (const int64_t end = k + classes_in_one < a.classes ? k + classes_in_one : a.classes; k < end; ++k) {
      const V e = exp(load(tile + k * tile_rows + r) - shift);
      store(e, tile + k * tile_rows + r);
      some += e;
    }
    total.add(some);
  }
  const Cost<C> cost = cost_of_index<C>(a, top, own, total.total());
  const V weight = load(of.weight + r);
  store(times<C>(weight, cost.loss), of.loss + r);
  if (!a.gradient) return;
  const V factor = weight * load(of.factor + r);
  const V share = cost.share * factor, of_label = -cost.of_own * factor;
  c = I{};
  for (int64_t k = 0; k < a.classes; ++k, c += 1) {
    const V slope = load(tile + k * tile_rows + r) * share;
    store(c == label ? of_label : slope, tile + k * tile_rows + r);
  }
}

// The same for two classes: the other one's exponential is 1.
template <class C> CROSSENT_APART void index_pairs(Rows<C>& of, C* tile, const Softmax& a, int r) {
  using V = Vector<C>;
  Integers<C> label;
  __builtin_memcpy(&label, of.label + r, sizeof label);
  const V first = load(tile + r), second = load(tile + tile_rows + r);
  const V own = label == 0 ? first : second, other = label == 0 ? second : first;
  const V distance = other - other;  // 0, or NaN
  const V total = ((other == infinity<C>) | (other == -infinity<C>)) ? V{} : 1 + distance;
  const Cost<C> cost = cost_of_index<C>(a, other, own, total);
  const V weight = load(of.weight + r);
  store(times<C>(weight, cost.loss), of.loss + r);
  if (!a.gradient) return;
  const V factor = weight * load(of.factor + r);
  const V of_label = -cost.of_own * factor, of_other = cost.share * total * factor;
  store(label == 0 ? of_label : of_other, tile + r);
  store(label == 0 ? of_other : of_label, tile + tile_rows + r);
}

// One vector of rows against shares of the classes.
template <class C, Target kind>
CROSSENT_APART void share_rows(Rows<C>& of, C* tile, const C* target, const Softmax& a, int r) {
  using V = Vector<C>;
  using I = Integers<C>;
  const C sharp = C(1 - a.smoothing), even = C(a.smoothing / double(a.classes));
  I label;
  __builtin_memcpy(&label, of.label + r, sizeof label);
  const auto part_of = [&](int64_t k, I c) {
    V part = all<C>(even);
    if (kind == Target::probabilities) part += sharp * load(target + k * tile_rows + r);
    else part = c == label ? part + sharp : part;
    return part * class_weight<C>(a, k);
  };
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
  if (any<C>(top == infinity<C>)) bound_column(tile, r, a.classes);
  const V shift = top == ruled_out ? V{} : top;
  LongSum<V> total, distance, of_others;
  V of_leader{};
  c = I{};
  for (int64_t k = 0; k < a.classes;) {
    V exponentials{}, distances{}, parts{};
    for (const int64_t end = k + classes_in_one < a.classes ? k + classes_in_one : a.classes; k < end; ++k, c += 1) {
      const V x = load(tile + k * tile_rows + r), part = part_of(k, c);
      const I leads = c == leader;
      const V e = leads ? V{} : exp(x - shift);
      store(e, tile + k * tile_rows + r);
      exponentials += e;
      distances += leads ? V{} : times<C>(part, best - x);
      parts += leads ? V{} : part;
      of_leader = leads ? part : of_leader;
    }
    total.add(exponentials);
    distance.add(distances);
    of_others.add(parts);
  }
  const Cost<C> cost =
      cost_of_shares<C>(a, top, best, total.total(), distance.total(), of_others.total(), of_leader);
  store(load(of.weight + r) * cost.loss, of.loss + r);
  if (!a.gradient) return;
  const V factor = load(of.factor + r), share = cost.share * factor, slope_of_leader = cost.of_own * factor;
  c = I{};
  for (int64_t k = 0; k < a.classes; ++k, c += 1) {
    const V slope = load(tile + k * tile_rows + r) * share - part_of(k, c) * factor;
    store(c == leader ? slope_of_leader : slope, tile + k * tile_rows + r);
  }
}

template <class T, Target kind>
CROSSENT_INLINE double softmax_tiles(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  using C = Computed<T>;
  C* const tile = static_cast<C*>(scratch);
  C* const target = tile + tile_rows * a.classes;
  const C* const adjustment = static_cast<const C*>(a.adjustment);
  Rows<C> of;
  double loss = 0;
  for (int64_t i = begin; i < end; i += tile_rows) {
    const int rows = int(end - i < tile_rows ? end - i : tile_rows);
    const int64_t row = outer * a.inner + i;
    gather(tile, static_cast<const T*>(a.logits) + outer * a.logits_outer + i * a.logits_inner, a.logits_inner,
           a.logits_class, a.classes, rows);
    if (adjustment)
      for (int64_t c = 0; c < a.classes; ++c)
        for (int r = 0; r < tile_rows; ++r) tile[c * tile_rows + r] += adjustment[c];
    if (kind == Target::probabilities)
      gather(target, static_cast<const T*>(a.target) + outer * a.target_outer + i * a.target_inner, a.target_inner,
             a.target_class, a.classes, rows);
    if (prepare(of, a, row, rows, kind == Target::index))
      for (int r = 0; r < rows; ++r)
        if (a.label[row + r] == a.ignored)
          for (int64_t c = 0; c < a.classes; ++c) tile[c * tile_rows + r] = 0;
    for (int r = 0; r < rows; r += lanes<C>) {
      if (kind != Target::index) share_rows<C, kind>(of, tile, target, a, r);
      else if (a.classes == 2) index_pairs<C>(of, tile, a, r);
      else index_rows<C>(of, tile, a, r);
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

// A row in blocks of lanes, the last one padded. Blocks are read by their first class.
template <class T> struct Line {
  using C = Computed<T>;
  const T* values;
  const C* added;  // to each value; or null
  int64_t whole;   // the classes in whole blocks
  Vector<C> last;

  CROSSENT_INLINE_MEMBER Vector<C> block(int64_t k) const {
    if (k >= whole) return last;
    return added ? load(values + k) + load(added + k) : load(values + k);
  }
};

template <class T>
CROSSENT_INLINE Line<T> line(const T* values, const void* added, int64_t classes, Computed<T> padding) {
  using C = Computed<T>;
  const int64_t whole = classes / lanes<C> * lanes<C>;
  Line<T> made{values, static_cast<const C*>(added), whole, all<C>(padding)};
  C rest[lanes<C>];
  store(made.last, rest);
  for (int64_t k = whole; k < classes; ++k) rest[k - whole] = widen(values[k]) + (added ? made.added[k] : C(0));
  made.last = load(rest);
  return made;
}

// `of` with the number in the lane of class `at` put in, if the block that begins with class k has it.
template <class C> CROSSENT_INLINE Vector<C> with(Vector<C> of, int64_t k, int64_t at, C number) {
  if (uint64_t(at - k) < uint64_t(lanes<C>)) of[at - k] = number;
  return of;
}

// The largest of a row, one class left out.
template <class T> CROSSENT_INLINE Computed<T> largest_but(const Line<T>& x, int64_t classes, int64_t left_out) {
  using C = Computed<T>;
  constexpr int N = lanes<C>;
  const Vector<C> nothing = all<C>(-infinity<C>);
  Vector<C> best[4] = {nothing, nothing, nothing, nothing};
  int64_t k = 0;
  for (; k + 4 * N <= x.whole; k += 4 * N)
    for (int i = 0; i < 4; ++i)
      best[i] = larger(with<C>(x.block(k + i * N), k + i * N, left_out, -infinity<C>), best[i]);
  for (; k < classes; k += N) best[0] = larger(with<C>(x.block(k), k, left_out, -infinity<C>), best[0]);
  return largest_of<C>(larger(larger(best[0], best[1]), larger(best[2], best[3])));
}

template <class T> CROSSENT_INLINE int64_t first_equal(const Line<T>& x, int64_t classes, Computed<T> value) {
  using C = Computed<T>;
  for (int64_t k = 0; k < classes; k += lanes<C>) {
    const Vector<C> some = x.block(k);
    if (!any<C>(some == value)) continue;
    for (int i = 0; i < lanes<C>; ++i)
      if (some[i] == value) return k + i < classes ? k + i : 0;
  }
  return 0;
}

// The exponentials of one row, where they are wanted again: whole blocks in memory, the last one apart.
template <class C> struct Kept {
  C* whole;
  Vector<C> last;
};

// The sum of exp(x_c - shift), one class left out.
template <bool keeps, class T>
CROSSENT_INLINE Computed<T> exponentials(const Line<T>& x, int64_t classes, int64_t left_out, Computed<T> shift,
                                         Kept<Computed<T>>& kept) {
  using C = Computed<T>;
  constexpr int N = lanes<C>;
  const Vector<C> bound = all<C>(largest<C>), by = all<C>(shift);
  LongSum<double> total;
  for (int64_t k = 0; k < classes;) {
    Vector<C> some{};
    for (const int64_t end = k + terms_in_one * N < classes ? k + terms_in_one * N : classes; k < end; k += N) {
      const Vector<C> e = exp(at_most(with<C>(x.block(k), k, left_out, -infinity<C>), bound) - by);
      if (keeps && k < x.whole) store(e, kept.whole + k);
      if (keeps && k >= x.whole) kept.last = e;
      some += e;
    }
    C of_some[N];
    store(some, of_some);
    total.add(sum(of_some, N));
  }
  return C(total.total());
}

template <class C, class T> CROSSENT_INLINE void write_first(Vector<C> from, T* to, int64_t count) {
  C values[lanes<C>];
  store(from, values);
  for (int64_t i = 0; i < count; ++i) narrow(values[i], to + i);
}

// What is known of the rows of a batch before their last steps.
template <class C> struct Batch {
  alignas(64) C top[most_lanes];
  alignas(64) C own[most_lanes];
  alignas(64) C total[most_lanes];
  alignas(64) C distance[most_lanes];
  alignas(64) C of_others[most_lanes];
  alignas(64) C of_leader[most_lanes];
  int64_t own_class[most_lanes];  // the right one, or the leading one; -1 for a row that is ignored
  Kept<C> kept[most_lanes];
};

// The parts that the classes of one row have in its target, by blocks.
template <class T, Target kind> struct Parts {
  using C = Computed<T>;
  Line<T> target;
  Line<C> weight;
  bool weighs;
  int64_t label;
  C sharp, even;

  CROSSENT_INLINE_MEMBER Vector<C> block(int64_t k) const {
    Vector<C> part = all<C>(even);
    if (kind == Target::probabilities) part += sharp * target.block(k);
    else part = with<C>(part, k, label, sharp + even);
    return weighs ? part * weight.block(k) : part;
  }
};

template <class T, Target kind>
CROSSENT_INLINE Parts<T, kind> parts_of(const Softmax& a, int64_t outer, int64_t i) {
  using C = Computed<T>;
  Parts<T, kind> parts{};
  parts.sharp = C(1 - a.smoothing);
  parts.even = C(a.smoothing / double(a.classes));
  parts.label = a.label ? a.label[outer * a.inner + i] : 0;
  parts.weighs = a.weight != nullptr;
  if (kind == Target::probabilities)
    parts.target = line(static_cast<const T*>(a.target) + outer * a.target_outer + i * a.target_inner, nullptr,
                        a.classes, C(0));
  if (parts.weighs) parts.weight = line(static_cast<const C*>(a.weight), nullptr, a.classes, C(0));
  return parts;
}

// Sums over the classes of a row but its leader: their parts, and their parts times their distances from it.
template <class T, Target kind>
CROSSENT_INLINE void sum_parts(Batch<Computed<T>>& of, int r, const Line<T>& x, const Parts<T, kind>& parts,
                               int64_t classes, int64_t leader) {
  using C = Computed<T>;
  constexpr int N = lanes<C>;
  const Vector<C> bound = all<C>(largest<C>), best = all<C>(of.own[r]);
  LongSum<double> of_others, distance;
  for (int64_t k = 0; k < classes;) {
    Vector<C> some{}, far{};
    for (const int64_t end = k + terms_in_one * N < classes ? k + terms_in_one * N : classes; k < end; k += N) {
      Vector<C> part = parts.block(k);
      if (k + N > classes)
        for (int64_t i = classes - k; i < N; ++i) part[i] = C(0);
      part = with<C>(part, k, leader, C(0));
      some += part;
      far += times<C>(part, best - at_most(x.block(k), bound));
    }
    C lane[2 * N];
    store(some, lane);
    store(far, lane + N);
    of_others.add(sum(lane, N));
    distance.add(sum(lane + N, N));
  }
  const int64_t block = leader / N * N;
  of.of_leader[r] = parts.block(block)[leader - block];
  of.of_others[r] = C(of_others.total());
  of.distance[r] = C(distance.total());
}

// Up to `lanes` rows: each is swept alone, and their odds are taken together.
template <class T, Target kind, bool gradient>
CROSSENT_INLINE double softmax_batch(const Softmax& a, int64_t outer, int64_t begin, int rows, void* scratch) {
  using C = Computed<T>;
  using V = Vector<C>;
  constexpr int N = lanes<C>;
  constexpr bool in_place = sizeof(T) == sizeof(C);  // the gradient's own memory keeps the exponentials
  const int64_t padded = (a.classes + most_lanes - 1) / most_lanes * most_lanes;
  Rows<C> of;
  Batch<C> batch;
  for (int r = 0; r < N; ++r) {
    batch.top[r] = batch.own[r] = batch.distance[r] = batch.of_others[r] = batch.of_leader[r] = C(0);
    batch.total[r] = C(1);
  }
  const int64_t row = outer * a.inner + begin;
  prepare(of, a, row, rows, kind == Target::index);
  const auto logits_of = [&](int r) {
    const T* const values = static_cast<const T*>(a.logits) + outer * a.logits_outer + (begin + r) * a.logits_inner;
    return line(values, a.adjustment, a.classes, -infinity<C>);
  };
  const auto gradient_of = [&](int r) {
    return static_cast<T*>(a.gradient) + outer * a.gradient_outer + (begin + r) * a.gradient_inner;
  };
  for (int r = 0; r < rows; ++r) {
    if (a.label && a.label[row + r] == a.ignored) {
      batch.own_class[r] = -1;
      continue;
    }
    const Line<T> x = logits_of(r);
    int64_t own = a.label ? a.label[row + r] : 0;
    if (kind != Target::index) own = first_equal(x, a.classes, largest_but(x, a.classes, -1));
    batch.own_class[r] = own;
    batch.own[r] = widen(x.values[own]) + (x.added ? x.added[own] : C(0));
    const C top = largest_but(x, a.classes, own);
    batch.top[r] = top;
    if constexpr (gradient && in_place) batch.kept[r].whole = reinterpret_cast<C*>(gradient_of(r));
    else batch.kept[r].whole = static_cast<C*>(scratch) + r * padded;
    if (kind != Target::index) sum_parts(batch, r, x, parts_of<T, kind>(a, outer, begin + r), a.classes, own);
    batch.total[r] = exponentials<gradient>(x, a.classes, own, top == -infinity<C> ? C(0) : top, batch.kept[r]);
  }
  const V top = load(batch.top), own = load(batch.own), total = load(batch.total), weight = load(of.weight);
  Cost<C> cost;
  if (kind == Target::index) cost = cost_of_index<C>(a, top, own, total);
  else cost = cost_of_shares<C>(a, top, own, total, load(batch.distance), load(batch.of_others), load(batch.of_leader));
  store(kind == Target::index ? times<C>(weight, cost.loss) : weight * cost.loss, of.loss);
  if (a.rows) __builtin_memcpy(static_cast<C*>(a.rows) + row, of.loss, uint64_t(rows) * sizeof(C));
  if (gradient) {
    const V factor = kind == Target::index ? weight * load(of.factor) : load(of.factor);
    const V shares = cost.share * factor, of_own = (kind == Target::index ? -cost.of_own : cost.of_own) * factor;
    for (int r = 0; r < rows; ++r) {
      T* const to = gradient_of(r);
      const int64_t whole = a.classes / N * N;
      if (batch.own_class[r] < 0) {
        for (int64_t k = 0; k < a.classes; ++k) narrow(C(0), to + k);
        continue;
      }
      const V share = all<C>(shares[r]);
      if constexpr (kind == Target::index) {
        for (int64_t k = 0; k < whole; k += N) store(load(batch.kept[r].whole + k) * share, to + k);
        write_first<C>(batch.kept[r].last * share, to + whole, a.classes - whole);
      } else {
        const Parts<T, kind> parts = parts_of<T, kind>(a, outer, begin + r);
        const V scale = all<C>(of.factor[r]);
        for (int64_t k = 0; k < whole; k += N)
          store(load(batch.kept[r].whole + k) * share - parts.block(k) * scale, to + k);
        write_first<C>(batch.kept[r].last * share - parts.block(whole) * scale, to + whole, a.classes - whole);
      }
      narrow(of_own[r], to + batch.own_class[r]);
    }
  }
  return sum(of.loss, rows);
}

template <class T, Target kind>
CROSSENT_INLINE double softmax_rows(const Softmax& a, int64_t outer, int64_t begin, int64_t end, void* scratch) {
  const int64_t most = batch_rows(a.classes) < lanes<Computed<T>> ? batch_rows(a.classes) : lanes<Computed<T>>;
  double loss = 0;
  for (int64_t i = begin; i < end; i += most) {
    const int rows = int(end - i < most ? end - i : most);
    if (a.gradient) loss += softmax_batch<T, kind, true>(a, outer, i, rows, scratch);
    else loss += softmax_batch<T, kind, false>(a, outer, i, rows, scratch);
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

// Whether the first rows are probabilities, which a softmax before the loss makes of logits: from 0 to 1 with the sum 1.
// Too few rows, or nothing but 0 and 1, may be chance.
template <class T> bool looks_softmaxed(const Softmax& a) {
  constexpr int64_t most = 8, fewest = 4;
  constexpr double close = sizeof(T) == 2 ? 0.02 : 1e-4;
  const int64_t rows = a.inner < most ? a.inner : most;
  if (rows < fewest || a.classes < 2) return false;
  bool between = false;
  for (int64_t i = 0; i < rows; ++i) {
    double total = 0;
    for (int64_t k = 0; k < a.classes; ++k) {
      const double x = double(widen(static_cast<const T*>(a.logits)[i * a.logits_inner + k * a.logits_class]));
      if (!(x >= 0 && x <= 1)) return false;
      between |= x > 0 && x < 1;
      total += x;
    }
    if (total < 1 - close || total > 1 + close) return false;
  }
  return between;
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
