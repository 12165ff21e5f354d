#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compares the speed of two builds, this one (TW_BUILD) and one of another commit, point by point in one run: they take turns, so
# that what disturbs the machine disturbs both, and each ratio is the median of those of the rounds. Of what one of the two
# does not have it says so. Called by `make bench AGAINST=DIR`.
# Usage: scripts/against.sh DIR        DIR: the build directory of the other commit
#   TW_BENCH_ROUNDS   rounds (5)          TW_BENCH_CYCLES  cycles of the random stimulus in each (400000)
#   TW_BENCH_EVENTS   events of the replay in each (400000)          TW_SEED  of the stimulus (1)
# Exit status: 0; 1 a program of one of the two fails; 2 usage: DIR is no build directory.
set -u -o pipefail
if [ $# != 1 ] || [ ! -f "$1/CMakeCache.txt" ]; then
  echo "usage: scripts/against.sh DIR: DIR is the build directory of another commit; ${1:-nothing} is none" >&2
  exit 2
fi
there=$(cd "$1" && pwd) || exit 2
cd "$(dirname "$0")/.." || exit 4
here=${TW_BUILD:-build}
rounds=${TW_BENCH_ROUNDS:-5}
cycles=${TW_BENCH_CYCLES:-400000}
events=${TW_BENCH_EVENTS:-400000}
seed=${TW_SEED:-1}
trace=trace/bundled/sort.twt
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT

# --- Measurements: each takes a build directory and prints lines of NAME, a tab and things a second. A program that is not there, or
# that refuses its arguments (status 2), is what its side does not have: status 3, with a text in $tmp/why. -------------------

# run DIR PROGRAM ARGS...: its output is in $tmp/out.
run() {
  local program=$1/$2 status=0
  if [ ! -x "$program" ]; then
    echo "no $2" >"$tmp/why"
    return 3
  fi
  shift 2
  "$program" "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
  case $status in
  0) ;;
  2)
    head -n 1 "$tmp/err" >"$tmp/why"
    status=3
    ;;
  *)
    echo "$program $*: status $status" >&2
    cat "$tmp/err" >&2
    status=1
    ;;
  esac
  return $status
}

# timed NAME N DIR PROGRAM ARGS...: N things in the processor time of the whole program.
timed() {
  local TIMEFORMAT='%U %S' name=$1 n=$2 status=0
  shift 2
  { time run "$@" 2>"$tmp/said"; } 2>"$tmp/time" || status=$?
  cat "$tmp/said" >&2
  [ $status = 0 ] || return $status
  awk -v name="$name" -v n="$n" '{ t = $1 + $2; printf "%s\t%.0f\n", name, n / (t > 0.001 ? t : 0.001) }' "$tmp/time"
}

model() {
  run "$1" bench/tw_bench || return
  awk '/^model/ { printf "hits, %s\t%.0f\nwalks, %s\t%.0f\n", $2, $3 * 1e6, $2, $6 * 1e6 }' "$tmp/out"
}

faults() {
  run "$1" bench/tw_bench_faults || return
  sed -n 's/^\(.*[^ ]\)  *\([a-z0-9]*\)  *\([0-9.]*\) M faults.s, in fresh memory of the host \([0-9.]*\)$/\1, \2:\3:\4/p' "$tmp/out" |
    awk -F: '{ printf "%s\t%.0f\n%s, fresh\t%.0f\n", $1, $2 * 1e6, $1, $3 * 1e6 }'
}

stimulus() { # DIR CONFIG MODE
  timed "$2, $3" "$cycles" "$1" tb/tw_lockstep_random --config "$2" --mode "$3" --seed "$seed" --cycles "$cycles"
}

replay() { # DIR HW
  timed "replay, $2" "$events" "$1" cli/twinwalk run --hw "$2" --config large --frames 1100 --limit "$events" "$trace"
}

# --- Rounds ----------------------------------------------------------------------------------------------------------------

# by_turns WHAT MEASUREMENT ARGS...: WHAT names the point where one side does not have it; status 1 then.
by_turns() {
  local what=$1 measure=$2 round side sides status
  shift 2
  : >"$tmp/samples"
  for ((round = 0; round < rounds; round++)); do
    sides="there here"
    [ $((round % 2)) = 0 ] || sides="here there"
    for side in $sides; do
      status=0
      "$measure" "${!side}" "$@" >"$tmp/lines" || status=$?
      if [ $status = 3 ]; then
        printf '%-36s only one has it; %s: %s\n' "$what" "$side" "$(cat "$tmp/why")"
        return 1
      fi
      [ $status = 0 ] || exit 1
      sed "s/^/$side\t$round\t/" "$tmp/lines" >>"$tmp/samples"
    done
  done
  awk -F'\t' '
    !($3 in known) { known[$3] = ++n; name[n] = $3 }
    $4 > best[$1, $3] { best[$1, $3] = $4 }
    { rate[$1, $2, $3] = $4; if ($2 >= rounds) rounds = $2 + 1 }
    function median(name,    r, n, i, j, t, a) {
      for (r = 0; r < rounds; r++)
        if (rate["there", r, name] > 0) a[++n] = rate["here", r, name] / rate["there", r, name]
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && a[j] < a[j - 1]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
      return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
    }
    END {
      for (i = 1; i <= n; i++)
        if (!(("there", name[i]) in best) || !(("here", name[i]) in best))
          printf "%-36s only one has it\n", name[i]
        else
          printf "%-36s %9.3f %9.3f M/s  %5.2f\n", name[i], best["there", name[i]] / 1e6, best["here", name[i]] / 1e6,
            median(name[i])
    }' "$tmp/samples"
}

echo "== there: $there"
echo "== here:  $here; rounds: $rounds; best rates, and the median ratio of here to there"
printf '%-36s %9s %9s      %6s\n' "" there here ratio
by_turns "hits, walks" model
by_turns "minor faults" faults
for config in $(scripts/configs.sh | cut -d' ' -f1); do
  for mode in rtl lockstep csim; do
    by_turns "$config, $mode" stimulus "$config" "$mode" || break
  done
done
for hw in csim rtl lockstep; do
  by_turns "replay, $hw" replay "$hw"
done
