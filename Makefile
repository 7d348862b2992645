# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets. Each folder has its own Makefile. lab/lab does everything that needs the emulated host.

KVER	?= 6.12
# The kernel series in lab/versions.lock. `make test` runs all tests on KVER, and the smoke tests on the others.
KERNELS	:= $(shell awk '!/^\#/ && $$2 ~ /^linux-source-/ { print $$1 }' lab/versions.lock)
OTHERS	:= $(filter-out $(KVER),$(KERNELS))
LOGS	:= $(CURDIR)/build/test-logs
# Tests that only need the PC. Each writes *.tap into LOGDIR.
PC_TESTS := tests/style tests/strict tests/host tests/threads tests/fuzz tests/fuzz-check tests/cli tests/port examples

help:
	@echo 'make run               set up the lab, and run three Linux guests at once, each in another G-stage format (root)'
	@echo 'make test              run all tests: those of check, and those in the lab (root)'
	@echo 'make test-all          the lab tests on all kernels, on hosts with each format, plain and with AIA: 46 minutes on two cores (root)'
	@echo 'make check             the tests that need neither root nor the lab'
	@echo 'make check-long        ten million random operations on the engine; check has a hundred thousand'
	@echo 'make fuzz SECONDS=60   look for operation scripts that break the engine; needs clang'
	@echo 'make proof             prove the operations of the engine on a small geometry (root)'
	@echo 'make proof-bites       show that each proof can fail (root)'
	@echo 'make coverage          list what the tests of the engine do not execute'
	@echo 'make module KVER=6.12  build kvm.ko for this kernel series (root)'
	@echo 'make strict SEEDS=10   run the tests on the strict machine: 1 to 4 harts, two kernels, 10 seeds; completed runs are kept (root)'
	@echo 'make bench             measure the stock kvm.ko and ours by turns, in one boot (root)'
	@echo 'make bench-report      write docs/BENCHMARKS.md, docs/bench and the figures in README.md from runs: an hour or more (root)'
	@echo 'make bench-engine      count instructions of the engine and of the stock G-stage code; needs valgrind (root)'
	@echo 'make bench-counters    measure what counters and tracepoints cost at a page fault, in instructions (root)'
	@echo 'make bench-formats     measure what formats cost, and what a change of format costs (root)'
	@echo 'make drawings          make the drawings of docs/pictures from their sources; needs graphviz'
	@echo 'make pictures          make the pictures of terminals in docs/pictures from a run (root)'
	@echo 'make deb               build the Debian packages gstage-dkms, gstage and libgst-dev (root)'
	@echo 'make rpm               build the same as RPM packages, and test them (root)'
	@echo 'make test-package      test both kinds of packages; install, upgrade and remove them in a whole Debian system (root)'
	@echo 'make clean             delete build/'
	@echo 'make lab-clean         delete build/ and the cache of downloads (root)'
	@echo 'lab/lab help           commands of the lab: boot the host, run a program in it, get a shell'

run:
	@lab/lab run --kernel $(KVER)

module:
	@lab/lab module --kernel $(KVER)

