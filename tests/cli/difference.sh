#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A difference, made by writing over the swap file while the run uses it: the status, where it was, and the command that
# repeats the run. The run is stopped when its progress shows that pages lie in the swap file, and goes on when that is
# overwritten.
# Usage: difference.sh TWINWALK
set -u
twinwalk=$1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir "$tmp/it's here"
swap="$tmp/it's here/swap"
mkfifo "$tmp/pipe"
"$twinwalk" run --json --progress --check 200000 --frames 300 --swap 9000 --swap-file "$swap" trace/bundled/sort.twt \
	>"$tmp/stdout" 2>"$tmp/pipe" &
run=$!
exec 3<"$tmp/pipe"
while [ "$(head -c 50 <&3 | wc -c)" = 50 ] && [ "$(stat -c %s "$swap")" -lt 2000000 ]; do
	:
done
kill -s STOP $run || fail "the run was over before swap could be overwritten"
yes lost | dd of="$swap" bs=4096 seek=1 count=480 iflag=fullblock conv=notrunc 2>/dev/null
kill -s CONT $run
cat <&3 >"$tmp/stderr"
exec 3<&-
wait $run
got=$?
[ $got = 1 ] || fail "status $got, expected 1: $(tail -n 3 "$tmp/stderr")"

# value NAME: of the JSON's difference.
value() {
	sed -n '/"difference":/,/}/s/.*"'"$1"'":	"\{0,1\}\([^",]*\).*/\1/p' "$tmp/stdout"
}
[ "$(value kind)" = byte ] || fail "kind: $(value kind)"
[ "$(value trace)" = trace/bundled/sort.twt ] || fail "trace: $(value trace)"
[ "$(value event)" -gt 0 ] || fail "event: $(value event)"
# By the first access that reads what was overwritten, not only at the end.
case $(value call) in fetch | load | rmw | copy_in) ;; *) fail "call: $(value call)" ;; esac
case $(value address) in 0x[0-9a-f]*) ;; *) fail "address: $(value address)" ;; esac
case $(value expected) in 0x[0-9a-f][0-9a-f]) ;; *) fail "expected: $(value expected)" ;; esac
case $(value found) in 0x6c | 0x6f | 0x73 | 0x74 | 0x0a) ;; *) fail "found: $(value found), expected a byte of 'lost'" ;; esac
grep -q "byte $(value address) is " "$tmp/stderr" || fail "the text says another address: $(grep twinwalk "$tmp/stderr")"

# The command is one for a shell. What made the difference is not there any more, so now it runs well.
sed -n 's/^to repeat: //p' "$tmp/stderr" >"$tmp/again"
[ "$(wc -l <"$tmp/again")" = 1 ] || fail "not one command to repeat it: $(cat "$tmp/again")"
sh "$tmp/again" >"$tmp/stdout" 2>"$tmp/stderr" || fail "the repeated run: status $?: $(tail -n 3 "$tmp/stderr")"
exit $failed
