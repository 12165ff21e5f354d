#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job, called by `make sim`: a recorded program goes through the kernel's memory manager in half the memory it
# touches, on the C model, on the RTL and on both in lockstep, which must agree in every response, every cycle and the
# memory image; then the other recorded programs on the C model, in the other page-table format. TW_BUILD is the build
# directory, TW_SEED the seed, TW_CONFIG the hardware configuration; TW_WAVES asks for a waveform of the first cycles on the
# RTL, TW_VERBOSE for progress where there is no terminal.
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
rm -f "$build/sim/difference.fst" "$build/sim/first-cycles.fst"
start=$(date +%s)

fail() {
  status=$?
  echo "FAIL: $1 (status $status)" >&2
  [ ! -e "$build/sim/difference.fst" ] || echo "waveform of the difference: $build/sim/difference.fst" >&2
  exit $status
}

echo "== $main.twt, configuration $config, Sv39, memory half of what it touches: model, RTL, and both in lockstep"
"$twinwalk" run ${TW_VERBOSE:+--progress} --compare lockstep,csim,rtl --config "$config" --seed "$seed" --format sv39 \
  --waves "$build/sim/difference.fst" "$bundled/$main.twt" || fail "$main.twt"

if [ -n "${TW_WAVES:-}" ]; then
  echo
  echo "== $main.twt on the RTL once more: waveform of the first 100000 cycles in $build/sim/first-cycles.fst"
  "$twinwalk" run --hw rtl --config "$config" --seed "$seed" --format sv39 --limit 300000 \
    --waves "$build/sim/first-cycles.fst" --wave-cycles 0-100000 "$bundled/$main.twt" >/dev/null || fail "$main.twt"
fi

for trace in "$bundled"/*.twt; do
  name=$(basename "$trace" .twt)
  [ "$name" = "$main" ] && continue
  echo
  echo "== $name.twt, configuration $config, x86-64 four-level, memory half of what it touches: model"
  "$twinwalk" run --hw csim --config "$config" --seed "$seed" --format long4 "$trace" || fail "$name.twt"
done
echo
echo "PASS: no pin, response, cycle or byte differed ($(($(date +%s) - start)) s)"
