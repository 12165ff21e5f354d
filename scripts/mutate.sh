#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Applies each patch of mutation/ to a copy of rtl/ and runs random stimulus on model and RTL in lockstep, in those of the
# configurations asked for that the mutant concerns: those of its line "Configurations:", all without one. Asked for are
# compact and large, which have every format, unless told otherwise. A mutant is killed in a
# configuration if a run ends with the status for a difference and the report names a pin or an array; a crash, a timeout or
# a build that fails is no kill. The RTL's assertions are off, so that it is the comparison that has to find the bug. The
# RTL without a patch has to pass the very same runs first. Fixed seeds, the first that
# kills ends it. Prints a table; logs stay in BUILD/mutate. Every configuration has its own build, and they take turns in
# JOBS processes; of a mutant only the Verilated code is compiled, without optimization: it seldom runs for a second.
# With --oracle the RTL runs alone, without the model: a mutant is killed if the oracle forbids
# what it does. A line "Oracle:" names the configurations in which it can, or none; all without one.
# With --assert it runs alone, judged by its own assertions, and the patches are those of mutation/assert/.
# Usage: scripts/mutate.sh [--oracle | --assert] [--config NAME|all] [ID]...      all patches of the folder without IDs
# Exit status: 0 all killed; 1 a mutant is not, or the RTL itself fails; 2 usage; 4 no build.
set -u -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd) || exit 4
self=$root/scripts/mutate.sh
jobs=${JOBS:-$(nproc)}
dir=${TW_BUILD:-$root/build}/mutate
seeds='1 2 3'
cycles=400000
limit=300
judge=lockstep
all=$("$root/scripts/configs.sh" | sed 's/ .*//' | tr '\n' ' ') || exit 4
configs='compact large'

is_config() {
  [[ " $all" = *" $1 "* ]]
}

usage() {
  echo "mutate: $1; usage: scripts/mutate.sh [--oracle | --assert] [--config NAME|all] [ID]..." >&2
  exit 2
}

# Sets what a run is, and how its report tells of a kill.
judged_by() {
  local where='[a-z0-9_]*_o$\|counter [a-z0-9_]*$\|\(l1f\|l1d\|sp\|pwc\|l2\)[a-z0-9_ ]*\[[0-9]*\]$'
  patches=mutation asserts=OFF line=Configurations
  case $1 in
  lockstep)
    mode=(--mode lockstep)
    pin=', cycle [0-9]*: model and rtl differ in \('$where'\)'
    told='s/^[a-z0-9_]*, \(cycle [0-9]*\): model and rtl differ in/\1,/p'
    ;;
  oracle)
    mode=(--mode rtl --oracle)
    pin='^  the oracle forbids it: '
    told='s/^  the oracle forbids it: //p'
    line=Oracle
    ;;
  assert)
    mode=(--mode rtl)
    pin='Assertion failed in '
    told='s/^  \(.*\): Assertion failed in \([^:]*\).*/\1 in \2/p'
    patches=mutation/assert
    asserts=ON
    ;;
  esac
  logs=$dir/$1
}

# Whether the patch $1 concerns the configuration $2.
concerns() {
  local only
  only=$(sed -n "/^---/q; s/^$line: //p" "$1")
  [ -n "$only" ] || only=$(sed -n '/^---/q; s/^Configurations: //p' "$1")
  [[ " ${only:-$all} " = *" $2 "* ]]
}

# --- One configuration: its build is in $work, whose RTL is the folder rtl there -------------------------------------------

# What differs from the sources is written anew, and so is newer than what was made of it.
fresh_rtl() {
  rm -rf "$work/rtl" && cp -R "$root/rtl" "$work/rtl"
}

configure() {
  cmake -S "$root" -B "$work/build" -G Ninja --log-level=WARNING -DTW_RTL_DIR="$work/rtl" "-DTW_RTL_OPT=-O0" \
    -DTW_RTL_ASSERT=$asserts -DTW_RTL_CONFIGS="$1" -DTW_TESTS=OFF
}

build() {
  cmake --build "$work/build" --target tw_lockstep_random -j 2
}

# Runs configuration $1 with seed $2; the log is $3.
run() {
  timeout "$limit" "$work/build/tb/tw_lockstep_random" "${mode[@]}" --config "$1" --seed "$2" --cycles "$cycles" >"$3" 2>&1
}

