#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing that is built holds the path of the checkout or of the build directory, in its text or its debug information.
# Usage: tests/build/no_paths.sh BUILD
set -eu
build=$1
root=$PWD

built() {
  find "$build" -mindepth 1 \( -name CMakeFiles -o -name mutate -o -name lint -o -name asan -o -name builds -o -name demand-test \) -prune -o \
    -type f \( -perm -u+x -o -name '*.a' -o -name '*.so' \) -print
}

count=$(built | wc -l)
if [ "$count" -lt 20 ]; then
  echo "only $count files are built in $build"
  exit 1
fi
# Debug information is not compressed, so a path would show as it is. What is still to be compiled at link time keeps the
# compiler's options, and with them the paths that they map.
found=$(built | xargs -d '\n' grep -LaF .gnu.lto_ | xargs -d '\n' grep -laF -e "$root" -e "$build") || true
if [ -n "$found" ]; then
  printf '%s\n' "$found" "hold $root or $build"
  exit 1
fi
