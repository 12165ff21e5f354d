#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inputs that are no files, or have no end: each command refuses them at once and says why.
# Usage: inputs.sh TWINWALK
set -u
twinwalk=$1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
shuf=trace/bundled/shuf.twt

mkfifo "$tmp/fifo"
fifo='expected a regular file, found a FIFO'
device='expected a regular file, found a device'
folder='expected a regular file, found a directory'

for what in "$tmp/fifo:$fifo" "/dev/zero:$device" "$tmp:$folder"; do
	path=${what%%:*} why=${what#*:}
	expect 3 "$path: cannot open: $why" "$twinwalk" run "$path"
	expect 3 "$path: cannot open: $why" "$twinwalk" trace-info "$path"
	expect 3 "$path: $why" "$twinwalk" vectors "$path"
	expect 3 "$path: $why" "$twinwalk" run --config "$path" "$shuf"
	expect 3 "$path: $why" "$twinwalk" vectors --hw csim --config "$path" /dev/null
done

# Streams are read as far as they make sense.
small_config sv39+long4 >"$tmp/config"
printf 'case a\nxlen 64\nacc 0 load 1 M\nend\n' >"$tmp/v"
sh -c "cat '$tmp/v' | '$twinwalk' vectors /dev/stdin" >"$tmp/stdout" || fail "vectors from a pipe: status $?"
grep -q '^0 ok 1 nomem' "$tmp/stdout" || fail "vectors from a pipe: $(cat "$tmp/stdout")"
sh -c "cat '$tmp/config' | '$twinwalk' run --limit 100 --config /dev/stdin $shuf" >/dev/null ||
	fail "a configuration from a pipe: status $?"
expect 3 'stdin:1: expected at most 255 characters' \
	sh -c "tr '\0' x </dev/zero | '$twinwalk' run --config /dev/stdin $shuf"

# What is written must not be what is read.
cp "$tmp/v" "$tmp/both"
# shellcheck disable=SC2094 # which is the point
"$twinwalk" vectors "$tmp/both" >>"$tmp/both" 2>"$tmp/stderr"
got=$?
[ $got = 2 ] || fail "vectors appended to themselves: status $got"
grep -q 'both: is the standard output, too' "$tmp/stderr" || fail "vectors appended to themselves: $(cat "$tmp/stderr")"
cmp -s "$tmp/v" "$tmp/both" || fail "vectors were appended to themselves"
cp "$shuf" "$tmp/both"
for command in run 'trace-info --dump'; do
	# shellcheck disable=SC2086,SC2094 # a command and its option; one file
	"$twinwalk" $command "$tmp/both" >>"$tmp/both" 2>/dev/null
	got=$?
	[ $got = 2 ] || fail "$command into its trace: status $got"
	cmp -s "$shuf" "$tmp/both" || fail "$command wrote into its trace"
done

# A small file that unpacks to a large one must not take the memory with it (in KB; what a sanitizer takes is its own).
if ! ldd "$twinwalk" | grep -q asan; then
	awk 'BEGIN { print "case a\nram 0 100000000000000"
		for (i = 0; i < 400000; i++) printf "mem %x000 %x\n", i, i
		print "end" }' | gzip >"$tmp/bomb.gz"
	expect 3 'expected a case that writes to at most 16384 pages' \
		sh -c "ulimit -v 1000000; exec '$twinwalk' vectors '$tmp/bomb.gz'"
fi
exit $failed
