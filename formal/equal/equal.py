#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the pure logic of the RTL computes what the model computes, for all inputs.

Each module of wrap.sv becomes a formula by way of Yosys; the function of ports.c of the same name, with everything of
csim/ that it calls, becomes one by symbolic execution of what clang makes of it. z3 then looks for an input for which
they differ. First of all, differences that are planted have to be found.

Usage: formal/equal/equal.py [--rtl DIR] [--out DIR] [--format NAME] [MODULE...]
Exit status: 0 all equal; 1 something is not, the input is printed; 2 usage; 4 a tool is missing.
"""

import argparse
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import z3
except ImportError:
    sys.exit(4 if print("formal/equal/equal.py: python3-z3 is missing: scripts/setup lint", file=sys.stderr) else 4)

import ir  # noqa: E402
import rtl  # noqa: E402
import symex  # noqa: E402
import values  # noqa: E402

SOURCES = ["formal/equal/ports.c"] + sorted(glob.glob("csim/arch/*.c"))

def formats_of(modules):
    """The formats of the model's table: name -> code."""
    memory = symex.Machine(modules).initial
    row = next(m.globals["@tw_formats"][0][2] for m in modules if m.globals.get("@tw_formats", (0, None))[1])
    size, table = ir.size_of(row), memory["@tw_formats"]
    found = {}
    for code in range(len(table) // size):
        name = table[code * size + ir.offset_of(row, 1)].pointer
        if name.obj:
            found[bytes(memory[name.obj][:-1]).decode()] = code
    return found


def proofs_of(formats, asked):
    """Function of ports.c -> the RTL's module and its proofs: name -> parameters of the module, constant inputs."""
    every = {"Formats": sum(1 << code for code in formats.values())}
    each = {name: (every, {"fmt_i": formats[name]}) for name in asked}
    return {
        "eq_pte_decode": ("eq_pte_decode", each),
        "eq_check": ("eq_check", each),
        "eq_pte_addr": ("eq_pte_addr", each),
        "eq_place": ("tw_place", {f"{n} ways": ({"N": n}, {"ways": n}) for n in (2, 4, 8, 16, 32, 64)}),
        "eq_pick": ("tw_pick", {f"of {n}": ({"N": n}, {}) for n in (2, 4, 8)}),
        "eq_tlb_fa": ("tw_tlb_fa", {"4 entries": ({"Entries": 4, **every}, {})}),
        "eq_tlb_sa": ("tw_tlb_sa", {"2 sets, 2 ways": ({"Sets": 2, "Ways": 2, **every}, {})}),
    }


# Bugs planted in ports.c, of the module that eq_pick describes: what must be said of each.
PLANTED = {
    "eq_planted_value": "index_o differs for request_i=0x42 pointer_i=0x5 ",
    "eq_planted_undefined": "the model's function is undefined: access outside of",
    "eq_planted_vain": "index_o is never determined by the model",
    "eq_planted_assumption": "no input fulfils what is assumed",
}


def compile_model(out):
    """The model as LLVM assembly."""
    modules = []
    for source in SOURCES:
        text = os.path.join(out, source.replace("/", "_") + ".ll")
        command = ["clang", "-std=c17", "-O1", "-fno-vectorize", "-fno-slp-vectorize", "-fno-discard-value-names"]
        command += ["-Iinclude", "-Icsim", "-Icsim/arch", "-S", "-emit-llvm", "-o", text, source]
        subprocess.run(command, check=True)
        with open(text, encoding="utf-8") as file:
            modules.append(ir.Module(source, file.read()))
    return modules


class Execution(symex.Machine):
    """The model's function on the ports of the RTL."""

    def __init__(self, modules):
        super().__init__(modules)
        self.assumed = []

    def call(self, name, args, state):
        if name == "@eq_assume":
            value = args[0][0]
            holds = bool(value) if isinstance(value, int) else value == 1
            self.assumed.append(z3.Implies(values.as_term(state.guard), values.as_term(holds)))
            return None
        return super().call(name, args, state)

    def outputs(self, name, inputs, before):
        """What the function leaves in its outputs, which hold `before` when it begins."""
        function = self.functions["@" + name]
        memory, args = dict(self.initial), []
        for param in function.params:
            port = param[1:]
            if port in inputs:
                args.append((inputs[port], 64))
            else:
                memory[port] = [
                    values.z3_value(z3.simplify(z3.Extract(8 * i + 7, 8 * i, before[port]))) for i in range(8)
                ]
                args.append((values.Ptr(port, 0), None))
        state = values.State(True, {}, memory)
        self.call("@" + name, args, state)
        return {
            port: values.term(self.load(state, values.Ptr(port, 0), ("int", 64)), 64)
            for port in before
        }


def wide(value):
    """A port as the model's 64 bits."""
    return z3.simplify(z3.ZeroExt(64 - value.size(), value)) if value.size() < 64 else value


def prove(name, modules, netlist, constants, determined):
    """Returns None if both are equal, else what is wrong. Adds the outputs that the model determines."""
    logic = rtl.Rtl(netlist)
    inputs = {}
    for port, value in logic.inputs.items():
        if port in constants:
            logic.inputs[port] = z3.BitVecVal(constants[port], value.size())
        inputs[port] = constants.get(port, wide(value))
    machine = Execution(modules)
    params = {param[1:] for param in machine.functions["@" + name].params}
    inputs.update({port: value for port, value in constants.items() if port in params})
    outputs = {port: wide(logic.output(port)) for port in params - set(inputs)}
    missing = {port for port in logic.outputs if not port.startswith("dbg_")} - params
    if missing:
        return f"the model's function has no {sorted(missing)}"
    model = machine.outputs(name, inputs, outputs)
    for bad, text in machine.obligations:
        wrong = solve(machine.assumed + [bad], inputs)
        if wrong:
            return f"the model's function is undefined: {text}, for {wrong}"
    if not solve(machine.assumed, inputs):
        return "no input fulfils what is assumed"
    for port, term in outputs.items():
        wrong = solve(machine.assumed + [term != model[port]], inputs, {"RTL": term, "model": model[port]})
        if wrong:
            return f"{port} differs for {wrong}"
        # An output that the model never determines would be equal in vain.
        again = Execution(modules)
        other = again.outputs(name, inputs, {p: ~t if p == port else t for p, t in outputs.items()})
        if solve(machine.assumed + [other[port] == model[port]], inputs):
            determined.add(port)
    return None


def outputs_of(modules, name):
    """The outputs of the model's function: those of its parameters that are addresses."""
    for module in modules:
        if "@" + name in module.functions:
            return [param[1:] for param in module.functions["@" + name].addresses]
    raise ir.IrError(f"no function {name}")


def solve(conditions, inputs, terms=None):
    """An input that fulfils all conditions, as text; None if there is none."""
    solver = z3.Solver()
    solver.add(*[values.as_term(c) for c in conditions])
    result = solver.check()
    if result == z3.unsat:
        return None
    if result != z3.sat:
        raise RuntimeError(f"z3 gives up: {solver.reason_unknown()}")
    model = solver.model()
    words = []
    for name, term in {**inputs, **(terms or {})}.items():
        value = term if isinstance(term, int) else model.eval(term, model_completion=True).as_long()
        words.append(f"{name}={value:#x}")
    return " ".join(words)


def main():
    """The command."""
    parser = argparse.ArgumentParser(usage="formal/equal/equal.py [--rtl DIR] [--out DIR] [--format NAME] [MODULE...]")
    parser.add_argument("--rtl", default="rtl")
    parser.add_argument("--out", default="build/formal/equal")
    parser.add_argument("--format")
    parser.add_argument("module", nargs="*")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    packages = [f"{options.rtl}/{name}.sv" for name in ("tw_pkg", "tw_fmt")]
    sources = packages + [f for f in sorted(glob.glob(f"{options.rtl}/*.sv")) if f not in packages]
    sources.append("formal/equal/wrap.sv")
    modules = compile_model(options.out)
    formats = formats_of(modules)
    if options.format and options.format not in formats:
        parser.error(f"no format {options.format}; there are {', '.join(formats)}")
    every = proofs_of(formats, [options.format] if options.format else formats)
    for module in options.module:
        if module not in every:
            parser.error(f"no module {module}; there are {', '.join(every)}")

    def verdicts(name, top, proofs):
        """Pairs of the name of a proof and what is wrong, None if nothing. The first that is wrong is the last."""
        determined = set()
        for proof, (parameters, constants) in proofs.items():
            netlist = rtl.elaborate(top, parameters, sources, options.rtl, f"{options.out}/{name}")
            wrong = prove(name, modules, netlist, constants, determined)
            yield proof, wrong
            if wrong:
                return
        vain = sorted(port for port in outputs_of(modules, name) if port not in determined)
        if vain:
            yield "outputs", f"{', '.join(vain)} is never determined by the model"

    for name, reason in PLANTED.items():
        found = [wrong for _, wrong in verdicts(name, "tw_pick", {"of 8": ({"N": 8}, {})}) if wrong]
        if not found or not found[0].startswith(reason):
            print(f"equal.py cannot be trusted: of {name} it says: {found}")
            return 1
    print("planted differences: a single input, an undefined value, an output left open and a false assumption are found")
    failed = 0
    for name in options.module or every:
        for proof, wrong in verdicts(name, *every[name]):
            print(f"{name[3:]:16} {proof:12} {'equal' if wrong is None else 'DIFFERENT: ' + wrong}", flush=True)
            failed |= wrong is not None
    print("equal: all proved" if not failed else "equal: not all is proved")
    return failed


if __name__ == "__main__":
    sys.exit(main())
