#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `twinwalk run` interrupted: it ends of the signal and leaves nothing; with --json it still says how far it came. The signal
# is sent when the run shows its progress for the first time, so nothing here depends on time.
# Usage: signals.sh TWINWALK
set -u
twinwalk=$1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shuf=trace/bundled/shuf.twt
mkdir "$tmp/work"

# The shell makes what runs in the background ignore SIGINT.
default=
if env --default-signal=INT true 2>/dev/null; then
	default='env --default-signal=INT'
fi

# interrupt SIGNAL OPTION...
interrupt() {
	signal=$1
	shift
	mkfifo "$tmp/pipe"
	# shellcheck disable=SC2086 # two words or none
	$default "$twinwalk" run --progress --work "$tmp/work" "$@" trace/bundled/sqlite3.twt >"$tmp/stdout" 2>"$tmp/pipe" &
	run=$!
	exec 3<"$tmp/pipe"
	head -c 40 <&3 >/dev/null
	names "$tmp/work" >"$tmp/names"
	kill -s "$signal" $run
	tr '\r' '\n' <&3 >"$tmp/stderr"
	exec 3<&-
	wait $run
	got=$?
	rm "$tmp/pipe"
	if [ $got -le 128 ] || [ "$(kill -l $got)" != "$signal" ]; then
		fail "SIG$signal: status $got: $(tail -n 3 "$tmp/stderr")"
	fi
	[ ! -s "$tmp/names" ] || fail "SIG$signal: files have names while the run lasts: $(cat "$tmp/names")"
	[ -z "$(names "$tmp/work")" ] || fail "SIG$signal: left in the work folder: $(names "$tmp/work")"
}

for signal in TERM HUP ${default:+INT}; do
	interrupt "$signal"
	grep -q "ended by SIG$signal after [1-9][0-9]* events" "$tmp/stderr" || fail "SIG$signal: $(tail -n 3 "$tmp/stderr")"
	grep -q 'repeat' "$tmp/stderr" && fail "SIG$signal: an interrupted run is to be repeated"
	[ ! -s "$tmp/stdout" ] || fail "SIG$signal: an interrupted run reports success"
	interrupt "$signal" --json
	[ "$(tail -n 1 "$tmp/stdout")" = '}' ] || fail "SIG$signal: the JSON is cut short"
	for field in "\"signal\":	\"SIG$signal\"" '"status":	4' '"events":	[1-9]' '"total":	[1-9]' '"major":	[1-9]'; do
		grep -q "$field" "$tmp/stdout" || fail "SIG$signal: no $field in the JSON"
	done
done
interrupt KILL
interrupt KILL --frames 300 --swap 9000

# A signal that the caller ignores, as under nohup, is ignored.
(
	trap '' HUP
	"$twinwalk" run --limit 20000 "$shuf" >/dev/null 2>&1 &
	run=$!
	kill -s HUP $run
	wait $run
) || fail "an ignored signal ended the run"

# Nobody reads what is printed: a pipe that had a reader once.
mkfifo "$tmp/pipe"
exec 4<>"$tmp/pipe"
exec 5>"$tmp/pipe"
exec 4<&-
"$twinwalk" run --limit 1000 --work "$tmp/work" "$shuf" >&5 2>"$tmp/stderr"
got=$?
exec 5>&-
[ $got = 141 ] || fail "SIGPIPE: status $got"
[ -z "$(names "$tmp/work")" ] || fail "SIGPIPE: left in the work folder: $(names "$tmp/work")"
exit $failed
