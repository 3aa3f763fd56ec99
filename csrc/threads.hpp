// Work shared among threads.
#pragma once

#include <cstdint>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace crossent {

// Calls work(stretch, thread) for each stretch.
template <class Work> void share(int64_t stretches, int threads, const Work& work) {
#ifdef _OPENMP
  if (threads > 1) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < stretches; ++i) work(i, omp_get_thread_num());
    return;
  }
#endif
  (void)threads;
  for (int64_t i = 0; i < stretches; ++i) work(i, 0);
}

}  // namespace crossent
