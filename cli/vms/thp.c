// SPDX-License-Identifier: GPL-2.0-only
/* Read the settings of transparent huge pages. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vms/thp.h"

/* Newer kernels have a setting for each size. "inherit" means the common one. */
#define SETTING_2M  THP_DIR "/hugepages-2048kB/enabled"
#define SETTING_ALL THP_DIR "/enabled"

/* The setting that is in force is in brackets: "always [madvise] never". */
static enum thp read_setting(const char *path)
{
	char buf[128];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return THP_UNKNOWN;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[len > 0 ? len : 0] = '\0';
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
