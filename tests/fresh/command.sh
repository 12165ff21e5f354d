#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fresh vectors by hand, as docs/vectors.md says: tw_fresh writes them, the command runs them, tw_fresh compares. A result
# that is wrong or lacks is status 1, a wrong option 2.
# Usage: tests/fresh/command.sh TW_FRESH TWINWALK
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
fresh=$1 twinwalk=$2
dir=$tmp

for kind in tree low ones alias edge fence weak rights; do
  expect 0 '' "$fresh" --format long5 --kind $kind --seed 3 --cases 20 "$dir/cases" "$dir/results"
  "$twinwalk" vectors "$dir/cases" >"$dir/got" || fail "status $?"
  expect 0 '' "$fresh" --compare "$dir/results" "$dir/got"
done

# One case again is the same case.
"$fresh" --format sv48 --kind tree --seed 3 --number 5 "$dir/one" "$dir/results" || fail "status $?"
"$fresh" --format sv48 --kind tree --seed 3 --cases 6 "$dir/cases" "$dir/results" || fail "status $?"
sed -n '/^case sv48-tree-3-5$/,$p' "$dir/cases" >"$dir/sixth"
sed 1d "$dir/one" | cmp - "$dir/sixth" || fail "case 5 differs from the sixth of 6"

"$twinwalk" vectors "$dir/cases" >"$dir/got" || fail "status $?"
sed '/ ok /s/ ok ./ ok 7/' "$dir/got" >"$dir/wrong"
expect 1 '' "$fresh" --compare "$dir/results" "$dir/wrong"
grep -q '^expected .* ok ' "$tmp/stderr" || fail "no expected line: $(cat "$tmp/stderr")"
sed '$d' "$dir/got" >"$dir/short"
expect 1 '' "$fresh" --compare "$dir/results" "$dir/short"
expect 4 '' "$fresh" --compare "$dir/results" "$dir/none"
expect 4 '' "$fresh" --format sv39 --kind tree "$dir/none/cases" "$dir/results"
expect 2 '' "$fresh" --format sv40 --kind tree "$dir/cases" "$dir/results"
expect 2 '' "$fresh" --format sv39 --kind bush "$dir/cases" "$dir/results"
expect 2 '' "$fresh" --format sv39 --kind tree --seed x "$dir/cases" "$dir/results"
expect 2 '' "$fresh" --format sv39 --kind tree "$dir/cases"
exit $failed
