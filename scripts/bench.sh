#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures speed, everything in one run on one machine, so that the figures can be compared with each other: model hits and
# walks, the contract's timing table beside the cycles that model and RTL take, faults, the kernel's operations by processes and regions, full memory by its
# size, RTL alone and in lockstep on the same stimulus, replay on each back end.
# Called by `make bench`; TW_BUILD is the build directory. Takes the best of three rounds, the back ends in turn.
# Exit status: 1 when a walk takes other cycles than the contract says or a cost in counts grows with memory, else that of the first command that fails.
set -eu
cd "$(dirname "$0")/.."
build=${TW_BUILD:-build}
cycles=${TW_BENCH_CYCLES:-2000000}
limit=${TW_BENCH_EVENTS:-1500000}
seed=${TW_SEED:-1}
trace=trace/bundled/sort.twt

echo "== model"
"$build/bench/tw_bench"

echo "== the timing table of docs/contract.md (L: cycles from a memory request's handshake to its data)"
"$build/bench/tw_bench_latency"

echo "== minor faults on the model, fault handler included"
"$build/bench/tw_bench_faults"

echo "== operations of the kernel with many processes and regions"
"$build/bench/tw_bench_kernel"

echo "== memory that is full, by its size"
"$build/bench/tw_bench_memory"

# rate CONFIG MODE: cycles a second of the random stimulus.
rate() {
  "$build/tb/tw_lockstep_random" --config "$1" --seed "$seed" --cycles "$cycles" --mode "$2" |
    sed -n 's/.* \([0-9]*\) cycles\/s.*/\1/p'
}

max() {
  [ "$1" -gt "$2" ] && echo "$1" || echo "$2"
}

echo "== random stimulus, $cycles cycles, seed $seed: best of three"
for config in $(scripts/configs.sh | cut -d" " -f1); do
  rtl=0 csim=0 lockstep=0
  for _ in 1 2 3; do
    rtl=$(max "$rtl" "$(rate "$config" rtl)")
    lockstep=$(max "$lockstep" "$(rate "$config" lockstep)")
    csim=$(max "$csim" "$(rate "$config" csim)")
  done
  awk -v c="$config" -v r="$rtl" -v l="$lockstep" -v m="$csim" 'BEGIN {
    printf "%-6s bare RTL %.3f M cycles/s, lockstep %.3f M cycles/s = %.2f of bare, model ticked %.3f M cycles/s = %.1f times\n",
      c, r / 1e6, l / 1e6, l / r, m / 1e6, m / r }'
done

echo "== replay of the first $limit events of $trace, configuration large: best of three"
for hw in csim rtl lockstep; do
  best=0
  for _ in 1 2 3; do
    start=$(date +%s%N)
    "$build/cli/twinwalk" run --hw "$hw" --config large --frames 1100 --limit "$limit" "$trace" >/dev/null
    end=$(date +%s%N)
    best=$(max "$best" $((limit * 1000000 / ((end - start) / 1000))))
  done
  awk -v h="$hw" -v b="$best" 'BEGIN { printf "%-8s %.3f M accesses/s, start and report included\n", h, b / 1e6 }'
done
