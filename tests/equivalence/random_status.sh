#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: random_status.sh TW_LOCKSTEP_RANDOM CONFIG
# The random bench's exit statuses: 0 without a difference, 1 with one (and a report that names the
# pin, a waveform, and a command that repeats it), 2 for a wrong call. The same seed gives the same
# cycles and counts.
set -u
bench=$1
config=$2
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
failed=0

# expect STATUS what arguments...
expect() {
	want=$1
	what=$2
	shift 2
	"$bench" --config "$config" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	if [ $got -ne "$want" ]; then
		echo "$what: exit status $got, expected $want"
		cat "$tmp/err"
		failed=1
	fi
}

# contains FILE text
contains() {
	if ! grep -q -- "$2" "$1"; then
		echo "no '$2' in:"
		cat "$1"
		failed=1
	fi
}

expect 0 "a run without a difference" --seed 7 --cycles 20000 --json
sed 's/"seconds":[0-9.]*,"cycles_per_second":[0-9]*,//' "$tmp/out" >"$tmp/first"
expect 0 "the same again" --seed 7 --cycles 20000 --json
sed 's/"seconds":[0-9.]*,"cycles_per_second":[0-9]*,//' "$tmp/out" >"$tmp/second"
if ! cmp -s "$tmp/first" "$tmp/second"; then
	echo "the same seed gave other counts"
	failed=1
fi

expect 1 "a run with a difference" --seed 7 --cycles 20000 --sabotage 5000 --wave "$tmp/wave.fst"
contains "$tmp/err" "model and rtl differ in counter_o"
contains "$tmp/err" "to repeat: .*--config $config --seed 7 --cycles 20000"
if [ ! -s "$tmp/wave.fst" ]; then
	echo "no waveform was written"
	failed=1
fi

for mode in rtl csim lockstep; do
	expect 0 "$mode under the oracle" --seed 7 --cycles 20000 --mode $mode --oracle
	contains "$tmp/out" "^oracle: [1-9][0-9]* responses .* 0 forbidden"
done
for mode in rtl csim; do
	expect 1 "$mode that sees other addresses" --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000
	contains "$tmp/err" "$mode alone breaks a rule"
	contains "$tmp/err" "the oracle forbids it: .*port 1 id .* was answered in cycle"
	contains "$tmp/err" "to repeat: .*--config $config --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000"
done

TW_SEED=99
export TW_SEED
expect 0 "the seed of the environment" --seed fresh --cycles 1000
contains "$tmp/out" "seed 99:"
expect 2 "an unknown option" --no-such-option
expect 2 "a bad number" --cycles many
expect 2 "a bad mode" --mode verilog
exit $failed
