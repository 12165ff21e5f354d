# SPDX-License-Identifier: Apache-2.0
"""A module as formulas: each output as a term over the inputs, by way of Yosys' netlist of word-level cells.

Registers are cut: what one holds, NAME_q, is an input, and what it takes at the clock's edge, NAME_d, an output; those
of an array NAME_q[I] are NAME_q_I and NAME_d_I. Invariant: a cell that is not known here is refused. Source: Yosys manual, "Word-level cells".
"""

import json
import re
import subprocess

import z3


class RtlError(Exception):
    """Yosys refuses the module, or it is not pure logic."""


def elaborate(top, parameters, sources, include, out):
    """The netlist of a module with these parameters. OUT names the files that are written."""
    params = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    script = [
        f"read_verilog -sv -I{include} {' '.join(sources)}",
        f"hierarchy -check -top {top} {params}",
        "rename -top dut",
        "proc",
        "flatten",
        "memory_map",
        "opt -full -nodffe -nosdff",
        "check -assert",
        "delete t:$assert t:$assume t:$cover",
        f"write_json {out}.json",
    ]
    with open(f"{out}.ys", "w", encoding="ascii") as file:
        file.write("\n".join(script) + "\n")
    done = subprocess.run(["yosys", "-q", f"{out}.ys"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RtlError(f"{top}: {done.stderr.strip() or done.stdout.strip()}")
    with open(f"{out}.json", encoding="ascii") as file:
        return json.load(file)["modules"]["dut"]


def flag(cond):
    """A condition as one bit."""
    return z3.If(cond, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def nonzero(a):
    """Whether any bit is set."""
    return a != 0


def widen(a, bits, is_signed):
    """Extends, or cuts."""
    if a.size() >= bits:
        return z3.Extract(bits - 1, 0, a) if a.size() > bits else a
    return (z3.SignExt if is_signed else z3.ZeroExt)(bits - a.size(), a)


def parity(a):
    """The exclusive or of all bits."""
    out = z3.Extract(0, 0, a)
    for i in range(1, a.size()):
        out = out ^ z3.Extract(i, i, a)
    return out


WORD = {  # of two operands as wide as the result
    "$and": lambda a, b: a & b,
    "$or": lambda a, b: a | b,
    "$xor": lambda a, b: a ^ b,
    "$xnor": lambda a, b: ~(a ^ b),
    "$add": lambda a, b: a + b,
    "$sub": lambda a, b: a - b,
    "$mul": lambda a, b: a * b,
}
COMPARE = {  # name: (unsigned, signed)
    "$eq": (lambda a, b: a == b,) * 2,
    "$ne": (lambda a, b: a != b,) * 2,
    "$eqx": (lambda a, b: a == b,) * 2,
    "$nex": (lambda a, b: a != b,) * 2,
    "$lt": (z3.ULT, lambda a, b: a < b),
    "$le": (z3.ULE, lambda a, b: a <= b),
    "$gt": (z3.UGT, lambda a, b: a > b),
    "$ge": (z3.UGE, lambda a, b: a >= b),
}
REDUCE = {
    "$reduce_or": nonzero,
    "$reduce_bool": nonzero,
    "$logic_not": lambda a: a == 0,
    "$reduce_and": lambda a: ~a == 0,
    "$reduce_xor": lambda a: parity(a) == 1,
    "$reduce_xnor": lambda a: parity(a) == 0,
}
LOGIC = {
    "$logic_and": lambda a, b: z3.And(nonzero(a), nonzero(b)),
    "$logic_or": lambda a, b: z3.Or(nonzero(a), nonzero(b)),
}
UNARY = {"$not": lambda a: ~a, "$pos": lambda a: a, "$neg": lambda a: -a}


class Rtl:
    """`inputs` has the term of each input; output() makes that of an output."""

    def __init__(self, netlist):
        self.inputs, self.widths, self.memo = {}, {}, {}
        self.bit = {}  # number of a bit of the netlist -> (source, index): a port's name or a cell
        self.outputs, self.registers = {}, {}
        for name, port in netlist["ports"].items():
            self.widths[name] = len(port["bits"])
            if port["direction"] == "input":
                self.inputs[name] = z3.BitVec(name, len(port["bits"]))
                for i, number in enumerate(port["bits"]):
                    self.bit[number] = (name, i)
            else:
                self.outputs[name] = port["bits"]
        for cell in netlist["cells"].values():
            if cell["type"] == "$dff":
                self.cut(cell, netlist["netnames"])
                continue
            if cell["port_directions"].get("Y") != "output":
                raise RtlError(f"cell {cell['type']} is not known")
            for i, number in enumerate(cell["connections"]["Y"]):
                self.bit[number] = (cell, i)
        self.undriven = 0

    def cut(self, cell, names):
        """Makes an input of what a register holds, and an output of what it takes."""
        bits = cell["connections"]["Q"]
        found = [n for n, net in names.items() if not net["hide_name"] and net["bits"] == bits]
        if not found:
            raise RtlError(f"a register of {len(bits)} bits has no name")
        name = re.sub(r"\[(\d+)\]", r"_\1", min(found, key=len))
        self.inputs[name] = z3.BitVec(name, len(bits))
        for i, number in enumerate(bits):
            self.bit[number] = (name, i)
        self.registers[name.replace("_q", "_d")] = cell["connections"]["D"]

    def output(self, name):
        """The term of an output."""
        return z3.simplify(self.vector(self.outputs.get(name) or self.registers[name]))

    def cell(self, cell):
        """The term of a cell's output, made once."""
        key = id(cell)
        if key not in self.memo:
            self.memo[key] = z3.simplify(self.make(cell))
        return self.memo[key]

    def vector(self, bits):
        """The term of a list of bits, lowest first: neighbours of one source stay together."""
        parts, i = [], 0
        while i < len(bits):
            number, run = bits[i], 1
            if isinstance(number, str):  # a constant; x may be anything
                if number == "x":
                    self.undriven += 1
                    parts.append(z3.BitVec(f"x{self.undriven}", 1))
                else:
                    parts.append(z3.BitVecVal(int(number), 1))
                i += 1
                continue
            source, low = self.bit[number]
            while (
                i + run < len(bits)
                and not isinstance(bits[i + run], str)
                and self.bit[bits[i + run]][0] is source
                and self.bit[bits[i + run]][1] == low + run
            ):
                run += 1
            value = self.inputs[source] if isinstance(source, str) else self.cell(source)
            parts.append(value if run == value.size() else z3.Extract(low + run - 1, low, value))
            i += run
        return z3.Concat(*reversed(parts)) if len(parts) > 1 else parts[0]

    def make(self, cell):
        """The function of a cell."""
        kind, con = cell["type"], cell["connections"]
        number = {name: int(value, 2) for name, value in cell["parameters"].items() if set(value) <= set("01")}
        width = len(con["Y"])
        a = self.vector(con["A"])
        a_signed = bool(number.get("A_SIGNED"))
        b = self.vector(con["B"]) if "B" in con else None
        both = a_signed and bool(number.get("B_SIGNED"))
        if kind in WORD:
            return WORD[kind](widen(a, width, both), widen(b, width, both))
        if kind in UNARY:
            return UNARY[kind](widen(a, width, a_signed))
        if kind in COMPARE:
            bits = max(a.size(), b.size())
            return self.to(width, flag(COMPARE[kind][both](widen(a, bits, both), widen(b, bits, both))))
        if kind in REDUCE:
            return self.to(width, flag(REDUCE[kind](a)))
        if kind in LOGIC:
            return self.to(width, flag(LOGIC[kind](a, b)))
        if kind == "$mux":
            return z3.If(self.vector(con["S"]) == 1, b, a)
        if kind == "$pmux":
            return self.pmux(a, b, self.vector(con["S"]), width)
        if kind in ("$shl", "$sshl", "$shr", "$sshr", "$shift", "$shiftx"):
            return self.shift(kind, a, a_signed, b, bool(number.get("B_SIGNED")), width)
        raise RtlError(f"cell {kind} is not known")

    @staticmethod
    def to(width, bit):
        """One bit, as wide as the cell's output."""
        return widen(bit, width, False)

    @staticmethod
    def pmux(a, b, select, width):
        """A parallel multiplexer: two selects at once give x in simulation; here the first one, as Yosys' own techmap."""
        out = a
        for i in reversed(range(select.size())):
            out = z3.If(z3.Extract(i, i, select) == 1, z3.Extract((i + 1) * width - 1, i * width, b), out)
        return out

    @staticmethod
    def shift(kind, a, a_signed, b, b_signed, width):
        """Shifts; a negative amount of $shift and $shiftx shifts to the left."""
        bits = max(a.size(), b.size(), width) + 1
        arithmetic = kind == "$sshr" and a_signed
        wide = widen(a, bits, arithmetic or (a_signed and kind in ("$shl", "$sshl", "$shift")))
        if kind not in ("$shift", "$shiftx") or not b_signed:
            amount = widen(b, bits, False)
            if kind in ("$shl", "$sshl"):
                out = wide << amount
            else:
                out = wide >> amount if arithmetic else z3.LShR(wide, amount)
        else:
            amount = widen(b, bits, True)
            out = z3.If(amount < 0, wide << -amount, z3.LShR(wide, amount))
        return z3.Extract(width - 1, 0, out)
