# SPDX-License-Identifier: Apache-2.0
"""Reader of LLVM's assembly text: types with their layout, constants, functions with their blocks and instructions.

It knows what clang makes of the model's pure functions (integers, pointers, structures, arrays; no floating point, no
vectors) and refuses everything else, so that nothing is skipped silently. Layout rules are those of x86-64.
Source: LLVM Language Reference Manual.
"""

import re

TOKEN = re.compile(
    r'c"(?:[^"\\]|\\.)*"|[@%]"[^"]*"|[@%][-\w.$]+|\$[-\w.]+|![\w.]*|#\d+|"[^"]*"|-?\d+|[\w.]+|\.\.\.|[^\s\w]'
)


class IrError(Exception):
    """The text holds something that this reader does not know."""


# ---- Types: ("int", bits), ("ptr",), ("array", n, type), ("struct", [types], packed), ("void",), ("func",) ------------

PTR = ("ptr",)


def int_type(bits):
    """The type of an integer of so many bits."""
    return ("int", bits)


class Module:
    """One file of LLVM assembly."""

    def __init__(self, name, text):
        self.name = name
        self.types = {}
        self.globals = {}  # name -> (type, initializer or None), as Const
        self.functions = {}
        self.local = set()
        lines = iter(text.split("\n"))
        for line in lines:
            if re.match(r"%\S+ = type ", line):
                name, body = line.split(" = type ", 1)
                self.types[name] = body
            elif line.startswith("@"):
                self._global(line)
            elif line.startswith("define "):
                self._function(line, lines)

    def _global(self, line):
        p = Parser(self, line)
        name = p.next()
        p.expect("=")
        external = False
        while p.peek() not in ("global", "constant"):
            word = p.next()
            external |= word == "external"
            if word in ("internal", "private"):
                self.local.add(name)
        p.next()
        typ = p.type()
        self.globals[name] = (typ, None if external else p.constant(typ))

    def _function(self, line, lines):
        p = Parser(self, line)
        p.next()
        while p.peek()[0] != "@":
            if p.peek() == "internal":
                self.local.add(line[line.index("@"):].split("(")[0])
            p.skip_attribute_or_type()
        name = p.next()
        params, addresses = [], []
        p.expect("(")
        while p.peek() != ")":
            typ = p.type()
            p.attributes()
            params.append(p.next())
            if typ == PTR:
                addresses.append(params[-1])
            if p.peek() == ",":
                p.next()
        blocks, current = {}, None
        number = len(params)
        for text in lines:
            if text == "}":
                break
            text = text.split(" ; ", 1)[0].rstrip() if not text.startswith(";") else ""
            if not text.strip():
                continue
            label = re.match(r"([-\w.$]+):", text)
            if label:
                current = blocks.setdefault("%" + label.group(1), [])
                continue
            if current is None:
                current = blocks.setdefault(f"%{number}", [])
            current.append(text.strip())
        self.functions[name] = Function(self, name, params, addresses, blocks)

    def resolve(self, name):
        """The layout type behind a named type."""
        body = self.types[name]
        if isinstance(body, str):
            body = self.types[name] = Parser(self, body).type()
        return body


class Function:
    """A function: the names of its parameters, those that are addresses, and its blocks, each a list of instructions."""

    def __init__(self, module, name, params, addresses, blocks):
        self.module, self.name, self.params, self.addresses = module, name, params, addresses
        self.blocks = {label: join_lines(body) for label, body in blocks.items()}
        self.entry = next(iter(blocks))
        self.order = self._reverse_postorder()

    def successors(self, label):
        """The labels that the last instruction of a block may go to."""
        return re.findall(r"label (%[-\w.$]+)", self.blocks[label][-1])

    def _reverse_postorder(self):
        seen, post = set(), []
        stack = [(self.entry, iter(self.successors(self.entry)))]
        seen.add(self.entry)
        while stack:
            label, rest = stack[-1]
            for succ in rest:
                if succ not in seen:
                    seen.add(succ)
                    stack.append((succ, iter(self.successors(succ))))
                    break
            else:
                post.append(label)
                stack.pop()
        return {label: i for i, label in enumerate(reversed(post))}


def join_lines(body):
    """A switch stands on several lines: makes each instruction one line."""
    out = []
    for line in body:
        if out and out[-1].startswith("switch") and not out[-1].endswith("]"):
            out[-1] += " " + line
        else:
            out.append(line)
    return out


