// A sum of float64 without rounding: a whole number of 2^-1074, of which every float64 is a whole multiple.
//
// U. Kulisch, "Computer Arithmetic and Validity", 2013; R. M. Neal, "Fast exact summation", arXiv 1505.05571, 2015.
#pragma once

#include <cstdint>

namespace crossent {

// Its functions are inlined always: a copy that was compiled for a newer processor must not serve an older one.
struct Sum {
  static constexpr int limbs = 68;
  int64_t limb[limbs] = {};  // limb i counts 2^(32 i - 1074); signed, and not carried
  int64_t terms = 0;

  __attribute__((always_inline)) inline void add(double value) {
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    const int64_t exponent = int64_t(bits >> 52 & 0x7ff);
    const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
    const uint64_t mantissa = exponent ? fraction | uint64_t{1} << 52 : fraction;
    const int64_t place = exponent ? exponent - 1 : 0;
    const int64_t at = place / 32, shift = place % 32;
    const uint64_t low = (mantissa & 0xffffffff) << shift, high = (mantissa >> 32) << shift;
    const int64_t first = int64_t(low & 0xffffffff), second = int64_t((low >> 32) + (high & 0xffffffff));
    const int64_t third = int64_t(high >> 32);
    const int64_t sign = bits >> 63 ? -1 : 1;
    limb[at] += sign * first;
    limb[at + 1] += sign * second;
    limb[at + 2] += sign * third;
    if (++terms == most_terms) carry();
  }

  __attribute__((always_inline)) inline void add(const Sum& other) {
    for (int i = 0; i < limbs; ++i) limb[i] += other.limb[i];
    terms += other.terms + 1;
    if (terms >= most_terms) carry();
  }

 private:
  static constexpr int64_t most_terms = int64_t{1} << 28;  // of less than 2^33 each

  __attribute__((always_inline)) inline void carry() {
    for (int i = 0; i + 1 < limbs; ++i) {
      const int64_t over = limb[i] >> 32;
      limb[i] -= over * (int64_t{1} << 32);
      limb[i + 1] += over;
    }
    terms = 1;
  }
};

}  // namespace crossent
