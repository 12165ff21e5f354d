# SPDX-License-Identifier: Apache-2.0
"""Symbolic execution of LLVM assembly: what a function computes, as one formula over all its inputs.

All paths run at once: at a branch that depends on an input the state splits, and where paths meet again it is one state
whose values depend on the way that led there. A loop is followed as often as its condition holds for some input.
Invariants: nothing is approximated; what would be undefined behaviour (an index outside of its object, a shift as wide
as its operand, a value never written, unreachable code) becomes an obligation, to be proved impossible by the caller.
"""

import itertools
import re

import z3

from ir import IrError, Parser, offset_of, size_of

LIMIT = 500000  # instructions executed: only stops what would not end


class Ptr:
    """An address: an object and an offset in it, which is an int or a term of 64 bits."""

    __slots__ = ("obj", "off")

    def __init__(self, obj, off):
        self.obj, self.off = obj, off

    def same(self, other):
        """Whether both are the same address, if that is known without a solver."""
        return isinstance(other, Ptr) and self.obj == other.obj and same(self.off, other.off)


class Choice:
    """One of several addresses: pairs of a condition and an address; exactly one condition holds."""

    def __init__(self, options):
        self.options = options


NULL = Ptr(None, 0)


def same(a, b):
    """Whether two values are known to be equal."""
    if a is b:
        return True
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    if isinstance(a, Ptr):
        return a.same(b)
    return isinstance(a, z3.ExprRef) and isinstance(b, z3.ExprRef) and a.eq(b)


def term(value, bits):
    """A value as a term of the solver."""
    return z3.BitVecVal(value, bits) if isinstance(value, int) else value


def conj(a, b):
    """Both conditions; each is True, False or a term."""
    if a is False or b is False:
        return False
    if a is True:
        return b
    if b is True:
        return a
    return z3.And(a, b)


def negation(a):
    """The condition does not hold."""
    return (not a) if isinstance(a, bool) else z3.Not(a)


def known(cond):
    """The condition, True or False if it is one of them whatever the inputs are as far as rewriting tells."""
    if isinstance(cond, bool):
        return cond
    cond = z3.simplify(cond)
    return True if z3.is_true(cond) else False if z3.is_false(cond) else cond


def options_of(pointer):
    """The addresses that a value may be."""
    return pointer.options if isinstance(pointer, Choice) else [(True, pointer)]


def merge(cond, a, b):
    """a where the condition holds, else b; of the same type."""
    if same(a, b) or cond is True:
        return a
    if cond is False:
        return b
    if isinstance(a, (Ptr, Choice)):
        return Choice(
            [(conj(cond, c), p) for c, p in options_of(a)] + [(conj(z3.Not(cond), c), p) for c, p in options_of(b)]
        )
    if isinstance(a, int) and isinstance(b, int):
        raise IrError("two constants without a width meet")
    sort = a if isinstance(a, z3.ExprRef) else b
    return z3.If(cond, term(a, sort.size()), term(b, sort.size()))


def offsets(offset, most):
    """What an offset may be, from 0 to most: an index into an array of words leaves its lowest bits constant."""
    for bits in (4, 3, 2, 1):
        low = z3.simplify(z3.Extract(bits - 1, 0, offset))
        if z3.is_bv_value(low):
            return range(low.as_long(), most + 1, 1 << bits)
    return range(most + 1)


class Byte:
    """One byte of a pointer in memory."""

    def __init__(self, pointer, index):
        self.pointer, self.index = pointer, index


UNDEF = object()


def merge_byte(cond, a, b):
    """A byte of memory where two paths meet."""
    if a is b or same(a, b):
        return a
    if isinstance(a, Byte) or isinstance(b, Byte):
        if isinstance(a, Byte) and isinstance(b, Byte) and a.index == b.index:
            return Byte(merge(cond, a.pointer, b.pointer), a.index)
        raise IrError("a pointer and a number meet in memory")
    if a is UNDEF or b is UNDEF:
        return UNDEF  # reading it is an obligation that will fail: sound, if too strict
    return z3.If(cond, term(a, 8), term(b, 8))


class State:
    """Where a path is: its condition, the values of its function and memory."""

    __slots__ = ("guard", "env", "mem")

    def __init__(self, guard, env, mem):
        self.guard, self.env, self.mem = guard, env, mem


