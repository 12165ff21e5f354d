# SPDX-License-Identifier: Apache-2.0
# The short way to everything; the work is done by CMake, CTest and scripts/. `make help` lists targets and variables.

BUILD ?= build
JOBS ?= $(shell nproc)
SETUP ?= scripts/setup
CMAKEFLAGS ?=
JOB ?=

# The run commands take their settings from the environment.
export TW_BUILD := $(abspath $(BUILD))
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
.PHONY: help sim test lint bench waves mutate build setup setup-lint

help:
	@echo 'make sim      run a recorded program on model and RTL in lockstep'
	@echo 'make test     build everything, run all tests; JUnit XML in $(BUILD)/junit.xml'
	@echo 'make lint     check format, warnings and portability of all sources'
	@echo 'make bench    measure speed'
	@echo 'make mutate   apply the published bugs to the RTL one by one: each must be caught'
	@echo 'make waves    show the waveform of the last run with WAVES=1'
	@echo
	@echo 'SEED=n        the seed of everything random'
	@echo 'CONFIG=name   one hardware configuration of include/twinwalk/configs.def'
	@echo 'WAVES=1       write a waveform'
	@echo 'VERBOSE=1     say more'
	@echo 'BUILD=dir     build directory (build)      JOBS=n  parallel jobs (one per processor)'
	@echo 'JOB=prefix    put before the run commands, as in JOB="srun -n1"'
	@echo 'SETUP=        do not look for missing Debian packages'

setup:
	@$(SETUP)

setup-lint:
	@$(if $(SETUP),$(SETUP) lint)

build: setup
	@cmake -S . -B $(BUILD) -G Ninja --log-level=WARNING $(CMAKEFLAGS)
	@cmake --build $(BUILD) -j $(JOBS) $(if $(VERBOSE),-v)

sim: build
	@$(JOB) scripts/sim.sh

test: build
	@$(JOB) ctest --test-dir $(BUILD) -j $(JOBS) --no-tests=error --output-on-failure \
	  --output-junit $(TW_BUILD)/junit.xml $(if $(VERBOSE),-V) $(CTESTFLAGS)

lint: setup-lint
	@$(JOB) scripts/lint.sh

bench: build
	@$(JOB) scripts/bench.sh

mutate: build
	@$(JOB) scripts/mutate.sh

waves:
	@scripts/waves.sh