# The RTL without a patch in configuration $1.
unpatched() {
  if ! { fresh_rtl && configure "$1" && build; } >"$logs/rtl.$1.build.log" 2>&1; then
    echo "mutate: the RTL does not build, see $logs/rtl.$1.build.log" >&2
    touch "$logs/no-build"
    return 4
  fi
  for seed in $seeds; do
    if ! run "$1" "$seed" "$logs/rtl.$1.$seed.log"; then
      echo "mutate: the RTL itself fails with seed $seed, see $logs/rtl.$1.$seed.log" >&2
      return 1
    fi
  done
}

# Prints what became of the mutant $2, the patch $3, in configuration $1.
verdict() {
  local seed log status
  log=$logs/$2.$1.build.log
  if ! { fresh_rtl && cd "$work" && patch -s -p1 --fuzz=0 <"$3"; } >"$log" 2>&1; then
    echo "DOES NOT APPLY  see $log"
    return
  elif ! build >>"$log" 2>&1; then
    echo "DOES NOT BUILD  see $log"
    return
  fi
  for seed in $seeds; do
    log=$logs/$2.$1.$seed.log
    status=0
    run "$1" "$seed" "$log" || status=$?
    if [ "$status" -eq 1 ] && grep -q "$pin" "$log"; then
      echo "killed    seed $seed, $(sed -n "$told" "$log")"
      return
    elif [ "$status" -ne 0 ]; then
      echo "FAILS     status $status and no difference named, see $log"
      return
    fi
  done
  echo "SURVIVES  seeds $seeds"
}

# Writes the table of configuration $1 for the patches that follow.
one() {
  local config=$1 patch id
  shift
  work=$dir/asserts.$asserts/$config
  mkdir -p "$work" || return 4
  unpatched "$config" || return
  for patch; do
    id=$(basename "$patch" .patch)
    if concerns "$patch" "$config"; then
      printf '%-6s %-8s %s\n' "$id" "$config" "$(verdict "$config" "$id" "$patch")"
    fi
  done >"$logs/$config.table"
}

if [ "${1-}" = --one ]; then
  judged_by "$2"
  shift 2
  one "$@"
  exit
fi

# --- All of them --------------------------------------------------------------------------------------------------------

while [ $# -gt 0 ]; do
  case $1 in
  --oracle | --assert) judge=${1#--} ;;
  --config)
    if [ $# -lt 2 ] || { [ "$2" != all ] && ! is_config "$2"; }; then usage "--config needs all, or one of: $all"; fi
    configs=$2
    [ "$configs" != all ] || configs=$all
    shift
    ;;
  -*) usage "$1 is no option" ;;
  *) break ;;
  esac
  shift
done
judged_by "$judge"
if [ $# -eq 0 ]; then
  set -- "$root/$patches"/*.patch
else
  for id; do
    [ -r "$root/$patches/$id.patch" ] || usage "no $patches/$id.patch"
    set -- "$@" "$root/$patches/$id.patch"
    shift
  done
fi
for patch; do
  while read -r config; do
    [ "$config" = none ] || is_config "$config" || {
      echo "mutate: $patch: no configuration is named $config, there are: $all" >&2
      exit 4
    }
  done < <(sed -n '/^---/q; s/^\(Configurations\|Oracle\): //p' "$patch" | tr -s ' ' '\n')
done

rm -rf "$logs"
mkdir -p "$logs" || exit 4
# The large ones first: they take longest.
tr ' ' '\n' <<<"${configs% }" | tac | xargs -P "$jobs" -I '{}' "$self" --one "$judge" '{}' "$@" || {
  [ ! -e "$logs/no-build" ] || exit 4
  exit 1
}
echo "RTL without a patch: passes seeds $seeds, $cycles cycles each, in ${configs% }"
printf '%-6s %-8s %s\n' mutant in verdict
for config in $configs; do
  cat "$logs/$config.table"
done | sort -s -k1,1 | tee "$logs/table"
total=$(wc -l <"$logs/table")
killed=$(grep -c '^[^ ]* *[^ ]* *killed ' "$logs/table")
echo "killed $killed of $total"
[ "$killed" -eq "$total" ]
