# SPDX-License-Identifier: GPL-2.0-only
# The targets; `make help` lists them. Each folder builds itself, and lab/lab makes all that needs the emulated host.

KVER	?= 6.12
# The series of lab/versions.lock: `test` runs all tests on KVER, and on the others what tells whether they work.
KERNELS	:= $(shell awk '!/^\#/ && $$2 ~ /^linux-source-/ { print $$1 }' lab/versions.lock)
OTHERS	:= $(filter-out $(KVER),$(KERNELS))
LOGS	:= $(CURDIR)/build/test-logs
# What runs on the PC alone: each leaves *.tap in LOGDIR.
PC_TESTS := tests/host tests/threads tests/fuzz tests/fuzz-check tests/cli tests/port examples

help:
	@echo 'make run               set up the lab, and run three Linux guests in three G-stage formats at once (root)'
	@echo 'make test              every test: check, and then all that runs in the lab (root)'
	@echo 'make test-all          the lab tests on all kernels, on hosts with each format, plain and with AIA: 46 minutes on two cores (root)'
	@echo 'make check             the tests on this machine alone: no root, no lab'
	@echo 'make check-long        ten million random operations on the engine, where check has a hundred thousand'
	@echo 'make fuzz SECONDS=60   look for operation scripts that break the engine; wants clang'
	@echo 'make proof             prove the operations of the engine on a small geometry; proof-bites: that it can fail (root)'
	@echo 'make coverage          what the tests of the engine leave out'
	@echo 'make module KVER=6.12  build kvm.ko for this kernel series (root)'
	@echo 'make bench             the stock kvm.ko against ours, by turns, in one boot (root)'
	@echo 'make bench-report      docs/BENCHMARKS.md and plots, of such runs: an hour or more (root)'
	@echo 'make bench-engine      instructions of the engine and of stock'"'"'s G-stage code; wants valgrind (root)'
	@echo 'make bench-counters    what counters and tracepoints cost a page fault, in instructions (root)'
	@echo 'make bench-formats     what the formats cost, and a change of format (root)'
	@echo 'make pictures          the pictures of README.md, of a run (root)'
	@echo 'make deb               the Debian packages: gstage-dkms, gstage, libgst-dev (root)'
	@echo 'make test-package      install, upgrade and remove them in a whole Debian system (root)'
	@echo 'make clean             delete build/'
	@echo 'make lab-clean         delete build/ and the cache of downloads (root)'
	@echo 'lab/lab help           the lab itself: boot the host, run a program in it, get a shell'

run:
	@lab/lab run --kernel $(KVER)

module:
	@lab/lab module --kernel $(KVER)

# The tally comes last and decides: it knows of a failure in a log, tests/stage adds one for a stage that left none.
check:
	@rm -rf $(LOGS)/pc
	@for t in $(PC_TESTS); do \
		tests/stage $$t $(LOGS)/pc/$${t##*/} $(MAKE) -s -j"$$(nproc)" -C $$t check LOGDIR=$(LOGS)/pc/$${t##*/}; \
	done
	@tests/tally $$(find $(LOGS)/pc -name '*.tap' | sort)

test:
	@rm -rf $(LOGS)
	@lab/lab need-packages libcmocka-dev jq libncurses-dev tmux mandoc man-db python3-jsonschema
	@tests/stage check $(LOGS)/pc $(MAKE) -s check
	@tests/stage lab-tests $(LOGS)/kvm lab/lab test --kernel $(KVER)
	@for k in $(OTHERS); do tests/stage kernel-$$k $(LOGS)/kvm lab/lab test --smoke --kernel $$k; done
	@tests/stage schema $(LOGS)/schema sh -c 'tests/cli/validate $(LOGS)/kvm/command@*.tap >$(LOGS)/schema/schema.tap'
	@tests/stage isa $(LOGS)/isa lab/lab root make -s -C tests/isa check LOGDIR=/gstage/build/test-logs/isa
	@tests/stage examples $(LOGS)/examples lab/lab root make -s -C examples check-baremetal LOGDIR=/gstage/build/test-logs/examples
	@tests/stage lab $(LOGS)/lab lab/test-lab.sh $(LOGS)/lab
	@echo
	@tests/tally $$(find $(LOGS) -name '*.tap' | sort)

# All kernels on all hosts, plain and with AIA, two boots at a time. A job for each kernel and host, the long ones first, so
# that both have work to the end.
MATRIX	:= $(foreach host,sv57 sv48 sv39,$(KERNELS:%=test-on/%/$(host)))

test-all:
	@rm -rf $(LOGS)
	@for k in $(KERNELS); do lab/lab up --kernel $$k || exit; done
	@tests/stage matrix $(LOGS)/kvm $(MAKE) -s -j2 $(MATRIX)
	@tests/table $$(find $(LOGS)/kvm -name '*.tap')
	@tests/tally $$(find $(LOGS) -name '*.tap' | sort)

$(MATRIX): test-on/%:
	@tests/stage $* $(LOGS)/kvm lab/lab test --kernel $(*D) --cpu $(*F) --aia both

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

pictures:
	@docs/pictures/make.sh

deb test-package:
	@lab/lab $@

clean:
	rm -rf build

lab-clean:
	lab/lab clean

.PHONY: help pictures run module check check-long fuzz coverage proof proof-bites test test-all bench bench-report bench-counters bench-engine bench-formats \
	deb test-package clean lab-clean