# The tally comes last and decides the exit status. It finds failures in the logs. tests/stage writes a log for a stage that fails
# without one.
check:
	@rm -rf $(LOGS)/pc
	@for t in $(PC_TESTS); do \
		tests/stage $$t $(LOGS)/pc/$${t##*/} $(MAKE) -s -j"$$(nproc)" -C $$t check LOGDIR=$(LOGS)/pc/$${t##*/}; \
	done
	@tests/tally $$(find $(LOGS)/pc -name '*.tap' | sort)

# These run two at a time, the longest first.
STAGES	:= $(OTHERS:%=stage-kernel-%) stage-strict stage-host-k3 stage-host-p550 stage-check stage-isa stage-diff stage-examples stage-kernel-doc

test:
	@rm -rf $(LOGS)
	@lab/lab need-packages libcmocka-dev jq libncurses-dev libsmartcols-dev libjson-c-dev libelf-dev tmux mandoc man-db python3-jsonschema codespell shellcheck clang-format-19 perl gpg gpg-agent
	@tests/stage lab-tests $(LOGS)/kvm lab/lab test --kernel $(KVER)
	@$(MAKE) -s -j2 $(STAGES)
	@tests/stage schema $(LOGS)/schema sh -c 'tests/cli/validate $(LOGS)/kvm/command@*.tap >$(LOGS)/schema/schema.tap'
	@tests/stage lab $(LOGS)/lab lab/test-lab.sh $(LOGS)/lab
	@tests/stage lock $(LOGS)/lock lab/test-lock.sh $(LOGS)/lock
	@echo
	@tests/tally $$(find $(LOGS) -name '*.tap' | sort)

stage-kernel-%:
	@tests/stage kernel-$* $(LOGS)/kvm lab/lab test --smoke --kernel $*

stage-host-%:
	@tests/stage host-$* $(LOGS)/kvm lab/lab test --smoke --kernel $(KVER) --host $*

stage-strict:
	@tests/stage strict $(LOGS)/kvm lab/lab strict --kernel $(KVER) --seeds 1

stage-check:
	@tests/stage check $(LOGS)/pc $(MAKE) -s check

stage-isa:
	@tests/stage isa $(LOGS)/isa lab/lab root make -s -C tests/isa check LOGDIR=/gstage/build/test-logs/isa

stage-diff:
	@tests/stage diff $(LOGS)/diff lab/lab root make -s -C tests/strict/diff check LOGDIR=/gstage/build/test-logs/diff

stage-examples:
	@tests/stage examples $(LOGS)/examples lab/lab root make -s -C examples check-baremetal LOGDIR=/gstage/build/test-logs/examples

stage-kernel-doc:
	@tests/stage kernel-doc $(LOGS)/style $(MAKE) -s -C tests/style check-kernel-doc LOGDIR=$(LOGS)/style

# Run all kernels on hosts with each format, with and without AIA, and KVER on each host that is named after a machine, two boots at a
# time. There is a job for each kernel and host. Long jobs come first, so that two boots run until the end.
MACHINES := $(shell awk '!/^\#/ && $$1 != "debian" { print $$1 }' lab/hosts)
MATRIX	:= $(foreach host,sv57 sv48 sv39,$(KERNELS:%=test-on/%/$(host))) $(MACHINES:%=test-like/%)

test-all:
	@rm -rf $(LOGS)
	@for k in $(KERNELS); do lab/lab up --kernel $$k || exit; done
	@tests/stage matrix $(LOGS)/kvm $(MAKE) -s -j2 $(MATRIX)
	@tests/table $$(find $(LOGS)/kvm -name '*.tap')
	@tests/tally $$(find $(LOGS) -name '*.tap' | sort)

test-on/%:
	@tests/stage $* $(LOGS)/kvm lab/lab test --kernel $(*D) --cpu $(*F) --aia both --slow

test-like/%:
	@tests/stage host-$* $(LOGS)/kvm lab/lab test --kernel $(KVER) --host $*

# 1 to 4 harts, on two kernels: see docs/STRICT.md.
strict:
	@bad=; for kernel in 6.12 7.2; do for harts in 1 2 3 4; do \
		lab/lab strict --kernel $$kernel --smp $$harts --seeds $(or $(SEEDS),10) all || bad=yes; \
	done; done; [ -z "$$bad" ]

check-long:
	@$(MAKE) -C tests/host check-long

fuzz:
	@$(MAKE) -s -C tests/fuzz fuzz

coverage:
	@$(MAKE) -s -C tests/coverage coverage

proof proof-bites:
	@lab/lab root make -s -C tests/proof $@

bench-engine:
	@lab/lab up
	@bench/engine/run

bench:
	@bench/compare/run --kernel $(KVER)

bench-report:
	@bench/book

bench-counters:
	@bench/counters/run

bench-formats:
	@bench/formats/run

drawings:
	@lab/lab need-packages graphviz
	@$(MAKE) -s -C docs/pictures

pictures:
	@docs/pictures/make.sh

deb rpm test-package:
	@lab/lab $@

clean:
	rm -rf build

lab-clean:
	lab/lab clean

.PHONY: strict help drawings pictures run module check check-long fuzz coverage proof proof-bites test test-all bench bench-report bench-counters bench-engine bench-formats \
	deb rpm test-package clean lab-clean