def merge_states(a, b):
    """One state for two paths that meet; the conditions exclude each other."""
    env = {}
    for name in a.env.keys() & b.env.keys():
        x, y = a.env[name], b.env[name]
        if isinstance(x, tuple) and isinstance(y, tuple):  # (value, bits)
            vx, vy = x[0], y[0]
            if isinstance(vx, int) and isinstance(vy, int) and vx != vy:
                env[name] = (z3.If(a.guard, term(vx, x[1]), term(vy, x[1])), x[1])
            else:
                env[name] = (merge(a.guard, vx, vy), x[1])
    mem = {}
    for obj in a.mem.keys() | b.mem.keys():
        x, y = a.mem.get(obj), b.mem.get(obj)
        if x is None or y is None or x is y:
            mem[obj] = x if y is None else y
        else:
            mem[obj] = [merge_byte(a.guard, p, q) for p, q in zip(x, y)]
    return State(known(z3.Or(a.guard, b.guard)), env, mem)


class Machine:
    """Modules that are linked, and what executing them needs to be proved."""

    def __init__(self, modules):
        self.functions, self.initial = {}, {}
        self.obligations = []  # (condition that must not hold, text)
        self.steps = 0
        self.fresh = itertools.count()
        for module in modules:
            for name, function in module.functions.items():
                self.functions[self.link(module, name)] = function
        for module in modules:
            for name, (typ, init) in module.globals.items():
                if init is not None:
                    data = []
                    self.flatten(module, typ, init, data)
                    self.initial[self.link(module, name)] = data

    @staticmethod
    def link(module, name):
        """The name of a symbol in the whole program: a local one belongs to its module."""
        return f"{module.name}:{name}" if name in module.local else name

    def flatten(self, module, typ, init, out):
        """Appends the bytes of a constant."""
        size = size_of(typ)
        if init == ("zero",) or (typ[0] != "ptr" and init == 0):
            if typ[0] == "ptr":
                out.extend(Byte(NULL, i) for i in range(8))
            elif typ[0] == "array":
                for _ in range(typ[1]):
                    self.flatten(module, typ[2], ("zero",), out)
            elif typ[0] == "struct":
                self.flatten_struct(module, typ, [(t, ("zero",)) for t in typ[1]], out)
            else:
                out.extend([0] * size)
        elif init == ("undef",):
            out.extend([UNDEF] * size)
        elif isinstance(init, int):
            out.extend((init & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
        elif init[0] == "bytes":
            out.extend(init[1])
        elif init[0] == "global":
            pointer = Ptr(self.link(module, init[1]), init[2])
            out.extend(Byte(pointer, i) for i in range(8))
        elif typ[0] == "array":
            for item, value in init[1]:
                self.flatten(module, item, value, out)
        else:
            self.flatten_struct(module, typ, init[1], out)

    def flatten_struct(self, module, typ, items, out):
        """Appends a structure with its padding."""
        begin = len(out)
        for i, (item, value) in enumerate(items):
            out.extend([0] * (begin + offset_of(typ, i) - len(out)))
            self.flatten(module, item, value, out)
        out.extend([0] * (begin + size_of(typ) - len(out)))

    def oblige(self, bad, text):
        """Notes that a condition must be impossible."""
        bad = known(bad)
        if bad is not False:
            self.obligations.append((bad, text))

    # ---- Memory -------------------------------------------------------------------------------------------------------

    def places(self, state, pointer, size):
        """Where an access may go: pairs of a condition and (object, offset)."""
        out = []
        for cond, ptr in options_of(pointer):
            guard = conj(state.guard, cond)
            if known(guard) is False:
                continue
            if ptr.obj is None or ptr.obj not in state.mem:
                self.oblige(guard, f"access through {ptr.obj}")
                continue
            room = len(state.mem[ptr.obj]) - size
            if isinstance(ptr.off, int):
                if not 0 <= ptr.off <= room:
                    self.oblige(guard, f"access at {ptr.off} of {ptr.obj}")
                    continue
                out.append((cond, ptr.obj, ptr.off))
                continue
            self.oblige(conj(guard, z3.UGT(ptr.off, room)), f"access outside of {ptr.obj}")
            for off in offsets(ptr.off, room):
                here = known(ptr.off == off)
                if here is not False:
                    out.append((conj(cond, here), ptr.obj, off))
        return out

    def load(self, state, pointer, typ):
        """The value at an address."""
        size, result, first = size_of(typ), None, True
        for cond, obj, off in self.places(state, pointer, size):
            value = self.assemble(state, state.mem[obj][off : off + size], typ, cond)
            if first:
                result, first = value, False
            elif isinstance(value, int) and isinstance(result, int) and value != result:
                result = z3.If(cond, term(value, 8 * size), term(result, 8 * size))
            else:
                result = merge(cond, value, result)
        if first:  # reached by no input
            return NULL if typ[0] == "ptr" else 0
        if typ[0] == "int" and typ[1] < 8 * size and not isinstance(result, int):
            result = z3.simplify(z3.Extract(typ[1] - 1, 0, result))
        elif typ[0] == "int" and isinstance(result, int):
            result &= (1 << typ[1]) - 1
        return result

    def assemble(self, state, data, typ, cond):
        """Bytes as one value."""
        if any(b is UNDEF for b in data):
            self.oblige(conj(state.guard, cond), "a value never written is read")
            return NULL if typ[0] == "ptr" else 0
        if typ[0] == "ptr":
            if all(isinstance(b, Byte) and b.index == i for i, b in enumerate(data)):
                return data[0].pointer
            if all(b == 0 for b in data if isinstance(b, int)) and all(isinstance(b, int) for b in data):
                return NULL
            raise IrError("an address is made of numbers")
        if any(isinstance(b, Byte) for b in data):
            raise IrError("a number is made of an address")
        if all(isinstance(b, int) for b in data):
            return int.from_bytes(bytes(data), "little")
        parts = [term(b, 8) for b in reversed(data)]
        return z3.simplify(z3.Concat(*parts)) if len(parts) > 1 else parts[0]

    def store(self, state, pointer, value, typ):
        """Changes memory."""
        size = size_of(typ)
        if typ[0] == "ptr":
            data = [Byte(value, i) for i in range(size)]
        elif isinstance(value, int):
            data = list(value.to_bytes(size, "little"))
        else:
            if value.size() < 8 * size:
                value = z3.ZeroExt(8 * size - value.size(), value)
            data = [z3.simplify(z3.Extract(8 * i + 7, 8 * i, value)) for i in range(size)]
        data = [z3_value(b) for b in data]
        for cond, obj, off in self.places(state, pointer, size):
            new = list(state.mem[obj])
            for i, byte in enumerate(data):
                new[off + i] = byte if cond is True else merge_byte(cond, byte, new[off + i])
            state.mem[obj] = new

    # ---- Functions ----------------------------------------------------------------------------------------------------

    def call(self, name, args, state):
        """Runs a function; args are values; returns its value. The state's memory changes."""
        function = self.functions.get(name)
        if function is None:
            raise IrError(f"call of {name}, which no module defines")
        frame = next(self.fresh)
        pending = {function.entry: State(state.guard, dict(zip(function.params, args)), dict(state.mem))}
        result = None
        while pending:
            label = min(pending, key=function.order.get)
            current = pending.pop(label)
            out = Block(self, function, frame, current).run(function.blocks[label], label)
            if isinstance(out, tuple):  # ("ret", value)
                final = State(current.guard, {"ret": out[1]}, current.mem)
                result = final if result is None else merge_states(result, final)
                continue
            for target, after in out:
                if target in pending:
                    after = merge_states(pending[target], after)
                pending[target] = after
        if result is None:
            raise IrError(f"{name} does not return")
        state.mem = {obj: data for obj, data in result.mem.items() if not obj.startswith(f"{frame}%")}
        return result.env.get("ret")


def z3_value(byte):
    """A byte that is known, as an int."""
    if isinstance(byte, z3.ExprRef) and z3.is_bv_value(byte):
        return byte.as_long()
    return byte


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


def bit_of(cond):
    """A condition as a value of one bit."""
    return z3.If(cond, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def as_term(cond):
    """A condition as a term of the solver."""
    return z3.BoolVal(cond) if isinstance(cond, bool) else cond
