// Cross entropy of yes or no, of logits and of probabilities: the loops over the elements of one stretch.
#pragma once

#include "api.hpp"
#include "point.hpp"

namespace crossent::CROSSENT_LEVEL {

constexpr int64_t stretch = 512;

// The weights of elements [begin, begin + count), in memory or written out.
template <class C> CROSSENT_INLINE const C* written_out(const Repeated& of, int64_t begin, int64_t count, C* room) {
  const C* values = static_cast<const C*>(of.values);
  int64_t index = (begin / of.each) % of.size, left = of.each - begin % of.each;
  if (of.each == 1 && index + count <= of.size) return values + index;
  if (of.size == 1) {
    for (int64_t i = 0; i < count; ++i) room[i] = values[0];
    return room;
  }
  if (of.each == 1) {
    for (int64_t i = 0; i < count; index = 0) {
      const int64_t run = of.size - index < count - i ? of.size - index : count - i;
      for (int64_t j = 0; j < run; ++j) room[i + j] = values[index + j];
      i += run;
    }
    return room;
  }
  for (int64_t i = 0; i < count;) {
    const int64_t end = i + left < count ? i + left : count;
    for (const C value = values[index]; i < end; ++i) room[i] = value;
    left = of.each;
    index = index + 1 == of.size ? 0 : index + 1;
  }
  return room;
}

// An element's loss and its slope, dloss/dx.
template <class C> struct Point {
  Vector<C> loss, slope;
};

// yes f(-x) + no f(x), f(z) = softplus(z): a sum of terms that are never negative, so neither side loses to the other.
// For finite x; an infinite one has a term of its own.
template <class C> CROSSENT_INLINE Point<C> finite_point(Vector<C> x, Vector<C> yes, Vector<C> no) {
  using V = Vector<C>;
  const V size = x < 0 ? -x : x, raised = raised_exp(-size, C(sizeof(C) == 4 ? -130 : -1090)), e = raised * lower<C>;
  const Log1p<V> small = log1p(e);
  // Far out log1p(e) is e, which may be subnormal where its product with a large weight is not.
  const Integers<C> far = size > linear_from<C>;
  const V parts = yes + no, likelier = x < 0 ? no : yes;
  const V loss = (far ? parts * raised * lower<C> : parts * small.log) + yes * larger(V{}, -x) + no * larger(V{}, x);
  const V against = far ? likelier * raised * lower<C> : likelier * e;
  return {loss, (x < 0 ? against - yes : no - against) * small.inverse};
}

template <class C> CROSSENT_INLINE Integers<C> is_infinite(Vector<C> x) {
  return (x == infinity<C>) | (x == -infinity<C>);
}

template <class C> CROSSENT_INLINE Point<C> sigmoid_point(Vector<C> x, Vector<C> yes, Vector<C> no) {
  using V = Vector<C>;
  Point<C> cost = finite_point<C>(x, yes, no);
  if (any<C>(is_infinite<C>(x)))
    cost.loss = is_infinite<C>(x) ? times<C>(yes, larger(V{}, -x)) + times<C>(no, larger(V{}, x)) : cost.loss;
  return cost;
}

// The same with f(z) = sigmoid(z)^gamma softplus(z).
template <class C>
CROSSENT_INLINE Point<C> focal_point(Vector<C> x, Vector<C> yes, Vector<C> no, double gamma) {
  using V = Vector<C>;
  const V size = x < 0 ? -x : x, e = exp(-size), one = all<C>(C(1));
  const Log1p<V> small = log1p(e);
  const V up = small.log + larger(V{}, x), down = small.log + larger(V{}, -x);
  const V sigmoid = (x < 0 ? e : one) * small.inverse, other = (x < 0 ? one : e) * small.inverse;
  const Focus<V> of_no = focus<C>(up, sigmoid, other, -down, gamma);
  const Focus<V> of_yes = focus<C>(down, other, sigmoid, -up, gamma);
  return {times<C>(yes, times<C>(of_yes.loss, down)) + times<C>(no, times<C>(of_no.loss, up)),
          no * sigmoid * of_no.slope - yes * other * of_yes.slope};
}

// log(p) and its slope 1 / p; where these run out of range, max(log(p), -100) and a slope that is finite: at p = 0
// torch's 1e12, large enough to move p away and small enough that an optimizer can square it.
template <class C> CROSSENT_INLINE Point<C> bounded_log(Vector<C> p) {
  using V = Vector<C>;
  constexpr C least = sizeof(C) == 4 ? C(__FLT_MIN__) : C(3.720075976020836e-44);  // exp(-100), or the least normal
  const V inverse = 1 / p;
  if (!any<C>(p <= least)) return {log(p), inverse};
  const V lowest = all<C>(C(-100)), line = all<C>(1 / least), at_0 = all<C>(C(1e12));
  const V raised = log(p * C(0x1p64)) - C(44.3614195558364998);  // of subnormal numbers too
  const V outside = p == 0 ? lowest : raised < lowest ? lowest : raised;
  return {p <= least ? outside : log(p), p <= least ? (p == 0 ? at_0 : line) : inverse};
}

// -(yes log p + no log(1 - p)). 1 - p is exact from a half on; below, log1p is.
template <class C> CROSSENT_INLINE Point<C> probability_point(Vector<C> p, Vector<C> yes, Vector<C> no) {
  using V = Vector<C>;
  const V half = all<C>(C(0.5));
  const Point<C> of_yes = bounded_log<C>(p), far = bounded_log<C>(p < half ? half : 1 - p);
  const Log1p<V> near = log1p(-at_most(p, half));
  const V log_of_no = p < half ? near.log : far.loss, slope_of_no = p < half ? near.inverse : far.slope;
  return {-(yes * of_yes.loss + no * log_of_no), no * slope_of_no - yes * of_yes.slope};
}

enum class Values { logits, probabilities };

template <Values of, class T, class Y> CROSSENT_APART Swept sweep(const Binary& a, int64_t begin, int64_t end) {
  using C = Computed<T>;
  using V = Vector<C>;
  constexpr int N = lanes<C>;
  alignas(64) C ones[stretch], weights[stretch], pos_weights[stretch], losses[stretch];
  C of_x[N], of_y[N], of_w[N], of_q[N], of_scale[N];
  for (int64_t i = 0; i < stretch; ++i) ones[i] = C(1), weights[i] = pos_weights[i] = C(0);
  const C sharp = C(1 - a.smoothing), even = C(a.smoothing / 2);
  const V ignored = all<C>(C(a.ignored)), zero{}, one = all<C>(C(1));
  Integers<C> outside{};
  const auto point = [&](V x, V y, V w, V q, V scale) {
    const Integers<C> out = a.ignores ? y == ignored : Integers<C>{};
    if (a.ignores) x = out ? zero : x, y = out ? zero : y;
    if (of == Values::probabilities) outside |= ~((x >= zero) & (x <= one) & (y >= zero) & (y <= one));
    if (a.smoothing != 0) y = y * sharp + even;
    const V yes = C(a.of_yes) * q * y, no = C(a.of_no) * (1 - y);
    Point<C> cost;
    if (of == Values::probabilities) cost = probability_point<C>(x, yes, no);
    else if (a.gamma != 0) cost = focal_point<C>(x, yes, no, a.gamma);
    else cost = sigmoid_point<C>(x, yes, no);
    if (a.weight.values) cost.loss = times<C>(w, cost.loss);
    cost.slope *= w * scale * C(a.scale);
    if (a.ignores) cost.loss = out ? zero : cost.loss, cost.slope = out ? zero : cost.slope;
    return cost;
  };
  double total = 0;
  for (int64_t i = begin; i < end; i += stretch) {
    const int64_t count = end - i < stretch ? end - i : stretch;
    const T* const x = static_cast<const T*>(a.logits) + i;
    const Y* const y = static_cast<const Y*>(a.target) + i;
    T* const gradient = a.gradient ? static_cast<T*>(a.gradient) + i : nullptr;
    const C* const w = a.weight.values ? written_out(a.weight, i, count, weights) : ones;
    const C* const q = a.pos_weight.values ? written_out(a.pos_weight, i, count, pos_weights) : ones;
    const C* const scales = a.scales ? static_cast<const C*>(a.scales) + i : ones;
    for (int64_t j = 0; j < count; j += N) {
      const bool cut = j + N > count;
      if (cut) {
        for (int64_t l = 0; l < N; ++l) {
          const bool there = j + l < count;
          of_x[l] = there ? widen(x[j + l]) : C(0), of_y[l] = there ? widen(y[j + l]) : C(0);
          of_w[l] = there ? w[j + l] : C(0), of_q[l] = there ? q[j + l] : C(0);
          of_scale[l] = there ? scales[j + l] : C(0);
        }
      }
      const Point<C> cost =
          point(cut ? load(of_x) : load(x + j), cut ? load(of_y) : load(y + j), load(cut ? of_w : w + j),
                load(cut ? of_q : q + j), load(cut ? of_scale : scales + j));
      store(cost.loss, losses + j);
      if (gradient && !cut) store(cost.slope, gradient + j);
      if (gradient && cut) {
        store(cost.slope, of_x);
        for (int64_t l = 0; j + l < count; ++l) narrow(of_x[l], gradient + j + l);
      }
    }
    total += sum(losses, count);
    if (a.losses) __builtin_memcpy(static_cast<C*>(a.losses) + i, losses, uint64_t(count) * sizeof(C));
  }
  return {total, any<C>(outside)};
}

// Without weights and options but one pos_weight: two vectors at a time, and no look at what is not there.
template <class T, class Y> CROSSENT_INLINE double usual_sweep(const Binary& a, int64_t begin, int64_t end) {
  using C = Computed<T>;
  using V = Vector<C>;
  constexpr int N = lanes<C>;
  const V q = all<C>(a.pos_weight.values ? *static_cast<const C*>(a.pos_weight.values) : C(1));
  const V scale = all<C>(C(a.scale));
  alignas(64) C losses[stretch];
  double total = 0;
  for (int64_t i = begin; i < end; i += stretch) {
    const int64_t count = end - i < stretch ? end - i : stretch;
    const T* const x = static_cast<const T*>(a.logits) + i;
    const Y* const y = static_cast<const Y*>(a.target) + i;
    T* const gradient = a.gradient ? static_cast<T*>(a.gradient) + i : nullptr;
    Integers<C> infinite{};
    int64_t j = 0;
    for (; j + 2 * N <= count; j += 2 * N) {
      const V of_x[2] = {load(x + j), load(x + j + N)}, of_y[2] = {load(y + j), load(y + j + N)};
      infinite |= is_infinite<C>(of_x[0]) | is_infinite<C>(of_x[1]);
      const Point<C> cost[2] = {finite_point<C>(of_x[0], q * of_y[0], 1 - of_y[0]),
                                finite_point<C>(of_x[1], q * of_y[1], 1 - of_y[1])};
      for (int k = 0; k < 2; ++k) {
        store(cost[k].loss, losses + j + k * N);
        if (gradient) store(cost[k].slope * scale, gradient + j + k * N);
      }
    }
    if (any<C>(infinite)) j = 0;
    total += sum(losses, j);
    if (a.losses) __builtin_memcpy(static_cast<C*>(a.losses) + i, losses, uint64_t(j) * sizeof(C));
    if (j < count) total += sweep<Values::logits, T, Y>(a, i + j, i + count).loss;
  }
  return total;
}

template <class T, class Y> CROSSENT_INLINE double sigmoid_of(const Binary& a, int64_t begin, int64_t end) {
  const bool usual = !a.weight.values && (!a.pos_weight.values || a.pos_weight.size == 1) && !a.scales && !a.ignores &&
                     a.smoothing == 0 && a.gamma == 0 && a.of_yes == 1 && a.of_no == 1;
  return usual ? usual_sweep<T, Y>(a, begin, end) : sweep<Values::logits, T, Y>(a, begin, end).loss;
}

template <class T> double sigmoid(const Binary& a, int64_t begin, int64_t end) {
  return a.target_is_wide ? sigmoid_of<T, Computed<T>>(a, begin, end) : sigmoid_of<T, T>(a, begin, end);
}

template <class T> Swept binary(const Binary& a, int64_t begin, int64_t end) {
  if (a.target_is_wide) return sweep<Values::probabilities, T, Computed<T>>(a, begin, end);
  return sweep<Values::probabilities, T, T>(a, begin, end);
}

// How many elements of a stretch are not ignored.
template <class T> int64_t count_kept(const Binary& a, int64_t begin, int64_t end) {
  using C = Computed<T>;
  int64_t kept = 0;
  for (int64_t i = begin; i < end; ++i) {
    const C y = a.target_is_wide ? static_cast<const C*>(a.target)[i] : C(widen(static_cast<const T*>(a.target)[i]));
    kept += y != C(a.ignored);
  }
  return kept;
}

}  // namespace crossent::CROSSENT_LEVEL
