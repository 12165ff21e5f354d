#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks all tracked sources without running them. Every step says what it found; the run goes on after a failed step and
# ends with status 1 if there was one. Logs stay in build/lint/. Waivers exist in two places only, each with its reason:
# rtl/lint.vlt (Verilator) and .clang-tidy.
# Usage: scripts/lint.sh [STEP...]; without arguments all of them, in the order of `steps` below.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 4

steps=(format text shell headers layers gcc clang symbols tidy waivers subset pins verilator icarus yosys)
top=tw_mmu
out=${TW_BUILD:-build}/lint
jobs=${JOBS:-$(nproc)}
# A check of no files would pass. (git refuses a tree that belongs to another user, as in a container, unless told.)
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$PWD
if ! git ls-files --error-unmatch Makefile >/dev/null; then
  echo "scripts/lint.sh: needs a git clone, it checks the tracked files" >&2
  exit 4
fi
mkdir -p "$out" || exit 4
out=$(cd "$out" && pwd)

# --- Helpers: a step prints what is wrong and returns non-zero --------------------------------------------------------

# Runs a search whose finding nothing is no failure, but a broken search is. (xargs says 123 for grep's 1.)
search() {
  local status=0
  "$@" || status=$?
  [ $status = 0 ] || [ $status = 1 ] || [ $status = 123 ]
}

# Prints its input and fails if there is any.
none() {
  local lines
  lines=$(cat)
  [ -z "$lines" ] && return 0
  printf '%s\n' "$lines"
  return 1
}

# Runs a command whose only acceptable output is none at all.
silent() {
  local text status=0
  text=$("$@" 2>&1) || status=$?
  [ $status = 0 ] && [ -z "$text" ] && return 0
  printf '%s\n' "$*" "$text" "status $status"
  return 1
}

tracked() {
  # A file may be deleted in the working tree before the commit that says so.
  git ls-files -- "$@" | while read -r file; do
    if [ -f "$file" ]; then printf '%s\n' "$file"; fi
  done
}

# Source files of the RTL, in compilation order, without comments and options.
rtl_files() {
  sed -e 's,//.*,,' -e 's/[[:space:]]*$//' -e '/^+/d' -e '/^$/d' rtl/filelist.f
}

# Calls FUNCTION NAME PARAM=value... for each named configuration.
each_config() {
  local failed=0 table
  table=$(scripts/configs.sh) || return 1
  while read -r name params; do
    # shellcheck disable=SC2086 # a list
    "$1" "$name" $params || failed=1
  done <<<"$table"
  return $failed
}

# --- Text ---------------------------------------------------------------------------------------------------------------

step_format() {
  local files
  tracked '*.c' '*.h' '*.cpp' | xargs -r clang-format --dry-run -Werror >"$out/format.log" 2>&1 && return 0
  files=$(sed -n -E 's/^([^ :]+):[0-9]+:[0-9]+: error:.*/\1/p' "$out/format.log" | uniq -c)
  [ -n "$files" ] || cat "$out/format.log"
  printf '%s\n' "$files" "(differences each); clang-format -i FILE puts it right"
  return 1
}

step_text() {
  local failed=0
  # Words are put together here so that this file passes its own check.
  search git grep -nIwE 'TO''DO|FIX''ME|XX''X' -- . | none || {
    echo "unfinished work is not committed"
    failed=1
  }
  # A template of mkstemp() is right on every machine.
  search git grep -nIE '(^|[^A-Za-z0-9_./-])/((root|home|work|Users|mnt|srv)/|tmp/)[A-Za-z0-9]' -- . |
    search grep -vE '"/tmp/[A-Za-z0-9_.-]+X{6}"' | none || {
    echo "an absolute path belongs to one machine"
    failed=1
  }
  tracked '*.c' '*.h' '*.cpp' '*.def' '*.sv' '*.svh' '*.vlt' '*.sh' '*CMakeLists.txt' '*.py' | while read -r file; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file: no SPDX line at its top"
  done | none || failed=1
  tracked '*.c' '*.h' '*.cpp' '*.def' '*.sv' '*.sh' '*.md' '*CMakeLists.txt' Makefile |
    search xargs -r grep -nE '[[:blank:]]+$' /dev/null | none || {
    echo "white space at the end of a line"
    failed=1
  }
  return $failed
}

