# SPDX-License-Identifier: Apache-2.0
"""One basic block of LLVM assembly, executed: what its instructions compute and where its end leads.

Invariant: an instruction that is not known here is refused. Source: LLVM Language Reference Manual, "Instruction
Reference" and "Intrinsic Functions".
"""

import re

import z3

from ir import IrError, Parser, offset_of, size_of
from values import (
    NULL,
    UNDEF,
    Choice,
    Ptr,
    State,
    bit_of,
    conj,
    known,
    merge,
    negation,
    options_of,
    same,
    term,
    z3_value,
)

LIMIT = 500000  # instructions executed: only stops what would not end


ARITHMETIC = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
}
SHIFTS = {
    "shl": (lambda a, b, n: a << b, lambda a, b: a << b),
    "lshr": (lambda a, b, n: a >> b, z3.LShR),
    "ashr": (lambda a, b, n: signed(a, n) >> b, lambda a, b: a >> b),
}


def signed(value, bits):
    """The number that a pattern of bits means in two's complement."""
    return value - (1 << bits) if value >> (bits - 1) else value


COMPARE = {
    "eq": (lambda a, b: a == b, False, lambda a, b: a == b),
    "ne": (lambda a, b: a != b, False, lambda a, b: a != b),
    "ult": (lambda a, b: a < b, False, z3.ULT),
    "ule": (lambda a, b: a <= b, False, z3.ULE),
    "ugt": (lambda a, b: a > b, False, z3.UGT),
    "uge": (lambda a, b: a >= b, False, z3.UGE),
    "slt": (lambda a, b: a < b, True, lambda a, b: a < b),
    "sle": (lambda a, b: a <= b, True, lambda a, b: a <= b),
    "sgt": (lambda a, b: a > b, True, lambda a, b: a > b),
    "sge": (lambda a, b: a >= b, True, lambda a, b: a >= b),
}


