// SPDX-License-Identifier: GPL-2.0-only
/* Read the counters of a VM, from gstage_stats. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats.h"
#include "vms/vms.h"

const struct leaf_size leaf_sizes[LEAF_SIZES] = {
	{ "leaves_4k", "4K", 12 }, { "leaves_64k", "64K", 16 },   { "leaves_2m", "2M", 21 },
	{ "leaves_1g", "1G", 30 }, { "leaves_512g", "512G", 39 }, { "leaves_256t", "256T", 48 },
};

/* Each line is a name, a space and a value. Skip other lines. */
static void parse(char *text, struct stats *stats)
{
	char *line, *next, *value;

	stats->count = 0;
	for (line = text; line && stats->count < STATS_MAX; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		snprintf(stats->line[stats->count].name, sizeof(stats->line[0].name), "%.*s", 31,
			 line);
		snprintf(stats->line[stats->count].value, sizeof(stats->line[0].value), "%.*s", 31,
			 value);
		stats->count++;
	}
}

int stats_read(const struct vm *vm, struct stats *stats)
{
	char path[PATH_MAX], text[8192];
	size_t len = 0;
	ssize_t got;
	int fd, err;

	err = vm_path(vm, VM_STATS_FILE, path, sizeof(path));
	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	do {
		got = pread(fd, text + len, sizeof(text) - 1 - len, len);
		if (got < 0 && errno == EINTR)
			continue;
		err = got < 0 ? errno : 0;
		len += got > 0 ? got : 0;
	} while (got > 0 && len < sizeof(text) - 1);
	close(fd);
	if (err)
		return err;
	text[len] = '\0';
	parse(text, stats);
	return 0;
}

const char *stats_text(const struct stats *stats, const char *name)
{
	size_t i;

	for (i = 0; i < stats->count; i++)
		if (!strcmp(stats->line[i].name, name))
			return stats->line[i].value;
	return "";
}

uint64_t stats_number(const struct stats *stats, const char *name)
{
	return strtoull(stats_text(stats, name), NULL, 0);
}

uint64_t stats_mapped(const struct stats *stats)
{
	const struct format *f = format_by_name(stats_text(stats, "mode"));
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < LEAF_SIZES; i++) {
		unsigned int shift = leaf_sizes[i].shift;

		/* A table has 1024 entries on RV32, so a leaf of level 1 maps 4 MiB. */
		if (f && f->xlen == 32 && shift == 21)
			shift = 22;
		bytes += stats_number(stats, leaf_sizes[i].stat) << shift;
	}
	return bytes;
}

uint64_t stats_bytes_per_gib(const struct stats *stats)
{
	uint64_t mapped = stats_mapped(stats);

	if (!mapped)
		return 0;
	return (double)stats_number(stats, "table_bytes") * (1 << 30) / mapped + 0.5;
}