step_shell() {
  local failed=0 file
  while read -r file; do
    if head -n 1 "$file" | grep -q bash; then
      silent bash -n "$file" || failed=1
    else
      silent sh -n "$file" || failed=1
    fi
    if command -v shellcheck >/dev/null; then
      silent shellcheck -x "$file" || failed=1
    fi
  done < <(tracked | while read -r file; do
    head -n 1 "$file" | grep -aqE '^#!.*[/ ](ba)?sh( |$)' && echo "$file"
  done)
  return $failed
}

# --- C ------------------------------------------------------------------------------------------------------------------

# A public header stands alone, in C and in C++.
step_headers() {
  local failed=0 file
  while read -r file; do
    silent gcc -std=c17 -Iinclude -Wall -Wextra -Werror -fsyntax-only -x c "$file" || failed=1
    silent g++ -std=c++17 -Iinclude -Wall -Wextra -Werror -fsyntax-only -x c++ "$file" || failed=1
  done < <(tracked 'include/*.h')
  # In C++ a function hides the struct of its name.
  comm -12 <(tracked 'include/*.h' | xargs grep -ohE '\b(struct|enum|union) tw_[a-z0-9_]+' | sed 's/.* //' | sort -u) \
    <(tracked 'include/*.h' | xargs grep -ohE '\btw_[a-z0-9_]+\(' | tr -d '(' | sort -u) | none || {
    echo "a type and a function share their name"
    failed=1
  }
  return $failed
}

# Who may know whom, by what the preprocessor really reads.
step_layers() {
  scripts/layers.py
}

# The flags of CMake's tw_flags, for C files that the build without tb/ does not compile.
cflags=(-std=c17 -O2 -Wall -Wextra -Wconversion -Iinclude -Ikernel "-I$out/generated"
  -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE)

# Splits the tracked C files: `c_files in DIR` compiled by the build in DIR, `c_files out DIR` not.
c_files() {
  tracked '*.c' | while read -r file; do
    if grep -qF "\"$PWD/$file\"" "$2/compile_commands.json"; then
      [ "$1" = out ] || echo "$file"
    else
      [ "$1" = in ] || echo "$file"
    fi
  done
}

# All C code under one compiler, every warning an error; several steps need it, once.
declare -A built
build_c() {
  if [ -z "${built[$1]-}" ]; then
    compile_c "$1"
    built[$1]=$?
  fi
  return "${built[$1]}"
}

compile_c() {
  local dir=$out/$1 failed=0 file
  if ! CC=$1 cmake -S . -B "$dir" -G Ninja --log-level=WARNING -DTW_RTL=OFF -DTW_WERROR=ON >"$dir.log" 2>&1 ||
    ! cmake --build "$dir" -j "$jobs" -- -k 0 >>"$dir.log" 2>&1; then
    grep -E -A 4 'error|warning|FAILED' "$dir.log" || cat "$dir.log"
    failed=1
  fi
  [ -f "$dir/compile_commands.json" ] || return 1
  # As tb/CMakeLists.txt makes it.
  mkdir -p "$out/generated"
  scripts/configs.sh | sed 's/ .*//; s/.*/TW_RTL(&)/' >"$out/generated/tw_rtl_list.h"
  while read -r file; do
    silent "$1" "${cflags[@]}" -Werror -c "$file" -o "$dir.o" || failed=1
  done < <(c_files out "$dir")
  return $failed
}

step_gcc() {
  build_c gcc
}

step_clang() {
  build_c clang
}

# Libraries hold no state of their own: two models in one process must not meet. Those that users link export tw_ names only;
# what the command is made of (replay/, vectors/) and what tests share is no such library.
step_symbols() {
  local failed=0 lib
  step_gcc || return 1
  while read -r lib; do
    case ${lib##*/} in
    libtw_replay.a | libtw_vectors.a) ;;
    *)
      nm -g --defined-only "$lib" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(tw_|__odr_asan)/ { print $3 }' |
        sed "s,^,${lib##*/}: public name without tw_: ," | none || failed=1
      ;;
    esac
    # .data.rel.ro is constant: tables of pointers.
    objdump -t "$lib" | awk '/file format/ { object = $1 }
      NF > 4 &&
      $(NF - 2) ~ /^\.(data|bss|tdata|tbss)/ && $(NF - 2) !~ /^\.data\.rel\.ro/ && $NF !~ /^\./ && $(NF - 1) !~ /^0+$/ {
        print object " " $NF " in " $(NF - 2) }' |
      sed "s,^,${lib##*/}: variable outside every handle: ," | none || failed=1
  done < <(find "$out/gcc" -name 'libtw_*.a' -not -path "$out/gcc/tests/*")
  return $failed
}

