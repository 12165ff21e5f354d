# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests of the command share: sourced with $twinwalk set. Makes a folder $tmp that goes at the end, and counts
# failures in $failed, for the test's exit status.
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
failed=0
shuf=trace/bundled/shuf.twt

fail() {
	echo "FAILED: $1"
	failed=1
}

# expect STATUS TEXT COMMAND...: the exit status, and a text (a basic regular expression) on standard error. The command
# waits for nothing: a minute is a hang.
expect() {
	want=$1 text=$2
	shift 2
	timeout 60 "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	got=$?
	[ $got = "$want" ] || fail "status $got, expected $want: $*: $(head -c 500 "$tmp/stderr")"
	[ -z "$text" ] || grep -q -e "$text" "$tmp/stderr" || fail "'$text' not said by: $*: $(head -c 500 "$tmp/stderr")"
}

# names FOLDER: what is in it, hidden names too.
names() {
	find "$1" -mindepth 1 -printf '%f '
}
