// What each row of an evaluation gives: numbers of its scores, its decision, its figures. Lanes over rows; the definition
// is src/crossent/evaluation/state/_rows.py, with the same operations in the same order, so that both give the same bits.
#pragma once

#include "exact.hpp"
#include "point.hpp"

namespace crossent::CROSSENT_LEVEL {

constexpr int N = lanes<double>;
constexpr double epsilon = 0x1p-52;
constexpr int64_t half = 0x3fe0000000000000;  // the bits of 0.5

CROSSENT_INLINE I load_whole(const int64_t* from) {
  I value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
CROSSENT_INLINE void store_whole(I value, int64_t* to) { __builtin_memcpy(to, &value, sizeof value); }

// The number of a score, in the same order as the scores.
CROSSENT_INLINE I key_of_logit(F x) {
  const I bits = bits_as<I>(x + 0.0);
  return bits < 0 ? 0 - (bits & INT64_MAX) : bits;
}
CROSSENT_INLINE I key_of_probability(F p) {
  return p > 0.5 ? 2 * half - bits_as<I>(1.0 - p) : bits_as<I>(p + 0.0);
}

// -log p of what was true, from its log-odds.
CROSSENT_INLINE F loss_of_odds(F odds) {
  return larger(-odds, F{}) + log1p(exp(-absolute(odds))).log;
}
CROSSENT_INLINE F loss_of_probability(F p) {
  return -log_of_number(at_most(larger(p, all<double>(epsilon)), all<double>(1 - epsilon)));
}
CROSSENT_INLINE F hinge_of_margin(F margin) {
  return at_most(larger(1.0 - margin, F{}), all<double>(largest<double>));
}

template <class L> CROSSENT_INLINE void load_labels(const void* from, int64_t step, int64_t begin, int64_t end, int64_t* to) {
  const L* const labels = static_cast<const L*>(from);
  for (int64_t i = begin; i < end; ++i) to[i - begin] = int64_t(labels[i * step]);
}

static void load_labels(const Scored& a, int64_t begin, int64_t end, int64_t* to) {
  switch (a.label_type) {
    case Whole::int64: load_labels<int64_t>(a.labels, a.label_step, begin, end, to); break;
    case Whole::int32: load_labels<int32_t>(a.labels, a.label_step, begin, end, to); break;
    case Whole::int16: load_labels<int16_t>(a.labels, a.label_step, begin, end, to); break;
    case Whole::int8: load_labels<int8_t>(a.labels, a.label_step, begin, end, to); break;
    case Whole::uint8: load_labels<uint8_t>(a.labels, a.label_step, begin, end, to); break;
  }
  for (int64_t i = end - begin; i % N; ++i) to[i] = 0;
}

// Scores as columns of float64, eight rows at a time, so that whole cache lines are written. What pads the last vector is
// a row like any other: all its probability is that of the first class.
template <class T>
CROSSENT_INLINE void load_columns(const Scored& a, int64_t begin, int64_t end, double* columns, int64_t stride) {
  const T* const from = static_cast<const T*>(a.scores) + begin * a.row_step;
  const int64_t rows = end - begin;
  if (a.row_step == 1 || a.classes == 1) {
    for (int64_t k = 0; k < a.classes; ++k)
      for (int64_t r = 0; r < rows; ++r) columns[k * stride + r] = widen(from[r * a.row_step + k * a.class_step]);
  } else {
    constexpr int64_t some = 8;
    int64_t first = 0;
    for (; first + some <= rows; first += some)
      for (int64_t k = 0; k < a.classes; ++k)
        for (int64_t r = first; r < first + some; ++r)
          columns[k * stride + r] = widen(from[r * a.row_step + k * a.class_step]);
    for (int64_t r = first; r < rows; ++r)
      for (int64_t k = 0; k < a.classes; ++k) columns[k * stride + r] = widen(from[r * a.row_step + k * a.class_step]);
  }
  for (int64_t r = rows; r % N; ++r)
    for (int64_t k = 0; k < a.classes; ++k) columns[k * stride + r] = k == 0;
}

template <class T> bool sweep_binary(const Scored& a, int64_t begin, int64_t end, const Made& made) {
  const int64_t rows = end - begin, stride = stretch_rows(1) + most_lanes;
  double* const weights = made.work + stride;
  load_columns<T>(a, begin, end, made.work, stride);
  load_labels(a, begin, end, made.label);
  for (int64_t r = 0; r < (rows + N - 1) / N * N; ++r) weights[r] = a.weights && r < rows ? a.weights[begin + r] : 1.0;
  I good = ~I{};
  for (int64_t r = 0; r < rows; r += N) {
    const F score = load(made.work + r), weight = load(weights + r);
    const I label = load_whole(made.label + r), yes = label == 1;
    const F y = yes ? all<double>(1) : F{};
    F p = score;
    if (a.logits) {
      good &= absolute(score) <= largest<double>;
      store_whole(key_of_logit(score), made.keys + r);
      const F signed_score = yes ? score : -score;
      store(hinge_of_margin(signed_score), made.figure[hinge] + r);
      // The loss and the probability share one exponential.
      const F power = exp(-absolute(score));
      store(larger(-signed_score, F{}) + log1p(power).log, made.figure[log_loss] + r);
      p = (score >= 0 ? all<double>(1) : power) / (1.0 + power);
    } else {
      good &= (score >= 0) & (score <= 1);
      store_whole(key_of_probability(score), made.keys + r);
      store(loss_of_probability(yes ? score : 1.0 - score), made.figure[log_loss] + r);
    }
    store_whole((p >= a.threshold) & 1, made.decision + r);
    const F gap = p - y, slope = weight * (1.0 - 2.0 * p);
    store(gap * gap, made.figure[brier] + r);
    store(weight * (y - p) * (1.0 - 2.0 * p), made.figure[spiegelhalter] + r);
    store(slope * slope * p * (1.0 - p), made.figure[spiegelhalter_variance] + r);
  }
  return !any<double>(~good);
}

// The largest of a row's logits, the place of the first that is so large, and the largest of the others.
struct Best { F top, second; I where; };

CROSSENT_INLINE Best best_of(const double* logits, int64_t classes, int64_t stride) {
  Best best{load(logits), all<double>(-infinity<double>), I{}};
  for (int64_t k = 1; k < classes; ++k) {
    const F value = load(logits + k * stride);
    const I above = value > best.top;
    best.second = above ? best.top : larger(value, best.second);
    best.top = above ? value : best.top;
    best.where = above ? I{} + k : best.where;
  }
  return best;
}

// log of the sum of exp(x - top) over all but the largest.
CROSSENT_INLINE F log_of_rest(const double* logits, int64_t classes, int64_t stride, const Best& best, F below) {
  const F gap = best.second - best.top;
  const I far = gap < -700.0;
  F rest = log_of_number(far ? all<double>(1) : below);
  if (any<double>(far)) {  // the powers relative to the top may have vanished: relative to the second, then
    F total{};
    for (int64_t k = 0; k < classes; ++k)
      total += best.where == k ? F{} : exp(load(logits + k * stride) - best.second);
    rest = far ? log_of_number(total) + gap : rest;
  }
  return rest;
}

// Of several classes: log-odds, probabilities, decisions, figures. `powers` is room for another such set of columns.
CROSSENT_INLINE I sweep_logits(const double* logits, double* powers, int64_t classes, int64_t stride, I label,
                               const Made& made, int64_t r) {
  const Best best = best_of(logits, classes, stride);
  F below{};
  I good = ~I{};
  for (int64_t k = 0; k < classes; ++k) {
    const F value = load(logits + k * stride);
    good &= absolute(value) <= largest<double>;
    const F power = best.where == k ? F{} : exp(value - best.top);
    below += power;
    store(power, powers + k * stride);
  }
  const F total = 1.0 + below, inverse = 1.0 / total;
  const F rest = log_of_rest(logits, classes, stride, best, below);
  F others{}, hit{}, odds_of_true{}, own{}, most = all<double>(-1);
  I decision{};
  const F bound = all<double>(largest<double>);
  for (int64_t k = 0; k < classes; ++k) {
    const F value = load(logits + k * stride), power = load(powers + k * stride);
    const I is_top = best.where == k, is_true = label == k;
    const F distance = is_top ? rest : log_of_number(total - power);
    const F odds = larger(at_most(value - best.top - distance, bound), -bound);
    store_whole(key_of_logit(odds), made.keys + k * made.stride + r);
    const F p = is_top ? inverse : power * inverse;
    const I above = p > most;
    decision = above ? I{} + k : decision;
    most = above ? p : most;
    others += is_true ? F{} : p * p;
    hit = is_true ? p : hit;
    odds_of_true = is_true ? odds : odds_of_true;
    own = is_true ? value : own;
  }
  store_whole(decision, made.decision + r);
  const F missed = 1.0 - hit, squares = others + missed * missed;
  store(classes == 2 ? squares / 2.0 : squares, made.figure[brier] + r);
  store(loss_of_odds(odds_of_true), made.figure[log_loss] + r);
  store(hinge_of_margin(own - (label == best.where ? best.second : best.top)), made.figure[hinge] + r);
  return good;
}

CROSSENT_INLINE I sweep_probabilities(const double* scores, int64_t classes, int64_t stride, I label, const Made& made,
                                      int64_t r) {
  F others{}, hit{}, most = all<double>(-1), sum{};
  I decision{}, good = ~I{};
  for (int64_t k = 0; k < classes; ++k) {
    const F p = load(scores + k * stride);
    good &= (p >= 0) & (p <= 1);
    store_whole(key_of_probability(p), made.keys + k * made.stride + r);
    const I above = p > most, is_true = label == k;
    decision = above ? I{} + k : decision;
    most = above ? p : most;
    sum += p;
    others += is_true ? F{} : p * p;
    hit = is_true ? p : hit;
  }
  store_whole(decision, made.decision + r);
  const F missed = 1.0 - hit, squares = others + missed * missed;
  store(classes == 2 ? squares / 2.0 : squares, made.figure[brier] + r);
  store(loss_of_probability(hit), made.figure[log_loss] + r);
  return good & (absolute(sum - 1.0) <= 0.01);
}

// How many classes score higher than the true one; of equal scores the class that stands first counts as higher.
CROSSENT_INLINE void rank_row(const Made& made, int64_t classes, I label, int64_t r) {
  I own, top, rank{};
  for (int i = 0; i < N; ++i) {
    own[i] = made.keys[label[i] * made.stride + r + i];
    top[i] = made.keys[made.decision[r + i] * made.stride + r + i];
  }
  for (int64_t k = 0; k < classes; ++k) {
    const I key = load_whole(made.keys + k * made.stride + r);
    rank -= (key > own) | ((key == own) & (label > k));
  }
  store_whole(rank, made.rank + r);
  store_whole(top, made.top + r);
}

template <class T> bool sweep_classes(const Scored& a, int64_t begin, int64_t end, const Made& made) {
  const int64_t rows = end - begin, stride = stretch_rows(a.classes) + most_lanes;
  double* const powers = made.work + a.classes * stride;
  load_columns<T>(a, begin, end, made.work, stride);
  load_labels(a, begin, end, made.label);
  I good = ~I{};
  for (int64_t r = 0; r < rows; r += N) {
    const I label = load_whole(made.label + r);
    good &= a.logits ? sweep_logits(made.work + r, powers + r, a.classes, stride, label, made, r)
                     : sweep_probabilities(made.work + r, a.classes, stride, label, made, r);
    rank_row(made, a.classes, label, r);
  }
  return !any<double>(~good);
}

template <class T> bool sweep(const Scored& a, int64_t begin, int64_t end, const Made& made) {
  return a.binary ? sweep_binary<T>(a, begin, end, made) : sweep_classes<T>(a, begin, end, made);
}

}  // namespace crossent::CROSSENT_LEVEL
