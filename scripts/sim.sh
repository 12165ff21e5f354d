#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job, called by `make sim`: a recorded program goes through the kernel's memory manager in half the memory it
# touches, on the C model, on the RTL and on both in lockstep, which must agree in every response, every cycle and the
# memory image; then the other recorded programs on the C model, in the other page-table format. TW_BUILD is the build
# directory, TW_SEED the seed, TW_CONFIG the hardware configuration.
# Ends with PASS, or with the status of the first run that failed.
set -eu
cd "$(dirname "$0")/.."
build=${TW_BUILD:-build}
config=${TW_CONFIG:-large}
seed=${TW_SEED:-1}
twinwalk=$build/cli/twinwalk
bundled=trace/bundled
main='sort'

mkdir -p "$build/sim"
start=$(date +%s)

fail() {
  status=$?
  echo "FAIL: $1 (status $status); waveform of a difference: $build/sim/difference.fst" >&2
  exit $status
}

echo "== $main.twt, configuration $config, Sv39, memory half of what it touches: model, RTL, and both in lockstep"
"$twinwalk" run --compare lockstep,csim,rtl --config "$config" --seed "$seed" --format sv39 \
  --waves "$build/sim/difference.fst" "$bundled/$main.twt" || fail "$main.twt"

for trace in "$bundled"/*.twt; do
  name=$(basename "$trace" .twt)
  [ "$name" = "$main" ] && continue
  echo
  echo "== $name.twt, configuration $config, x86-64 four-level, memory half of what it touches: model"
  "$twinwalk" run --hw csim --config "$config" --seed "$seed" --format long4 "$trace" || fail "$name.twt"
done
echo
echo "PASS: no pin, response, cycle or byte differed ($(($(date +%s) - start)) s)"
