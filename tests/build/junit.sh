#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make test` leaves in junit.xml: a suite for each program, a case for each cmocka test, and for each that did not pass
# the assertion or the way its program ended.
# Usage: tests/build/junit.sh SAMPLE        the program built from sample.c
set -eu
sample=$1
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
# Deep, so that a path relative to the repository leads elsewhere when it is taken from there.
dir=$top/1/2/3/4/5/6/7/8/9/10/11/12
mkdir -p "$dir"

cat >"$dir/CTestTestfile.cmake" <<EOF
add_test(fine "$sample")
add_test(failing "$sample" failing)
add_test(ending "$sample" ending)
add_test(hanging "$sample" hanging)
set_tests_properties(hanging PROPERTIES TIMEOUT 1)
add_test(groups "$sample" groups)
add_test(status "$sample" status)
add_test(signal sh -c "echo begin; kill -SEGV \$\$")
add_test(plain sh -c "echo begin; echo 'cycle 7 differs: <&>'; exit 1")
add_test(plain_passes echo done)
add_test(plain_skipped sh -c "exit 77")
set_tests_properties(plain_skipped PROPERTIES SKIP_RETURN_CODE 77)
add_test(absent "no such program")
EOF

status=0
# A relative path, as the default is one.
TW_BUILD=$(realpath --relative-to=. "$dir") scripts/test.sh >"$dir/out" 2>&1 || status=$?
[ "$status" = 8 ] || {
  cat "$dir/out"
  echo "status $status, expected CTest's 8"
  exit 1
}

python3 - "$dir/junit.xml" >"$dir/got" <<'EOF'
import sys
import xml.etree.ElementTree as ET

for suite in ET.parse(sys.argv[1]).getroot():
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    print(suite.get("name") + ":", *counts)
    for case in suite.iter("testcase"):
        print("  " + case.get("classname"), case.get("name"), end="")
        for result in case:
            print(",", (result.tag + ": " + result.get("message")).rstrip(": "), end="")
        print()
EOF

# The compiler writes the sample's path as it was given.
sed 's,[^ ]*sample.c:[0-9]*:,sample.c:LINE:,' "$dir/got" | diff "$(dirname "$0")/junit.expected" -
