#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Maps the RTL of each named configuration to generic cells with Yosys, whole and block by block, and prints what comes out:
# 6-input LUTs, flip-flops, bits of memories and the levels of LUTs on the longest path (`abc -lut 6; ltp -noff`). The
# debug view is left out: its pins are removed, and with them what only they need. A latch, a combinational loop, a wire
# without a driver or a name that is not declared is an error. The netlist of the smallest configuration, the first of the
# table, runs in lockstep with the model, compared by its pins, for 200000 random cycles. Logs and netlists are in
# BUILD/synth.
# Usage: scripts/synth.sh [--blocks] [CONFIG...]      all configurations without CONFIG; --blocks: no lockstep
# Exit status: 0; 1 something is wrong with the hardware, or a difference; 2 usage; 4 a tool is missing.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 4
root=$PWD
top=tw_mmu
cycles=200000
seed=1

usage() {
  echo "usage: scripts/synth.sh [--blocks] [CONFIG...]; there are: $(scripts/configs.sh | cut -d' ' -f1 | tr '\n' ' ')" >&2
  exit 2
}

lockstep=yes
if [ "${1-}" = --blocks ]; then
  lockstep=
  shift
fi
command -v yosys >/dev/null || {
  echo "scripts/synth.sh: yosys is missing: scripts/setup lint" >&2
  exit 4
}
table=$(scripts/configs.sh) || exit 4
smallest=$(sed -n '1s/ .*//p' <<<"$table")
[ $# -gt 0 ] || mapfile -t all < <(cut -d' ' -f1 <<<"$table")
[ $# -gt 0 ] || set -- "${all[@]}"
for config; do
  grep -q "^$config " <<<"$table" || usage
done
out=${TW_BUILD:-build}/synth
mkdir -p "$out" || exit 4
out=$(cd "$out" && pwd)

# Runs the Yosys script $1.ys; its log is $1.log. What Yosys says of the RTL that is no error to it is one here.
run_yosys() {
  if ! yosys -q -l "$1.log" "$1.ys" >"$1.out" 2>&1; then
    tail -n 3 "$1.out"
    echo "synth: Yosys fails, log in $1.log"
    return 1
  fi
  if grep -nE 'implicitly declared|conflicting drivers|logic loop|Latch inferred' "$1.log" |
    grep -vE 'No latch inferred|Latch inferred for signal .*[$]fordecl_block'; then
    echo "synth: in $1.log"
    return 1
  fi
}

# What the elaborated module dut goes through; files are named $1. Memories are written before they are mapped.
map_dut() {
  echo "select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr"
  echo "check -assert"
  echo "memory -nomap"
  echo "write_json $1.memory.json"
  echo "synth -flatten -top dut"
  echo "opt_clean -purge"
  echo "check -assert"
  echo "select -assert-none t:\$_DLATCH_* t:\$_DLATCHSR_* t:\$_SR_*"
  echo "abc -lut 6"
  echo "opt_clean -purge"
  echo "check -assert"
  echo "tee -o $1.ltp ltp -noff"
  echo "write_json $1.json"
  if [ "$(basename "$1")" = $top ]; then
    # In single bits: Verilator takes a vector whose bits depend on each other for a loop.
    echo "splitnets"
    echo "opt_clean -purge"
    echo "rename dut $top"
    echo "write_verilog -noattr $1.v"
  fi
}

# One configuration: NAME PARAM=value...
synth() {
  local config=$1 dir=$out/$1 module begin=$SECONDS param params=
  shift
  rm -rf "$dir"
  mkdir -p "$dir"
  for param; do params="$params -chparam ${param%%=*} ${param#*=}"; done
  {
    echo "read_verilog -sv -Irtl $(grep '^rtl/' rtl/filelist.f | tr '\n' ' ')"
    echo "hierarchy -check -top $top$params"
    echo "delete -port $top/w:dbg_*"
    echo "proc"
    echo "opt_clean"
    echo "write_rtlil $dir/design.il"
    echo "write_json $dir/design.json"
  } >"$dir/design.ys"
  run_yosys "$dir/design" || return 1
  # Every module that is instantiated, by its name for this size.
  scripts/synth.py modules "$dir/design.json" >"$dir/modules" || return 1
  {
    echo "read_rtlil $dir/design.il"
    echo "design -save elaborated"
    while read -r name module; do
      echo "design -load elaborated"
      printf 'hierarchy -top %s\n' "$module"
      echo "rename -top dut"
      map_dut "$dir/$name"
    done <"$dir/modules"
  } >"$dir/blocks.ys"
  run_yosys "$dir/blocks" || return 1
  scripts/synth.py report "$config" "$dir" "$dir/modules" || return 1
  echo "($((SECONDS - begin)) s)"
}

# The netlist of the smallest configuration against the model.
netlist() {
  local dir=$out/$smallest/netlist begin=$SECONDS
  mkdir -p "$dir"
  cp "$out/$smallest/$top.v" "$dir/$top.v"
  echo "$top.v" >"$dir/filelist.f"
  printf '`verilator_config\ntracing_off -file "*"\n' >"$dir/lint.vlt"
  # Compiled quickly: it runs for seconds.
  if ! cmake -S "$root" -B "$dir/build" -G Ninja --log-level=WARNING -DTW_RTL_DIR="$dir" -DTW_RTL_FOREIGN=ON \
    "-DTW_RTL_OPT=-O1;-O0" -DTW_RTL_CONFIGS="$smallest" >"$dir/build.log" 2>&1 ||
    ! cmake --build "$dir/build" --target tw_lockstep_random -j "${JOBS:-$(nproc)}" >>"$dir/build.log" 2>&1; then
    echo "synth: the netlist does not build, see $dir/build.log"
    return 1
  fi
  "$dir/build/tb/tw_lockstep_random" --config "$smallest" --seed $seed --cycles $cycles >"$dir/lockstep.out" \
    2>"$dir/lockstep.err" || {
    cat "$dir/lockstep.err"
    echo "synth: the netlist of $smallest differs from the model"
    return 1
  }
  grep -q '^compared: pins alone' "$dir/lockstep.out" || {
    echo "synth: the netlist shows more than its pins"
    return 1
  }
  echo "netlist of $smallest: $cycles random cycles in lockstep with the model, no difference; compared by pins alone ($((SECONDS - begin)) s)"
}

status=0
for config; do
  # shellcheck disable=SC2046 # a list
  synth $(grep "^$config " <<<"$table") || status=1
  if [ "$config" = "$smallest" ] && [ -n "$lockstep" ] && [ $status = 0 ]; then netlist || status=1; fi
done
exit $status
