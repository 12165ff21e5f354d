#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what Yosys writes for scripts/synth.sh.

  synth.py modules DESIGN.json              one line for each module of the elaborated design that is instantiated: a name for
                                            files and reports, and the name in Yosys
  synth.py report CONFIG DIR MODULES        the table of a configuration, from DIR/NAME.json (after abc -lut 6),
                                            DIR/NAME.memory.json (memories as such) and DIR/NAME.ltp
Exit status: 0; 1 the netlist is not what it has to be; 2 usage.
"""
import collections
import json
import re
import sys

TOP = "tw_mmu"


def load(path):
    with open(path, encoding="UTF-8") as text:
        return json.load(text)["modules"]


def plain(module):
    """The name of the source's module, of a name that Yosys made for one with parameters."""
    return re.sub(r"^\$paramod(\$[0-9a-f]+)?\\", "", module).split("\\")[0].lstrip("\\")


def value(text):
    """A parameter's value as a number."""
    return int(text, 2) if isinstance(text, str) and set(text) <= {"0", "1"} else text


def modules(design):
    top = next(name for name, module in design.items() if int(value(str(module["attributes"].get("top", "0")))))
    names, used = {top: TOP}, set()
    count = collections.Counter([top])
    queue = [top]
    while queue:
        for cell in design[queue.pop()]["cells"].values():
            if cell["type"] not in design:
                continue
            count[cell["type"]] += 1
            if cell["type"] in names:
                continue
            sizes = design[cell["type"]].get("parameter_default_values", {})
            name = plain(cell["type"])
            sizes = ["%s%d" % (key, value(bits)) for key, bits in sorted(sizes.items())] if cell["type"] != name else []
            name = "-".join([name] + sizes)
            while name in used:
                name += "+"
            used.add(name)
            names[cell["type"]] = name
            queue.append(cell["type"])
    return [(names[module], module) for module in sorted(names, key=lambda module: names[module])]


def is_ff(cell):
    return re.match(r"\$_(S?DFF|ALDFF|FF)", cell["type"]) is not None


class Netlist:
    """A flat module of LUTs and flip-flops."""

    def __init__(self, module):
        self.module = module
        self.luts = [cell for cell in module["cells"].values() if cell["type"] == "$lut"]
        self.ffs = [cell for cell in module["cells"].values() if is_ff(cell)]
        other = {cell["type"] for cell in module["cells"].values()} - {"$lut"} - {cell["type"] for cell in self.ffs}
        if other:
            raise ValueError("neither LUT nor flip-flop: " + ", ".join(sorted(other)))
        self.driver = {cell["connections"]["Y"][0]: cell for cell in self.luts}

    def order(self):
        """The LUTs, each after those that it depends on."""
        state, ordered = {}, []
        for start in self.driver:
            stack = [start]
            while stack:
                bit = stack[-1]
                if state.get(bit) == 2:
                    stack.pop()
                    continue
                state[bit] = 1
                waits = [b for b in self.driver[bit]["connections"]["A"] if b in self.driver and state.get(b) != 2]
                if any(state.get(b) == 1 for b in waits):
                    raise ValueError("a combinational loop")
                if waits:
                    stack.extend(waits)
                else:
                    state[bit] = 2
                    ordered.append(self.driver[bit])
                    stack.pop()
        return ordered

    def levels(self, sources=None):
        """{bit: LUTs on the longest path to it}, from the bits SOURCES, or from everywhere."""
        level = {} if sources is None else dict.fromkeys(sources, 0)
        for cell in self.order():
            before = [level[b] if b in level else 0 for b in cell["connections"]["A"] if sources is None or b in level]
            if before:
                level[cell["connections"]["Y"][0]] = 1 + max(before)
        return level

    def ends(self, wanted=lambda ff: True):
        """Bits at which paths end: the inputs of flip-flops."""
        return [bit for ff in self.ffs if wanted(ff) for port, bits in ff["connections"].items() if port not in "QC"
                for bit in bits]


def memory_bits(design, top):
    """Bits of memories with a clock at every read port, and of all others, below a module."""
    clocked = other = 0
    for cell in design[top]["cells"].values():
        if cell["type"] in design:
            below = memory_bits(design, cell["type"])
            clocked, other = clocked + below[0], other + below[1]
        elif cell["type"] == "$mem_v2":
            bits = value(cell["parameters"]["SIZE"]) * value(cell["parameters"]["WIDTH"])
            if "0" in cell["parameters"]["RD_CLK_ENABLE"]:
                other += bits
            else:
                clocked += bits
    return clocked, other


def report(config, directory, listed):
    with open(listed, encoding="UTF-8") as lines:
        blocks = [line.split() for line in lines]
    blocks.sort(key=lambda block: block[0] == TOP)
    print("== %s: 6-input LUTs, flip-flops; bits of memories with clocked reads (RAM) and without (flip-flops here); levels of LUTs"
          % config)
    print("%-52s %8s %8s %8s %8s %6s" % ("block", "LUTs", "FFs", "RAM", "arrays", "levels"))
    for name, _ in blocks:
        net = Netlist(load("%s/%s.json" % (directory, name))["dut"])
        ram, arrays = memory_bits(load("%s/%s.memory.json" % (directory, name)), "dut")
        level = net.levels()
        depth = max(level.values(), default=0)
        with open("%s/%s.ltp" % (directory, name), encoding="UTF-8") as text:
            said = re.search(r"\(length=(\d+)\)", text.read())
        # Yosys counts the same; if not, one of the two is wrong.
        if int(said.group(1) if said else 0) != depth:
            raise ValueError("%s: longest path: %d levels, Yosys says %s" % (name, depth, said.group(1) if said else "none"))
        print("%-52s %8d %8d %8d %8d %6d" % (name, len(net.luts), len(net.ffs), ram, arrays, depth))


def main(argv):
    try:
        if len(argv) == 3 and argv[1] == "modules":
            for name, module in modules(load(argv[2])):
                print(name, module)
            return 0
        if len(argv) == 5 and argv[1] == "report":
            report(*argv[2:])
            return 0
    except ValueError as error:
        print("synth: %s" % error, file=sys.stderr)
        return 1
    print("usage: scripts/synth.py modules DESIGN.json | report CONFIG DIR MODULES", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
