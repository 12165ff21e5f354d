#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Records the traces of trace/bundled/ again: programs of Debian 12 on input that this script generates. Each program runs in
# an empty directory, with a fixed environment, so a second run on the same machine gives the same bytes. Other versions of
# the programs give other, equally good traces. Needs the packages qemu-user, sqlite3 and perl-base.
set -eu

usage="usage: trace/record-bundled.sh [TWINWALK [DIRECTORY]]   (build/cli/twinwalk, trace/bundled)"
case ${1-} in -*)
	echo "$usage" >&2
	exit 2
	;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)
twinwalk=$(realpath "${1:-$root/build/cli/twinwalk}")
out=$(realpath "${2:-$root/trace/bundled}")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# generate COUNT WIDTH: lines of WIDTH hexadecimal digits from the multiplicative generator 16807 mod 2^31 - 1.
generate() {
	awk -v count="$1" -v width="$2" 'BEGIN {
		x = 1
		for (i = 0; i < count; i++) {
			s = ""
			while (length(s) < width) {
				x = (x * 16807) % 2147483647
				s = s sprintf("%08x", x)
			}
			print s
		}
	}'
}

# record NAME PROGRAM ARGUMENT...
record() {
	name=$1
	shift
	env -i PATH=/usr/bin:/bin LC_ALL=C PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 \
		"$twinwalk" record --level 19 -o "$out/$name.twt" -- "$@" >"$name.out"
}

# Sorting: the records are read once, in order, then compared and written in an order of their own.
generate 4000 1992 >records
record sort sort --parallel=1 records
cut -c1-16 sort.out | sort -c

# Random access: every record is copied once, in random order.
record shuf shuf --random-source=records records

# A database in memory: inserts, an index built by sorting, a join and a grouping.
cat >job.sql <<'EOF'
CREATE TABLE a(id INTEGER PRIMARY KEY, k INTEGER, v TEXT);
WITH RECURSIVE g(i, x) AS (SELECT 1, 1 UNION ALL SELECT i + 1, (x * 16807) % 2147483647 FROM g WHERE i < 1500)
	INSERT INTO a SELECT i, x % 700, printf('%0900d', x) FROM g;
CREATE INDEX ak ON a(k);
SELECT count(*), sum(length(a.v)) FROM a JOIN a AS b ON a.k = b.k WHERE b.id % 3 = 0;
SELECT k, count(*) AS c FROM a GROUP BY k ORDER BY c DESC, k LIMIT 3;
EOF
record sqlite3 sqlite3 -batch :memory: ".read job.sql"

# A hash of strings, built in one order and read in another.
cat >job.pl <<'EOF'
my ($x, $total, %h) = (1, 0);
for my $i (1 .. 4000) {
	$x = $x * 16807 % 2147483647;
	$h{$x} = "value $i " x 100;
}
$total += length $h{$_} for sort { $a <=> $b } keys %h;
print "$total\n";
EOF
record perl perl job.pl
