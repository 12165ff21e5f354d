#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who may know whom, by the headers that the compiler really reads (-MM), not by the text of the sources.

Each tracked C and C++ file, and each header of its own, is given to the preprocessor. What it reads of the project must be
allowed to it:

- between folders: RULES below;
- inside kernel/: the order of the folders in the table of docs/kernel.md, and of another folder FOLDER/FOLDER.h and what that
  reads, with the exceptions that KERNEL_MORE names.

Usage: scripts/layers.py [FILE...]     without arguments all tracked files; CC is the compiler (gcc)
Exit status: 0 all as it should be; 1 something is read that may not be, each with who and what; 2 usage; 4 the preprocessor
cannot read a file.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

# What a file is allowed, by the first pattern of these that its path matches; a file that matches none may read all. "~" stands
# for what is allowed although a later word forbids it. Words are prefixes of paths.
ARCH = ["include/twinwalk/arch.h"]
HW = ARCH + ["include/twinwalk/" + name for name in ("config.h", "events.def", "hw.h", "memport.h", "pmem.h", "regs.h")]
CONFIG = ["include/twinwalk/config.h", "include/twinwalk/configs.def"] + ARCH
PINS = HW + ["include/twinwalk/" + name for name in ("configs.def", "membus.h", "mmu.h", "oracle.h", "pins.def")]
TRACE = ["include/twinwalk/trace.h"]
KERNEL = HW + ["include/twinwalk/kernel.h", "include/twinwalk/stats.def"]
EVERYBODY = ["include/twinwalk/prng.h"]
RULES = [
    # The interfaces: each knows what it stands on. A user of the hardware does not see the pins.
    (r"include/twinwalk/(arch|pmem|memport|trace)\.h", ["include/twinwalk/arch.h"]),
    (r"include/twinwalk/regs\.h", ["include/twinwalk/events.def"]),
    (r"include/twinwalk/config\.h", CONFIG),
    (r"include/twinwalk/hw\.h", HW),
    (r"include/twinwalk/kernel\.h", KERNEL),
    (r"include/twinwalk/", PINS),
    # The model. The architecture knows itself alone; the oracle no block of the MMU, only what it needs to watch one.
    (r"csim/arch/", ARCH + ["csim/arch/"]),
    (r"csim/mem/", PINS + ["csim/mem/"]),
    (r"csim/oracle/", PINS + ["csim/oracle/", "csim/arch/", "csim/hw_driver.h"]),
    (r"csim/", PINS + ["csim/"]),
    # The kernel knows the hardware interface only.
    (r"kernel/", KERNEL + ["kernel/"]),
    # Libraries of the programs.
    (r"host/", CONFIG + ["host/"]),
    (r"trace/", TRACE + ["trace/", "host/"]),
    (r"replay/", KERNEL + TRACE + ["replay/", "trace/", "host/"]),
    (r"vectors/", HW + ["vectors/", "host/"]),
    (r"tb/", PINS + ["include/twinwalk/tb.h", "tb/", "csim/", "host/"]),
    # The command: the interfaces, not the insides.
    (r"cli/", KERNEL + TRACE + ["include/twinwalk/tb.h", "include/twinwalk/mmu.h", "include/twinwalk/pins.def", "cli/", "host/",
                                "replay/replay.h", "vectors/vectors.h", "trace/"]),
]
# Files of kernel/ that see more of other folders.
KERNEL_MORE = [(r"kernel/reclaim/", ["kernel/phys/lru.h"]), (r"kernel/check/", ["kernel/"]), (r"kernel/[a-z]+\.[ch]$", ["kernel/"])]
# C++ is a means of tb/ only; examples show how to use it.
CXX = re.compile(r"(tb|examples)/")

FLAGS = ["-Iinclude", "-D_POSIX_C_SOURCE=200809L", "-D_DEFAULT_SOURCE", "-DTW_WITH_RTL",
         '-DTW_RTL_HEADER="verilated_model.h"', '-DTW_RTL_ROOT_HEADER="verilated_model_root.h"']


def tracked():
    out = subprocess.run(["git", "ls-files", "*.c", "*.h", "*.cpp", "*.cc", "*.hpp"], check=True, capture_output=True, text=True)
    return [path for path in out.stdout.split() if os.path.isfile(path)]


def reads(compiler, path):
    """The project's files that the preprocessor reads for PATH, without itself."""
    flags = FLAGS + (["-Ikernel"] if path.startswith("kernel/") else [])
    language = ["-x", "c++"] if path.endswith((".cpp", ".cc", ".hpp")) else ["-x", "c"]
    # -MG: what the build makes, or Verilator brings, need not be there.
    run = subprocess.run([compiler, "-MM", "-MG"] + flags + language + [path], capture_output=True, text=True)
    if run.returncode:
        print("%s: %s" % (path, run.stderr.strip()), file=sys.stderr)
        sys.exit(4)
    names = run.stdout.replace("\\\n", " ").split(":", 1)[1].split()
    names = {os.path.normpath(name) for name in names} - {path}
    return {name for name in names if os.path.exists(name) and not os.path.isabs(name)}


def kernel_order():
    """The folders of kernel/ in the order of the page's table, with their number."""
    with open("docs/kernel.md", encoding="UTF-8") as page:
        folders = re.findall(r"^\| `([a-z]+)/` \|", page.read(), re.M)
    there = {entry.name for entry in os.scandir("kernel") if entry.is_dir()}
    if sorted(folders) != sorted(there):
        print("docs/kernel.md lists the folders %s, kernel/ has %s" % (" ".join(folders), " ".join(sorted(there))))
        sys.exit(1)
    return {folder: number for number, folder in enumerate(folders)}


def folder_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "kernel" and len(parts) > 2 else None


def kernel_wrong(path, headers, order, public):
    """Headers of other folders of kernel/ that PATH may not read, each with the reason."""
    mine = folder_of(path)
    more = [word for pattern, words in KERNEL_MORE if re.match(pattern, path) for word in words]
    for header in sorted(headers):
        other = folder_of(header)
        if other is None or other == mine or any(header.startswith(word) for word in more):
            continue
        if mine is not None and order[other] > order[mine]:
            yield "%s: %s/ stands behind %s/ in docs/kernel.md" % (header, other, mine)
        elif header not in public:
            yield "%s: private to its folder, which shows %s/%s.h" % (header, other, other)


def main():
    if any(word.startswith("-") for word in sys.argv[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    compiler = os.environ.get("CC", "gcc")
    paths = sys.argv[1:] or tracked()
    order = kernel_order()
    shown = ["kernel/%s/%s.h" % (folder, folder) for folder in order]
    every = paths + [header for header in shown if os.path.exists(header) and header not in paths]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        read = dict(zip(every, pool.map(lambda path: reads(compiler, path), every)))
    # A folder shows its header and what of its own that reads.
    public = {name for header in shown for name in {header} | read.get(header, set()) if folder_of(name) == folder_of(header)}
    wrong = ["%s: C++ exists in tb/ and examples/ only" % path for path in paths
             if path.endswith((".cpp", ".cc", ".hpp")) and not CXX.match(path)]
    for path in paths:
        for pattern, allowed in RULES:
            if re.match(pattern, path):
                wrong += ["%s reads %s" % (path, header) for header in sorted(read[path])
                          if not any(header.startswith(word) for word in allowed + EVERYBODY)]
                break
        if path.startswith("kernel/"):
            wrong += ["%s reads %s" % (path, text) for text in kernel_wrong(path, read[path], order, public)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
