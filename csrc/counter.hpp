// A histogram that is exact while it can be: rows counted by the leading bits of a whole number, and by side.
//
// src/crossent/evaluation/state/_histogram.py is the definition: the level, the number of trailing bits that are left out, is
// the least at which there are at most `limit` bins. It depends on which rows there are and not on their order.
#pragma once

#include <algorithm>
#include <cstring>

#include "evaluation.hpp"

namespace crossent {

constexpr int limbs_of_weight = 3;

// A hash table. Eight neighbouring keys are neighbours in it, so that scores that are alike stay in the cache; more would
// run into one another. Where a slot is taken, an odd step leads through all of the table.
//
// A slot is a key and for each side a count of 32 bits or, where rows have weights, a count and three limbs of 64.
class Counter {
 public:
  Counter(int64_t limit, int64_t sides, bool weighted)
      : limit_(limit), sides_(sides), weighted_(weighted),
        width_(1 + (weighted ? sides * (1 + limbs_of_weight) : (sides + 1) / 2)) {
    make(8);
  }

  void count(int64_t key, int64_t side) {
    add_one(at(key >> level_) + 1, side);
    fit();
  }

  void weigh(int64_t key, int64_t side, const int64_t* limbs) {
    int64_t* const cell = at(key >> level_) + 1 + side * (1 + limbs_of_weight);
    ++cell[0];
    for (int i = 0; i < limbs_of_weight; ++i) cell[1 + i] += limbs[i];
    fit();
  }

  // The same for many rows of two sides, where most keys are known already.
  template <class Side> void count_all(const int64_t* keys, int64_t begin, int64_t end, const Side& side) {
    int64_t r = begin;
    while (r < end) {
      int64_t* const slots = slots_.data();
      const int64_t mask = mask_;
      const int bits = bits_, level = level_;
      for (; r < end; ++r) {
        const int64_t key = keys[r] >> level;
        const Path path = path_of(key, bits);
        int64_t i = path.first;
        while (slots[2 * i] != key && slots[2 * i] != empty) i = (i + path.step) & mask;
        if (slots[2 * i] == empty) break;
        add_one(slots + 2 * i + 1, side(r));
      }
      if (r < end) count(keys[r], side(r)), ++r;
    }
  }

  // Takes in all rows of another one.
  void add(const Counter& other) {
    raise_to(other.level_);
    for (int64_t i = 0; i <= other.mask_; ++i) {
      const int64_t* const from = other.slot(i);
      if (from[0] == empty) continue;
      merge(from, from[0] >> (level_ - other.level_));
      fit();
    }
  }

  Bins bins() {
    if (filled_ > limit_) raise_to(level_within());
    const std::vector<Place>& places = in_order();
    Bins bins{level_, {}, {}};
    const int64_t cells = weighted_ ? width_ - 1 : sides_;
    bins.keys.reserve(places.size());
    bins.cells.reserve(places.size() * size_t(cells));
    for (const Place& place : places) {
      bins.keys.push_back(slot(place.slot)[0]);
      for (int64_t i = 0; i < cells; ++i)
        bins.cells.push_back(weighted_ ? slot(place.slot)[1 + i] : int64_t(count_of(slot(place.slot), i)));
    }
    return bins;
  }

 private:
  static constexpr int64_t empty = INT64_MIN;  // no score has this number

  struct Place { uint64_t above; int64_t slot; };  // above: how far a key lies above the least

  int64_t limit_, sides_;
  bool weighted_;
  int64_t width_, mask_ = 0, filled_ = 0;
  int bits_ = 0, level_ = 0;
  std::vector<int64_t> slots_;

  int64_t* slot(int64_t i) { return slots_.data() + i * width_; }
  const int64_t* slot(int64_t i) const { return slots_.data() + i * width_; }

  static void add_one(int64_t* counts, int64_t side) {
    uint32_t count;
    char* const place = reinterpret_cast<char*>(counts) + side * int64_t(sizeof count);
    std::memcpy(&count, place, sizeof count);
    ++count;
    std::memcpy(place, &count, sizeof count);
  }

  static uint32_t count_of(const int64_t* slot, int64_t side) {
    uint32_t count;
    std::memcpy(&count, reinterpret_cast<const char*>(slot + 1) + side * int64_t(sizeof count), sizeof count);
    return count;
  }

