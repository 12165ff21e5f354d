# SPDX-License-Identifier: Apache-2.0
"""Values of symbolic execution: numbers that are known or are terms of the solver, addresses, bytes of memory, conditions;
and what two of them become where two paths meet. Invariant: what is known is an int or a bool, never a constant term.
"""

import z3

from ir import IrError


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


def z3_value(byte):
    """A byte that is known, as an int."""
    if isinstance(byte, z3.ExprRef) and z3.is_bv_value(byte):
        return byte.as_long()
    return byte


def bit_of(cond):
    """A condition as a value of one bit."""
    return z3.If(cond, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))


def as_term(cond):
    """A condition as a term of the solver."""
    return z3.BoolVal(cond) if isinstance(cond, bool) else cond
