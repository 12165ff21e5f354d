# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the tests of commands share: sourced first. Makes a folder $tmp that goes at the end, and counts failures in
# $failed, for the test's exit status. A command under test reads $input and may take $patience seconds: longer is a hang.
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
failed=0
input=/dev/null
patience=60

fail() {
	echo "FAILED: $1"
	failed=1
}

# expect STATUS TEXT COMMAND...: the exit status, and a text (a basic regular expression) on standard error, unless it is
# empty. What the command says stays in $tmp/stdout and $tmp/stderr.
expect() {
	want=$1 text=$2
	shift 2
	timeout "$patience" "$@" >"$tmp/stdout" 2>"$tmp/stderr" <"$input"
	got=$?
	[ $got = "$want" ] || fail "status $got, expected $want: $*: $(head -c 500 "$tmp/stderr")"
	[ -z "$text" ] || grep -q -e "$text" "$tmp/stderr" || fail "'$text' not said by: $*: $(head -c 500 "$tmp/stderr")"
}

# names FOLDER: what is in it, hidden names too.
names() {
	find "$1" -mindepth 1 -printf '%f '
}

# small_config FORMATS: a configuration that no named one is.
small_config() {
	cat <<-CONFIG
		L1FetchEntries = 2
		L1DataEntries = 2
		L2Sets = 2
		L2Ways = 2
		L2SpEntries = 2
		PwcEntries = 2
		Walkers = 2
		MissEntries = 2
		Ports = 2
		AsidBits = 16
		Formats = $1
	CONFIG
}
