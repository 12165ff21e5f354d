#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves the properties of the RTL (rtl/tw_assert.svh) block by block, each at the size that formal/proofs.txt names, with
# Yosys: by induction from the first reset on, for runs of any length. Then reaches the antecedent of every property with
# yosys-smtbmc and z3, because a property whose antecedent never comes holds in vain. First of all it refuses three bugs
# planted in formal/planted.sv. Logs, and the waveform of a counterexample if there is one, are in BUILD/formal.
# Usage: scripts/formal.sh [--rtl DIR] [BLOCK...]      all blocks of formal/proofs.txt without BLOCK
# Exit status: 0 all proved and reached; 1 something is not; 2 usage; 4 a tool is missing.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 4
self=$PWD/scripts/formal.sh
rtl=rtl
out=${TW_BUILD:-build}/formal
limit=900 # seconds for one run of a prover: only stops a hang
search=20 # cycles searched for a counterexample of what induction does not prove

usage() {
  echo "usage: scripts/formal.sh [--rtl DIR] [BLOCK...]" >&2
  exit 2
}

# Prints TOP's source and, before it, everything else, as Yosys commands. DEFINES are for TOP alone.
# sources DIR TOP DEFINES
sources() {
  local file others=
  for file in "$1"/*.sv; do
    case $(basename "$file" .sv) in
    "$2" | tw_pkg | tw_fmt) ;;
    *) others="$others $file" ;;
    esac
  done
  [ "$2" != planted ] || others=
  echo "read_verilog -formal -sv -D TW_ASSERT -I$1 $1/tw_pkg.sv $1/tw_fmt.sv$others"
  if [ "$2" = planted ]; then
    echo "read_verilog -formal -sv -D TW_ASSERT -D TW_ALONE $3 -I$1 formal/planted.sv"
  else
    echo "read_verilog -formal -sv -D TW_ASSERT -D TW_ALONE $3 -I$1 $1/$2.sv"
  fi
}

# elaborate DIR TOP PARAMETERS DEFINES: TOP becomes the module dut, flat, memories as registers.
elaborate() {
  local params=
  [ "$3" = - ] || params="-set ${3//,/ -set }"
  sources "$1" "$2" "$4"
  # Before the hierarchy: hierarchy -chparam derives a module of blocks twice, and stops.
  [ "$3" = - ] || echo "chparam ${params//=/ } $2"
  echo "hierarchy -check -top $2"
  echo "rename -top dut"
  echo "prep -flatten -top dut"
  # One register says that there was a reset, not one in each module.
  echo "opt_dff"
  echo "opt_merge -share_all"
  echo "memory_map"
  echo "opt -full"
  echo "async2sync"
  echo "dffunmap"
  echo "setundef -undriven -anyseq"
}

# Proves and covers one line of the table: BLOCK PROOF COVERS CYCLES. Prints one line, or what is wrong.
one() {
  local block=$1 proof=$2 covers=$3 cycles=$4 dir begin=$SECONDS name proved reached
  [ "$covers" != = ] || covers=$proof
  name=$block
  [ "$proof" = - ] || name="$block $proof"
  dir=$out/$block${proof//[^A-Za-z0-9]/-}
  rm -rf "$dir"
  mkdir -p "$dir"

  # Induction. What is assumed of the neighbours are TW_EXPECT and TW_GIVEN.
  {
    elaborate "$rtl" "$block" "$proof" ""
    echo "write_rtlil $dir/proof.il"
    echo "write_smt2 -wires $dir/proof.smt2"
    echo "tee -o $dir/proof.stat select -count t:\$assert"
  } >"$dir/proof.ys"
  if ! yosys -q -l "$dir/elaborate.log" "$dir/proof.ys" >"$dir/elaborate.out" 2>&1; then
    echo "$name: DOES NOT ELABORATE: $(tail -n 1 "$dir/elaborate.out")"
    return 1
  fi
  proved=$(sed -n 's/ objects\.//p' "$dir/proof.stat")
  if [ "${proved:-0}" -eq 0 ]; then
    echo "$name: NOTHING TO PROVE"
    return 1
  fi
  if ! timeout $limit yosys -q -l "$dir/proof.log" -p "read_rtlil $dir/proof.il
    sat -verify -tempinduct -prove-asserts -set-assumes -seq 1 -maxsteps 3 dut" >"$dir/proof.out" 2>&1 ||
    ! grep -q 'SUCCESS' "$dir/proof.log"; then
    timeout $limit yosys-smtbmc --noprogress --unroll -s z3 -t $search --dump-vcd "$dir/counterexample.vcd" \
      "$dir/proof.smt2" >"$dir/search.log" 2>&1
    if grep -q 'Assert failed' "$dir/search.log"; then
      sed -n "s#^.*Assert failed in dut: \([^.]*\.sv:[0-9]*\).*#$name: FALSE: the property at \1; waveform in $dir/counterexample.vcd#p" \
        "$dir/search.log"
    else
      echo "$name: NOT PROVED by induction; no counterexample within $search cycles; logs in $dir"
    fi
    return 1
  fi

  # The antecedents.
  {
    elaborate "$rtl" "$block" "$covers" "-D TW_COVER"
    echo "chformal -remove -assert"
    echo "write_smt2 -wires $dir/cover.smt2"
    echo "tee -o $dir/cover.stat select -count t:\$cover"
  } >"$dir/cover.ys"
  yosys -q -l "$dir/cover-elaborate.log" "$dir/cover.ys" >"$dir/cover-elaborate.out" 2>&1 &&
    timeout $limit yosys-smtbmc --noprogress --unroll -s z3 -c -t "$cycles" "$dir/cover.smt2" >"$dir/cover.log" 2>&1
  reached=$(grep -c 'Reached cover statement' "$dir/cover.log")
  if [ "$reached" -eq 0 ] || ! grep -q 'Status: PASSED' "$dir/cover.log"; then
    sed -n "s#^.*Unreached cover statement at \([^.]*\.sv:[0-9]*\).*#$name: VAIN: the antecedent at \1 is not reached in $cycles cycles#p" \
      "$dir/cover.log" | grep . || echo "$name: NO COVERS; logs in $dir"
    return 1
  fi
  printf '%-44s %3d proved, %3d antecedents reached%s  %3d s\n' "$name" "$proved" "$reached" \
    "$([ "$covers" = "$proof" ] || echo " ($covers)")" $((SECONDS - begin))
}

if [ "${1-}" = --one ]; then
  rtl=$2
  shift 2
  one "$@"
  exit
fi
if [ "${1-}" = --rtl ]; then
  rtl=${2-}
  [ -r "$rtl/tw_pkg.sv" ] || usage
  shift 2
fi
for tool in yosys yosys-smtbmc z3; do
  command -v $tool >/dev/null || {
    echo "scripts/formal.sh: $tool is missing: scripts/setup lint" >&2
    exit 4
  }
done
mkdir -p "$out" || exit 4
out=$(cd "$out" && pwd)
export TW_BUILD=${out%/formal}

table=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' formal/proofs.txt) || exit 4
if [ $# -gt 0 ]; then
  for block; do
    grep -q "^$block " <<<"$table" || {
      echo "scripts/formal.sh: formal/proofs.txt has no block $block" >&2
      exit 2
    }
  done
  table=$(grep -E "^($(tr ' ' '|' <<<"$*")) " <<<"$table")
fi

# The verdicts themselves: what is planted must be found, for the reason for which it was planted.
planted() {
  local text
  text=$("$self" --one "$rtl" planted "Bug=$1" = 12)
  if ! grep -qF -- "$2" <<<"$text"; then
    echo "scripts/formal.sh cannot be trusted: of the planted bug $1 it says: $text" >&2
    exit 1
  fi
}
planted 0 '2 proved'
planted 1 ': FALSE: the property at formal/planted.sv:'
planted 2 ': VAIN: the antecedent at formal/planted.sv:'
planted 3 ': NOT PROVED by induction'
echo "planted bugs: a false property, a vain one and one beyond induction are refused"

tr -s ' ' <<<"$table" | xargs -P "${JOBS:-$(nproc)}" -L 1 "$self" --one "$rtl" || {
  echo "formal: not all is proved"
  exit 1
}
echo "formal: all proved and reached"
