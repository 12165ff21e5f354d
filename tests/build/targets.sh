#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make sim` builds the command and what it is made of, no test and no benchmark.
# Usage: tests/build/targets.sh BUILD
set -eu
unset MAKEFLAGS MAKELEVEL MFLAGS TW_BUILD
builds=$(make -n sim SETUP= BUILD="$1" | grep -- '--build')
targets=$(printf '%s\n' "$builds" | sed -n 's/.*--target \([a-z_ ]*[a-z]\).*/\1/p')
if [ -z "$targets" ]; then
  printf '%s\n' "make sim builds everything:" "$builds"
  exit 1
fi

# shellcheck disable=SC2086 # a list
commands=$(ninja -C "$1" -t commands $targets)
if ! printf '%s\n' "$commands" | grep -q 'cli/twinwalk'; then
  echo "make sim does not build the command; it builds $targets"
  exit 1
fi
if printf '%s\n' "$commands" | grep -E '(tests|bench)/CMakeFiles|tests/[a-z]*/CMakeFiles'; then
  echo "make sim builds these, and needs none of them"
  exit 1
fi
