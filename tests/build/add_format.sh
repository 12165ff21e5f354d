#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A format is added by a row in C, a row in RTL and a row in the documents (docs/adding-a-format.md): elevens.patch does so in a
# copy of the sources, and nothing else is changed. The random bench then drives it on the model, judged by the oracle, and on
# model and RTL in lockstep; where z3 is, the RTL's decoder, permission check and entry addresses of it are proved equal to the model's.
# Usage: tests/build/add_format.sh
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/twinwalk-format-XXXXXX")
trap 'rm -rf "$dir"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS TW_BUILD
export CCACHE_BASEDIR="$dir" CCACHE_NOHASHDIR=1

# run TITLE COMMAND...: its output is shown only when it fails.
run() {
  title=$1
  shift
  if ! "$@" >"$dir/log" 2>&1; then
    tail -n 60 "$dir/log"
    echo "$title failed: $*"
    exit 1
  fi
}

# One hunk in each of three files: nothing else has to know of a format.
hunks=$(grep -c '^@@' tests/build/elevens.patch)
if [ "$hunks" != 3 ]; then
  echo "elevens.patch changes $hunks places, a format is 3 rows"
  exit 1
fi
mkdir "$dir/src"
tar -cf - --exclude='./build*' --exclude=./.git . | tar -xf - -C "$dir/src"
cd "$dir/src"
run "adding the rows" patch -s -p1 --fuzz=0 -i tests/build/elevens.patch
run "configuring" cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DTW_RTL_CONFIGS=nano -DTW_RTL_OPT=-O0 \
  ${CCACHE:+"-DCMAKE_C_COMPILER_LAUNCHER=$CCACHE"} ${CCACHE:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$CCACHE"}
run "building" cmake --build build --target tw_lockstep_random
bench="build/tb/tw_lockstep_random --config tests/build/elevens.cfg"
# shellcheck disable=SC2086
run "the oracle" $bench --mode csim --oracle --cycles 1000000
# shellcheck disable=SC2086
run "lockstep" $bench --cycles 200000
if /usr/bin/python3 -c 'import z3' 2>/dev/null && command -v clang yosys >/dev/null; then
  run "the proof" formal/equal/equal.py --out build/equal --format elevens eq_pte_decode eq_check eq_pte_addr
  grep -q 'pte_decode *elevens *equal' "$dir/log"
fi
