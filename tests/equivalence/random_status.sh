#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: random_status.sh TW_LOCKSTEP_RANDOM CONFIG
# The random bench's exit statuses: 0 without a difference, 1 with one (and a report that names the
# pin, a waveform, and a command that repeats it), 2 for a wrong call. The same seed gives the same
# cycles and counts.
set -u
bench=$1
config=$2
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
patience=300

# runs STATUS WHAT ARGUMENT...
runs() {
	before=$failed failed=0 status=$1 what=$2
	shift 2
	expect "$status" '' "$bench" --config "$config" "$@"
	[ $failed = 0 ] || echo "which is $what"
	failed=$((failed | before))
}

# contains FILE text
contains() {
	grep -q -- "$2" "$1" || fail "no '$2' in: $(cat "$1")"
}

runs 0 "a run without a difference" --seed 7 --cycles 20000 --json
sed 's/"seconds":[0-9.]*,"cycles_per_second":[0-9]*,//' "$tmp/stdout" >"$tmp/first"
runs 0 "the same again" --seed 7 --cycles 20000 --json
sed 's/"seconds":[0-9.]*,"cycles_per_second":[0-9]*,//' "$tmp/stdout" >"$tmp/second"
if ! cmp -s "$tmp/first" "$tmp/second"; then
	fail "the same seed gave other counts"
fi

runs 1 "a run with a difference" --seed 7 --cycles 20000 --sabotage 5000 --wave "$tmp/wave.fst"
contains "$tmp/stderr" "model and rtl differ in counter_o"
contains "$tmp/stderr" "to repeat: .*--config $config --seed 7 --cycles 20000"
if [ ! -s "$tmp/wave.fst" ]; then
	fail "no waveform was written"
fi

# The report comes first, then the waveform and the line about it.
contains "$tmp/stderr" "^waveform of the last 200 cycles: $tmp/wave.fst\$"
case $(tail -n 1 "$tmp/stderr") in
waveform*) ;;
*)
	fail "the waveform is not the last that is said"
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
} | cat >"$tmp/stderr"
contains "$tmp/stderr" "^status 1\$"
contains "$tmp/stderr" "model and rtl differ in counter_o"
contains "$tmp/stderr" "^waveform: $tmp/wave.fst: File too large\$"
[ ! -e "$tmp/wave.fst" ] || {
	fail "a waveform that is not complete stays behind"
}
echo "something else" >"$tmp/other"
runs 2 "a file that is no waveform" --cycles 1000 --wave "$tmp/other"
contains "$tmp/stderr" "$tmp/other: exists and is not a waveform; --force replaces it"
runs 1 "such a file, given up" --seed 7 --cycles 20000 --sabotage 5000 --wave "$tmp/other" --force
if grep -q something "$tmp/other"; then
	fail "--force did not replace a file"
fi
runs 4 "a waveform that cannot be written" --cycles 1000 --wave "$tmp/no/wave.fst"
runs 2 "a waveform without lockstep" --cycles 1000 --mode csim --wave "$tmp/wave.fst"
contains "$tmp/stderr" "--wave has an effect with --mode lockstep, or rtl with --oracle, only"
runs 2 "a waveform of RTL that nobody judges" --cycles 1000 --mode rtl --wave "$tmp/wave.fst"
runs 2 "an interval without lockstep" --cycles 1000 --mode csim --interval 5
runs 2 "--force without a waveform" --cycles 1000 --force

# The command runs as it is printed, from wherever it was given.
mkdir "$tmp/it's a folder"
ln -s "$bench" "$tmp/it's a folder/bench"
"$tmp/it's a folder/bench" --config "$config" --seed 7 --cycles 20000 --sabotage 5000 \
	--wave "$tmp/it's a folder/w.fst" 2>"$tmp/stderr" >"$tmp/stdout"
sed -n 's/^to repeat: //p' "$tmp/stderr" >"$tmp/again"
rm "$tmp/it's a folder/w.fst"
sh "$tmp/again" >"$tmp/out2" 2>"$tmp/err2"
if ! cmp -s "$tmp/stderr" "$tmp/err2" || [ ! -s "$tmp/it's a folder/w.fst" ]; then
	fail "the printed command does not repeat the run: $(cat "$tmp/again" "$tmp/err2")"
fi

runs 1 "a run too short to reach every bit" --seed 7 --cycles 20000 --coverage
contains "$tmp/stderr" "the stimulus did not cover"
contains "$tmp/stderr" "never 1$"
contains "$tmp/stderr" "to repeat: .*--config $config --seed 7 --cycles 20000 --coverage"
contains "$tmp/stdout" "^coverage: bits held as 1 [1-9][0-9]* of [1-9][0-9]*, "
runs 2 "coverage of a device without a model" --mode rtl --coverage

for mode in rtl csim lockstep; do
	runs 0 "$mode under the oracle" --seed 7 --cycles 20000 --mode $mode --oracle
	contains "$tmp/stdout" "^oracle: [1-9][0-9]* responses, .* 0 forbidden"
done
for mode in rtl csim; do
	runs 1 "$mode that sees other addresses" --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000
	contains "$tmp/stderr" "$mode alone breaks a rule"
	contains "$tmp/stderr" "the oracle forbids it: \(port 1 id .* was answered\|hardware read\|hardware changed\) .*in cycle"
	contains "$tmp/stderr" "to repeat: .*--config $config --seed 7 --cycles 20000 --mode $mode --oracle --sabotage 5000"
	# The last transactions, of which the very last is in the cycle of what is forbidden.
	cycle=$(sed -n "s/^$config, cycle \([0-9]*\): .*/\1/p" "$tmp/stderr")
	contains "$tmp/stderr" "^ *$cycle  "
	if [ "$(sed -n '/^the last transactions/,/^to repeat/p' "$tmp/stderr" | wc -l)" -ne 34 ]; then
		fail "$mode: not 32 transactions in: $(cat "$tmp/stderr")"
	fi
done
runs 1 "a waveform under the oracle" --seed 7 --cycles 20000 --mode rtl --oracle --sabotage 5000 --wave "$tmp/wave.fst"
contains "$tmp/stderr" "^waveform of the last 200 cycles: $tmp/wave.fst\$"
if [ ! -s "$tmp/wave.fst" ]; then
	fail "no waveform was written under the oracle"
fi
rm "$tmp/wave.fst"

TW_SEED=99
export TW_SEED
runs 0 "the seed of the environment" --seed fresh --cycles 1000
contains "$tmp/stdout" "seed 99:"
# A configuration is named after its file, whatever that is called.
small_config sv39 >"$tmp/a \"b\""
runs 0 "a configuration with a strange name" --mode csim --config "$tmp/a \"b\"" --cycles 1000 --json
contains "$tmp/stdout" '^{"config":"a \\"b\\"",'
# Requests are counted where they are checked; elsewhere there is no number, rather than a zero.
if grep -q '"accepted":' "$tmp/stdout"; then
	fail "an unchecked run counts requests: $(cut -c 1-200 "$tmp/stdout")"
fi
runs 0 "a checked run" --cycles 1000 --json
contains "$tmp/stdout" ',"accepted":[1-9][0-9]*,"answered":[1-9][0-9]*,"cancelled":'
rm "$tmp/a \"b\""
runs 0 "help" --help
contains "$tmp/stdout" '^usage: '
runs 2 "an unknown option" --no-such-option
runs 2 "a bad number" --cycles many
runs 2 "a bad mode" --mode verilog
runs 0 "a number with a leading zero is decimal" --cycles 0089
exit $failed
