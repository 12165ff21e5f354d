#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Applies each published bug (mutation/*.patch) to a copy of rtl/ and runs random stimulus on model and RTL in lockstep. A
# mutant is killed if a run ends with the status for a difference and the report names a pin; a crash, a timeout or a
# build that fails is no kill. The RTL without a patch has to pass the very same runs first. One configuration, fixed
# seeds. Logs stay in BUILD/mutate.
# With --oracle the RTL runs alone, without the model: a mutant is killed if the oracle forbids an answer or an update.
# With --assert it runs alone, judged by its own assertions, and the patches are those of mutation/assert/.
# Usage: scripts/mutate.sh [--oracle | --assert] [ID]...      all patches of the folder without IDs
# Exit status: 0 all killed; 1 a mutant is not, or the RTL itself fails; 2 usage; 4 no build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${TW_BUILD:-$root/build}/mutate
config=tiny
seeds='1 2 3'
cycles=400000
limit=300
mode='--mode lockstep'
pin="^$config, cycle [0-9]*: model and rtl differ in [a-z0-9_]*_o\$"
told="s/^$config, \(cycle [0-9]*\): model and rtl differ in/\1,/p"
judge='A PIN'
patches=mutation
if [ "${1-}" = --oracle ]; then
  shift
  mode='--mode rtl --oracle'
  pin='^  the oracle forbids it: '
  told='s/^  the oracle forbids it: //p'
  judge='THE ORACLE'
  dir=$dir/oracle
elif [ "${1-}" = --assert ]; then
  shift
  mode='--mode rtl'
  pin='Assertion failed in '
  told='s/^  \(.*\): Assertion failed in \([^:]*\).*/\1 in \2/p'
  judge='AN ASSERTION'
  patches=mutation/assert
  dir=$dir/assert
fi

if [ $# -eq 0 ]; then
  set -- "$root/$patches"/*.patch
else
  for id; do
    if [ ! -r "$root/$patches/$id.patch" ]; then
      echo "mutate: no $patches/$id.patch; usage: scripts/mutate.sh [--oracle | --assert] [ID]..." >&2
      exit 2
    fi
    set -- "$@" "$root/$patches/$id.patch"
    shift
  done
fi

mkdir -p "$dir"

# Builds the lockstep test on the RTL in $dir/rtl. The log is $1. What was made from the RTL before is removed, so that
# nothing of another mutant is linked.
build() {
  rm -rf "$dir/build/tb"
  cmake -S "$root" -B "$dir/build" -G Ninja --log-level=WARNING -DTW_RTL_DIR="$dir/rtl" -DTW_RTL_CONFIGS="$config" \
    >"$1" 2>&1 &&
    cmake --build "$dir/build" --target tw_lockstep_random -j "${JOBS:-$(nproc)}" >>"$1" 2>&1
}

# Runs seed $1; the log is $2.
run() {
  # shellcheck disable=SC2086 # two words
  timeout "$limit" "$dir/build/tb/tw_lockstep_random" $mode --config "$config" --seed "$1" --cycles "$cycles" >"$2" 2>&1
}

fresh_rtl() {
  rm -rf "$dir/rtl"
  cp -R "$root/rtl" "$dir/rtl"
}

fresh_rtl
if ! build "$dir/rtl.build.log"; then
  echo "mutate: the RTL does not build, see $dir/rtl.build.log" >&2
  exit 4
fi
for seed in $seeds; do
  if ! run "$seed" "$dir/rtl.$seed.log"; then
    echo "mutate: the RTL itself fails with seed $seed, see $dir/rtl.$seed.log" >&2
    exit 1
  fi
done
echo "RTL without a patch: passes seeds $seeds, $cycles cycles each, configuration $config"

total=0
killed=0
for patch; do
  id=$(basename "$patch" .patch)
  total=$((total + 1))
  verdict='SURVIVES'
  fresh_rtl
  if ! (cd "$dir" && patch -s -p1 --fuzz=0 <"$patch") >"$dir/$id.build.log" 2>&1; then
    verdict="DOES NOT APPLY, see $dir/$id.build.log"
    seeds_left=
  elif ! build "$dir/$id.build.log"; then
    verdict="DOES NOT BUILD, see $dir/$id.build.log"
    seeds_left=
  else
    seeds_left=$seeds
  fi
  for seed in $seeds_left; do
    log=$dir/$id.$seed.log
    status=0
    run "$seed" "$log" || status=$?
    if [ "$status" -eq 1 ] && grep -q "$pin" "$log"; then
      killed=$((killed + 1))
      verdict="killed: seed $seed, $(sed -n "$told" "$log")"
      break
    elif [ "$status" -ne 0 ]; then
      verdict="NOT KILLED BY $judge: status $status, see $log"
      break
    fi
  done
  printf '%-4s %s\n' "$id" "$verdict"
done
echo "killed $killed of $total"
[ "$killed" -eq "$total" ]
