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

# The report comes first, then the waveform and the line about it.
contains "$tmp/err" "^waveform of the last 200 cycles: $tmp/wave.fst\$"
case $(tail -n 1 "$tmp/err") in
waveform*) ;;
*)
	echo "the waveform is not the last that is said"
	failed=1
	;;
esac
rm "$tmp/wave.fst"
# A limit on the size of files stands for a full disk; what is said goes through a pipe, which has none.
{
	(
		ulimit -f 1
		"$bench" --config "$config" --seed 7 --cycles 20000 --sabotage 5000 --wave "$tmp/wave.fst" 2>&1 >/dev/null
	)
	echo "status $?"
} | cat >"$tmp/err"
contains "$tmp/err" "^status 1\$"
contains "$tmp/err" "model and rtl differ in counter_o"
contains "$tmp/err" "^waveform: $tmp/wave.fst: File too large\$"
[ ! -e "$tmp/wave.fst" ] || {
	echo "a waveform that is not complete stays behind"
	failed=1
}
echo "something else" >"$tmp/other"
expect 2 "a file that is no waveform" --cycles 1000 --wave "$tmp/other"
contains "$tmp/err" "$tmp/other: exists and is not a waveform; --force replaces it"
expect 1 "such a file, given up" --seed 7 --cycles 20000 --sabotage 5000 --wave "$tmp/other" --force
if grep -q something "$tmp/other"; then
	echo "--force did not replace a file"
	failed=1
fi
expect 4 "a waveform that cannot be written" --cycles 1000 --wave "$tmp/no/wave.fst"
expect 2 "a waveform without lockstep" --cycles 1000 --mode csim --wave "$tmp/wave.fst"
contains "$tmp/err" "--wave has an effect with --mode lockstep, or rtl with --oracle, only"
expect 2 "a waveform of RTL that nobody judges" --cycles 1000 --mode rtl --wave "$tmp/wave.fst"
expect 2 "an interval without lockstep" --cycles 1000 --mode csim --interval 5
expect 2 "--force without a waveform" --cycles 1000 --force

# The command runs as it is printed, from wherever it was given.
mkdir "$tmp/it's a folder"
ln -s "$bench" "$tmp/it's a folder/bench"
"$tmp/it's a folder/bench" --config "$config" --seed 7 --cycles 20000 --sabotage 5000 \
	--wave "$tmp/it's a folder/w.fst" 2>"$tmp/err" >"$tmp/out"
sed -n 's/^to repeat: //p' "$tmp/err" >"$tmp/again"
rm "$tmp/it's a folder/w.fst"
sh "$tmp/again" >"$tmp/out2" 2>"$tmp/err2"
if ! cmp -s "$tmp/err" "$tmp/err2" || [ ! -s "$tmp/it's a folder/w.fst" ]; then
	echo "the printed command does not repeat the run:"
	cat "$tmp/again" "$tmp/err2"
	failed=1
fi

expect 1 "a run too short to reach every bit" --seed 7 --cycles 20000 --coverage
contains "$tmp/err" "the stimulus did not cover"
contains "$tmp/err" "never 1$"
contains "$tmp/err" "to repeat: .*--config $config --seed 7 --cycles 20000 --coverage"
contains "$tmp/out" "^coverage: bits held as 1 [1-9][0-9]* of [1-9][0-9]*, "
expect 2 "coverage of a device without a model" --mode rtl --coverage

for mode in rtl csim lockstep; do
	expect 0 "$mode under the oracle" --seed 7 --cycles 20000 --mode $mode --oracle
	contains "$tmp/out" "^oracle: [1-9][0-9]* responses, .* 0 forbidden"
done
for mode in rtl csim; do
	expect 1 "$mode that sees other addresses" --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000
	contains "$tmp/err" "$mode alone breaks a rule"
	contains "$tmp/err" "the oracle forbids it: \(port 1 id .* was answered\|hardware read\|hardware changed\) .*in cycle"
	contains "$tmp/err" "to repeat: .*--config $config --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000"
	# The last transactions, of which the very last is in the cycle of what is forbidden.
	cycle=$(sed -n "s/^$config, cycle \([0-9]*\): .*/\1/p" "$tmp/err")
	contains "$tmp/err" "^ *$cycle  "
	if [ "$(sed -n '/^the last transactions/,/^to repeat/p' "$tmp/err" | wc -l)" -ne 34 ]; then
		echo "$mode: not 32 transactions in:"
		cat "$tmp/err"
		failed=1
	fi
done
expect 1 "a waveform under the oracle" --seed 7 --cycles 20000 --mode rtl --oracle --sabotage 5000 --wave "$tmp/wave.fst"
contains "$tmp/err" "^waveform of the last 200 cycles: $tmp/wave.fst\$"
if [ ! -s "$tmp/wave.fst" ]; then
	echo "no waveform was written under the oracle"
	failed=1
fi
rm "$tmp/wave.fst"

TW_SEED=99
export TW_SEED
expect 0 "the seed of the environment" --seed fresh --cycles 1000
contains "$tmp/out" "seed 99:"
# A configuration is named after its file, whatever that is called.
cat >"$tmp/a \"b\"" <<'CONFIG'
L1FetchEntries = 2
L1DataEntries = 2
L2Sets = 2
L2Ways = 2
L2SpEntries = 2
PwcEntries = 2
Walkers = 2
MissEntries = 2
Ports = 2
AsidBits = 16
Formats = sv39
CONFIG
expect 0 "a configuration with a strange name" --mode csim --config "$tmp/a \"b\"" --cycles 1000 --json
contains "$tmp/out" '^{"config":"a \\"b\\"",'
# Requests are counted where they are checked; elsewhere there is no number, rather than a zero.
if grep -q '"accepted":' "$tmp/out"; then
	echo "an unchecked run counts requests: $(cut -c 1-200 "$tmp/out")"
	failed=1
fi
expect 0 "a checked run" --cycles 1000 --json
contains "$tmp/out" ',"accepted":[1-9][0-9]*,"answered":[1-9][0-9]*,"cancelled":'
rm "$tmp/a \"b\""
expect 0 "help" --help
contains "$tmp/out" '^usage: '
expect 2 "an unknown option" --no-such-option
expect 2 "a bad number" --cycles many
expect 2 "a bad mode" --mode verilog
expect 0 "a number with a leading zero is decimal" --cycles 0089
exit $failed