class Block:
    """One execution of one block."""

    def __init__(self, machine, function, frame, state):
        self.m, self.f, self.frame, self.s = machine, function, frame, state

    def run(self, lines, label):
        """Executes the instructions; returns ("ret", value) or the states of the blocks that follow."""
        for line in lines:
            self.m.steps += 1
            if self.m.steps > LIMIT:
                raise IrError("the execution does not end")
            dest = None
            found = re.match(r"(%[-\w.$]+) = (.*)", line)
            if found:
                dest, line = found.groups()
            line = re.split(r", !|, align \d+$", line)[0]
            p = Parser(self.f.module, line)
            op = p.next()
            if op == "phi":
                continue  # evaluated on the way here
            if op == "ret":
                return ("ret", self.operand(p) if p.peek() != "void" else None)
            if op == "br":
                return self.branch(p, label)
            if op == "switch":
                return self.switch(p, label)
            if op == "unreachable":
                self.m.oblige(self.s.guard, f"unreachable code of {self.f.name}")
                return []
            value = self.instruction(op, p, line)
            if dest:
                self.s.env[dest] = value
        raise IrError("a block without an end")

    # ---- Operands: (value, bits); bits is None for an address -----------------------------------------------------------

    def value(self, p, typ):
        """Takes an operand of a type that is already read."""
        bits = typ[1] if typ[0] == "int" else None
        token = p.peek()
        if token[0] == "%":
            p.next()
            return self.s.env[token]
        const = p.constant(typ)
        if isinstance(const, int):
            return (const & ((1 << bits) - 1), bits)
        if const == ("zero",):
            return (NULL, None) if typ[0] == "ptr" else (0, bits)
        if const == ("undef",):
            name = f"undef{next(self.m.fresh)}"
            return (z3.BitVec(name, bits), bits)
        if const[0] == "global":
            return (Ptr(self.m.link(self.f.module, const[1]), const[2]), None)
        raise IrError(f"operand {const}")

    def operand(self, p):
        """Takes a type and an operand."""
        typ = p.type()
        p.attributes()
        return self.value(p, typ)

    def condition(self, operand):
        """An operand of one bit as a condition."""
        value = operand[0]
        return bool(value) if isinstance(value, int) else known(value == 1)

    # ---- The ends of a block --------------------------------------------------------------------------------------------

    def go(self, target, label, guard):
        """The state on entry of a block: phis are evaluated at once, from the values before."""
        env = dict(self.s.env)
        for line in self.f.blocks[target]:
            found = re.match(r"(%[-\w.$]+) = phi (.*)", line)
            if not found:
                break
            p = Parser(self.f.module, re.split(r", !", found.group(2))[0])
            typ = p.type()
            value = None
            while p.peek():
                p.expect("[")
                at = p.at
                p.next() if p.peek()[0] == "%" else p.constant(typ)
                end = p.at
                p.expect(",")
                source = p.next()
                p.expect("]")
                if source == label:
                    after, p.at = p.at, at
                    value = self.value(p, typ)
                    assert p.at == end
                    p.at = after
                if p.peek() == ",":
                    p.next()
            env[found.group(1)] = value
        return (target, State(guard, env, dict(self.s.mem)))

    def branch(self, p, label):
        """br"""
        if p.peek() == "label":
            p.next()
            return [self.go(p.next(), label, self.s.guard)]
        cond = self.condition(self.operand(p))
        targets = []
        for _ in range(2):
            p.expect(",")
            p.expect("label")
            targets.append(p.next())
        out = []
        for target, taken in zip(targets, (cond, negation(cond))):
            guard = known(conj(self.s.guard, taken))
            again = self.f.order[target] <= self.f.order[label]
            if guard is not False and not (again and impossible(guard)):
                out.append(self.go(target, label, guard))
        return out

    def switch(self, p, label):
        """switch"""
        value, bits = self.operand(p)
        p.expect(",")
        p.expect("label")
        default = p.next()
        p.expect("[")
        rest, out = True, []
        while p.peek() != "]":
            case, _ = self.operand(p)
            p.expect(",")
            p.expect("label")
            target = p.next()
            here = value == case if isinstance(value, int) else known(value == case)
            guard = known(conj(self.s.guard, here))
            rest = conj(rest, negation(here))
            if guard is not False:
                out.append(self.go(target, label, guard))
        guard = known(conj(self.s.guard, rest))
        if guard is not False:
            out.append(self.go(default, label, guard))
        return out

    # ---- Instructions ---------------------------------------------------------------------------------------------------

    def instruction(self, op, p, line):
        """Executes one that has a value, or a store or call; returns (value, bits)."""
        p.attributes()
        if op in ARITHMETIC or op in SHIFTS:
            return self.binary(op, p)
        if op in ("zext", "sext", "trunc", "bitcast", "freeze"):
            return self.cast(op, p)
        if op == "icmp":
            return self.compare(p)
        if op == "select":
            cond = self.condition(self.operand(p))
            p.expect(",")
            a, bits = self.operand(p)
            p.expect(",")
            b, _ = self.operand(p)
            if isinstance(a, int) and isinstance(b, int) and not isinstance(cond, bool):
                a = term(a, bits)
            return (merge(cond, a, b), bits)
        if op == "alloca":
            typ = p.type()
            obj = f"{self.frame}%{next(self.m.fresh)}"
            self.s.mem[obj] = [UNDEF] * size_of(typ)
            return (Ptr(obj, 0), None)
        if op == "getelementptr":
            return self.gep(p)
        if op == "load":
            typ = p.type()
            p.expect(",")
            value = self.m.load(self.s, self.operand(p)[0], typ)
            return (value, typ[1] if typ[0] == "int" else None)
        if op == "store":
            typ = p.type()
            value = self.value(p, typ)[0]
            p.expect(",")
            self.m.store(self.s, self.operand(p)[0], value, typ)
            return None
        if op in ("call", "tail", "musttail"):
            return self.call(p, line)
        raise IrError(f"instruction: {line}")

    def binary(self, op, p):
        """Arithmetic and shifts."""
        a, bits = self.operand(p)
        p.expect(",")
        b, _ = self.value(p, ("int", bits))
        mask = (1 << bits) - 1
        if op in SHIFTS:
            concrete, symbolic = SHIFTS[op]
            if isinstance(b, int):
                if b >= bits:
                    self.m.oblige(self.s.guard, "a shift as wide as its operand")
                    return (0, bits)
            else:
                self.m.oblige(conj(self.s.guard, z3.UGE(b, bits)), "a shift as wide as its operand")
            if isinstance(a, int) and isinstance(b, int):
                return (concrete(a, b, bits) & mask, bits)
        else:
            symbolic = ARITHMETIC[op]
            if isinstance(a, int) and isinstance(b, int):
                return (symbolic(a, b) & mask, bits)
        return (z3_value(z3.simplify(symbolic(term(a, bits), term(b, bits)))), bits)

    def cast(self, op, p):
        """Conversions."""
        value, bits = self.operand(p)
        if op == "freeze":
            return (value, bits)
        p.expect("to")
        typ = p.type()
        if typ[0] != "int":
            return (value, None)
        wide = typ[1]
        if isinstance(value, int):
            if op == "sext":
                value = signed(value, bits)
            return (value & ((1 << wide) - 1), wide)
        if op == "trunc":
            return (z3_value(z3.simplify(z3.Extract(wide - 1, 0, value))), wide)
        extend = z3.ZeroExt if op == "zext" else z3.SignExt
        return (z3.simplify(extend(wide - bits, value)), wide)

    def compare(self, p):
        """icmp"""
        how = p.next()
        while how == "samesign":
            how = p.next()
        typ = p.type()
        a = self.value(p, typ)[0]
        p.expect(",")
        b = self.value(p, typ)[0]
        concrete, is_signed, symbolic = COMPARE[how]
        if typ[0] == "ptr":
            return self.compare_addresses(how, a, b)
        bits = typ[1]
        if isinstance(a, int) and isinstance(b, int):
            if is_signed:
                a, b = signed(a, bits), signed(b, bits)
            return (int(concrete(a, b)), 1)
        cond = known(symbolic(term(a, bits), term(b, bits)))
        return (int(cond), 1) if isinstance(cond, bool) else (bit_of(cond), 1)

    @staticmethod
    def compare_addresses(how, a, b):
        """Equality of addresses."""
        if how not in ("eq", "ne"):
            raise IrError("addresses are ordered")
        equal = False
        for ca, pa in options_of(a):
            for cb, pb in options_of(b):
                if pa.obj != pb.obj:
                    continue
                here = True if same(pa.off, pb.off) else known(term(pa.off, 64) == term(pb.off, 64))
                here = conj(conj(ca, cb), here)
                equal = here if equal is False else z3.Or(equal, here) if here is not False else equal
        equal = known(equal)
        if how == "ne":
            equal = negation(equal)
        return (int(equal), 1) if isinstance(equal, bool) else (bit_of(equal), 1)

    def gep(self, p):
        """getelementptr"""
        typ = p.type()
        p.expect(",")
        base = self.operand(p)[0]
        offset, first = 0, True
        while p.peek() == ",":
            p.next()
            index, bits = self.operand(p)
            if first:
                step, first = size_of(typ), False
            elif typ[0] == "struct":
                offset = offset + offset_of(typ, index)
                typ = typ[1][index]
                continue
            else:
                typ = typ[2]
                step = size_of(typ)
            if isinstance(index, int):
                offset = offset + signed(index, bits) * step
            else:
                wide = z3.SignExt(64 - bits, index) if bits < 64 else index
                offset = wide * step + offset
        moved = []
        for cond, ptr in options_of(base):
            off = ptr.off + offset
            if not isinstance(off, int):
                off = z3_value(z3.simplify(off))
            moved.append((cond, Ptr(ptr.obj, off)))
        return (moved[0][1] if len(moved) == 1 else Choice(moved), None)

    def call(self, p, line):
        """Calls, and the intrinsic functions that clang makes of C."""
        if p.peek() == "call":
            p.next()
        p.attributes()
        p.type()
        callee = p.next()
        args = []
        p.expect("(")
        while p.peek() != ")":
            args.append(self.operand(p))
            if p.peek() == ",":
                p.next()
        if callee.startswith("@llvm."):
            return self.intrinsic(callee, args, line)
        if callee[0] == "%":
            target = self.s.env[callee][0]
            if not isinstance(target, Ptr):
                raise IrError(f"a call of one of several functions: {line}")
            callee = target.obj
        else:
            callee = self.m.link(self.f.module, callee)
        return self.m.call(callee, args, self.s)

    def intrinsic(self, callee, args, line):
        """llvm.*"""
        name = callee.split(".")[1]
        if name in ("lifetime", "assume", "dbg", "experimental"):
            return None
        if name in ("memcpy", "memmove", "memset"):
            to, count = args[0][0], args[2][0]
            if not isinstance(count, int):
                raise IrError(f"a copy of unknown length: {line}")
            byte = ("int", 8)
            if name == "memset":
                data = [args[1][0]] * count
            else:
                data = [self.raw(args[1][0], i) for i in range(count)]
            for i in range(count):
                self.put(to, i, data[i], byte)
            return None
        bits = args[0][1]
        if name in ("umin", "umax", "smin", "smax"):
            a, b = (term(x[0], bits) for x in args[:2])
            less = {"umin": z3.ULE, "umax": z3.UGE}.get(name) or (
                (lambda x, y: x <= y) if name == "smin" else (lambda x, y: x >= y)
            )
            return (z3_value(z3.simplify(z3.If(less(a, b), a, b))), bits)
        if name == "cttz":
            value = term(args[0][0], bits)
            if args[1][0]:
                self.m.oblige(conj(self.s.guard, value == 0), "the lowest set bit of 0")
            result = z3.BitVecVal(bits, bits)
            for i in reversed(range(bits)):
                result = z3.If(z3.Extract(i, i, value) == 1, z3.BitVecVal(i, bits), result)
            return (z3_value(z3.simplify(result)), bits)
        raise IrError(f"intrinsic: {line}")

    def raw(self, pointer, index):
        """A byte for a copy: it may be undefined or a part of an address."""
        if not isinstance(pointer, Ptr) or not isinstance(pointer.off, int):
            raise IrError("a copy from an unknown place")
        data = self.s.mem[pointer.obj]
        if not 0 <= pointer.off + index < len(data):
            raise IrError("a copy from outside of an object")
        return data[pointer.off + index]

    def put(self, pointer, index, value, byte):
        """The other half of a copy."""
        if not isinstance(pointer, Ptr) or not isinstance(pointer.off, int):
            raise IrError("a copy to an unknown place")
        data = list(self.s.mem[pointer.obj])
        if not 0 <= pointer.off + index < len(data):
            raise IrError("a copy to outside of an object")
        data[pointer.off + index] = value
        self.s.mem[pointer.obj] = data


def impossible(guard):
    """Whether no input takes a path: asked for the next round of a loop, which would otherwise not end."""
    if guard is True:
        return False
    solver = z3.Solver()
    solver.add(guard)
    return solver.check() == z3.unsat
