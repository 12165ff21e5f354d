#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows the newest waveform under the build directory: in GTKWave where there is a display, else by its path.
set -eu
build=${TW_BUILD:-build}
wave=$(find "$build" -type f \( -name '*.fst' -o -name '*.vcd' \) -printf '%T@ %p\n' 2>/dev/null | sort -rn | sed -n '1s/^[^ ]* //p')
if [ -z "$wave" ]; then
  echo "no waveform under $build: make one with 'make sim WAVES=1'" >&2
  exit 1
fi
if [ -n "${DISPLAY:-}" ] && command -v gtkwave >/dev/null; then
  # A saved view beside the waveform selects and groups the signals.
  if [ -f "${wave%.*}.gtkw" ]; then
    exec gtkwave "$wave" "${wave%.*}.gtkw"
  fi
  exec gtkwave "$wave"
fi
echo "$wave"
