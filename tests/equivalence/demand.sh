#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# RTL on demand: a configuration from a file runs on rtl and lockstep like a named one, is built once for all who ask for it
# at the same time, and again only when a source changes; what cannot be built says why.
# Usage: demand.sh BUILD TW_LOCKSTEP_RANDOM TWINWALK
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
patience=600 # it builds
build=$1
bench=$2
twinwalk=$3
root=$PWD
# In the build directory, at the same place each time: ccache, where there is one, finds what the last run compiled.
dir=$build/demand-test
rm -rf "$dir"
mkdir -p "$dir/tb/demand" || exit 4
trap 'rm -rf "$tmp" "$dir"' EXIT

# The settings of this build, but for what is built: quickly, in a folder of its own, from a copy of the RTL, and each start of
# CMake is written down.
settings=$dir/tb/demand/settings.sh
cp -R "$root/rtl" "$dir/rtl"
cat >"$dir/cmake" <<CMAKE
#!/bin/sh
case \$1 in -S) echo started >>"$dir/started" ;; esac
exec $(sed -n "s/^cmake=//p" "$build/tb/demand/settings.sh") "\$@"
CMAKE
chmod +x "$dir/cmake"
sed -e "s|^cache=.*|cache='$dir/cache'|" -e "s|^rtl=.*|rtl='$dir/rtl'|" -e "s|^cmake=.*|cmake='$dir/cmake'|" \
  -e "s|^opt=.*|opt='-O0;-O0'|" "$build/tb/demand/settings.sh" >"$settings"
export TW_RTL_DEMAND="$settings"

small_config sv39+long4 >"$dir/two ways.cfg"
config="$dir/two ways.cfg"
# built TIMES WHAT
built() {
  times=$(grep -c started "$dir/started")
  [ "$times" -eq "$1" ] || fail "built $times times, expected $1: $2"
}

# Two at once: one builds, the other waits.
"$bench" --config "$config" --seed 3 --cycles 20000 >"$dir/first" 2>"$dir/first.err" &
first=$!
expect 0 '' "$twinwalk" vectors --hw lockstep --config "$config" "$root/tests/vectors/rv-ext-sv39.cases"
grep -q . "$tmp/stdout" || fail "no results of vectors"
wait "$first" || {
  fail "the random bench fails"
  cat "$dir/first.err"
}
grep -q '^compared: pins, debug view and arrays' "$dir/first" || fail "not all is compared"
built 1 "two asked at once"
[ "$(find "$dir/cache" -mindepth 1 ! -name '*.lock' ! -name '*.sum' | wc -l)" -eq 1 ] || fail "more is left: $(find "$dir/cache")"

expect 0 '' "$bench" --config "$config" --mode rtl --oracle --cycles 20000
for hw in rtl lockstep; do
  expect 0 '' "$twinwalk" run --hw "$hw" --config "$config" --limit 2000 "$root/trace/bundled/shuf.twt"
done
# The same hardware by another name.
cp "$config" "$dir/other"
expect 0 '' "$bench" --config "$dir/other" --mode rtl --cycles 1000
built 1 "nothing has changed"

# A report repeats itself with the file.
expect 1 "^two ways.cfg, cycle 5001: model and rtl differ in counter_o" \
  "$bench" --config "$config" --seed 7 --cycles 20000 --sabotage 5000
grep -q "^to repeat: .* --config '$config' --seed 7" "$tmp/stderr" || fail "the command does not name the file: $(cat "$tmp/stderr")"

# An object that is damaged, or whose building ended before its sum was there, is not loaded.
object=$(find "$dir/cache" -name '*.so')
head -c 100000 "$object" >"$dir/half" && mv "$dir/half" "$object"
expect 0 '' "$bench" --config "$config" --mode rtl --cycles 1000
built 2 "the object was cut off"
rm "${object%.so}.sum"
expect 0 '' "$bench" --config "$config" --mode rtl --cycles 1000
built 3 "the object had no sum"

# A folder in which nothing can be made, whoever asks.
sed "s|^cache=.*|cache=/proc/self|" "$settings" >"$dir/nowhere"
expect 4 "no RTL for configuration 'two ways.cfg': /proc/self: cannot be written" \
  env TW_RTL_DEMAND="$dir/nowhere" "$bench" --config "$config" --cycles 1000

# Sources that do not compile; then those that are not there.
echo 'broken' >>"$dir/rtl/tw_plru.sv"
no="no RTL for configuration 'two ways.cfg':"
expect 4 "^tw_lockstep_random: $no it does not build: .*Error.*tw_plru.sv:[0-9]*.*$dir/cache/[0-9a-f]*.log" \
  "$bench" --config "$config" --cycles 1000
built 4 "a source has changed"
expect 4 "^$no it does not build" \
  "$twinwalk" vectors --hw rtl --config "$config" "$root/tests/vectors/rv-ext-sv39.cases"
rm "$dir/rtl/filelist.f"
expect 4 "$no $dir/rtl/filelist.f: cannot be read: the RTL's sources are missing" "$bench" --config "$config" --cycles 1000
expect 0 '' "$bench" --config "$config" --mode csim --cycles 1000
cp "$root/rtl/filelist.f" "$dir/rtl"

sed -i "s|^verilator=.*|verilator='$dir/no/verilator'|" "$settings"
expect 4 "$no $dir/no/verilator is missing" "$bench" --config "$config" --cycles 1000
sed -i "s|^foreign=.*|foreign=ON|" "$settings"
expect 2 "has one size only" "$bench" --config "$config" --cycles 1000
expect 2 "$no .*one size only" \
  "$twinwalk" run --hw lockstep --config "$config" "$root/trace/bundled/shuf.twt"

# A program finds the settings from where it lies; out of a build directory there are none. The named have no need of them.
unset TW_RTL_DEMAND
mkdir "$dir/bin"
cp "$bench" "$dir/bin/bench"
expect 2 "one size only" "$dir/bin/bench" --config "$config" --cycles 1000
outside=$(mktemp -d) || exit 4
cp "$bench" "$outside/bench"
expect 2 'does not lie in a build directory' "$outside/bench" --config "$config" --cycles 1000
expect 0 '' "$outside/bench" --cycles 1000
rm -r "$outside"
exit $failed
