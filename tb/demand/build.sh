#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the RTL of a configuration that no build names, as a shared object, and keeps it: read by BUILD/tb/demand/settings.sh,
# which rtl_demand.c runs. What is kept goes by the parameters, the sources and the versions of the tools, so that whatever
# changes is built anew, and so is what is no longer as it was built. Of several that ask for the same one builds and the others
# wait. Invariant: an object appears under its name only when it is complete. BUILD/tb/demand may be removed at any time that
# nothing runs, but for settings.sh.
# Usage: sh BUILD/tb/demand/settings.sh NAME PARAMETER=NUMBER...
# Prints the object's path, or what is wrong; exit status: 0; 2 the RTL is not ours; 4 it does not build.
# shellcheck disable=SC2154 # settings come from the build
set -eu
export LC_ALL=C

name=$1
shift

die() {
  status=$1
  shift
  printf '%s\n' "$*"
  exit "$status"
}

if [ "$foreign" = ON ]; then
  die 2 "the RTL in $rtl has one size only (TW_RTL_FOREIGN)"
fi
[ -r "$rtl/filelist.f" ] || die 4 "$rtl/filelist.f: cannot be read: the RTL's sources are missing"
for tool in "$verilator" "$cxx" "$cmake" "$make"; do
  command -v "$tool" >/dev/null || die 4 "$tool is missing (scripts/setup installs what is needed; then build again)"
done

key=$(
  {
    printf '%s\n' "$@" "$opt" "$assert" "$build_type"
    "$verilator" --version
    "$cxx" --version
    # Names relative to the folders: a checkout may be moved.
    cd "$rtl" && cat ./*.sv ./*.svh ./*.vlt filelist.f
    cd "$source" && cat demand/* verilated.cmake verilate.sh ./*.cpp ./*.cpp.in ./*.h ../include/twinwalk/*
  } 2>/dev/null | sha256sum | cut -c 1-32
)
object=$cache/$key.so
sum=$cache/$key.sum
log=$cache/$key.log
work=$cache/$key.build

# A program that loads a damaged object crashes.
is_built() {
  [ -r "$object" ] && [ -r "$sum" ] && [ "$(sha256sum <"$object")" = "$(cat "$sum")" ]
}

lock=$cache/$key.lock
if ! is_built; then
  mkdir -p "$cache" 2>/dev/null || die 4 "$cache: cannot be made"
  # In a shell of its own: an `exec` that fails ends the shell.
  (: >>"$lock") 2>/dev/null || die 4 "$cache: cannot be written"
  exec 9>>"$lock"
  flock 9
fi
if ! is_built; then
  if [ -t 2 ]; then
    echo "building the RTL of $name, which is kept in $cache" >&2
  fi
  rm -rf "$work"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  params=$(printf '%s;' "$@")
  if ! "$cmake" -S "$source/demand" -B "$work" -G "$generator" -DCMAKE_MAKE_PROGRAM="$make" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_BUILD_TYPE="$build_type" -DVERILATOR_ROOT="$verilator_root" \
    -DVERILATOR_BIN="$verilator" -DTW_RTL_DIR="$rtl" -DTW_RTL_OPT="$opt" -DTW_RTL_ASSERT="$assert" \
    -DTW_RTL_PARAMS="${params%;}" >"$log" 2>&1 9>&- ||
    ! "$cmake" --build "$work" -j "$(nproc)" >>"$log" 2>&1 9>&-; then
    why=$(grep -m 1 -E '%Error|error:|[Nn]o space' "$log" || tail -n 1 "$log")
    die 4 "it does not build: $why; all of it: $log"
  fi
  { sha256sum <"$work/rtl.so" >"$work/sum" && mv "$work/sum" "$sum" && mv "$work/rtl.so" "$object"; } ||
    die 4 "$object: cannot be written"
  rm -f "$log"
fi
printf '%s\n' "$object"
