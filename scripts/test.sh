#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of a build and writes what they did as JUnit XML, a suite for each of CTest's tests and a case for each of
# cmocka's. Called by `make test`; TW_BUILD is the build directory. Arguments go to CTest.
# Usage: scripts/test.sh [CTEST OPTION]...
# Exit status: CTest's (8 when a test failed), or 4 when the XML cannot be written.
set -eu
cd "$(dirname "$0")/.."
# CTest would look for a relative path from there.
build=$(cd "${TW_BUILD:-build}" && pwd) || exit 4
rm -f "$build/junit.xml"

status=0
# The whole output: without it the XML of a long test would lack its cases.
ctest --test-dir "$build" --no-tests=error --output-on-failure --test-output-size-passed 10000000 \
  --test-output-size-failed 10000000 --output-junit "$build/ctest.xml" --output-log "$build/ctest.log" "$@" || status=$?
scripts/junit.py "$build/ctest.xml" "$build/ctest.log" "$build/junit.xml" || exit 4
exit $status
