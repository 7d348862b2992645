// SPDX-License-Identifier: GPL-2.0-only
/* Read the settings of transparent huge pages. */
#include <string.h>

#include "vms/host.h"
#include "vms/thp.h"

/* Newer kernels have a setting for each size. "inherit" means the common one. */
#define SETTING_2M  THP_DIR "/hugepages-2048kB/enabled"
#define SETTING_ALL THP_DIR "/enabled"

/* The setting that is in force is in brackets: "always [madvise] never". */
static enum thp read_setting(const char *path)
{
	char buf[128];

	if (!host_read_line(path, buf, sizeof(buf)))
		return THP_UNKNOWN;
	if (strstr(buf, "[always]"))
		return THP_ALWAYS;
	if (strstr(buf, "[madvise]"))
		return THP_MADVISE;
	return strstr(buf, "[never]") ? THP_NEVER : THP_UNKNOWN;
}

enum thp thp_anonymous(void)
{
	enum thp thp = read_setting(SETTING_2M);

	return thp == THP_UNKNOWN ? read_setting(SETTING_ALL) : thp;
}
