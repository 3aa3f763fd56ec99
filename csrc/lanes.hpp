// Vectors as wide as the instruction set has them, in the compiler's own notation: no intrinsics, any processor.
#pragma once

#include <cstdint>

#define CROSSENT_INLINE static CROSSENT_INLINE_MEMBER
#define CROSSENT_INLINE_MEMBER inline __attribute__((always_inline))
#define CROSSENT_APART static __attribute__((noinline))  // where one copy serves several types of memory

namespace crossent::CROSSENT_LEVEL {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

struct Bfloat16 { uint16_t bits; };
struct Float16 { uint16_t bits; };

template <class C> struct Lanes;
template <> struct Lanes<float> {
  static constexpr int count = vector_bytes / 4;
  using Integer = int32_t;
  typedef float Vector __attribute__((vector_size(vector_bytes)));
  typedef int32_t Integers __attribute__((vector_size(vector_bytes)));
  typedef uint32_t Bits __attribute__((vector_size(vector_bytes)));
};
template <> struct Lanes<double> {
  static constexpr int count = vector_bytes / 8;
  using Integer = int64_t;
  typedef double Vector __attribute__((vector_size(vector_bytes)));
  typedef int64_t Integers __attribute__((vector_size(vector_bytes)));
  typedef uint64_t Bits __attribute__((vector_size(vector_bytes)));
};
template <class C> using Vector = typename Lanes<C>::Vector;
template <class C> using Integers = typename Lanes<C>::Integers;
template <class C> using Integer = typename Lanes<C>::Integer;
template <class C> constexpr int lanes = Lanes<C>::count;

// The type that a stored type is computed in.
template <class T> struct ComputedIn { using Type = float; };
template <> struct ComputedIn<double> { using Type = double; };
template <class T> using Computed = typename ComputedIn<T>::Type;

template <class To, class From> CROSSENT_INLINE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

// The four conversions are written once for scalars (F = float, U = uint32_t) and vectors.

template <class F, class U> CROSSENT_INLINE F from_bfloat16(U bits) { return bits_as<F>(bits << 16); }

template <class U, class F> CROSSENT_INLINE U to_bfloat16(F value) {
  const U bits = bits_as<U>(value);
  const U rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return value == value ? rounded : U{} + 0x7fc0u;
}

template <class F, class U> CROSSENT_INLINE F from_float16(U bits) {
  const U magnitude = (bits & 0x7fffu) << 13;
  const F finite = bits_as<F>(magnitude) * 0x1p112f;  // also right for the subnormal numbers
  const U special = magnitude | 0x7f800000u;
  const U sign = (bits & 0x8000u) << 16;
  const U value = magnitude >= 0x0f800000u ? special : bits_as<U>(finite);
  return bits_as<F>(value | sign);
}

template <class U, class F> CROSSENT_INLINE U to_float16(F value) {
  const U all = bits_as<U>(value);
  const U sign = (all & 0x80000000u) >> 16;
  const U bits = all & 0x7fffffffu;
  const U normal = (bits - 0x38000000u + 0xfffu + ((bits >> 13) & 1u)) >> 13;
  const F shifted = bits_as<F>(bits) + 0.5f;  // aligns a subnormal's last bit with float32's
  const U subnormal = bits_as<U>(shifted) - 0x3f000000u;
  const U infinite = U{} + 0x7c00u, nan = U{} + 0x7e00u;
  const U finite = bits < 0x38800000u ? subnormal : normal;
  const U bounded = bits >= 0x477ff000u ? infinite : finite;
  return sign | (bits > 0x7f800000u ? nan : bounded);
}

CROSSENT_INLINE float widen(float value) { return value; }
CROSSENT_INLINE double widen(double value) { return value; }
CROSSENT_INLINE float widen(Bfloat16 value) { return from_bfloat16<float>(uint32_t{value.bits}); }
CROSSENT_INLINE float widen(Float16 value) { return from_float16<float>(uint32_t{value.bits}); }

CROSSENT_INLINE void narrow(float value, float* to) { *to = value; }
CROSSENT_INLINE void narrow(double value, double* to) { *to = value; }
CROSSENT_INLINE void narrow(float value, Bfloat16* to) { to->bits = uint16_t(to_bfloat16<uint32_t>(value)); }
CROSSENT_INLINE void narrow(float value, Float16* to) { to->bits = uint16_t(to_float16<uint32_t>(value)); }

typedef uint16_t HalfBits __attribute__((vector_size(vector_bytes / 2)));
using Bits32 = Lanes<float>::Bits;

CROSSENT_INLINE Bits32 load_half(const void* from) {
  HalfBits half;
  __builtin_memcpy(&half, from, sizeof half);
  return __builtin_convertvector(half, Bits32);
}
CROSSENT_INLINE void store_half(Bits32 bits, void* to) {
  const HalfBits half = __builtin_convertvector(bits, HalfBits);
  __builtin_memcpy(to, &half, sizeof half);
}

CROSSENT_INLINE Vector<float> load(const float* from) {
  Vector<float> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
CROSSENT_INLINE Vector<double> load(const double* from) {
  Vector<double> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
CROSSENT_INLINE Vector<float> load(const Bfloat16* from) { return from_bfloat16<Vector<float>>(load_half(from)); }
CROSSENT_INLINE Vector<float> load(const Float16* from) { return from_float16<Vector<float>>(load_half(from)); }

CROSSENT_INLINE void store(Vector<float> value, float* to) { __builtin_memcpy(to, &value, sizeof value); }
CROSSENT_INLINE void store(Vector<double> value, double* to) { __builtin_memcpy(to, &value, sizeof value); }
CROSSENT_INLINE void store(Vector<float> value, Bfloat16* to) { store_half(to_bfloat16<Bits32>(value), to); }
CROSSENT_INLINE void store(Vector<float> value, Float16* to) { store_half(to_float16<Bits32>(value), to); }

template <class C> CROSSENT_INLINE Vector<C> all(C value) { return Vector<C>{} + value; }

template <class C> constexpr C infinity = C(__builtin_inf());
template <class C> constexpr C largest = sizeof(C) == 4 ? C(__FLT_MAX__) : C(__DBL_MAX__);

// The larger and the smaller; `new_one` where it is NaN is lost by `larger` and kept by `at_most`.
template <class V> CROSSENT_INLINE V larger(V new_one, V old_one) { return new_one > old_one ? new_one : old_one; }
template <class V> CROSSENT_INLINE V at_most(V value, V bound) { return value > bound ? bound : value; }

// Whether a comparison holds in some lane.
template <class C> CROSSENT_INLINE bool any(Integers<C> mask) {
  const auto wide = bits_as<Lanes<double>::Integers>(mask);
  int64_t found = 0;
  for (int i = 0; i < lanes<double>; ++i) found |= wide[i];
  return found != 0;
}

// Lanes of a and b by number, b's after a's. GCC makes one instruction of it where the numbers are constants.
template <class V, class I> CROSSENT_INLINE V shuffled(V a, V b, I numbers) {
#if defined(__clang__)
  constexpr int count = sizeof(I) / sizeof(numbers[0]);
  V result;
  for (int i = 0; i < count; ++i) result[i] = numbers[i] < count ? a[numbers[i]] : b[numbers[i] - count];
  return result;
#else
  return __builtin_shuffle(a, b, numbers);
#endif
}

template <class C> CROSSENT_INLINE C largest_of(Vector<C> values) {
  C best = values[0];
  for (int i = 1; i < lanes<C>; ++i) best = values[i] > best ? values[i] : best;
  return best;
}

// The sum of numbers, in float64, in an order that depends on nothing but how many there are.
template <class C> CROSSENT_INLINE double sum(const C* values, int64_t count) {
  typedef C Some __attribute__((vector_size(vector_bytes / 8 * sizeof(C))));
  Vector<double> sums{};
  int64_t i = 0;
  for (; i + lanes<double> <= count; i += lanes<double>) {
    Some some;
    __builtin_memcpy(&some, values + i, sizeof some);
    sums += __builtin_convertvector(some, Vector<double>);
  }
  double total = 0;
  for (int lane = 0; lane < lanes<double>; ++lane) total += sums[lane];
  for (; i < count; ++i) total += double(values[i]);
  return total;
}

}  // namespace crossent::CROSSENT_LEVEL
