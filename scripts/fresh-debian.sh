#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that a bare Debian 12 is enough: makes one with debootstrap in a new directory, clones the last commit of this
# repository into it and runs a command there (default: make sim), with the times of each step. Uses this machine's apt
# mirror and proxy settings. The directory must not exist; it is deleted at the end, also after a failure, unless KEEP=1.
# Usage (as root): scripts/fresh-debian.sh DIRECTORY [COMMAND...]
# Exit status: the command's; 2 usage; 4 the root could not be made.
set -eu

say() {
  echo "fresh-debian: $*"
}
die() {
  echo "fresh-debian: $2" >&2
  exit "$1"
}

[ $# -ge 1 ] || die 2 "usage: scripts/fresh-debian.sh DIRECTORY [COMMAND...]"
root=$1
shift
[ $# -gt 0 ] || set -- make sim
[ "$(id -u)" = 0 ] || die 2 "debootstrap and chroot need root"
[ ! -e "$root" ] || die 2 "$root exists; name a directory that does not"
command -v debootstrap >/dev/null || die 4 "debootstrap is missing: apt-get install debootstrap"
command -v git >/dev/null || die 4 "git is missing: apt-get install git"
repo=$(cd "$(dirname "$0")/.." && pwd)

# The first Debian mirror this machine uses, in either of the two formats of apt's lists.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
  sed -n -E 's/^(deb( +\[[^]]*\])?|URIs:) +(https?:[^ ]*debian\/?)( .*)?$/\3/p' | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  status=$?
  if mountpoint -q "$root/proc"; then
    umount "$root/proc" || exit "$status"
  fi
  if [ "${KEEP:-0}" = 1 ]; then
    say "kept $root"
  else
    rm -rf --one-file-system "$root"
  fi
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

mkdir -p "$root"
begin=$(date +%s)
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  die 4 "debootstrap failed, log in $root.log"
}
rm -f "$root.log"
rm -f "$root/etc/apt/sources.list"
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
  # Lists of other makers need keys and are no part of a bare Debian.
  if [ -f "$list" ] && grep -q '^[^#]*/debian' "$list"; then
    cp "$list" "$root$list"
  fi
done
for conf in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
  if [ -f "$conf" ] && grep -q '^[^/#]*Acquire' "$conf"; then
    cp "$conf" "$root$conf"
  fi
done
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/hosts "$root/etc/hosts"
mount -t proc proc "$root/proc"
git clone -q "file://$repo" "$root/twinwalk"
say "$(sed 's/^/Debian /' "$root/etc/debian_version") from $mirror: $(($(date +%s) - begin)) s," \
  "commit $(git -C "$repo" rev-parse --short HEAD)"

inside() {
  # No variable of this shell may help, but the network must be reachable.
  chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${no_proxy:+no_proxy="$no_proxy"} sh -c 'cd /twinwalk && "$@"' sh "$@" </dev/null
}

# What a user needs to get this far: make, and git, which cloned from outside.
begin=$(date +%s)
inside sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends make' \
  >/dev/null || die 4 "installing make failed"
say "apt-get update and make: $(($(date +%s) - begin)) s"
begin=$(date +%s)
inside scripts/setup || die 4 "scripts/setup failed"
setup=$(($(date +%s) - begin))
say "scripts/setup: $setup s"
begin=$(date +%s)
status=0
inside "$@" || status=$?
run=$(($(date +%s) - begin))
say "$*: status $status, $run s; with setup $((setup + run)) s"
exit "$status"
