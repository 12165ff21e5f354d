#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `twinwalk record` on a program whose every system call is known: what it did must be in the trace, and what cannot be
# recorded must end in the documented status with a text. Skipped (77) without QEMU's user-mode emulator.
# Usage: record.sh TWINWALK PROBE
set -u
twinwalk=$1
probe=$2
command -v qemu-x86_64 >/dev/null || {
	echo "skipped: no qemu-x86_64 (scripts/setup record)"
	exit 77
}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
dir=$tmp
input=$dir/input

# has TEXT PATTERN: events of the trace.
has() {
	grep -Eq -e "$2" "$dir/dump" || fail "not in the trace: $1 ($2)"
}

awk 'BEGIN { for (i = 0; i < 4096 * 3; i++) printf "x" }' >"$dir/input"
trace=$dir/probe.twt

expect 0 'ended with status 7; its trace is complete' "$twinwalk" record -o "$trace" -- "$probe"
[ "$(wc -c <"$tmp/stdout")" = 18 ] || fail "the program's output is its own"
"$twinwalk" trace-info "$trace" >"$dir/info" || fail "trace-info: $(cat "$dir/info")"
"$twinwalk" trace-info --dump "$trace" >"$dir/dump" || fail "trace-info --dump"

has 'the initial break is what the program sees' '^[0-9]+ brk 0x0 .* = 0x2'
first=$(grep -m 1 ' brk 0x0 ' "$dir/dump" | sed 's/.*= //')
second=$(grep ' brk 0x0 ' "$dir/dump" | sed -n '2s/.*= //p')
[ "$first" = "$second" ] || fail "initial break $first, but brk(0) returns $second"
has 'stack' ' map 0x[0-9a-f]+ len 0x800000 new 0x0\+0x0 prot 3 flags 0x122 file -1'
has 'code of a file' ' map .* prot 5 flags 0x2 file 0'
has 'mmap' ' mmap 0x0 len 0x25000 new 0x0\+0x0 prot 3 flags 0x22 file -1\+0x0 .* = 0x2'
has 'mprotect' ' mprotect 0x2[0-9a-f]+ len 0x2000 .* prot 1 .* = 0x0'
has 'madvise' ' madvise 0x2[0-9a-f]+ len 0x1000 .* advice 4 = 0x0'
has 'munmap' ' munmap 0x2[0-9a-f]+ len 0x2000 .* = 0x0'
has 'failed munmap' ' munmap 0x2[0-9a-f]+ len 0x1000 .* = -0x16'
has 'mremap' ' mremap 0x2[0-9a-f]+ len 0x5000 new 0x0\+0x29000 .* flags 0x1 .* = 0x2'
has 'mmap of a file' ' mmap 0x0 len 0x2000 .* prot 1 flags 0x1 file [0-9]+\+0x1000 .* = 0x2'
has 'read' ' copy_out 0x2[0-9a-f]+ len 0x4d2 '
has 'writev, first part' ' copy_in 0x2[0-9a-f]+ len 0xb '
has 'writev, second part' ' copy_in 0x2[0-9a-f]+ len 0x7 '
has 'readv, first part' ' copy_out 0x2[0-9a-f]+ len 0x64 '
has 'readv, second part cut short' ' copy_out 0x2[0-9a-f]+ len 0x32 '
has 'exit' ' exit .* = 0x7$'
grep -q ' len 0x35000 ' "$dir/dump" && fail "the child of a fork was recorded"
# memset of 37 pages: each is written, in the same order.
base=$(grep ' mmap 0x0 len 0x25000 ' "$dir/dump" | sed 's/.*= //')
for page in 0 1 17 36; do
	addr=$(printf '0x%x' $((base + page * 4096)))
	has "store to page $page" " store $addr "
done
has 'a read-modify-write' " rmw $(printf '0x%x' $((base + 10 * 4096 + 0x128))) 4\$"
# The fetches before the store that the jump across two fetch blocks leads to.
fetches=$(grep -B 4 " store $(printf '0x%x' $((base + 11 * 4096 + 5))) 1\$" "$dir/dump" |
	awk '$2 == "fetch" { print $3 }' | tail -n 3)
# shellcheck disable=SC2086 # three words
set -- $fetches
if [ $# != 3 ] || [ $(($2 - $1)) != 32 ] || [ $(($3 - $1)) != 128 ]; then
	fail "fetches of a jump across blocks: expected 0, 32, 128, found $*"
fi
grep -q '^file .* 12288  input$' "$dir/info" || fail "the mapped file is not in the file table"

# Twice the same.
cp "$trace" "$dir/first.twt"
expect 0 '' "$twinwalk" record -o "$trace" -- "$probe"
cmp "$trace" "$dir/first.twt" || fail "a second recording differs"

expect 0 'ended with status 134' "$twinwalk" record -o "$trace" -- "$probe" abort
"$twinwalk" trace-info --dump "$trace" >"$dir/dump" || fail "trace-info after abort"
has 'the signal that ended the program' ' exit .* = 0x86$'
expect 0 '' "$twinwalk" record -o "$trace" -- "$probe" exec
"$twinwalk" trace-info --dump "$trace" >"$dir/dump" || fail "trace-info after exec"
has 'execve' ' exit .* = -0x1$'
expect 0 '' "$twinwalk" record -o "$trace" -- "$probe" close
"$twinwalk" trace-info "$trace" >"$dir/info" || fail "trace-info after close"

# A recording that fails leaves the trace that was there, and nothing else.
cp "$trace" "$dir/before"
expect 3 'starts a thread' "$twinwalk" record -o "$trace" -- "$probe" thread
cmp -s "$trace" "$dir/before" || fail "a failed recording changed the trace that was there"
mkdir "$dir/folder"
expect 2 'regular file' "$twinwalk" record -o "$dir/folder" -- "$probe" exit

# What cannot be recorded leaves no file behind.
rm -f "$trace"
expect 3 'starts a thread' "$twinwalk" record -o "$trace" -- "$probe" thread
expect 3 'uses address 0x600000000000' "$twinwalk" record -o "$trace" -- "$probe" high
expect 3 'shmat' "$twinwalk" record -o "$trace" -- "$probe" shm
expect 3 'expected an ELF program' "$twinwalk" record -o "$trace" -- "$0"
mkfifo "$dir/fifo"
chmod +x "$dir/fifo"
expect 3 'expected a regular file, found a FIFO' timeout 20 "$twinwalk" record -o "$trace" -- "$dir/fifo"
expect 3 'no such program' "$twinwalk" record -o "$trace" -- "$dir/nothing"
expect 4 'scripts/setup record' "$twinwalk" record -q "$dir/no-qemu" -o "$trace" -- "$probe"
expect 4 'nothing.so' "$twinwalk" record -p "$dir/nothing.so" -o "$trace" -- "$probe"
expect 4 'before the program' "$twinwalk" record -p "$dir/input" -o "$trace" -- "$probe"
expect 4 'No such file or directory' "$twinwalk" record -o "$dir/no/such/dir.twt" -- "$probe"
expect 2 'usage' "$twinwalk" record
expect 2 'usage' "$twinwalk" record --nonsense -- "$probe"
expect 2 'expected a number from 1 to 19' "$twinwalk" record -l 20 -- "$probe"
[ ! -e "$trace" ] || fail "a failed recording left a file behind"

expect 3 'this is not a trace' "$twinwalk" trace-info "$dir/input"
expect 4 'cannot open' "$twinwalk" trace-info "$dir/nothing"
expect 2 'usage' "$twinwalk" trace-info
exit $failed
