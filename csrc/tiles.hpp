// Between a tile, [class][row], and memory with any strides.
#pragma once

#include "api.hpp"
#include "lanes.hpp"

namespace crossent::CROSSENT_LEVEL {

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

// Two classes side by side: the even and the odd lanes.
template <class C, class T> CROSSENT_INLINE void gather_pairs(C* tile, const T* from, int whole) {
  constexpr int N = lanes<C>;
  Integers<C> even, odd;
  for (int i = 0; i < N; ++i) even[i] = 2 * i, odd[i] = 2 * i + 1;
  for (int r = 0; r < whole; r += N) {
    const Vector<C> a = load(from + 2 * r), b = load(from + 2 * r + N);
    store(shuffled(a, b, even), tile + r);
    store(shuffled(a, b, odd), tile + tile_rows + r);
  }
}
template <class C, class T> CROSSENT_INLINE void scatter_pairs(const C* tile, T* to, int whole) {
  constexpr int N = lanes<C>;
  Integers<C> low, high;
  for (int i = 0; i < N; ++i) {
    low[i] = (i & 1) * N + i / 2;
    high[i] = (i & 1) * N + i / 2 + N / 2;
  }
  for (int r = 0; r < whole; r += N) {
    const Vector<C> a = load(tile + r), b = load(tile + tile_rows + r);
    store(shuffled(a, b, low), to + 2 * r);
    store(shuffled(a, b, high), to + 2 * r + N);
  }
}

// How many of the rows can be moved as squares of lanes. Rows shorter than a square, side by side, are read and written
// with the beginning of the next ones; the last square of a tile has no next ones.
template <class C> CROSSENT_INLINE int rows_in_squares(int64_t row_step, int64_t classes, int rows) {
  const int whole = rows / lanes<C> * lanes<C>;
  if (classes >= lanes<C>) return whole;
  const bool overlapping = classes > 2 && row_step == classes;
  return overlapping && whole > lanes<C> ? whole - lanes<C> : 0;
}

template <class C, class T>
CROSSENT_INLINE void gather(C* tile, const T* from, int64_t row_step, int64_t class_step, int64_t classes, int rows) {
  constexpr int N = lanes<C>;
  const int whole = rows / N * N;
  int first = 0;
  if (row_step == 1) {
    for (int64_t c = 0; c < classes; ++c)
      for (int r = 0; r < whole; r += N) store(load(from + c * class_step + r), tile + c * tile_rows + r);
    first = whole;
  } else if (class_step == 1 && classes == 2 && row_step == 2) {
    gather_pairs(tile, from, whole);
    first = whole;
  } else if (class_step == 1) {
    for (const int end = rows_in_squares<C>(row_step, classes, rows); first < end; first += N) {
      for (int64_t c = 0; c < classes; c += N) {
        const int64_t at = c + N <= classes || c == 0 ? c : classes - N;  // the last square overlaps the one before
        Vector<C> block[N];
        for (int i = 0; i < N; ++i) block[i] = load(from + (first + i) * row_step + at);
        turn<C>(block);
        const int64_t used = classes < N ? classes : N;
        for (int i = 0; i < used; ++i) store(block[i], tile + (at + i) * tile_rows + first);
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
  const int whole = rows / N * N;
  int first = 0;
  if (row_step == 1) {
    for (int64_t c = 0; c < classes; ++c)
      for (int r = 0; r < whole; r += N) store(load(tile + c * tile_rows + r), to + c * class_step + r);
    first = whole;
  } else if (class_step == 1 && classes == 2 && row_step == 2) {
    scatter_pairs(tile, to, whole);
    first = whole;
  } else if (class_step == 1) {
    for (const int end = rows_in_squares<C>(row_step, classes, rows); first < end; first += N) {
      for (int64_t c = 0; c < classes; c += N) {
        const int64_t at = c + N <= classes || c == 0 ? c : classes - N;
        Vector<C> block[N];
        for (int i = 0; i < N; ++i) block[i] = i < classes ? load(tile + (at + i) * tile_rows + first) : Vector<C>{};
        turn<C>(block);
        for (int i = 0; i < N; ++i) store(block[i], to + (first + i) * row_step + at);
      }
    }
  }
  for (int r = first; r < rows; ++r)
    for (int64_t c = 0; c < classes; ++c) narrow(tile[c * tile_rows + r], to + r * row_step + c * class_step);
}

}  // namespace crossent::CROSSENT_LEVEL
