// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name of a VM, as its owner gave it to the VMM: QEMU and libvirt have -name guest=NAME,
 * kvmtool and crosvm --name NAME. A VM without one has the name of its program.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vms/vms.h"

/* The kernel keeps this many letters of the name of a process, in /proc/PID/comm. */
#define COMM_LEN 15

static FILE *open_proc(int process, const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", process, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

/* Users choose names and command lines: replace control characters by '?'. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* QEMU's options are separated by commas, and a comma in a value is doubled. */
static const char *copy_value(const char *s, char *buf, size_t size)
{
	size_t len = 0;

	for (; *s && (*s != ',' || s[1] == ','); s++) {
		s += *s == ',';
		if (len + 1 < size)
			buf[len++] = *s;
	}
	buf[len] = '\0';
	return *s ? s + 1 : NULL;
}

/* The value of guest=, or the first option if it has no key. */
static void parse_name(const char *options, char *buf, size_t size)
{
	const char *rest = options;
	bool first = true;
	char one[256];

	buf[0] = '\0';
	for (; rest; first = false) {
		rest = copy_value(rest, one, sizeof(one));
		if (!strncmp(one, "guest=", 6))
			snprintf(buf, size, "%.63s", one + 6);
		else if (first && !strchr(one, '='))
			snprintf(buf, size, "%.63s", one);
	}
}

/* Cut @path to its last part. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * The kernel has only the first letters of a program's name. The command line has all of it, unless
 * the process chose another name.
 */
static void read_program(const char *argv0, int process, char *buf, size_t size)
{
	FILE *f = open_proc(process, "comm");
	char comm[64] = "";

	if (f && !fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	if (f)
		fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
	if (strlen(comm) == COMM_LEN && !strncmp(comm, last_part(argv0), COMM_LEN))
		snprintf(buf, size, "%s", last_part(argv0));
	else
		snprintf(buf, size, "%s", comm);
	clean(buf);
}

void vm_read_name(struct vm *vm)
{
	char *arg = NULL, *argv0 = NULL;
	bool next = false;
	size_t size = 0;
	FILE *f;

	vm->name[0] = '\0';
	vm->program[0] = '\0';
	if (!vm->process)
		return;
	f = open_proc(vm->process, "cmdline");
	while (f && getdelim(&arg, &size, '\0', f) > 0) {
		if (!argv0)
			argv0 = strdup(arg);
		else if (next)
			parse_name(arg, vm->name, sizeof(vm->name));
		else if (!strncmp(arg, "--name=", 7))
			parse_name(arg + 7, vm->name, sizeof(vm->name));
		next = !next && (!strcmp(arg, "-name") || !strcmp(arg, "--name"));
	}
	if (f)
		fclose(f);
	clean(vm->name);
	read_program(argv0 ? argv0 : "", vm->process, vm->program, sizeof(vm->program));
	free(argv0);
	free(arg);
}

const char *vm_name(const struct vm *vm)
{
	return vm->name[0] ? vm->name : vm->program[0] ? vm->program : "-";
}
