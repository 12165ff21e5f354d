#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command while it holds a lock, so that two `make` in one build directory take turns. The folder of FILE is made.
# Usage: scripts/lock.sh FILE COMMAND...
# Exit status: the command's; 2 usage; 4 no lock.
set -eu
if [ $# -lt 2 ]; then
  echo "usage: scripts/lock.sh FILE COMMAND..." >&2
  exit 2
fi
lock=$1
shift
mkdir -p "$(dirname "$lock")" || exit 4
# In a shell of its own: an `exec` that fails ends the shell, with another status.
(: >>"$lock") || exit 4
exec 9>>"$lock"
if ! flock -n 9; then
  echo "waiting for another make to release $lock" >&2
  flock 9 || exit 4
fi
exec "$@"
