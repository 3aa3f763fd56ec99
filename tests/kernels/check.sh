#!/usr/bin/env bash
# The compiled kernels under AddressSanitizer and UndefinedBehaviorSanitizer, by a second compiler, and on Arm.
#
#     tests/kernels/check.sh [sanitizers] [clang] [arm]      (none named: all)
#
# What is not installed is skipped, and said. On Debian: g++ clang g++-aarch64-linux-gnu qemu-user.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-.venv/bin/python}
build=build/checks
strict=(-std=c++17 -O3 -Wall -Wextra -Werror -Icsrc)
mkdir -p "$build"

has() {
  command -v "$1" >/dev/null || { echo "skipped: $1 is not installed"; return 1; }
}

# The whole of the kernels' and the losses' tests on kernels that watch every access to memory and every operation.
# Leaks are not looked for: Python keeps much to the end. pytest is told not to take what is printed.
sanitizers() {
  has g++ || return 0
  echo "sanitizers: building"
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target "$build/sanitized" \
    -C cmake.build-type=Debug -C install.strip=false -C build-dir="$build/objects" -C cmake.define.CMAKE_CXX_COMPILER=g++ \
    -C cmake.define.CMAKE_CXX_FLAGS="-fsanitize=address,undefined,float-cast-overflow -fno-omit-frame-pointer -g1" .
  LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
    "$python" tests/kernels/sanitized.py "$build/sanitized" -p no:cacheprovider --capture=no \
    tests/kernels tests/functional tests/evaluation/test_compiled.py 2>"$build/report" || { tail -n 40 "$build/report"; return 1; }
  if grep "runtime error\|AddressSanitizer" "$build/report"; then
    echo "sanitizers: where each was called from is in $build/report"
    return 1
  fi
  echo "sanitizers: clean"
}

# Compiles the loops of one instruction set, and a driver that compares them with formulas in a wider type.
compare() {
  local compiler=$1 level=$2
  shift 2
  "$compiler" "${strict[@]}" -c csrc/kernels.cpp -o "$build/kernels.o"
  "$compiler" "${strict[@]}" -c csrc/evaluation.cpp -o "$build/evaluation.o"
  "$compiler" "${strict[@]}" "$@" -DCROSSENT_LEVEL="$level" -c csrc/loops.cpp -o "$build/loops.o"
  "$compiler" "${strict[@]}" "$@" -ffp-contract=off -DCROSSENT_LEVEL="$level" -c csrc/sweeps.cpp -o "$build/sweeps.o"
  "$compiler" "${strict[@]}" -DCROSSENT_LEVEL="$level" tests/kernels/compare.cpp "$build/loops.o" "$build/sweeps.o" \
    -o "$build/compare"
}

clang() {
  has clang++ || return 0
  compare clang++ baseline
  "$build/compare"
  if [[ $(uname -m) == x86_64 ]]; then
    local level
    for level in 3 4; do
      clang++ "${strict[@]}" -march=x86-64-v$level -DCROSSENT_LEVEL=x86_64_v$level -c csrc/loops.cpp -o "$build/loops.o"
      clang++ "${strict[@]}" -march=x86-64-v$level -ffp-contract=off -DCROSSENT_LEVEL=x86_64_v$level \
        -c csrc/sweeps.cpp -o "$build/sweeps.o"
    done
  fi
  echo "clang: compiles without a warning, and agrees"
}

arm() {
  has aarch64-linux-gnu-g++ || return 0
  compare aarch64-linux-gnu-g++ baseline -Wno-psabi
  echo "arm: compiles without a warning"
  has qemu-aarch64 || return 0
  qemu-aarch64 -L /usr/aarch64-linux-gnu "$build/compare"
  echo "arm: agrees"
}

for check in "${@:-sanitizers clang arm}"; do
  for one in $check; do "$one"; done
done
