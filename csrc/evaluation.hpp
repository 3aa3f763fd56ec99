// What an evaluation keeps of rows: what crosses from the loops to the threads, and from there to the binding.
#pragma once

#include <cstdint>
#include <vector>

#include "api.hpp"
#include "sum.hpp"

namespace crossent {

enum class Whole : int { int64, int32, int16, int8, uint8 };

// Labelled rows. Scores are logits or probabilities, (rows) if binary, else (rows, classes), with any strides.
struct Scored {
  const void* scores;
  const void* labels;
  const double* weights;  // one a row; or null
  Type type;
  Whole label_type;
  bool logits;
  bool binary;
  int64_t rows, classes;  // classes: columns of scores, 1 if binary
  int64_t row_step, class_step, label_step;
  double threshold;  // of a binary decision, as a number of the scores' type
};

// Of each row: these figures, and no more than fit its kind.
enum Figure { log_loss, brier, hinge, spiegelhalter, spiegelhalter_variance, figures };

// Where a loop writes what it makes of a stretch. The columns are side by side, and padded to whole vectors.
struct Made {
  int64_t* keys;    // (classes, stride): the numbers of the scores, as _order.py says
  int64_t stride;
  int64_t *label, *decision;
  int64_t *rank, *top;  // several classes: how many score higher than the true one; the number of the decided one's score
  double* figure[figures];
  double* work;  // work_columns(classes) columns of stretch_rows + most_lanes
};

constexpr int64_t most_stretch = 1024;
static inline int64_t stretch_rows(int64_t classes) {
  const int64_t rows = (int64_t{1} << 13) / classes / most_lanes * most_lanes;
  return rows < most_lanes ? most_lanes : rows > most_stretch ? most_stretch : rows;
}
static inline int64_t work_columns(int64_t classes) { return 2 * classes; }

// The loops over a stretch of rows of one thread, once for each instruction set. A row gives the same bits in all.
struct Sweeps {
  // Returns whether all scores were what they must be; otherwise nothing that was made has a meaning.
  bool (*sweep[types])(const Scored&, int64_t begin, int64_t end, const Made&);
  // Adds values exactly, and overwrites them.
  void (*add)(double* values, int64_t count, Sum&);
  // Adds the moments of a figure that an error of its mean is made of: 2 sums, or 3 where there are weights.
  void (*add_moments)(const double* values, const double* weights, int64_t count, double* work, Sum* sums);
};

// Rows by score and side. cells: of each key and side the count, and where there are weights their three limbs.
struct Bins {
  int level;
  std::vector<int64_t> keys, cells;
};

// limit: the most bins of the histograms of each class, of the decided ones, and by true class (0: none of these).
struct Limits { int64_t of_class, of_decided, of_pairs; };

struct Kept {
  bool good;
  std::vector<Sum> sums;
  std::vector<int64_t> confusion, ranks;  // cells, as in Bins
  std::vector<Bins> bins;                 // a class each; then of the decided class, all and each; then by true class
};

Kept evaluate(const Scored&, Limits, int threads);

}  // namespace crossent
