#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # what the programs are told
# scripts/against.sh on two builds of programs that print what they are told: ratios are those of this build to the other, what only
# one has is said and is no failure, a program that fails is one.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d "${TMPDIR:-/tmp}/twinwalk-against-XXXXXX")
trap 'rm -rf "$dir"' EXIT

fail() {
  echo "against.sh: $1" >&2
  cat "$dir/out" >&2
  exit 1
}

# program FILE LINE...: a program of those lines of shell.
program() {
  file=$1
  shift
  { echo '#!/bin/sh' && printf '%s\n' "$@"; } >"$file"
  chmod +x "$file"
}

# The other build knows one configuration and measures no faults.
for side in here there; do
  mkdir -p "$dir/$side/bench" "$dir/$side/tb" "$dir/$side/cli"
  touch "$dir/$side/CMakeCache.txt"
  program "$dir/$side/cli/twinwalk" 'exit 0'
done
program "$dir/here/tb/tw_lockstep_random" 'exit 0'
program "$dir/there/tb/tw_lockstep_random" '[ "$2" = tiny ] || { echo "$2 is unknown" >&2; exit 2; }'
program "$dir/here/bench/tw_bench_faults" \
  'echo "first store, private         sv39   1.50 M faults/s, in fresh memory of the host 0.90"'
program "$dir/there/bench/tw_bench" \
  'echo "model large    10.0 M hits/s    2.00 M walks/s (L=1, 5.9 cycles each)"'
# The second of three rounds is disturbed.
program "$dir/here/bench/tw_bench" "echo >>'$dir/rounds'" "hits=30.0" \
  "[ \"\$(wc -l <'$dir/rounds')\" != 2 ] || hits=1.0" \
  'echo "model large    $hits M hits/s    1.00 M walks/s (L=1, 5.9 cycles each)"'

run() {
  TW_BUILD=$dir/here TW_BENCH_ROUNDS=3 TW_BENCH_CYCLES=1 TW_BENCH_EVENTS=1 scripts/against.sh "$dir/there" >"$dir/out" 2>&1
}

run || fail "status $?"
grep -q '^hits, large  *10.000  *30.000 M/s  *3.00$' "$dir/out" || fail "expected hits 3.00 times as fast, by the median of the rounds"
grep -q '^walks, large  *2.000  *1.000 M/s  *0.50$' "$dir/out" || fail "expected walks half as fast"
grep -q '^minor faults  *only one has it; there: no bench/tw_bench_faults$' "$dir/out" || fail "expected faults on one side only"
grep -q '^small, rtl  *only one has it; there: small is unknown$' "$dir/out" || fail "expected small on one side only"
grep -q '^tiny, lockstep  *[0-9.]*  *[0-9.]* M/s  *[0-9.]*$' "$dir/out" || fail "expected a ratio for tiny in lockstep"
grep -q '^replay, csim  *[0-9.]*  *[0-9.]* M/s  *[0-9.]*$' "$dir/out" || fail "expected a ratio for the replay"

program "$dir/there/cli/twinwalk" 'echo "it broke" >&2; exit 1'
! run || fail "a program that fails was not noticed"
grep -q 'it broke' "$dir/out" || fail "expected what the program said"

status=0
scripts/against.sh "$dir" >"$dir/out" 2>&1 || status=$?
[ $status = 2 ] || fail "status $status for a folder that is no build directory, expected 2"