def size_of(typ):
    """Bytes that a value of the type takes in an array."""
    kind = typ[0]
    if kind == "int":
        size = (typ[1] + 7) // 8
        return 1 << (size - 1).bit_length() if size > 1 else 1
    if kind == "ptr":
        return 8
    if kind == "array":
        return typ[1] * size_of(typ[2])
    if kind == "struct":
        end = 0
        for i, field in enumerate(typ[1]):
            end = offset_of(typ, i) + size_of(field)
        align = 1 if typ[2] else align_of(typ)
        return -(-end // align) * align
    raise IrError(f"size of {typ}")


def align_of(typ):
    """Alignment in bytes."""
    kind = typ[0]
    if kind == "array":
        return align_of(typ[2])
    if kind == "struct":
        return 1 if typ[2] else max((align_of(f) for f in typ[1]), default=1)
    return size_of(typ)


def offset_of(typ, index):
    """Offset in bytes of a field of a structure."""
    at = 0
    for i, field in enumerate(typ[1]):
        align = 1 if typ[2] else align_of(field)
        at = -(-at // align) * align
        if i == index:
            return at
        at += size_of(field)
    raise IrError(f"field {index} of {typ}")


ATTRIBUTES = set(
    "noundef nocapture readonly readnone writeonly nonnull zeroext signext noalias returned immarg inreg nofree "
    "dso_local local_unnamed_addr unnamed_addr internal private external hidden fastcc tail musttail notail captures "
    "none range writable dead_on_unwind nuw nsw exact inbounds volatile disjoint nneg samesign noinline".split()
)


class Parser:
    """Tokens of one line, and what they make."""

    def __init__(self, module, text):
        self.module, self.text = module, text
        self.tokens = TOKEN.findall(text)
        self.at = 0

    def peek(self):
        """The next token, or an empty string."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self):
        """Takes a token."""
        token = self.peek()
        if not token:
            raise IrError(f"line ends early: {self.text}")
        self.at += 1
        return token

    def expect(self, token):
        """Takes this token."""
        got = self.next()
        if got != token:
            raise IrError(f"expected {token}, got {got}: {self.text}")

    def attributes(self):
        """Skips what says something about a value but nothing about its bits."""
        while True:
            token = self.peek()
            if token in ("align", "dereferenceable", "dereferenceable_or_null"):
                self.next()
                if self.peek() == "(":
                    self.parenthesis()
                else:
                    self.next()
            elif token in ATTRIBUTES:
                self.next()
                if self.peek() == "(" and token in ("captures", "range"):
                    self.parenthesis()
            else:
                return

    def parenthesis(self):
        """Skips a pair of parentheses and what is between."""
        depth = 0
        while True:
            token = self.next()
            depth += (token == "(") - (token == ")")
            if depth == 0:
                return

    def skip_attribute_or_type(self):
        """Skips one item before the name of a function."""
        before = self.at
        self.attributes()
        if self.at == before:
            self.type()

    def type(self):
        """Takes a type."""
        token = self.next()
        if re.fullmatch(r"i\d+", token):
            typ = int_type(int(token[1:]))
        elif token == "ptr":
            typ = PTR
        elif token in ("void", "opaque"):
            typ = ("void",)
        elif token[0] == "%":
            typ = ("named", token)
        elif token == "[":
            count = int(self.next())
            self.expect("x")
            typ = ("array", count, self.type())
            self.expect("]")
        elif token in ("{", "<"):
            packed = token == "<"
            if packed:
                self.expect("{")
            fields = []
            while self.peek() != "}":
                fields.append(self.type())
                if self.peek() == ",":
                    self.next()
            self.next()
            if packed:
                self.expect(">")
            typ = ("struct", fields, packed)
        else:
            raise IrError(f"type {token}: {self.text}")
        while True:
            if self.peek() == "*":
                self.next()
                typ = PTR
            elif self.peek() == "(":  # of a function
                self.parenthesis()
                typ = ("func",)
            else:
                break
        if typ[0] == "named":
            typ = self.module.resolve(typ[1])
        return typ

    # Constants: an int; ("zero",), ("undef",); ("list", [(type, constant)]); ("bytes", bytes);
    # ("global", name, offset).
    def constant(self, typ):
        """Takes a constant of a type that is already read."""
        token = self.next()
        if re.fullmatch(r"-?\d+", token):
            return int(token)
        if token in ("true", "false"):
            return int(token == "true")
        if token in ("null", "zeroinitializer"):
            return ("zero",)
        if token in ("undef", "poison"):
            return ("undef",)
        if token[0] == "@":
            return ("global", token, 0)
        if token.startswith('c"'):
            body = re.sub(rb"\\([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), token[2:-1].encode())
            return ("bytes", body)
        if token == "getelementptr":
            return self.constant_gep()
        if token == "bitcast":
            self.expect("(")
            value = self.constant(self.type())
            self.expect("to")
            self.type()
            self.expect(")")
            return value
        if token in ("[", "{", "<"):
            if token == "<":
                self.expect("{")
            items = []
            while self.peek() not in ("]", "}"):
                item = self.type()
                items.append((item, self.constant(item)))
                if self.peek() == ",":
                    self.next()
            self.next()
            if token == "<":
                self.expect(">")
            return ("list", items)
        raise IrError(f"constant {token}: {self.text}")

    def constant_gep(self):
        """Takes the rest of a constant getelementptr."""
        self.attributes()
        self.expect("(")
        typ = self.type()
        self.expect(",")
        base = self.constant(self.type())
        if base[0] != "global":
            raise IrError(f"address: {self.text}")
        indices = []
        while self.peek() == ",":
            self.next()
            self.attributes()
            indices.append(self.constant(self.type()))
        self.expect(")")
        offset, _ = constant_offset(typ, indices)
        return ("global", base[1], base[2] + offset)


def constant_offset(typ, indices):
    """Offset in bytes of the element that constant indices name, and its type."""
    at = indices[0] * size_of(typ)
    for index in indices[1:]:
        if typ[0] == "struct":
            at += offset_of(typ, index)
            typ = typ[1][index]
        else:
            at += index * size_of(typ[2])
            typ = typ[2]
    return at, typ
