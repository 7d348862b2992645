// SPDX-License-Identifier: GPL-2.0-only
/* Numbers in arguments and in files. */
#include <errno.h>
#include <stdlib.h>

#include "number.h"

bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	/* strtoull() accepts spaces and signs: "-1" would become a large number. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}
