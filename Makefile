# SPDX-License-Identifier: Apache-2.0
# The short way to everything; the work is done by CMake, CTest and scripts/. `make help` lists targets and variables.

BUILD ?= build
JOBS ?= $(shell nproc)
SETUP ?= scripts/setup
CMAKEFLAGS ?=
JOB ?=

# The run commands take their settings from the environment. ($(abspath) would take a path with a space for two.)
export TW_BUILD := $(if $(filter /%,$(firstword $(BUILD))),,$(CURDIR)/)$(BUILD)
ifneq ($(SEED),)
export TW_SEED := $(SEED)
endif
ifneq ($(WAVES),)
export TW_WAVES := $(WAVES)
endif
ifneq ($(CONFIG),)
export TW_CONFIG := $(CONFIG)
endif
ifneq ($(VERBOSE),)
export TW_VERBOSE := $(VERBOSE)
endif

.DEFAULT_GOAL := help
.PHONY: help sim test lint bench waves mutate formal synth builds build setup setup-lint

help:
	@echo 'make sim      run a recorded program on model and RTL in lockstep'
	@echo 'make test     build everything, run all tests; JUnit XML in $(BUILD)/junit.xml'
	@echo 'make lint     check format, warnings and portability of all sources'
	@echo 'make bench    measure speed'
	@echo 'make mutate   apply the bugs of mutation/ to the RTL one by one: each must be caught'
	@echo 'make builds   build with gcc and clang, unoptimized, with -O3, with link-time optimization, and test each'
	@echo 'make formal   prove the properties of the RTL, and its pure logic equal to the model'
	@echo 'make synth    map the RTL to generic cells: sizes, longest paths; the netlist of the smallest in lockstep'
	@echo 'make waves    show the waveform of the last run with WAVES=1'
	@echo
	@echo 'SEED=n        the seed of everything random'
	@echo 'CONFIG=name   one hardware configuration of include/twinwalk/configs.def'
	@echo 'WAVES=1       write a waveform'
	@echo 'VERBOSE=1     say more'
	@echo 'BUILD=dir     build directory (build)      JOBS=n  parallel jobs (one per processor)'
	@echo 'AGAINST=dir   bench: beside the build directory of another commit, by turns'
	@echo 'JOB=prefix    put before the run commands, as in JOB="srun -n1"'
	@echo 'SETUP=        do not look for missing Debian packages'

setup:
	@$(SETUP)

setup-lint:
	@$(if $(SETUP),$(SETUP) lint)

# Two `make` in one build directory take turns, in building and in what writes files there.
lock = scripts/lock.sh "$(TW_BUILD)/$(1).lock"

# Configures, then builds the targets that are named; all where none is.
define cmake
	@$(call lock,build) cmake -S . -B "$(TW_BUILD)" -G Ninja --log-level=WARNING $(CMAKEFLAGS)
	@$(call lock,build) cmake --build "$(TW_BUILD)" -j $(JOBS) $(if $(1),--target $(1)) $(if $(VERBOSE),-v)
endef

build: setup
	$(call cmake)

sim: setup
	$(call cmake,twinwalk)
	@$(JOB) $(call lock,sim) scripts/sim.sh

test: build
	@$(JOB) $(call lock,test) scripts/test.sh -j $(JOBS) $(if $(VERBOSE),-V) $(CTESTFLAGS)

lint: setup-lint
	@$(JOB) $(call lock,lint) scripts/lint.sh

bench: setup
	$(call cmake,twinwalk tw_bench $(addprefix tw_bench_,latency faults kernel memory) tw_lockstep_random)
	@$(JOB) scripts/$(if $(AGAINST),against.sh "$(AGAINST)",bench.sh)

mutate: setup
	@$(JOB) $(call lock,mutate) scripts/mutate.sh
	@$(JOB) $(call lock,mutate) scripts/mutate.sh --assert

formal: setup-lint
	@$(JOB) $(call lock,formal) env JOBS=$(JOBS) scripts/formal.sh
	@$(JOB) $(call lock,formal) formal/equal/equal.py --out "$(TW_BUILD)/formal/equal"

synth: setup-lint
	@$(JOB) $(call lock,synth) env JOBS=$(JOBS) scripts/synth.sh $(CONFIG)

builds: setup-lint
	@$(JOB) $(call lock,builds) scripts/builds.sh

waves:
	@scripts/waves.sh
