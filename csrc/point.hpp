// The arithmetic of one row, for as many rows or classes at once as a vector has lanes. Straight-line and pure.
//
// Polynomials: S. L. Moshier, "Cephes Mathematical Library" (exp, log; single and double precision).
#pragma once

#include "lanes.hpp"

namespace crossent::CROSSENT_LEVEL {

// From 38 on log1p(exp(z)) is z to the last bit, even in float64; from 88 on exp(z) overflows in float32.
template <class C> constexpr C linear_from = C(40);

// raised_exp(x) times lower<C> is exp(x), for x <= linear_from; 0 from `least` down; NaN for NaN. A product with
// something larger than 1 can come between the two, so that it is rounded once where exp(x) alone is subnormal.
template <class C> constexpr C lower = C(sizeof(C) == 4 ? 0x1p-64 : 0x1p-512);

CROSSENT_INLINE Vector<float> raised_exp(Vector<float> x, float least_one) {
  using F = Vector<float>;
  const F least = all<float>(least_one);
  const Integers<float> stays = ~(x < least);
  x = larger(least, x);
  // Adding 1.5 * 2^23 rounds to a whole number, in the low bits; 191 = 127 + 64 makes them the exponent of 2^(n + 64).
  const F magic = all<float>(12582912.0f + 191.0f);
  const F shifted = x * 1.44269504088896341f + magic;
  const F n = shifted - magic;
  const F r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  F p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * bits_as<F>((bits_as<Integers<float>>(shifted) << 23) & stays);
}

CROSSENT_INLINE Vector<double> raised_exp(Vector<double> x, double least_one) {
  using F = Vector<double>;
  const F least = all<double>(least_one);
  const Integers<double> stays = ~(x < least);
  x = larger(least, x);
  const F magic = all<double>(6755399441055744.0 + 1535.0);  // 1.5 * 2^52; 1535 = 1023 + 512
  const F shifted = x * 1.4426950408889634073599 + magic;
  const F n = shifted - magic;
  const F r = (x - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
  const F rr = r * r;
  const F p = r * ((rr * 1.26177193074810590878e-4 + 3.02994407707441961300e-2) * rr + 9.99999999999999999910e-1);
  const F q = ((rr * 3.00198505138664455042e-6 + 2.52448340349684104192e-3) * rr + 2.27265548208155028766e-1) * rr +
              2.00000000000000000009;
  const F e = 1.0 + 2.0 * (p / (q - p));
  return e * bits_as<F>((bits_as<Integers<double>>(shifted) << 52) & stays);
}

// exp(x) for x <= linear_from, subnormal results included; NaN for NaN. It is 0 at once for what rounds to 0, since
// processors are slow where a product vanishes.
CROSSENT_INLINE Vector<float> exp(Vector<float> x) { return raised_exp(x, -103.972084f) * lower<float>; }
CROSSENT_INLINE Vector<double> exp(Vector<double> x) { return raised_exp(x, -745.1332191019412) * lower<double>; }

// log(x) for normal x > 0; anything for NaN.
CROSSENT_INLINE Vector<float> log_of_number(Vector<float> x) {
  using F = Vector<float>;
  using I = Integers<float>;
  const I shifted = bits_as<I>(bits_as<Lanes<float>::Bits>(x) + (0x3f800000u - 0x3f3504f3u));
  const F e = __builtin_convertvector((shifted >> 23) - 127, F);
  const F f = bits_as<F>((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;  // from sqrt(1/2) - 1 to sqrt(2) - 1
  const F ff = f * f;
  F p = f * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const F tail = f * ff * p + e * -2.12194440e-4f - 0.5f * ff;
  return f + tail + e * 0.693359375f;
}

CROSSENT_INLINE Vector<double> log_of_number(Vector<double> x) {
  using F = Vector<double>;
  using I = Integers<double>;
  const I root = I{} + 0x3fe6a09e667f3bcd;
  const I shifted = bits_as<I>(bits_as<Lanes<double>::Bits>(x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu));
  // The exponent is a small whole number: through the bits of 2^52 + 2^51, since few sets convert 64-bit integers.
  const F e = bits_as<F>(((shifted >> 52) - 1023) + 0x4338000000000000) - 6755399441055744.0;
  const F f = bits_as<F>((shifted & 0x000fffffffffffff) + root) - 1.0;
  const F ff = f * f;
  F p = f * 1.01875663804580931796e-4 + 4.97494994976747001425e-1;
  p = p * f + 4.70579119878881725854;
  p = p * f + 1.44989225341610930846e1;
  p = p * f + 1.79368678507819816313e1;
  p = p * f + 7.70838733755885391666;
  F q = f + 1.12873587189167450590e1;
  q = q * f + 4.52279145837532221105e1;
  q = q * f + 8.29875266912776603211e1;
  q = q * f + 7.11544750618563894466e1;
  q = q * f + 2.31251620126765340583e1;
  const F tail = f * (ff * (p / q)) - e * 2.121944400546905827679e-4 - 0.5 * ff;
  return f + tail + e * 0.693359375;
}

// log(x) for normal x > 0; NaN for NaN.
template <class V> CROSSENT_INLINE V log(V x) { return x == x ? log_of_number(x) : x; }

// A sum that keeps what each addition rounds off (TwoSum, see below).
template <class V> struct LongSum {
  V sum{}, rest{};
  CROSSENT_INLINE_MEMBER void add(V term) {
    const V before = sum;
    sum = before + term;
    const V of_term = sum - before;
    rest += (before - (sum - of_term)) + (term - of_term);
  }
  CROSSENT_INLINE_MEMBER V total() const {
    const V all_of = sum + rest;
    return all_of == all_of ? all_of : sum;  // an infinite sum has no rest
  }
};

// log(1 + u) for -1/2 <= u < inf, to the last bits also where 1 + u rounds, and 1 / (1 + u).
template <class V> struct Log1p { V log, inverse; };
template <class V> CROSSENT_INLINE Log1p<V> log1p(V u) {
  const V w = 1 + u, inverse = 1 / w;
  return {log_of_number(w) + (u - (w - 1)) * inverse, inverse};
}

// (a - b) - difference, exactly, where difference is a - b rounded; 0 where that is not finite.
// Knuth, "The Art of Computer Programming", volume 2, section 4.2.2, theorem B (TwoSum).
template <class V> CROSSENT_INLINE V lost_by_rounding(V a, V b, V difference) {
  const V minus_b = difference - a;
  const V lost = (a - (difference - minus_b)) - (b + minus_b);
  return lost - lost == 0 ? lost : V{};
}

// weight * loss with 0 * inf = 0: a term that is weighed out is out.
template <class C> CROSSENT_INLINE Vector<C> times(Vector<C> weight, Vector<C> loss) {
  return ((weight == 0) & (loss == infinity<C>)) ? Vector<C>{} : weight * loss;
}

// The odds against a class, (1 - p) / p = total exp(gap), where gap is the best other logit `top` less the class's own,
// and total the sum of exp(x_c - top) over the others.
template <class V> struct Odds {
  V gap, total;  // total holds what was lost when gap was rounded
  V loss;        // softplus(z) = -log p, z = gap + log(total)
  V against;     // sigmoid(z) = 1 - p
  V p;
  V share;  // sigmoid(z) / total: times exp(x_c - top), the softmax of another class
};

template <class C> CROSSENT_INLINE Odds<Vector<C>> odds_against(Vector<C> top, Vector<C> own, Vector<C> total) {
  using V = Vector<C>;
  const V bound = all<C>(linear_from<C>);
  const V gap = top - own, lost = 1 + lost_by_rounding(top, own, gap), corrected = total * lost;
  const V raised = raised_exp(at_most(gap, bound), C(sizeof(C) == 4 ? -130 : -1090));
  const V ratio = raised * lower<C>, odds = gap < 0 ? corrected * raised * lower<C> : corrected * ratio;
  const Log1p<V> softplus = log1p(odds);
  // share has the ratio's own correction, which belongs to each exp(x_c - top) too; hence not `corrected`.
  Odds<V> all_of{gap, corrected, softplus.log, odds * softplus.inverse, softplus.inverse,
                 ratio * lost * softplus.inverse};
  if (any<C>(gap > bound)) {
    const V half = all<C>(C(0.5));
    all_of.loss = gap > bound ? gap + log(corrected < half ? half : corrected) : all_of.loss;
    all_of.against = gap > bound ? all<C>(C(1)) : all_of.against;
    all_of.p = gap > bound ? V{} : all_of.p;
  }
  return all_of;
}

// base ^ gamma, for base in [0, 1] and gamma > 0. Whole powers by multiplication, since exp(gamma log(base)) has the
// absolute error of the logarithm as a relative one.
template <class C> CROSSENT_INLINE Vector<C> power(Vector<C> base, Vector<C> log_of_base, double gamma) {
  constexpr double few = 16;
  Vector<C> result = all<C>(C(1));
  double rest = gamma;
  for (; rest >= 1 && gamma < few; rest -= 1) result *= base;
  if (rest > 0) result *= exp(at_most(log_of_base * C(rest), Vector<C>{}));
  return result;
}

// Focal loss, (1 - p)^gamma (-log p), by its ratio to cross entropy: of the loss, and of the slope in z.
template <class V> struct Focus { V loss, slope; };
template <class C>
CROSSENT_INLINE Focus<Vector<C>> focus(Vector<C> loss, Vector<C> against, Vector<C> p, Vector<C> log_against,
                                       double gamma) {
  using V = Vector<C>;
  const V power_of = power<C>(against, log_against, gamma);
  const V towards_1 = against == 0 ? all<C>(C(1)) : at_most(loss / against, all<C>(largest<C>));
  return {power_of, power_of * (1 + C(gamma) * p * towards_1)};
}

}  // namespace crossent::CROSSENT_LEVEL
