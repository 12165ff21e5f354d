#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The file that `twinwalk record` writes: it is complete or not there, whatever ends the command; and nothing else is
# replaced by it. Skipped (77) without QEMU's user-mode emulator.
# Usage: output.sh TWINWALK PROBE
set -u
twinwalk=$1
probe=$2
command -v qemu-x86_64 >/dev/null || {
	echo "skipped: no qemu-x86_64 (scripts/setup record)"
	exit 77
}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
dir=$tmp/out
mkdir "$dir"
input=$tmp/input
awk 'BEGIN { for (i = 0; i < 4096 * 3; i++) printf "x" }' >"$input"

# only NAMES: what is in the folder, hidden names too.
only() {
	found=$(names "$dir")
	[ "$found" = "$1" ] || fail "$2: expected '$1' in the folder, found '$found'"
}

# record STATUS TEXT ARGUMENT...
record() {
	want=$1 text=$2
	shift 2
	expect "$want" "$text" "$twinwalk" record "$@"
}

# --- What is replaced, and what is not

echo 'a letter' >"$dir/letter"
record 2 'letter: exists and is not a trace; --force replaces it' -o "$dir/letter" -- "$probe" exit
grep -q 'a letter' "$dir/letter" || fail "a file that is no trace was replaced"
record 0 '' --force -o "$dir/letter" -- "$probe"
"$twinwalk" trace-info "$dir/letter" >/dev/null || fail "--force did not replace the file"
record 0 '' -o "$dir/letter" -- "$probe" close
only 'letter ' 'a trace over a trace'

cp "$probe" "$tmp/program"
record 2 'is an input of this command' --force -o "$tmp/program" -- "$tmp/program"
cmp -s "$probe" "$tmp/program" || fail "the recorded program was replaced"

echo precious >"$tmp/precious"
ln -s "$tmp/precious" "$dir/letter.part"
record 0 '' -o "$dir/letter" -- "$probe"
ln -s "$tmp/precious" "$dir/link"
record 2 'expected a regular file or a new name' --force -o "$dir/link" -- "$probe"
grep -q precious "$tmp/precious" || fail "a symbolic link was followed"
rm "$dir"/*

# --- Two at once: both are whole, one of them stays

"$twinwalk" record -o "$dir/both" -- "$probe" <"$tmp/input" >/dev/null 2>&1 &
first=$!
record 0 '' -o "$dir/both" -- "$probe"
wait $first || fail "the first of two recordings to one file failed"
"$twinwalk" trace-info "$dir/both" >/dev/null || fail "two recordings at once left a damaged trace"
only 'both ' 'two at once'
rm "$dir/both"

# --- A full disk, for which a limit on the size of files stands

(
	ulimit -f 1
	"$twinwalk" record -o "$dir/full" -- "$probe" 2>&1 >/dev/null <"$tmp/input"
	echo "status $?"
) | cat >"$tmp/stderr"
grep -q '^status 4$' "$tmp/stderr" || fail "a full disk: $(cat "$tmp/stderr")"
grep -q 'full: cannot write: File too large' "$tmp/stderr" || fail "a full disk is not said: $(cat "$tmp/stderr")"
only '' 'a full disk'

# --- Signals. The probe says its process id once it runs, so nothing here depends on time.

# interrupt SIGNAL MODE: sends it to the recorder once the program runs; both must end, and nothing be left.
interrupt() {
	mkfifo "$tmp/pipe"
	"$twinwalk" record -o "$dir/trace" -- "$probe" "$2" >"$tmp/pipe" 2>"$tmp/stderr" </dev/null &
	recorder=$!
	read -r program <"$tmp/pipe"
	rm "$tmp/pipe"
	kill -s "$1" $recorder
	wait $recorder
	status=$?
	if [ $status -le 128 ] || [ "$(kill -l $status)" != "$1" ]; then
		fail "SIG$1, $2: the recorder ended with status $status"
	fi
	only '' "SIG$1, $2"
	tries=0
	while kill -0 "$program" 2>/dev/null && [ $tries -lt 200 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -0 "$program" 2>/dev/null && fail "SIG$1, $2: the program still runs"
}

for signal in TERM HUP KILL; do
	interrupt $signal wait
	interrupt $signal stubborn
done
# The shell makes what runs in the background ignore SIGINT; env undoes that where it can.
if env --default-signal=INT true 2>/dev/null; then
	command=$twinwalk
	printf '#!/bin/sh\nexec env --default-signal=INT "%s" "$@"\n' "$command" >"$tmp/twinwalk"
	chmod +x "$tmp/twinwalk"
	twinwalk=$tmp/twinwalk
	interrupt INT wait
	interrupt INT stubborn
	twinwalk=$command
fi
exit $failed
