// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "trace.h"

#define TRACEFS  "/sys/kernel/tracing"
#define INSTANCE TRACEFS "/instances/gstage-test"
#define EVENTS   20000

static const char *const names[] = {
	"fault", "map", "unmap", "split", "collapse", "reformat", "flush",
};

static struct event *events;
static unsigned int count;

const char *trace_file(const char *name)
{
	static char path[160];

	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		bail(INSTANCE ": %s", strerror(errno));
	snprintf(path, sizeof(path), INSTANCE "/%s", name);
	return path;
}

static void put(const char *name, const char *text)
{
	int err = write_text(trace_file(name), text);

	if (err)
		bail("tracefs: %s: %s", name, strerror(err));
}

/* To open the trace with O_TRUNC clears it. */
static void empty(void)
{
	int fd = open(trace_file("trace"), O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		bail("tracefs: trace: %s", strerror(errno));
	close(fd);
}

static void each(const char *file, const char *text)
{
	char name[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "events/kvm/kvm_gstage_%s/%s", names[i], file);
		put(name, text);
	}
}

void trace_start(const struct vm *vm)
{
	char filter[32];

	put("buffer_size_kb", "8192");
	snprintf(filter, sizeof(filter), "vm == %d", vm->tid);
	each("filter", filter);
	empty();
	each("enable", "1");
	put("tracing_on", "1");
}

/* The value after the word @name. */
static const char *field(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = words; (at = strstr(at, name)); at += len)
		if ((at == words || at[-1] == ' ') && at[len] == ' ')
			return at + len + 1;
	return "0";
}

static void parse(const char *line)
{
	struct event *e = &events[count];
	const char *name = strstr(line, ": kvm_gstage_"), *words;

	if (!name)
		return;
	if (count++ == EVENTS)
		bail("more than %u events", EVENTS);
	name += strlen(": kvm_gstage_");
	words = strchr(name, ':');
	if (!words)
		bail("the trace has a wrong line: %s", line);
	memset(e, 0, sizeof(*e));
	snprintf(e->name, sizeof(e->name), "%.*s", (int)(words - name), name);
	snprintf(e->words, sizeof(e->words), "%s", words + 2);
	e->words[strcspn(e->words, "\n")] = 0;
	e->vm = strtol(field(e->words, "vm"), NULL, 0);
	e->vcpu = strtol(field(e->words, "vcpu"), NULL, 0);
	e->gpa = strtoull(field(e->words, "gpa"), NULL, 0);
	e->size = strtoull(field(e->words, "size"), NULL, 0);
	e->level = strtol(field(e->words, "level"), NULL, 0);
	e->pa = strtoull(field(e->words, "pa"), NULL, 0);
	e->pages = strtol(field(e->words, "pages"), NULL, 0);
	sscanf(field(e->words, "mode"), "%15s", e->mode);
}

unsigned int trace_stop(void)
{
	char line[512], stats[1024];
	FILE *f;

	each("enable", "0");
	if (!events)
		events = calloc(EVENTS + 1, sizeof(*events));
	count = 0;
	f = fopen(trace_file("trace"), "re");
	if (!f || !events)
		bail("tracefs: trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		parse(line);
	fclose(f);
	for (unsigned int cpu = 0; cpu < (unsigned int)sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", cpu);
		if (read_text(trace_file(name), stats, sizeof(stats)) ||
		    !strstr(stats, "overrun: 0\n"))
			bail("tracefs: the buffer was too small, and events were lost");
	}
	return count;
}

void trace_end(void)
{
	rmdir(INSTANCE);
}

const struct event *trace_event(unsigned int i)
{
	return &events[i];
}

unsigned int traced(const char *name)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += !strcmp(events[i].name, name);
	return n;
}

const struct event *trace_find(const char *name, u64 gpa)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(events[i].name, name) && events[i].gpa == gpa)
			return &events[i];
	return NULL;
}

bool traced_as(const struct vm *vm, const char *name, u64 gpa, u64 size, int level)
{
	const struct event *e = trace_find(name, gpa);

	if (e && e->vm == vm->tid && e->size == size && e->level == level &&
	    !strcmp(e->mode, vm->format->name))
		return true;
	diag("kvm_gstage_%s at 0x%llx: expected size 0x%llx level %d mode %s: %s", name,
	     (unsigned long long)gpa, (unsigned long long)size, level, vm->format->name,
	     e ? e->words : "none");
	return false;
}
