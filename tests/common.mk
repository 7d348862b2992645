# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Shared by the Makefiles of the engine's tests. A variable that is set before the include keeps its value.

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O1 -g

# Use one job for each processor, unless the caller has given a number.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# V=1 shows the commands.
ifeq ($(V),1)
say = @:
Q :=
else
say = @printf '  %-7s %s\n'
Q := @
endif
