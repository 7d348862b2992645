// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "age.h"
#include "tap.h"

#define DAMON  "/sys/kernel/mm/damon/admin/kdamonds"
#define TRACE  "/sys/kernel/tracing"
#define REGION "0/contexts/0/targets/0/regions/"

static void set(const char *root, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void set(const char *root, const char *file, const char *fmt, ...)
{
	char path[192], text[64];
	va_list args;
	int err;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err = write_text(path, text);
	if (err)
		bail("cannot write %s to %s: %s", text, path, strerror(err));
}

void age_start(void *const mem[], const size_t size[], unsigned int count)
{
	set(DAMON, "nr_kdamonds", "1");
	set(DAMON, "0/contexts/nr_contexts", "1");
	set(DAMON, "0/contexts/0/operations", "fvaddr");
	set(DAMON, "0/contexts/0/monitoring_attrs/intervals/sample_us", "5000");
	set(DAMON, "0/contexts/0/monitoring_attrs/intervals/aggr_us", "100000");
	set(DAMON, "0/contexts/0/monitoring_attrs/nr_regions/max", "64");
	set(DAMON, "0/contexts/0/monitoring_attrs/nr_regions/min", "32");
	set(DAMON, "0/contexts/0/targets/nr_targets", "1");
	set(DAMON, "0/contexts/0/targets/0/pid_target", "%d", getpid());
	set(DAMON, REGION "nr_regions", "%u", count);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int at = 0;
		char file[64];

		/* DAMON wants the ranges in the order of their addresses. */
		for (unsigned int j = 0; j < count; j++)
			at += mem[j] < mem[i];
		snprintf(file, sizeof(file), REGION "%u/start", at);
		set(DAMON, file, "%lu", (unsigned long)mem[i]);
		snprintf(file, sizeof(file), REGION "%u/end", at);
		set(DAMON, file, "%lu", (unsigned long)mem[i] + size[i]);
	}
	set(TRACE, "trace", " ");
	set(TRACE, "events/kvm/kvm_age_hva/enable", "1");
	set(DAMON, "0/state", "on");
}

/* All events: the events in the buffer, and the old ones that were overwritten. */
static u64 events(void)
{
	u64 sum = 0;

	for (unsigned int cpu = 0;; cpu++) {
		char path[96], text[1024], *line, *next;

		snprintf(path, sizeof(path), TRACE "/per_cpu/cpu%u/stats", cpu);
		if (read_text(path, text, sizeof(text)))
			return sum;
		for (line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
			if (!strncmp(line, "entries:", 8) || !strncmp(line, "overrun:", 8))
				sum += strtoull(line + 8, NULL, 10);
	}
}

u64 age_stop(void)
{
	set(DAMON, "0/state", "off");
	set(TRACE, "events/kvm/kvm_age_hva/enable", "0");
	return events();
}
