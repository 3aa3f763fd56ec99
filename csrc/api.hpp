// What crosses from the loops to the binding: plain structs of raw addresses, one table of functions for each
// instruction set. Strides count elements. No torch header, so one build serves every torch.
#pragma once

#include <cstdint>

namespace crossent {

enum class Type : int { float32, float64, bfloat16, float16 };
constexpr int types = 4;

// Logits (outer, inner, classes) with any strides; rows are numbered outer * inner + index within inner.
struct Softmax {
  const void* logits;
  const int64_t* label;    // one a row, in [0, classes) or `ignored`; null for class probabilities
  const void* target;      // class probabilities in the logits' type; null for class indices
  const void* weight;      // one a class, in the computing type; or null
  const void* row_scale;   // one a row, in the computing type; multiplies the gradient; or null
  void* rows;              // receives each row's loss, in the computing type; or null
  void* gradient;          // receives scale * row_scale * dloss/dlogits, in the logits' type; or null
  int64_t outer, inner, classes;
  int64_t logits_outer, logits_inner, logits_class;
  int64_t target_outer, target_inner, target_class;
  int64_t gradient_outer, gradient_inner, gradient_class;
  int64_t ignored;
  double smoothing;
  double scale;
};

// A weight of `size` numbers that repeats: element i takes number (i / each) % size.
struct Repeated {
  const void* values;  // in the computing type; or null
  int64_t each, size;
};

struct Sigmoid {
  const void* logits;
  const void* target;
  bool target_is_wide;  // the target is in the computing type, not in the logits'
  Repeated weight, pos_weight;
  const void* scales;  // one an element, in the computing type; multiplies the gradient; or null
  void* losses;        // or null
  void* gradient;      // or null
  double scale;
};

struct Counted {
  int64_t outside;  // the first row whose label is neither a class nor ignored; -1 if there is none
  double weight;    // the sum of the kept rows' weights
};

// The loops, each over a stretch of rows of one thread. They return the sum of the stretch's losses.
struct Loops {
  const char* name;
  Counted (*count[types])(const Softmax&, int64_t begin, int64_t end);
  double (*softmax[types])(const Softmax&, int64_t outer, int64_t begin, int64_t end, void* scratch);
  double (*sigmoid[types])(const Sigmoid&, int64_t begin, int64_t end);
};

// How many rows a lane-over-rows tile has, and up to how many classes contiguous rows are taken that way.
constexpr int64_t tile_rows = 64;
constexpr int64_t few_classes = 64;

static inline bool is_tiled(const Softmax& a) { return a.classes <= few_classes || a.logits_class != 1; }

// Elements of the computing type that one thread needs to work in.
static inline int64_t scratch_elements(const Softmax& a) {
  const int64_t buffer = is_tiled(a) ? tile_rows * a.classes : (a.classes + 15) / 16 * 16;
  return a.target || a.smoothing != 0 ? 2 * buffer : buffer;
}

}  // namespace crossent
