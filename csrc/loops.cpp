// The loops, compiled once for each instruction set; CROSSENT_LEVEL is its name. Nothing of the standard library is
// used here: an inline function of it, compiled for a newer processor, could be linked into code for an older one.
#include "binary.hpp"
#include "nll.hpp"
#include "softmax.hpp"

#define CROSSENT_TEXT_(x) #x
#define CROSSENT_TEXT(x) CROSSENT_TEXT_(x)

namespace crossent::CROSSENT_LEVEL {

extern const Sweeps sweeps;
extern const Loops loops;
const Loops loops = {
    CROSSENT_TEXT(CROSSENT_LEVEL),
    {count<float>, count<double>, count<Bfloat16>, count<Float16>},
    {looks_softmaxed<float>, looks_softmaxed<double>, looks_softmaxed<Bfloat16>, looks_softmaxed<Float16>},
    {softmax<float>, softmax<double>, softmax<Bfloat16>, softmax<Float16>},
    {nll<float>, nll<double>, nll<Bfloat16>, nll<Float16>},
    {count_kept<float>, count_kept<double>, count_kept<Bfloat16>, count_kept<Float16>},
    {sigmoid<float>, sigmoid<double>, sigmoid<Bfloat16>, sigmoid<Float16>},
    {binary<float>, binary<double>, binary<Bfloat16>, binary<Float16>},
    &sweeps,
};

}  // namespace crossent::CROSSENT_LEVEL
