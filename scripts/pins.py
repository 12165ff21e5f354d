#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks everything that names pins or events against the tables include/twinwalk/pins.def and events.def.

- the port list of rtl/tw_mmu.sv: the same pins, directions and widths, and no others but clk_i;
- the numbers of the events in rtl/tw_pkg.sv (Ev...);
- docs/contract.md: the tables of sections 2 and 13 (each pin once, direction, bits) and of section 12 (each event's bit).

Usage: scripts/pins.py [--list]     --list prints the pins: name, direction, bits, "view" for the debug view
Exit status: 0 all agree; 1 something does not, each with FILE:LINE; 2 usage; 3 a table is malformed.
"""
import os
import re
import sys

PINS, EVENTS = "include/twinwalk/pins.def", "include/twinwalk/events.def"
TOP, PACKAGE, CONTRACT = "rtl/tw_mmu.sv", "rtl/tw_pkg.sv", "docs/contract.md"
SIZES = ("64K", "2M", "1G")


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(3)


def rows(path, macros):
    """(line number, macro, arguments) of each row."""
    found = []
    with open(path, encoding="UTF-8") as lines:
        for number, line in enumerate(lines, 1):
            match = None if "##" in line else re.match(r"(TW_[A-Z_]+)\((.*)\)$", line.strip())
            if not match:
                if not re.match(r"\s*(//|#|$|TW_EVENT.*##)", line):
                    fail("%s:%d: expected a row, a comment or a preprocessor line" % (path, number))
                continue
            arguments = [word.strip() for word in match.group(2).split(",")]
            if macros.get(match.group(1)) != len(arguments):
                fail("%s:%d: expected one of %s with its arguments" % (path, number, ", ".join(macros)))
            found.append((number, match.group(1), arguments))
    return found


def read_pins():
    """{name: (direction, bits, is the debug view)}, in the order of the table."""
    macros = {"TW_PORT_IN": 5, "TW_PORT_REQ": 4, "TW_PORT_OUT": 5, "TW_PORT_RESP": 4, "TW_IN": 3, "TW_OUT": 3, "TW_VIEW": 3}
    pins = {}
    for number, macro, arguments in rows(PINS, macros):
        direction = "in" if macro in ("TW_PORT_IN", "TW_PORT_REQ", "TW_IN") else "out"
        if macro.startswith("TW_PORT"):
            names = ["%s_%s_%s" % (arguments[0], port, arguments[1]) for port in "fd"]
            bits = arguments[2]
        else:
            names, bits = [arguments[0]], arguments[1]
        for name in names:
            name += "_i" if direction == "in" else "_o"
            if name in pins or not bits.isdigit():
                fail("%s:%d: expected a pin that is not there yet, and its number of bits" % (PINS, number))
            pins[name] = (direction, int(bits), macro == "TW_VIEW")
    return pins


def read_events():
    """[(NAME, name, bits)], in the order of the table."""
    events = []
    for _, macro, (upper, lower) in rows(EVENTS, {"TW_EVENT": 2, "TW_EVENT_BY_SIZE": 2}):
        events.append((upper, lower, 4 if macro == "TW_EVENT_BY_SIZE" else 1))
    return events


def check_top(pins):
    """The port list of the top module."""
    seen = {"clk_i"}
    port = re.compile(r"\s*(input\s+wire\s+logic|output\s+logic)\s*(\[(\d+):0\])?\s+(\w+),?\s*(//.*)?$")
    with open(TOP, encoding="UTF-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith(");"):
                break
            match = port.match(line)
            if not match:
                if re.match(r"\s*(input|output|inout)\b", line):
                    yield "%s:%d: a port that is not in the form of the others" % (TOP, number)
                continue
            name, bits = match.group(4), int(match.group(3) or 0) + 1
            direction = "in" if match.group(1).startswith("input") else "out"
            if name == "clk_i":
                continue
            if name not in pins:
                yield "%s:%d: %s is not in %s" % (TOP, number, name, PINS)
            elif (direction, bits) != pins[name][:2]:
                yield "%s:%d: %s: %s, %d bits; %s: %s, %d bits" % ((TOP, number, name, direction, bits, PINS) + pins[name][:2])
            seen.add(name)
    for name in pins:
        if name not in seen:
            yield "%s: %s is missing" % (TOP, name)


def check_package(events):
    """The numbers of the events in the package."""
    numbers = {}
    with open(PACKAGE, encoding="UTF-8") as lines:
        for number, line in enumerate(lines, 1):
            match = re.match(r"\s*localparam int (Ev[A-Z]\w+)\s*=\s*(\d+);", line)
            if match:
                numbers[match.group(1)] = (number, int(match.group(2)))
    bit = 0
    for upper, _, bits in events:
        name = "Ev" + "".join(word.capitalize() for word in upper.split("_"))
        if name not in numbers:
            yield "%s: %s is missing" % (PACKAGE, name)
        elif numbers[name][1] != bit:
            yield "%s:%d: %s is %d; %s: %d" % (PACKAGE, numbers[name][0], name, numbers[name][1], EVENTS, bit)
        numbers.pop(name, None)
        bit += bits
    for name, (number, _) in numbers.items():
        yield "%s:%d: %s is not in %s" % (PACKAGE, number, name, EVENTS)


def table_rows(section):
    """(line number, cells) of the tables of one section of the contract."""
    inside = False
    with open(CONTRACT, encoding="UTF-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("## "):
                inside = line.startswith("## %d. " % section)
            elif inside and line.startswith("|") and not line.startswith("|---"):
                yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def spread(words, count):
    """One word for each of COUNT: the same for all, or as many as there are."""
    return words * count if len(words) == 1 else words


def check_contract_pins(pins):
    """The pin tables: | `a`, `b` / `c` | in/out | 4, 8 | text |, p for both ports, X for the arrays of the debug view."""
    seen = {"clk_i"}
    for section in (2, 13):
        for number, cells in table_rows(section):
            place = "%s:%d" % (CONTRACT, number)
            if len(cells) < 4 or not re.match(r"`", cells[0]):
                continue
            names = re.findall(r"`(\w+)`", cells[0])
            directions = spread([word.strip() for word in cells[1].split("/")], len(names))
            widths = spread([word.strip() for word in cells[2].split(",")], len(names))
            if len(directions) != len(names) or len(widths) != len(names):
                yield "%s: expected a direction and a width for each pin, or one for all" % place
                continue
            for name, direction, bits in zip(names, directions, widths):
                if "_p_" in name:
                    each = [name.replace("_p_", "_%s_" % port) for port in "fd"]
                elif "_X_" in name:
                    each = [name.replace("_X_", "_%s_" % array) for array in ("l1f", "l1d", "sp", "pwc")]
                else:
                    each = [name]
                for pin in each:
                    if pin in seen and pin != "clk_i":
                        yield "%s: %s stands there twice" % (place, pin)
                    seen.add(pin)
                    if pin == "clk_i":
                        continue
                    if pin not in pins:
                        yield "%s: %s is not in %s" % (place, pin, PINS)
                    elif (direction, bits) != (pins[pin][0], str(pins[pin][1])):
                        yield "%s: %s: %s, %s bits; %s: %s, %d bits" % ((place, pin, direction, bits, PINS) + pins[pin][:2])
    for name in pins:
        if name not in seen:
            yield "%s: %s is missing" % (CONTRACT, name)


def check_contract_events(events):
    """The event table: | 3:0 | `l1f_hit` | text |, one row for each event."""
    rows_there = [(number, cells) for number, cells in table_rows(12) if re.match(r"\d", cells[0])]
    bit = 0
    wanted = []
    for _, lower, bits in events:
        wanted.append(("%d" % bit if bits == 1 else "%d:%d" % (bit + bits - 1, bit), "`%s`" % lower))
        bit += bits
    for (number, cells), want in zip(rows_there, wanted):
        if tuple(cells[:2]) != want:
            yield "%s:%d: %s %s; %s: %s %s" % ((CONTRACT, number) + tuple(cells[:2]) + (EVENTS,) + want)
    if len(rows_there) != len(wanted):
        yield "%s: section 12 has %d events, %s %d" % (CONTRACT, len(rows_there), EVENTS, len(wanted))


def main(argv):
    if argv[1:] not in ([], ["--list"]):
        print("usage: scripts/pins.py [--list]", file=sys.stderr)
        return 2
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    pins, events = read_pins(), read_events()
    if argv[1:]:
        for name, (direction, bits, view) in pins.items():
            print(name, direction, bits, *["view"] * view)
        return 0
    wrong = [text for check in (check_top(pins), check_package(events), check_contract_pins(pins), check_contract_events(events))
             for text in check]
    for text in wrong:
        print(text)
    if not wrong:
        print("%d pins and %d events agree" % (len(pins), sum(bits for _, _, bits in events)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
