#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Twinwalk as a folder of another project, in source and build directories with spaces in their names: it configures and
# builds, brings none of its tests, and the project's program runs. Then Twinwalk by itself in such directories, by `make`.
# Usage: tests/build/subproject.sh
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/twinwalk build XXXXXX")
trap 'rm -rf "$dir"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS TW_BUILD
# Nothing is optimized: little of it runs. Where there is ccache, the next run of this test finds what this one compiled.
export CCACHE_BASEDIR="$dir" CCACHE_NOHASHDIR=1

# run TITLE COMMAND...: its output is shown only when it fails.
run() {
  title=$1
  shift
  if ! "$@" >"$dir/log" 2>&1; then
    tail -n 60 "$dir/log"
    echo "$title failed: $*"
    exit 1
  fi
}

mkdir "$dir/twin walk"
tar -cf - --exclude='./build*' --exclude=./.git . | tar -xf - -C "$dir/twin walk"

run "configuring" cmake -S tests/build/parent -B "$dir/parent build" -G Ninja -DTWINWALK="$dir/twin walk" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG -DCMAKE_CXX_FLAGS_RELEASE=-DNDEBUG \
  -DTW_RTL_CONFIGS=compact -DTW_RTL_OPT=-O0 ${CCACHE:+"-DCMAKE_C_COMPILER_LAUNCHER=$CCACHE"} \
  ${CCACHE:+"-DCMAKE_CXX_COMPILER_LAUNCHER=$CCACHE"}
for kept in BUILD_TYPE=Release C_STANDARD=11 EXPORT_COMPILE_COMMANDS=; do
  grep -qx -- "-- parent: CMAKE_$kept" "$dir/log" || {
    grep -- '-- parent:' "$dir/log"
    echo "the parent's own CMAKE_$kept is changed"
    exit 1
  }
done
run "building" cmake --build "$dir/parent build"
got=$("$dir/parent build/parent")
[ "$got" = "loaded 7" ] || {
  echo "the parent's program printed '$got', expected 'loaded 7'"
  exit 1
}
# A checker that skips its own checks is worth nothing: they stay, although the parent's flags say -DNDEBUG.
grep -qa __assert_fail "$dir/parent build/twinwalk/kernel/libtw_kernel.a" || {
  echo "the kernel has lost its assertions"
  exit 1
}
if find "$dir/parent build" -name 'test_*' -type f -perm -u+x | grep .; then
  echo "these tests of ours are built in another project"
  exit 1
fi

run "make" make -C "$dir/twin walk" build SETUP= BUILD="../stand alone" CMAKEFLAGS="-DTW_RTL=OFF -DTW_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug"
run "the command" "$dir/stand alone/cli/twinwalk" trace-info "$dir/twin walk/trace/bundled/shuf.twt"
