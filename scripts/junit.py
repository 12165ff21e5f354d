#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns CTest's JUnit XML, which has one case for each program, into one with a suite for each program.

A cmocka program's suite has a case for each of its tests, with the test's own message where it failed; any other program's
suite has one case. A test that was running when its program ended is an error, as is a program that fails although none of
its tests did. CTEST.LOG is what the same run of CTest printed: it alone says how a program ended (a status, a signal, the
time limit).

Usage: scripts/junit.py CTEST.XML CTEST.LOG JUNIT.XML
Exit status: 0; 2 usage; 3 CTEST.XML is not what CTest writes; 4 a file cannot be read or written.
"""
import os
import re
import sys
import xml.etree.ElementTree as ET

BEGIN = re.compile(r"^\[=+\] Running \d+ test\(s\)\.$")
# cmocka's marks: "[ RUN      ] name", "[       OK ] name", "[  ERROR   ] --- text", "[   LINE   ] --- file:line: ...".
MARK = re.compile(r"^\[ *(RUN|OK|FAILED|SKIPPED|ERROR|LINE) *\] (?:--- )?(.*)$")
# "  2/10 Test  #3: name ....***Timeout   1.01 sec", in CTest's log.
ENDED = re.compile(r"^ *\d+/\d+ Test +#\d+: (\S+) \.*\*\*\*(.*?) +[0-9.]+ sec")


class Case:
    def __init__(self, classname, name):
        self.classname, self.name = classname, name
        self.result = None  # None while it runs, then "OK", "FAILED", "SKIPPED" or "ERROR"
        self.lines = []
        self.ended = []  # how the program ended, where that is what failed

    def message(self):
        """The assertion and its place, in one line; or the last thing said."""
        said = []
        for line in self.lines:
            text = line
            while MARK.match(text):
                text = MARK.match(text).group(2)
            if text != line or line.startswith("ERROR: "):
                said.append(text.strip())
        said = said or [line.strip() for line in self.lines if line.strip()][-1:]
        return "; ".join(self.ended + said)[:500]


def cmocka_cases(suite, output):
    """The cases that a cmocka program's output tells of, in its order; none if it tells of none."""
    lines = output.splitlines()
    groups = sum(1 for line in lines if BEGIN.match(line))
    cases, current, classname, before = [], None, suite, ""
    for line in lines:
        mark = MARK.match(line)
        if BEGIN.match(line):
            # Programs with several groups print a group's name above it.
            classname = suite + "." + before if groups > 1 and before else suite
        elif mark and mark.group(1) == "RUN":
            current = Case(classname, mark.group(2))
            cases.append(current)
        elif mark and current and mark.group(2) == current.name and mark.group(1) in ("OK", "FAILED", "SKIPPED"):
            current.result = mark.group(1)
            current = None
        elif current:
            current.lines.append(line)
        before = line.strip()
    return cases


def suite_of(test, ended):
    name, status = test.get("name"), test.get("status")
    output = test.findtext("system-out") or ""
    if not name or status not in ("run", "fail", "notrun", "disabled"):
        raise ValueError("a testcase without a name or with status %r" % status)
    failed = status == "fail"
    how = ended.get(name, "Failed")
    cases = cmocka_cases(name, output)
    for case in cases:
        if case.result is None:
            case.result = "ERROR"
            case.ended = ["the program ended here: " + how]
    if not cases:
        case = Case(name, name)
        cases = [case]
        skipped = test.find("skipped")
        if failed:
            case.result, case.ended, case.lines = "FAILED", [how], output.splitlines()
        elif status == "run":
            case.result = "OK"
        elif status == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
            case.result, case.lines = "SKIPPED", output.splitlines()
        else:
            case.result, case.ended, case.lines = "ERROR", ["Not run"], output.splitlines()
    elif failed and all(case.result in ("OK", "SKIPPED") for case in cases):
        case = Case(name, "the program")
        case.result, case.ended = "ERROR", ["no test failed, but the program: " + how]
        cases.append(case)

    def count(result):
        return str(sum(1 for case in cases if case.result == result))

    suite = ET.Element("testsuite", name=name, tests=str(len(cases)), failures=count("FAILED"), errors=count("ERROR"),
                       skipped=count("SKIPPED"), time=test.get("time", "0"))
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=case.classname, name=case.name)
        if len(cases) == 1:
            element.set("time", test.get("time", "0"))
        if case.result != "OK":
            tag = {"FAILED": "failure", "ERROR": "error", "SKIPPED": "skipped"}[case.result]
            ET.SubElement(element, tag, message=case.message()).text = "\n".join(case.ended + case.lines)
    if failed:
        ET.SubElement(suite, "system-out").text = output
    return suite


def main(argv):
    if len(argv) != 4:
        print("usage: scripts/junit.py CTEST.XML CTEST.LOG JUNIT.XML", file=sys.stderr)
        return 2
    xml, log, out = argv[1:]
    try:
        with open(log, encoding="UTF-8", errors="replace") as lines:
            ended = dict(match.groups() for match in map(ENDED.match, lines) if match)
        ctest = ET.parse(xml).getroot()
        if ctest.tag != "testsuite":
            raise ValueError("its root is not a testsuite")
        suites = [suite_of(test, ended) for test in ctest.iter("testcase")]
        root = ET.Element("testsuites", name="twinwalk", time=ctest.get("time", "0"))
        for count in ("tests", "failures", "errors", "skipped"):
            root.set(count, str(sum(int(suite.get(count)) for suite in suites)))
        root.extend(suites)
        ET.indent(root)
        ET.ElementTree(root).write(out + ".part", encoding="UTF-8", xml_declaration=True)
        os.replace(out + ".part", out)
    except (ET.ParseError, ValueError) as error:
        print("junit.py: %s: expected CTest's JUnit XML: %s" % (xml, error), file=sys.stderr)
        return 3
    except OSError as error:
        print("junit.py: %s" % error, file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
