#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Twinwalk as its users may: with gcc and clang, without optimization, with -O3 and with link-time optimization, every
# warning an error, and runs a short test of each build. (`make test` is gcc with -O2.) Unoptimized builds are without RTL;
# the others have that of the smallest configuration with every format, and those with link-time optimization are the command and the random
# bench alone. The tests are all that neither take long nor repeat what they are about.
# Usage: scripts/builds.sh [NAME...]      all of the builds below without names
# TW_BUILD is the build directory; builds stay in builds/NAME there, logs in builds/NAME.log.
# Exit status: 0 all well; 1 a build or its tests failed; 2 usage; 4 system error.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 4
out=${TW_BUILD:-build}/builds
jobs=${JOBS:-$(nproc)}
mkdir -p "$out" || exit 4
out=$(cd "$out" && pwd)
every=compact # the smallest configuration that has every format

names=(gcc-O0 clang-O0 gcc-O3 clang-O3 gcc-lto clang-lto)
# CTest's: everything but what takes long, lockstep, which needs a second configuration, and the tests of the build, which
# are about no compiler.
brief=(-LE 'random|build' -E '^(lockstep|record|latency|kernel_stress|bundled_traces|run_lockstep_.*|lockstep_random_.*)$')

# settings NAME: sets the CMake variables, the targets and CTest's selection of a build.
settings() {
  targets=()
  tests=("${brief[@]}")
  case $1 in
  *-O0) vars=(-DCMAKE_BUILD_TYPE=Debug -DTW_RTL=OFF) ;;
  *-O3) vars=(-DCMAKE_BUILD_TYPE=Release) ;;
  *-lto)
    vars=(-DCMAKE_BUILD_TYPE=Release -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON)
    targets=(twinwalk tw_lockstep_random)
    tests=(-R '^(vectors_(arch|csim|lockstep|rtl)_.*|run_back_ends_agree|lockstep_random_status_.*)$')
    ;;
  esac
  vars+=(-DTW_WERROR=ON "-DTW_RTL_CONFIGS=$every")
  case $1 in
  gcc-*) export CC=gcc CXX=g++ ;;
  clang-*) export CC=clang CXX=clang++ ;;
  esac
}

build() {
  # What was configured for another compiler or option cannot be kept; ccache keeps what can.
  rm -rf "${out:?}/$1"
  cmake -S . -B "$out/$1" -G Ninja "${vars[@]}" &&
    cmake --build "$out/$1" -j "$jobs" ${targets[@]+--target "${targets[@]}"} -- -k 0 &&
    ctest --test-dir "$out/$1" -j "$jobs" --no-tests=error --output-on-failure "${tests[@]}"
}

for name; do
  if [[ " ${names[*]} " != *" $name "* ]]; then
    echo "scripts/builds.sh: no build $name; there are: ${names[*]}" >&2
    exit 2
  fi
done
[ $# -gt 0 ] || set -- "${names[@]}"

bad=()
for name; do
  begin=$SECONDS
  settings "$name"
  if build "$name" >"$out/$name.log" 2>&1; then
    summary=$(grep -E '^[0-9]+% tests passed' "$out/$name.log")
    printf 'build %-10s ok      %3d s, %s\n' "$name" $((SECONDS - begin)) "$summary"
  else
    printf 'build %-10s FAILED  %3d s\n' "$name" $((SECONDS - begin))
    grep -E -A 4 'error|warning|FAILED|\*\*\*|CMake Error' "$out/$name.log" | head -n 60 | sed 's/^/    /'
    bad+=("$name")
  fi
done
if [ ${#bad[@]} -gt 0 ]; then
  echo "builds: failed: ${bad[*]}; log in $out/${bad[0]}.log; once more: scripts/builds.sh ${bad[0]}"
  exit 1
fi
echo "builds: all ok"
