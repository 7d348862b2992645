# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What the Makefiles of tests of the engine share. What one of them sets before it includes this stays.

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O1 -g

# As many jobs as there are processors, where nobody above has said how many.
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
