#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one file of vectors through the command and compares the results, line by line, with the golden ones. A back end
# with a TLB need not read what a walk from the root reads, so for all but arch the field rd is left out on both sides;
# everything else, the entries changed included, must be equal. Exit status 1 when something differs.
# Usage: tests/vectors/run.sh TWINWALK HW CONFIG NAME
set -eu
twinwalk=$1 hw=$2 config=$3 name=$4
dir=$(dirname "$0")
got=$(mktemp) want=$(mktemp)
trap 'rm -f "$got" "$want"' EXIT

if [ "$hw" = arch ]; then
  set -- vectors --hw arch "$dir/$name.cases"
  cat "$dir/$name.golden" > "$want"
else
  set -- vectors --hw "$hw" --config "$config" --no-rd "$dir/$name.cases"
  sed 's/ rd=[^ ]*//' "$dir/$name.golden" > "$want"
fi
"$twinwalk" "$@" > "$got"
if ! diff -u "$want" "$got"; then
  echo "differs from $dir/$name.golden: twinwalk $*" >&2
  exit 1
fi
# A comparison of nothing proves nothing.
[ "$(grep -c '^[0-9]' "$got")" -ge 100 ]
