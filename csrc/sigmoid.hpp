// Sigmoid cross entropy: the loop over the elements of one stretch.
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

// w (q y softplus(-x) + (1 - y) softplus(x)) and its slope, w ((1 - y) sigmoid(x) - q y sigmoid(-x)).
template <class C> struct Cost { Vector<C> loss, slope; };
template <class C> CROSSENT_INLINE Cost<C> sigmoid_point(Vector<C> x, Vector<C> y, Vector<C> w, Vector<C> q) {
  using V = Vector<C>;
  const V size = x < 0 ? -x : x;
  const V e = exp(-size), small = log1p(e), p = 1 / (1 + e);
  const V of_no = x < 0 ? small : size + small, of_yes = x < 0 ? size + small : small;
  const V sigmoid = x < 0 ? e * p : p, other = x < 0 ? p : e * p;
  const V yes = q * y, no = 1 - y;
  return {times<C>(w, times<C>(yes, of_yes) + times<C>(no, of_no)), w * (no * sigmoid - yes * other)};
}

template <class T, class Y> CROSSENT_INLINE double sigmoid_of(const Sigmoid& a, int64_t begin, int64_t end) {
  using C = Computed<T>;
  constexpr int N = lanes<C>;
  alignas(64) C ones[stretch], weights[stretch], pos_weights[stretch], losses[stretch];
  alignas(64) T x_tail[N] = {};
  alignas(64) Y y_tail[N] = {};
  for (int64_t i = 0; i < stretch; ++i) ones[i] = C(1), weights[i] = pos_weights[i] = C(0);
  double total = 0;
  for (int64_t i = begin; i < end; i += stretch) {
    const int64_t count = end - i < stretch ? end - i : stretch, whole = count / N * N;
    const T* const x = static_cast<const T*>(a.logits) + i;
    const Y* const y = static_cast<const Y*>(a.target) + i;
    T* const gradient = a.gradient ? static_cast<T*>(a.gradient) + i : nullptr;
    const C* const w = a.weight.values ? written_out(a.weight, i, count, weights) : ones;
    const C* const q = a.pos_weight.values ? written_out(a.pos_weight, i, count, pos_weights) : ones;
    const C* const scales = a.scales ? static_cast<const C*>(a.scales) + i : ones;
    for (int64_t j = 0; j < whole; j += N) {
      const Cost<C> cost = sigmoid_point<C>(load(x + j), load(y + j), load(w + j), load(q + j));
      store(cost.loss, losses + j);
      if (gradient) store(cost.slope * (load(scales + j) * C(a.scale)), gradient + j);
    }
    if (whole < count) {
      C w_tail[N] = {}, q_tail[N] = {}, scale_tail[N] = {};
      T slopes[N];
      for (int64_t j = whole; j < count; ++j) {
        x_tail[j - whole] = x[j], y_tail[j - whole] = y[j], w_tail[j - whole] = w[j], q_tail[j - whole] = q[j];
        scale_tail[j - whole] = scales[j];
      }
      const Cost<C> cost = sigmoid_point<C>(load(x_tail), load(y_tail), load(w_tail), load(q_tail));
      C tail[N];
      store(cost.loss, tail);
      store(cost.slope * (load(scale_tail) * C(a.scale)), slopes);
      for (int64_t j = whole; j < count; ++j) {
        losses[j] = tail[j - whole];
        if (gradient) gradient[j] = slopes[j - whole];
      }
    }
    total += sum(losses, count);
    if (a.losses) __builtin_memcpy(static_cast<C*>(a.losses) + i, losses, uint64_t(count) * sizeof(C));
  }
  return total;
}

template <class T> double sigmoid(const Sigmoid& a, int64_t begin, int64_t end) {
  if (a.target_is_wide) return sigmoid_of<T, Computed<T>>(a, begin, end);
  return sigmoid_of<T, T>(a, begin, end);
}

}  // namespace crossent::CROSSENT_LEVEL
