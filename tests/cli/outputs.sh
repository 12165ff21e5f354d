#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that `twinwalk run` writes: waveforms, swap, what the traced programs map. `twinwalk record` has tests of its own
# (tests/record/output.sh), the random bench too (tests/equivalence/random_status.sh).
# Usage: outputs.sh TWINWALK
set -u
twinwalk=$1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shuf=trace/bundled/shuf.twt
mkdir "$tmp/work" "$tmp/out"

# --- Nothing has a name, and nothing is left

expect 0 '' "$twinwalk" run --limit 20000 --work "$tmp/work" "$shuf"
[ -z "$(names "$tmp/work")" ] || fail "left in the work folder: $(names "$tmp/work")"
expect 0 '' "$twinwalk" run --limit 20000 --work "$tmp/new" "$shuf"
[ ! -e "$tmp/new" ] || fail "a work folder that was made stays"

# --- Swap files

swap=$tmp/out/swap
expect 0 '' "$twinwalk" run --frames 200 --limit 100000 --swap-file "$swap" "$shuf"
expect 0 '' "$twinwalk" run --frames 200 --limit 100000 --swap-file "$swap" "$shuf"
echo 'a letter' >"$tmp/letter"
expect 2 'expected an empty file, or one that was swap before' "$twinwalk" run --swap-file "$tmp/letter" "$shuf"
grep -q 'a letter' "$tmp/letter" || fail "a letter was made a swap file"
cp "$shuf" "$tmp/trace"
expect 2 'expected an empty file, or one that was swap before' "$twinwalk" run --swap-file "$tmp/trace" "$tmp/trace"
cmp -s "$shuf" "$tmp/trace" || fail "the trace was made a swap file"
# Held by another, whoever that is.
if command -v flock >/dev/null; then
	expect 4 'another kernel uses it' flock "$swap" "$twinwalk" run --limit 100 --swap-file "$swap" "$shuf"
fi

# --- Waveforms: only with RTL

if "$twinwalk" run --hw rtl --config compact --limit 1 "$shuf" >/dev/null 2>&1; then
	wave() {
		want=$1 text=$2
		shift 2
		expect "$want" "$text" "$twinwalk" run --hw rtl --config compact --limit 2000 --wave-cycles 0-500 "$@" "$shuf"
	}
	wave 0 "^waveform: $tmp/out/w.fst\$" --waves "$tmp/out/w.fst"
	[ -s "$tmp/out/w.fst" ] || fail "no waveform was written"
	wave 0 '' --waves "$tmp/out/w.fst"
	wave 2 'letter: exists and is not a waveform; --force replaces it' --waves "$tmp/letter"
	grep -q 'a letter' "$tmp/letter" || fail "a letter was made a waveform"
	wave 0 '' --waves "$tmp/letter" --force
	grep -q 'a letter' "$tmp/letter" && fail "--force did not replace a letter"
	expect 2 'is an input of this command' "$twinwalk" run --hw rtl --config compact --wave-cycles 0-500 \
		--waves "$tmp/trace" --force "$tmp/trace"
	cmp -s "$shuf" "$tmp/trace" || fail "the trace was made a waveform"
	wave 2 'is an input of this command' --swap-file "$swap" --waves "$swap" --force
	ln -s "$tmp/trace" "$tmp/link"
	wave 2 'expected a regular file or a new name' --waves "$tmp/link" --force
	wave 2 'expected a regular file or a new name' --waves "$tmp/out" --force
	# What cannot be written is found before the run.
	wave 4 'no/w.fst: No such file or directory' --waves "$tmp/no/w.fst"
	[ ! -s "$tmp/stdout" ] || fail "a run whose waveform cannot be written ran"
	expect 0 '^waveform: none, the run ended before cycle 90000000$' "$twinwalk" run --hw rtl --config compact --limit 100 \
		--waves "$tmp/out/late.fst" --wave-cycles 90000000-90000001 "$shuf"
	[ ! -e "$tmp/out/late.fst" ] || fail "an empty waveform was written"

	expect 0 '' "$twinwalk" run --json --hw rtl --config compact --limit 2000 --wave-cycles 0-500 --waves "$tmp/out/w.fst" "$shuf"
	grep -q "\"waveform\":	\"$tmp/out/w.fst\"" "$tmp/stdout" || fail "the waveform is not in the JSON"

	# A full disk, for which a limit on the size of files stands, beyond those of the trace: the report comes, the line,
	# and status 4. What is said goes through a pipe, which has no size.
	(
		ulimit -f 4200
		"$twinwalk" run --hw rtl --config compact --limit 120000 --swap 0 --frames 3000 --waves "$tmp/out/full.fst" \
			--wave-cycles 0-150000 "$shuf" 2>&1
		echo "status $?"
	) | cat >"$tmp/text"
	grep -q '^accesses ' "$tmp/text" || fail "a run whose waveform failed lost its report"
	grep -q "^waveform: $tmp/out/full.fst: File too large\$" "$tmp/text" || fail "a full disk: $(head -c 800 "$tmp/text")"
	grep -q '^status 4$' "$tmp/text" || fail "a full disk: $(tail -n 1 "$tmp/text")"
	[ ! -e "$tmp/out/full.fst" ] || fail "half a waveform stays behind"
fi
exit $failed
