#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts/layers.py finds what it is there for: in a copy of the sources one wrong include after the other is planted, and each
# must be named, with the file that reads it.
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
tar cf - --exclude='*.twt' csim kernel include cli replay vectors host trace tb docs/kernel.md scripts/layers.py | tar xf - -C "$dir"
cd "$dir"

fail() {
  echo "layers.sh: $1" >&2
  exit 1
}

# planted FILE INCLUDE NAMED [LOOKED-AT]: a line `#include INCLUDE` at the top of FILE makes the check of LOOKED-AT (FILE) name NAMED.
planted() {
  file=$1 looked_at=${4:-$1} status=0
  scripts/layers.py "$looked_at" >out || fail "$looked_at is not well before anything is planted: $(cat out)"
  cp "$file" saved
  { echo "#include $2" && cat saved; } >"$file"
  scripts/layers.py "$looked_at" >out || status=$?
  cp saved "$file"
  [ $status = 1 ] || fail "$file may include $2 (status $status)"
  grep -q "^$looked_at reads $3" out || fail "$file includes $2, but the check says: $(cat out)"
}

planted include/twinwalk/hw.h '"twinwalk/mmu.h"' include/twinwalk/pins.def
planted include/twinwalk/hw.h '"twinwalk/mmu.h"' include/twinwalk/pins.def kernel/kernel.c
planted kernel/phys/frame.c '"reclaim/reclaim.h"' 'kernel/reclaim/reclaim.h: reclaim/ stands behind phys/'
planted kernel/cache/object.c '"vm/vm.h"' 'kernel/vm/vm.h: vm/ stands behind cache/'
planted kernel/mmu/pgtable.c '"vm/vm.h"' 'kernel/vm/vm.h: vm/ stands behind mmu/'
planted kernel/vm/fault.c '"swap/map.h"' 'kernel/swap/map.h: private'
planted kernel/vm/vm.h '"swap/map.h"' 'kernel/swap/map.h: private' kernel/sys/mmap.c
planted kernel/sys/proc.c '"../csim/hw_driver.h"' csim/hw_driver.h
planted csim/arch/walk.c '"../pwc.h"' csim/pwc.h
planted csim/mmu.c '"twinwalk/kernel.h"' include/twinwalk/kernel.h
planted replay/replay.c '"../kernel/kern.h"' kernel/kern.h
planted cli/main.c '"../replay/internal.h"' replay/internal.h
planted tb/lockstep.c '"twinwalk/kernel.h"' include/twinwalk/kernel.h

# A folder that the page does not know.
mkdir kernel/new
! scripts/layers.py kernel/kernel.c >out 2>&1 || fail "a folder that docs/kernel.md does not list was not noticed"