step_tidy() {
  local failed=0
  # A file that does not compile is reported by the step clang; the others are looked at all the same.
  step_clang >/dev/null
  [ -f "$out/clang/compile_commands.json" ] || return 1
  # One file per process: clang-tidy 14 lets the analyzer's state of one file change what it says of the next. Headers are
  # checked through the files that include them.
  c_files in "$out/clang" | xargs -r -P "$jobs" -n 1 clang-tidy --quiet -p "$out/clang" \
    >"$out/tidy.log" 2>"$out/tidy.err" || failed=1
  c_files out "$out/clang" | xargs -r -P "$jobs" -I '{}' clang-tidy --quiet '{}' -- "${cflags[@]}" \
    >>"$out/tidy.log" 2>>"$out/tidy.err" || failed=1
  [ $failed = 0 ] && return 0
  # The way that leads to each finding stays in the log.
  grep -hE '(error|fatal|warning):' "$out/tidy.log" "$out/tidy.err" | sed "s,^$PWD/,," | sort -u
  echo "log in $out/tidy.log and tidy.err"
  return 1
}

# --- RTL ----------------------------------------------------------------------------------------------------------------

# Each waiver names its file and the message it is about, and says why in a comment above it.
step_waivers() {
  local failed=0
  if [ -f rtl/lint.vlt ]; then
    awk '/^[ \t]*\/\// { reason = 1; next }
      /lint_off/ {
        if (!reason) print FILENAME ":" FNR ": no comment with the reason above it"
        if ($0 !~ /-rule +[A-Z]/) print FILENAME ":" FNR ": no -rule"
        if ($0 !~ /-file +"[^"]*tw_[a-z0-9_]+\.sv"/) print FILENAME ":" FNR ": no -file with one file of ours"
        if ($0 !~ /-match +"[^"]*[A-Za-z_][^"]*"/) print FILENAME ":" FNR ": no -match with a pattern"
      }
      # A group of waivers shares its comment; an empty line ends the group.
      /^[ \t]*$/ { reason = 0 }' rtl/lint.vlt | none || failed=1
  fi
  search git grep -nE '(verilator|synopsys|synthesis)[[:space:]]+(lint_off|translate_off)' -- rtl | none || {
    echo "waivers belong in rtl/lint.vlt"
    failed=1
  }
  return $failed
}

# What Yosys 0.23 accepts and gets wrong, and what would leave a file out of every check.
step_subset() {
  local failed=0 file
  # Every file is on the list, and every file on the list exists.
  diff <(git ls-files 'rtl/*.sv' | sort) <(rtl_files | sort) | none || {
    echo "rtl/filelist.f and the tracked files of rtl/ differ (< tracked, > listed)"
    failed=1
  }
  # Arrays of structs give a wrong netlist without a warning.
  while read -r file; do
    awk -v file="$file" '{ line = line " " $0; text[NR] = $0 }
      END {
        while (match(line, /(struct|union) +(packed)?[^{}]*\{[^{}]*\} *[A-Za-z_0-9]+ *;/)) {
          name = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
          sub(/^.*\} */, "", name); sub(/ *;$/, "", name); types[name] = 1
        }
        for (n = 1; n <= NR; n++)
          for (t in types)
            if (text[n] ~ "(^|[^A-Za-z0-9_])" t "( *\\[| +[A-Za-z0-9_]+ *\\[)")
              print file ":" n ": array of a struct: " text[n]
      }' "$file"
  done < <(tracked 'rtl/*.sv') | none || failed=1
  while read -r file; do
    grep -q '^`default_nettype none' "$file" || echo "$file: no \`default_nettype none"
  done < <(tracked 'rtl/*.sv') | none || failed=1
  return $failed
}

