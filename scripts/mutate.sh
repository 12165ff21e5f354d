#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Applies each patch of mutation/ to a copy of rtl/ and runs random stimulus on model and RTL in lockstep, in those of the
# configurations asked for that the mutant concerns: those of its line "Configurations:", all without one. Asked for are
# compact and large, which have every format, unless told otherwise. A mutant is killed in a
# configuration if a run ends with the status for a difference and the report names a pin or an array; a crash, a timeout or
# a build that fails is no kill. The RTL without a patch has to pass the very same runs first. Fixed seeds, the first that
# kills ends it. Prints a table; logs stay in BUILD/mutate.
# With --oracle the RTL runs alone, without the model and without its assertions: a mutant is killed if the oracle forbids
# what it does. A line "Oracle:" names the configurations in which it can, or none; all without one.
# With --assert it runs alone, judged by its own assertions, and the patches are those of mutation/assert/.
# Usage: scripts/mutate.sh [--oracle | --assert] [--config NAME|all] [ID]...      all patches of the folder without IDs
# Exit status: 0 all killed; 1 a mutant is not, or the RTL itself fails; 2 usage; 4 no build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dir=${TW_BUILD:-$root/build}/mutate
seeds='1 2 3'
cycles=400000
limit=300
mode='--mode lockstep'
where='[a-z0-9_]*_o$\|counter [a-z0-9_]*$\|\(l1f\|l1d\|sp\|pwc\|l2\)[a-z0-9_ ]*\[[0-9]*\]$'
pin=', cycle [0-9]*: model and rtl differ in \('$where'\)'
told='s/^[a-z0-9_]*, \(cycle [0-9]*\): model and rtl differ in/\1,/p'
all=$("$root/scripts/configs.sh" | sed 's/ .*//' | tr '\n' ' ')
configs='compact large'
patches=mutation
asserts=ON
line=Configurations

is_config() {
  case " $all" in *" $1 "*) ;; *) return 1 ;; esac
}

usage() {
  echo "mutate: $1; usage: scripts/mutate.sh [--oracle | --assert] [--config NAME] [ID]..." >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
  --oracle)
    mode='--mode rtl --oracle'
    pin='^  the oracle forbids it: '
    told='s/^  the oracle forbids it: //p'
    dir=$dir/oracle
    asserts=OFF
    line=Oracle
    ;;
  --assert)
    mode='--mode rtl'
    pin='Assertion failed in '
    told='s/^  \(.*\): Assertion failed in \([^:]*\).*/\1 in \2/p'
    patches=mutation/assert
    dir=$dir/assert
    ;;
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
if [ $# -eq 0 ]; then
  set -- "$root/$patches"/*.patch
else
  for id; do
    [ -r "$root/$patches/$id.patch" ] || usage "no $patches/$id.patch"
    set -- "$@" "$root/$patches/$id.patch"
    shift
  done
fi

mkdir -p "$dir"

# Builds the lockstep test on the RTL in $dir/rtl, for the configurations $1. The log is $2. What was made from the RTL
# before is removed, so that nothing of another mutant is linked.
build() {
  rm -rf "$dir/build/tb"
  cmake -S "$root" -B "$dir/build" -G Ninja --log-level=WARNING -DTW_RTL_DIR="$dir/rtl" "-DTW_RTL_OPT=-O1;-O0" \
    -DTW_RTL_ASSERT=$asserts \
    -DTW_RTL_CONFIGS="$(echo "$1" | sed 's/ *$//; s/ /;/g')" >"$2" 2>&1 &&
    cmake --build "$dir/build" --target tw_lockstep_random -j "${JOBS:-$(nproc)}" >>"$2" 2>&1
}

# Runs configuration $1 with seed $2; the log is $3.
run() {
  # shellcheck disable=SC2086 # two words
  timeout "$limit" "$dir/build/tb/tw_lockstep_random" $mode --config "$1" --seed "$2" --cycles "$cycles" >"$3" 2>&1
}

fresh_rtl() {
  rm -rf "$dir/rtl"
  cp -R "$root/rtl" "$dir/rtl"
}

# The configurations of $configs that the patch $1 concerns.
concerns() {
  only=$(sed -n "/^---/q; s/^$line: //p" "$1")
  [ -n "$only" ] || only=$(sed -n '/^---/q; s/^Configurations: //p' "$1")
  for config in ${only:-$all}; do
    if [ "$config" = none ]; then continue; fi
    if ! is_config "$config"; then
      echo "mutate: $1: no configuration is named $config, there are: $all" >&2
      exit 4
    fi
    case " $configs " in *" $config "*) printf '%s ' "$config" ;; esac
  done
}

# Prints what became of the mutant $1 in configuration $2; status 0: killed.
verdict() {
  for seed in $seeds; do
    log=$dir/$1.$2.$seed.log
    status=0
    run "$2" "$seed" "$log" || status=$?
    if [ "$status" -eq 1 ] && grep -q "$pin" "$log"; then
      echo "killed    seed $seed, $(sed -n "$told" "$log")"
      return 0
    elif [ "$status" -ne 0 ]; then
      echo "FAILS     status $status and no difference named, see $log"
      return 1
    fi
  done
  echo "SURVIVES  seeds $seeds"
  return 1
}

fresh_rtl
if ! build "$configs" "$dir/rtl.build.log"; then
  echo "mutate: the RTL does not build, see $dir/rtl.build.log" >&2
  exit 4
fi
for config in $configs; do
  for seed in $seeds; do
    if ! run "$config" "$seed" "$dir/rtl.$config.$seed.log"; then
      echo "mutate: the RTL itself fails with seed $seed, see $dir/rtl.$config.$seed.log" >&2
      exit 1
    fi
  done
done
echo "RTL without a patch: passes seeds $seeds, $cycles cycles each, in $configs"

total=0
killed=0
printf '%-6s %-8s %s\n' mutant in verdict
for patch; do
  id=$(basename "$patch" .patch)
  concerned=$(concerns "$patch")
  fresh_rtl
  broken=
  if ! (cd "$dir" && patch -s -p1 --fuzz=0 <"$patch") >"$dir/$id.build.log" 2>&1; then
    broken='DOES NOT APPLY'
  elif [ -n "$concerned" ] && ! build "$concerned" "$dir/$id.build.log"; then
    broken='DOES NOT BUILD'
  fi
  for config in $concerned; do
    total=$((total + 1))
    if [ -n "$broken" ]; then
      text="$broken  see $dir/$id.build.log"
    elif text=$(verdict "$id" "$config"); then
      killed=$((killed + 1))
    fi
    printf '%-6s %-8s %s\n' "$id" "$config" "$text"
  done
done
echo "killed $killed of $total"
[ "$killed" -eq "$total" ]
