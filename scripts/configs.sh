#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the named hardware configurations of include/twinwalk/configs.def, one per line:
#   tiny L1FetchEntries=4 L1DataEntries=4 ... Formats=320
# (formats as a mask, by their codes in arch.h).
# The only reader of that table outside the C compiler: CMake and the lint both use it, so that the RTL's parameters have
# one source. Exit status 3 with FILE:LINE and what was expected when the table is malformed.
# Usage: scripts/configs.sh [configs.def]
set -eu
def=${1:-$(dirname "$0")/../include/twinwalk/configs.def}
if [ ! -r "$def" ]; then
  echo "$def: cannot be read" >&2
  exit 4
fi
arch=$(dirname "$0")/../include/twinwalk/arch.h
exec awk -v def="$def" -v arch="$arch" '
BEGIN {
	while ((getline line < arch) > 0)
		if (match(line, /TW_FMT_[A-Z0-9_]+ = [0-9]+/)) {
			split(substr(line, RSTART + 7, RLENGTH - 7), part, / = /)
			code[part[1]] = part[2]
		}
}
# FMT(NAME) | FMT(NAME)... as a number.
function formats(text,    n, name, i, mask) {
	n = split(text, name, / *\| */)
	for (i = 1; i <= n; i++) {
		gsub(/^FMT\(|\)$/, "", name[i])
		if (!(name[i] in code)) bad("names of enum tw_format in FMT(), not " name[i])
		mask += 2 ^ code[name[i]]
	}
	return mask
}
function bad(what) { printf "%s:%d: expected %s\n", def, NR, what > "/dev/stderr"; failed = 1; exit 3 }
/^\/\/ columns:/ {
	if (ncol) bad("one \"// columns:\" line only")
	sub(/^\/\/ columns:[ \t]*/, "")
	ncol = split($0, col, /[ \t]+/)
	for (i = 1; i <= ncol; i++)
		if (col[i] !~ /^[A-Z][A-Za-z0-9]*$/) bad("UpperCamelCase parameter names after \"// columns:\"")
	next
}
/^[ \t]*(\/\/.*)?$/ { next }
/^TW_CONFIG\([a-z][a-z0-9_]*(, *[0-9]+)+, *FMT\([A-Z0-9_]+\)( *\| *FMT\([A-Z0-9_]+\))*\)$/ {
	if (!ncol) bad("a \"// columns:\" line before the first configuration")
	line = $0
	sub(/^TW_CONFIG\(/, "", line)
	sub(/\)$/, "", line)
	n = split(line, val, /, */)
	if (n != ncol + 1) bad("a name and " ncol " values, one for each column")
	if (val[1] in seen) bad("a name not used before, \"" val[1] "\" is")
	seen[val[1]] = 1
	out = out val[1]
	for (i = 1; i < ncol; i++) out = out " " col[i] "=" val[i + 1]
	out = out " " col[ncol] "=" formats(val[ncol + 1])
	out = out "\n"
	next
}
{ bad("TW_CONFIG(name, number, ..., FMT(NAME) | ...), a // comment or an empty line") }
END {
	if (failed) exit 3
	if (out == "") bad("at least one TW_CONFIG line")
	printf "%s", out
}' "$def"
