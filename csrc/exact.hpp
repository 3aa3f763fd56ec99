// Exact sums, a vector at a time: the numbers are cut at fixed binary places into parts whose sums need no rounding.
//
// S. M. Rump, T. Ogita, S. Oishi, "Accurate floating-point summation", SIAM J. Sci. Comput. 2008, section 3 (extraction).
#pragma once

#include "evaluation.hpp"
#include "lanes.hpp"

namespace crossent::CROSSENT_LEVEL {

using F = Vector<double>;
using I = Integers<double>;

CROSSENT_INLINE F absolute(F x) { return bits_as<F>(bits_as<I>(x) & INT64_MAX); }

CROSSENT_INLINE double power_of_2(int64_t exponent) { return bits_as<double>((exponent + 1023) << 52); }

// The sum of up to 1,024 values is cut so that a lane's part, of at most 512 terms, holds 43 bits of each.
constexpr int64_t most_at_once = 1024;
constexpr int64_t bits_of_part = 43;

// Adds the parts of the values down to 2^(reach - 43), and leaves the rest, which lies below it. Returns whether some is
// left. Every value is at most 2^reach in size.
CROSSENT_INLINE bool add_part(double* values, int64_t count, int64_t reach, Sum& sum) {
  const F anchor = all<double>(1.5 * power_of_2(reach - bits_of_part + 52));
  F total{};
  I left{};
  for (int64_t i = 0; i < count; i += lanes<double>) {
    const F value = load(values + i), part = (value + anchor) - anchor, rest = value - part;
    total += part;
    left |= bits_as<I>(rest);
    store(rest, values + i);
  }
  for (int lane = 0; lane < lanes<double>; ++lane)
    if (total[lane] != 0) sum.add(total[lane]);
  return any<double>((left & INT64_MAX) != 0);
}

// values must be followed by room for a vector.
static void add_some(double* values, int64_t count, Sum& sum) {
  for (int64_t i = count; i % lanes<double>; ++i) values[i] = 0;
  F largest_of_lane{};
  for (int64_t i = 0; i < count; i += lanes<double>) largest_of_lane = larger(absolute(load(values + i)), largest_of_lane);
  const double most = largest_of<double>(largest_of_lane);
  if (most == 0) return;
  int64_t reach = (bits_as<int64_t>(most) >> 52) - 1022;  // most < 2^reach
  // Near the ends of the numbers' range there is no room for an anchor: one by one.
  if (reach < 1000)
    for (; reach > -900; reach -= bits_of_part + 1)
      if (!add_part(values, count, reach, sum)) return;
  for (int64_t i = 0; i < count; ++i)
    if (values[i] != 0) sum.add(values[i]);
}

static void add(double* values, int64_t count, Sum& sum) { add_some(values, count, sum); }

// What is beyond these bounds would overflow in a product with a weight, of at most 2^31, or in its square.
static void add_moments(const double* values, const double* weights, int64_t count, double* work, Sum* sums) {
  const F most = all<double>(largest<double> * 0x1p-31), most_squared = all<double>(1e144);
  for (int64_t i = 0; i < count; i += lanes<double>) {
    const F value = load(values + i);
    store(weights ? at_most(value, most) * load(weights + i) : value, work + i);
  }
  add_some(work, count, sums[0]);
  for (int64_t i = 0; i < count; i += lanes<double>) {
    const F value = load(values + i), bounded = at_most(value, most_squared);
    const F weighed = weights ? bounded * load(weights + i) : bounded;
    store(weighed * weighed, work + i);
  }
  add_some(work, count, sums[1]);
  if (!weights) return;
  for (int64_t i = 0; i < count; i += lanes<double>) {
    const F value = load(values + i), bounded = at_most(value, most_squared), weight = load(weights + i);
    store(bounded * (weight * weight), work + i);
  }
  add_some(work, count, sums[2]);
}

}  // namespace crossent::CROSSENT_LEVEL
