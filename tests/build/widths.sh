#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fields of a second stage (docs/adding-a-format.md) have no bit in any configuration. In a copy of the RTL they get some:
# then no tool finds a width that does not follow, and pins, debug view and arrays are the model's as before.
# Usage: tests/build/widths.sh BUILD TW_LOCKSTEP_RANDOM
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
patience=600 # it builds
build=$1 bench=$2

cp -R rtl "$tmp/rtl"
sed -i -e 's/\(localparam int VmidW = \)0;/\114;/' -e 's/\(localparam int StageW = \)0;/\11;/' "$tmp/rtl/tw_pkg.sv"
[ "$(diff rtl/tw_pkg.sv "$tmp/rtl/tw_pkg.sv" | grep -c '^>')" -eq 2 ] || fail "tw_pkg.sv has no fields of width 0"
# The pins of the debug view show the fields below.
echo 'lint_off -rule UNUSEDSIGNAL -file "*tw_mmu.sv" -match "Bits of signal are not used: '"'dbg_*"'"' >>"$tmp/rtl/lint.vlt"

# Verilator's -Wall is part of the build.
sed -e "s|^cache=.*|cache='$tmp/cache'|" -e "s|^rtl=.*|rtl='$tmp/rtl'|" -e "s|^opt=.*|opt='-O0;-O0'|" \
  "$build/tb/demand/settings.sh" >"$tmp/settings.sh"
small_config sv39+long4 >"$tmp/wide.cfg"
export TW_RTL_DEMAND="$tmp/settings.sh"
expect 0 '' "$bench" --config "$tmp/wide.cfg" --cycles 100000
grep -q '^compared: pins, debug view and arrays' "$tmp/stdout" || fail "not all is compared: $(cat "$tmp/stdout")"
exit $failed
