#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command `twinwalk vectors` itself: options, exit statuses and where messages go.
# Usage: tests/vectors/command.sh TWINWALK
set -u
twinwalk=$1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Whether a file has a line of that pattern; an empty pattern wants an empty file.
has() {
  if [ -z "$1" ]; then
    [ ! -s "$2" ]
  else
    grep -q -e "$1" "$2"
  fi
}

# says STATUS STDOUT-PATTERN STDERR-PATTERN ARGUMENT...
says() {
  want_status=$1 want_out=$2 want_err=$3
  shift 3
  expect "$want_status" '' "$twinwalk" vectors "$@"
  has "$want_out" "$tmp/stdout" || fail "twinwalk vectors $*: expected '$want_out' on standard output: $(cat "$tmp/stdout")"
  has "$want_err" "$tmp/stderr" || fail "twinwalk vectors $*: expected '$want_err' on standard error: $(cat "$tmp/stderr")"
}

cd "$tmp" || exit 4
printf 'case a\nxlen 64\nacc 0 load 123 M\nend\n' >good
printf 'case a\nxlen 64\nacc 0 load 123 M\nacc 1 jump 0 M\nend\n' >bad
gzip -c good >good.gz
small_config sv39+long4 >config
sed 's/L2Ways = 2/L2Ways = 3/' config >bad_config

says 0 '^0 ok 123 nomem rd=$' '' good
says 0 '^0 ok 123 nomem rd=$' '' good.gz
says 0 '^0 ok 123 nomem$' '' --no-rd good
says 0 '^0 ok 123 nomem rd=$' '' --hw csim good
says 0 '^0 ok 123 nomem rd=$' '' --hw csim --config compact good
says 0 '^0 ok 123 nomem rd=$' '' --hw csim --config ./config good
says 0 '^usage:' '' --help
says 2 '' '^usage:'
says 2 '' '^usage:' good good
says 2 '' 'unrecognized option' --nonsense good
says 2 '' "^no hardware 'spike'; there is " --hw spike good
says 2 '' "^no configuration or file 'huge'; there are: nano tiny compact small five large$" --hw csim --config huge good
says 3 '' 'bad_config:4: expected L2Ways = 0 or a power of two from 2 to 8$' --hw csim --config ./bad_config good
says 3 '^0 ok 123' '^bad:4: expected load, store or fetch, not "jump"$' bad
says 4 '' '^absent: No such file or directory$' absent
if "$twinwalk" vectors --hw rtl good >/dev/null 2>&1; then # a build with RTL
  export TW_RTL_DEMAND=./none # how it is built is tests/equivalence/demand.sh's
  says 2 '' "^no RTL for configuration 'config': TW_RTL_DEMAND: ./none: cannot be read$" --hw lockstep --config ./config good
fi
"$twinwalk" vectors good >/dev/full 2>err
status=$?
[ $status = 4 ] || fail "a full disk goes unnoticed: status $status"
has '^results: No space left on device$' err || fail "a full disk goes unmentioned"
exit $failed
