// What crosses from the loops to the binding: plain structs of raw addresses, one table of functions for each
// instruction set. Strides count elements. No torch header, so one build serves every torch.
#pragma once

#include <cstdint>

namespace crossent {

enum class Type : int { float32, float64, bfloat16, float16 };
constexpr int types = 4;

// Logits (outer, inner, classes) with any strides; rows are numbered outer * inner + index within inner.
// The same struct serves nll, whose `logits` are log probabilities.
struct Softmax {
  const void* logits;
  const int64_t* label;    // one a row, in [0, classes) or `ignored`; null for class probabilities
  const void* target;      // class probabilities in the logits' type; null for class indices
  const void* weight;      // one a class, in the computing type; or null
  const void* adjustment;  // one a class, in the computing type, added to the logits; or null
  const void* row_scale;   // one a row, in the computing type; multiplies the gradient; or null
  void* rows;              // receives each row's loss, in the computing type; or null
  void* gradient;          // receives scale * row_scale * dloss/dlogits, in the logits' type; or null
  int64_t outer, inner, classes;
  int64_t logits_outer, logits_inner, logits_class;
  int64_t target_outer, target_inner, target_class;
  int64_t gradient_outer, gradient_inner, gradient_class;
  int64_t ignored;
  double smoothing;
  double gamma;  // of focal loss; only for class indices without smoothing
  double z_loss;
  double scale;
};

// A weight of `size` numbers that repeats: element i takes number (i / each) % size.
struct Repeated {
  const void* values;  // in the computing type; or null
  int64_t each, size;
};

// Elements side by side. The same struct serves binary cross entropy, whose `logits` are probabilities.
struct Binary {
  const void* logits;
  const void* target;
  bool target_is_wide;  // the target is in the computing type, not in the logits'
  Repeated weight, pos_weight;
  const void* scales;  // one an element, in the computing type; multiplies the gradient; or null
  void* losses;        // or null
  void* gradient;      // or null
  bool ignores;
  double ignored;  // elements with this target count nothing, if `ignores`
  double smoothing;
  double gamma;            // of focal loss
  double of_yes, of_no;  // factors of the two sides
  double scale;
};

struct Counted {
  int64_t outside;  // the first row whose label is neither a class nor ignored; -1 if there is none
  double weight;    // the sum of the kept rows' weights
};

// The sum of a stretch's losses, and whether one of its elements was no probability.
struct Swept {
  double loss;
  bool outside;
};

struct Sweeps;  // those of an evaluation: evaluation.hpp

// The loops, each over a stretch of rows, or of elements, of one thread.
struct Loops {
  const char* name;
  Counted (*count[types])(const Softmax&, int64_t begin, int64_t end);
  bool (*looks_softmaxed[types])(const Softmax&);
  double (*softmax[types])(const Softmax&, int64_t outer, int64_t begin, int64_t end, void* scratch);
  double (*nll[types])(const Softmax&, int64_t outer, int64_t begin, int64_t end);
  int64_t (*count_kept[types])(const Binary&, int64_t begin, int64_t end);
  double (*sigmoid[types])(const Binary&, int64_t begin, int64_t end);
  Swept (*binary[types])(const Binary&, int64_t begin, int64_t end);
  const Sweeps* sweeps;
};

// How many rows a lane-over-rows tile has, and up to how many classes contiguous rows are taken that way.
constexpr int64_t tile_rows = 64;
constexpr int64_t few_classes = 256;

static inline bool is_tiled(const Softmax& a) {
  const bool side_by_side = a.logits_class == 1 && (!a.gradient || a.gradient_class == 1) &&
                            (!a.target || a.target_class == 1);
  return a.classes <= few_classes || !side_by_side;
}

// Lanes over classes: rows that wait for one another, so that their last steps share a vector.
constexpr int64_t most_lanes = 16;
static inline int64_t batch_rows(int64_t classes) { return classes <= 4096 ? most_lanes : 1; }

// Elements of the computing type that one thread needs to work in.
static inline int64_t scratch_elements(const Softmax& a) {
  if (!is_tiled(a)) return batch_rows(a.classes) * ((a.classes + most_lanes - 1) / most_lanes * most_lanes);
  return (a.target ? 2 : 1) * tile_rows * a.classes;
}

}  // namespace crossent
