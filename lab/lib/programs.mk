# SPDX-License-Identifier: GPL-2.0-only
# Test programs for the host: PROGRAMS, each of one file in SRC, with SRC/lib/*.c in common, into OUT. Static, because the
# host has no library.

CC      := $(CROSS_COMPILE)gcc
CFLAGS  := -O2 -g -std=gnu11 -Wall -Wextra -Werror -pthread -I$(SRC) -I$(SRC)/../../uapi -I$(SRC)/../../include \
	-MMD -MP
COMMON  := $(patsubst $(SRC)/lib/%.c,$(OUT)/lib/%.o,$(wildcard $(SRC)/lib/*.c))

all: $(PROGRAMS:%=$(OUT)/%)

$(OUT)/%: $(OUT)/%.o $(COMMON)
	$(CC) $(CFLAGS) -static -o $@ $^

$(OUT)/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

.PHONY: all
.SECONDARY:
-include $(wildcard $(OUT)/*.d $(OUT)/lib/*.d)
