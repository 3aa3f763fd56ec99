// The loops of an evaluation, compiled once for each instruction set, as loops.cpp is, but without fused multiplication:
// every set, and the definition in NumPy, must round alike.
#include "rows.hpp"

namespace crossent::CROSSENT_LEVEL {

extern const Sweeps sweeps;
const Sweeps sweeps = {{sweep<float>, sweep<double>, sweep<Bfloat16>, sweep<Float16>}, add, add_moments};

}  // namespace crossent::CROSSENT_LEVEL
