/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers in arguments and in files. */
#ifndef GSTAGE_CLI_NUMBER_H
#define GSTAGE_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Parse an unsigned integer: decimal, octal after 0, or hexadecimal after 0x. */
bool parse_number(const char *text, uint64_t *value);

#endif
