# SPDX-License-Identifier: Apache-2.0
"""Symbolic execution of LLVM assembly: what a function computes, as one formula over all its inputs.

All paths run at once: at a branch that depends on an input the state splits, and where paths meet again it is one state
whose values depend on the way that led there. A loop is followed as often as its condition holds for some input.
Invariants: nothing is approximated; what would be undefined behaviour (an index outside of its object, a shift as wide
as its operand, a value never written, unreachable code) becomes an obligation, to be proved impossible by the caller.
"""

import itertools

import z3

from block import Block
from ir import IrError, offset_of, size_of
from values import (
    NULL,
    UNDEF,
    Byte,
    Ptr,
    State,
    conj,
    known,
    merge,
    merge_byte,
    merge_states,
    offsets,
    options_of,
    term,
    z3_value,
)


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
