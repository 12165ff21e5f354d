#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What options mean and which are refused.
# Usage: options.sh TWINWALK VERSION
set -u
twinwalk=$1
version=$2
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shuf=trace/bundled/shuf.twt

# --- The version

expect 0 '' "$twinwalk" --version
[ "$(cat "$tmp/stdout")" = "twinwalk $version" ] || fail "--version says: $(cat "$tmp/stdout")"

# --- Numbers: a leading zero is no octal number

expect 0 '' "$twinwalk" run --frames 0300 --swap 0900 --limit 0100 "$shuf"
grep -q 'memory  *300 frames, 900 swap slots' "$tmp/stdout" || fail "0300 is not 300: $(sed -n 2p "$tmp/stdout")"
expect 0 '' "$twinwalk" run --frames 0x12c --limit 100 "$shuf"
grep -q 'memory  *300 frames' "$tmp/stdout" || fail "0x12c is not 300"
expect 0 '' "$twinwalk" trace-info --frames 0300 "$shuf"
grep -q 'LRU memory  *300 ' "$tmp/stdout" || fail "trace-info: 0300 is not 300"
for bad in '' -1 +1 ' 1' 1k 1.5 0x 18446744073709551616; do
	expect 2 'expected a number from 1 to 16777216' "$twinwalk" run --frames "$bad" "$shuf"
done
expect 2 'expected a number from 2 to 67108864' "$twinwalk" trace-info --frames 1 "$shuf"
expect 2 'expected 1 to 100000, or a range N-M' "$twinwalk" run --mem-latency 5-3 "$shuf"
expect 2 'expected a number from 1 to 16777216' "$twinwalk" run --frames 268435456 "$shuf"

# --- Options without effect

expect 2 '--waves has an effect on lockstep, or on rtl with --wave-cycles only' \
	"$twinwalk" run --hw csim --waves "$tmp/w.fst" "$shuf"
expect 2 '--waves has an effect' "$twinwalk" run --hw rtl --waves "$tmp/w.fst" "$shuf"
expect 2 '--wave-cycles has an effect on rtl only' "$twinwalk" run --hw lockstep --wave-cycles 0-100 "$shuf"
expect 2 '--force has an effect' "$twinwalk" run --force "$shuf"
expect 2 '--timing has an effect with --json only' "$twinwalk" run --timing "$shuf"
expect 2 '--swap-file has an effect with swap slots only' "$twinwalk" run --swap 0 --swap-file "$tmp/s" "$shuf"
expect 2 '--hw has an effect without --compare only' "$twinwalk" run --hw csim --compare csim,csim "$shuf"
# A name is looked up before anything runs, even if its turn is the last.
expect 2 "no hardware 'spike'; there is " "$twinwalk" run --hw spike "$shuf"
expect 2 "no hardware 'spike'; there is " "$twinwalk" run --progress --limit 1000 --compare csim,spike "$shuf"
grep -q 'accesses' "$tmp/stderr" && fail "csim ran before spike was looked up"
expect 2 'svade' "$twinwalk" run --svade --format long4 "$shuf"
printf 'case a\nxlen 64\nacc 0 load 1 M\nend\n' >"$tmp/v"
expect 2 '--config has an effect on hardware only' "$twinwalk" vectors --config compact "$tmp/v"
expect 2 '--waves has an effect with --hw lockstep only' "$twinwalk" vectors --waves "$tmp/w.fst" "$tmp/v"
expect 2 '--force has an effect with --hw lockstep only' "$twinwalk" vectors --hw csim --force "$tmp/v"
[ -z "$(find "$tmp" -name '*.fst' -o -name s)" ] || fail "a refused command wrote a file"

# --- The accesses are the sum of their parts

expect 0 '' "$twinwalk" run --limit 50000 "$shuf"
sed -n 's/^accesses  *\([0-9]*\)  \([0-9]*\) fetches, \([0-9]*\) loads, \([0-9]*\) stores, \([0-9]*\) read.*/\1 \2 \3 \4 \5/p' \
	"$tmp/stdout" | awk 'NF != 5 || $1 == 0 || $1 != $2 + $3 + $4 + $5 { exit 1 } END { if (!NR) exit 1 }' ||
	fail "accesses are not their sum: $(grep '^accesses ' "$tmp/stdout")"

# --- What is said last is not a command that would end the same way for another reason

expect 3 '' "$twinwalk" run CMakeLists.txt
grep -q 'repeat' "$tmp/stderr" && fail "a damaged trace is to be repeated"
expect 4 '' "$twinwalk" run "$tmp/nothing"
grep -q 'repeat' "$tmp/stderr" && fail "a missing trace is to be repeated"

# --- The first error is what is said

"$twinwalk" run --limit 100 "$shuf" >/dev/full 2>"$tmp/stderr"
got=$?
[ $got = 4 ] || fail "standard output on a full disk: status $got"
grep -q 'standard output: No space left on device' "$tmp/stderr" || fail "a full standard output: $(cat "$tmp/stderr")"
"$twinwalk" trace-info --dump "$shuf" >/dev/full 2>"$tmp/stderr"
got=$?
[ $got = 4 ] || fail "a dump on a full disk: status $got"
[ "$(cat "$tmp/stderr")" = 'twinwalk trace-info: standard output: No space left on device' ] ||
	fail "a dump on a full disk: $(cat "$tmp/stderr")"
"$twinwalk" run --json CMakeLists.txt >/dev/full 2>"$tmp/stderr"
got=$?
[ $got = 3 ] || fail "a damaged trace and then a full disk: status $got, expected 3"
head -n 1 "$tmp/stderr" | grep -q 'this is not a trace' || fail "said first: $(head -n 1 "$tmp/stderr")"
exit $failed