  void make(int bits) {
    bits_ = bits;
    mask_ = (int64_t{1} << bits) - 1;
    filled_ = 0;
    slots_.assign(size_t((mask_ + 1) * width_), 0);
    for (int64_t i = 0; i <= mask_; ++i) slot(i)[0] = empty;
  }

  struct Path { int64_t first, step; };

  static Path path_of(int64_t key, int bits) {
    const uint64_t hash = uint64_t(key >> 3) * 0x9e3779b97f4a7c15u;
    const int64_t eighth = int64_t(hash >> (67 - bits)), step = int64_t(hash >> 20 & 0xfffff) << 3 | 1;
    return {eighth << 3 | ((key + int64_t(hash >> 40)) & 7), step};
  }

  // The slot of a key, which is made if there is none.
  int64_t* at(int64_t key) {
    const Path path = path_of(key, bits_);
    for (int64_t i = path.first;; i = (i + path.step) & mask_) {
      int64_t* const found = slot(i);
      if (found[0] == key) return found;
      if (found[0] != empty) continue;
      found[0] = key;
      ++filled_;
      return found;
    }
  }

  void merge(const int64_t* from, int64_t key) {
    int64_t* const to = at(key);
    if (weighted_) {
      for (int64_t i = 1; i < width_; ++i) to[i] += from[i];
      return;
    }
    for (int64_t side = 0; side < sides_; ++side) {
      const uint32_t sum = count_of(to, side) + count_of(from, side);
      std::memcpy(reinterpret_cast<char*>(to + 1) + side * int64_t(sizeof sum), &sum, sizeof sum);
    }
  }

  // Makes room, in the table or by a higher level. That waits for half as much again as the limit, since it takes long,
  // and a level up often joins few bins.
  void fit() {
    if (filled_ - limit_ > limit_ / 2) raise_to(level_within());
    if (4 * filled_ > 3 * mask_ + 3) rebuilt(level_, bits_ + 1);
  }

  void raise_to(int level) {
    if (level > level_) rebuilt(level, bits_);
  }

  void rebuilt(int level, int bits) {
    // Memory that has been used before: fresh pages cost more than what is done here.
    static thread_local std::vector<int64_t> before;
    before.swap(slots_);
    const int64_t last = mask_;
    const int by = level - level_;
    make(bits);
    level_ = level;
    for (int64_t i = 0; i <= last; ++i) {
      const int64_t* const from = before.data() + i * width_;
      if (from[0] != empty) merge(from, from[0] >> by);
    }
  }

  // The slots in use, by their keys: sorted a byte at a time, as far as the keys differ.
  const std::vector<Place>& in_order() const {
    static thread_local std::vector<Place> places, other;  // as in rebuilt
    places.clear();
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int64_t i = 0; i <= mask_; ++i) {
      const int64_t key = slot(i)[0];
      if (key == empty) continue;
      places.push_back({uint64_t(key), i});
      least = std::min(least, key);
      most = std::max(most, key);
    }
    for (Place& place : places) place.above -= uint64_t(least);
    other.resize(places.size());
    for (int shift = 0; shift < 64 && !places.empty() && (uint64_t(most) - uint64_t(least)) >> shift; shift += 8) {
      size_t starts[257] = {};
      for (const Place& place : places) ++starts[(place.above >> shift & 0xff) + 1];
      for (int i = 0; i < 256; ++i) starts[i + 1] += starts[i];
      for (const Place& place : places) other[starts[place.above >> shift & 0xff]++] = place;
      places.swap(other);
    }
    return places;
  }

  // Neighbours fall into one bin once all the bits in which they differ are left out.
  int level_within() const {
    const std::vector<Place>& places = in_order();
    int64_t joined[65] = {}, bins = filled_;
    for (size_t i = 1; i < places.size(); ++i) {
      const int64_t differ = slot(places[i].slot)[0] ^ slot(places[i - 1].slot)[0];
      ++joined[64 - __builtin_clzll(uint64_t(differ))];
    }
    int by = 0;
    while (bins > limit_) bins -= joined[++by];
    return level_ + by;
  }
};

}  // namespace crossent
