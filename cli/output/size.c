// SPDX-License-Identifier: GPL-2.0-only
/* Print sizes with a unit, such as 1.5M. */
#include <stdio.h>

#include "output/output.h"

char *size_text(uint64_t bytes, char *buf)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	double value = bytes;

	/* Print 1M and not 1000K. */
	while (value >= 999.5 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (!unit)
		snprintf(buf, 16, "%u", (unsigned int)bytes);
	else if (value == (unsigned int)value || value >= 99.95)
		snprintf(buf, 16, "%.0f%c", value, units[unit]);
	else
		snprintf(buf, 16, "%.1f%c", value, units[unit]);
	return buf;
}
