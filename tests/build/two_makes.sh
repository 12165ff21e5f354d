#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two `make` in one build directory take turns. A stand-in for cmake holds the first one in its build until the second has
# either said that it waits or got in.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/two makes XXXXXX")
first=
trap 'touch "$dir/go"; [ -z "$first" ] || wait "$first" || true; rm -rf "$dir"' EXIT

mkdir "$dir/bin"
cat >"$dir/bin/cmake" <<'EOF'
#!/bin/sh
here=$(dirname "$0")/..
if ! mkdir "$here/busy" 2>/dev/null; then
  touch "$here/met"
  exit 0
fi
until [ -e "$here/go" ] || [ -e "$here/met" ]; do
  sleep 0.05
done
rmdir "$here/busy"
EOF
chmod +x "$dir/bin/cmake"
# A makefile's own settings of the caller are not to reach these.
unset MAKEFLAGS MAKELEVEL MFLAGS TW_BUILD
PATH=$dir/bin:$PATH

# until_there FILE...: waits for one of the files to have a content or be there, a minute at most.
until_there() {
  tries=0
  until [ -e "$1" ] || { [ -n "${2:-}" ] && grep -q waiting "$2"; }; do
    tries=$((tries + 1))
    if [ $tries -gt 1200 ]; then
      echo "neither $1 nor a word about waiting after a minute"
      cat "$dir"/*.log
      exit 1
    fi
    sleep 0.05
  done
}

make build SETUP= BUILD="$dir/b" >"$dir/first.log" 2>&1 &
first=$!
until_there "$dir/busy"
make build SETUP= BUILD="$dir/b" >"$dir/second.log" 2>&1 &
second=$!
until_there "$dir/met" "$dir/second.log"
touch "$dir/go"

status=0
wait "$second" || status=$?
wait "$first" || status=$?
first=
if [ $status != 0 ] || [ -e "$dir/met" ]; then
  cat "$dir"/*.log
  [ ! -e "$dir/met" ] || echo "two makes were in cmake at once, in one build directory"
  exit 1
fi
