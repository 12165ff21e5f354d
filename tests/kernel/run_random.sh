#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: run_random.sh TWINWALK [ROUNDS]
# Recorded programs in random, mostly far too little memory: each run ends well or with status 6 and a
# text about memory, having lost nothing; none hangs, and none accuses the hardware. One series of ROUNDS
# (12) runs with a fixed seed and one with a fresh seed; TW_SEED gives one seed for one series.
set -u
twinwalk=$1
rounds=${2:-12}
out=$(mktemp) || exit 4
trap 'rm -f "$out"' EXIT
failed=0
ended=0

# pick WORD... : one of the words, by the seed and the number of the question.
pick() {
	n=$(printf '%s %s %s' "$seed" "$round" "$#$*" | cksum | cut -d' ' -f1)
	shift $((n / 1009 % $#))
	printf '%s' "$1"
}

series() {
	seed=$1
	echo "seed $seed: repeat with TW_SEED=$seed"
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		set -- --frames "$(pick 32 33 36 40 48 56 64 80 100 128 200 300)" \
			--swap "$(pick 0 0 1 2 5 16 32 64 200 1000 5000)" --policy "$(pick clock fifo)" \
			"$(pick --format=sv39 --format=long4 --svade)" --asid-bits "$(pick 1 4 12)" \
			--quantum "$(pick 50 1000 30000)" --seed $round --limit "$(pick 3000 30000 100000)" --check 20000
		for name in $(pick sqlite3 sort shuf perl 'shuf perl' 'sqlite3 sort shuf'); do
			set -- "$@" "trace/bundled/$name.twt"
		done
		"$twinwalk" run "$@" >"$out" 2>&1
		status=$?
		if grep -q hardware: "$out" || ! { [ $status -eq 0 ] ||
			{ [ $status -eq 6 ] && grep -q 'out of memory: .*nothing was lost' "$out"; }; }; then
			echo "status $status: $twinwalk run $*"
			tail -5 "$out"
			failed=1
		fi
		[ $status -ne 0 ] || ended=$((ended + 1))
	done
}

if [ -n "${TW_SEED:-}" ]; then
	series "$TW_SEED"
else
	series 1
	series "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')"
fi
if [ $ended -eq 0 ]; then
	echo "no run had memory enough: that shows little"
	failed=1
fi
exit $failed