# Ports, events and the contract's tables are those of the .def files.
step_pins() {
  scripts/pins.py
}

verilator_config() {
  local name=$1 vlt=() define
  shift
  [ -f rtl/lint.vlt ] && vlt=(rtl/lint.vlt)
  # Without and with the assertions.
  for define in -UTW_ASSERT -DTW_ASSERT; do
    # shellcheck disable=SC2046 # a list
    silent verilator --lint-only -Wall $define -Irtl "${vlt[@]}" --top-module $top "${@/#/-G}" $(rtl_files) || {
      echo "configuration $name"
      return 1
    }
  done
}

step_verilator() {
  each_config verilator_config
}

icarus_config() {
  local name=$1 text status
  shift
  # A scratch file: iverilog changes the mode of what it writes, /dev/null included.
  # shellcheck disable=SC2046 # a list
  # The class left out says that a loop over an array waits for all of its words, as it has to.
  text=$(iverilog -g2012 -Irtl -Wall -Wno-sensitivity-entire-array -o "$out/icarus.vvp" -s $top "${@/#/-P$top.}" \
    $(rtl_files) 2>&1)
  status=$?
  [ $status = 0 ] && [ -z "$text" ] && return 0
  printf '%s\n' "$text" "status $status, configuration $name"
  return 1
}

step_icarus() {
  each_config icarus_config
}

yosys_config() {
  local name=$1 log=$out/yosys-$1.log chparam=() param script
  shift
  for param in "$@"; do
    chparam+=("-chparam ${param%%=*} ${param#*=}")
  done
  script="read_verilog -sv -Irtl $(rtl_files | tr '\n' ' ')
    hierarchy -check -top $top ${chparam[*]}
    proc
    opt_clean
    check -assert
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr"
  # Mapping to gates takes its time; one configuration shows what it has to show.
  [ "$name" != tiny ] || script="$script
    synth -top $top
    check -assert
    select -assert-none t:\$_DLATCH_* t:\$_DLATCHSR_* t:\$_SR_*"
  printf '%s\n' "$script" >"$out/yosys-$name.ys"
  if ! yosys -q -l "$log" "$out/yosys-$name.ys" >"$log.out" 2>&1; then
    cat "$log.out"
    echo "configuration $name, log in $log"
    return 1
  fi
  # A memory turned into registers is meant here: TLBs compare all their entries at once. The counter of a loop that not
  # every path enters is a latch to Yosys until opt_clean takes it away: it is no hardware.
  search grep -nE 'Warning|Latch inferred|implicitly declared|conflicting drivers' "$log" |
    search grep -vE 'Warning: Replacing memory .* with list of registers|No latch inferred|Latch inferred for signal .*[$]fordecl_block' | none || {
    echo "configuration $name, log in $log"
    return 1
  }
}

step_yosys() {
  each_config yosys_config
}

# --- Run ----------------------------------------------------------------------------------------------------------------

[ $# -gt 0 ] || set -- "${steps[@]}"
for step in "$@"; do
  if ! declare -F "step_$step" >/dev/null; then
    echo "scripts/lint.sh: no step $step; there are: ${steps[*]}" >&2
    exit 2
  fi
done

bad=()
for step in "$@"; do
  begin=$SECONDS
  if [[ " waivers subset pins verilator icarus yosys " = *" $step "* ]]; then
    if [ ! -d rtl ]; then
      echo "lint $step skipped: there is no rtl/"
      continue
    fi
    if [ ! -f rtl/filelist.f ]; then
      echo "lint $step FAILED: there is no rtl/filelist.f"
      bad+=("$step")
      continue
    fi
  fi
  if "step_$step" >"$out/$step.txt" 2>&1; then
    printf 'lint %-10s ok      %3d s\n' "$step" $((SECONDS - begin))
  else
    printf 'lint %-10s FAILED  %3d s\n' "$step" $((SECONDS - begin))
    sed 's/^/    /' "$out/$step.txt"
    bad+=("$step")
  fi
done
if [ ${#bad[@]} -gt 0 ]; then
  echo "lint: failed: ${bad[*]}; one step again: scripts/lint.sh ${bad[0]}"
  exit 1
fi
echo "lint: all ok"
