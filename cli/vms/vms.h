/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMs of this host, and their files in debugfs. */
#ifndef GSTAGE_CLI_VMS_H
#define GSTAGE_CLI_VMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct vm - a VM of this host
 * @pid: the thread that made the VM, in the initial PID namespace: KVM names the folder by it
 * @fd: the number of the VM's descriptor, or VM_ANY_FD
 * @mode: the name of the mode; empty if not known
 * @process: the process of that thread, in our PID namespace; 0 if not known
 * @unlisted: how many VMs of the same thread have no folder: @pid and @fd may mean one of them
 * @name: the name that the owner gave to the VM; empty if there is none
 * @program: the name of the VMM's program; empty if not known
 */
struct vm {
	int pid;
	int fd;
	char mode[16];
	int process;
	unsigned int unlisted;
	char name[64];
	char program[64];
};

struct json_object;

#define VM_ANY_FD (-1)

/* gstage's module makes these files for each VM. */
#define VM_MODE_FILE  "gstage_mode"
#define VM_STATS_FILE "gstage_stats"
#define VM_DUMP_FILE  "gstage_page_tables"
#define VM_WALK_FILE  "gstage_walk"

/* list.c: all VMs */

/* Parse PID-FD, or PID alone; then @vm->fd is VM_ANY_FD. */
bool vm_parse(const char *name, struct vm *vm);

/* Write the path of @file in the VM's folder to @path. Return: 0 or an errno. */
int vm_path(const struct vm *vm, const char *file, char *path, size_t size);

/* Read an open VM_MODE_FILE into vm->mode. Return: 0 or an errno. */
int vm_read_mode(int fd, struct vm *vm);

/**
 * vms_list() - list the VMs of this host
 * @vms: set to an array, sorted by pid and fd; the caller must free() it
 * @count: the number of VMs
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vms_list(struct vm **vms, size_t *count);

/* Write names of VMs to @buf: "1234-8 (sv39x4), 1234-9 (sv57x4)". */
void vms_names(const struct vm *vms, size_t count, char *buf, size_t size);

/* Is the loaded KVM module gstage's? Looks for a file of the module in debugfs. */
bool vms_module_is_ours(void);

/* Report EACCES or EPERM for @path. Return: the exit status. */
int vms_fail_permission(int err, const char *path);

/* name.c: names of VMs */

/* Set @vm->name and @vm->program from the command line of @vm->process. */
void vm_read_name(struct vm *vm);

/* Return: the name of the VM, or of its program, or "-". */
const char *vm_name(const struct vm *vm);

/* find.c: one VM */

/**
 * vm_find() - find the VM that the user means
 * @name: PID-FD, or PID alone if that process has one VM. PID is the process, or the thread by
 *	which KVM names the folder. Else the name of the VM, or of its program
 * @vm: the VM, on success
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vm_find(const char *name, struct vm *vm);

/**
 * vm_open() - open a file in the VM's folder
 * @vm: the VM
 * @file: the name of the file
 * @flags: for open()
 * @fd: the file descriptor, on success
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vm_open(const struct vm *vm, const char *file, int flags, int *fd);

/**
 * vm_read() - read an open file from its start to its end
 * @vm: the VM, for error messages
 * @fd: the file
 * @text: the contents with a NUL at the end, on success; the caller must free() it
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vm_read(const struct vm *vm, int fd, char **text);

/* Report why a VM cannot be read or changed. Return: the exit status. */
int vm_fail_gone(const struct vm *vm, int err);
int vm_fail_module(const struct vm *vm, const char *code, const char *why);
/* The same; @err is the errno of an operation on @path, a file in the VM's folder. */
int vm_fail_file(const struct vm *vm, const char *path, int err);

/* stats.c: the counters of a VM */

#define STATS_MAX 96

/**
 * struct stats - the lines of VM_STATS_FILE, in their order
 *
 * Lines that this program does not know are kept: show prints them.
 */
struct stats {
	size_t count;
	struct {
		char name[32], value[32];
	} line[STATS_MAX];
};

/** struct leaf_size - a size of leaves */
struct leaf_size {
	const char *stat;   /* the name of the counter in VM_STATS_FILE */
	const char *label;  /* the name in tables and in JSON */
	unsigned int shift; /* log2 of the size in bytes, on RV64 */
};

#define LEAF_SIZES 6
extern const struct leaf_size leaf_sizes[LEAF_SIZES];

/* Reports no error. Return: 0 or an errno. */
int stats_read(const struct vm *vm, struct stats *stats);

/* Return: "" and 0 if the module does not have a line of that name. */
const char *stats_text(const struct stats *stats, const char *name);
uint64_t stats_number(const struct stats *stats, const char *name);

/* The number of bytes that all leaves map. */
uint64_t stats_mapped(const struct stats *stats);

/* Bytes of page tables for each GiB that is mapped; 0 if nothing is mapped. */
uint64_t stats_bytes_per_gib(const struct stats *stats);

/* summary.c: a VM with its process and its counters */

/** struct vm_summary - a VM with its process and its counters */
struct vm_summary {
	struct vm vm;
	unsigned int vcpus;
	struct stats stats;
};

/* Reports no error: the VM may have ended. Return: 0 or an errno. */
int vm_summary_read(const struct vm *vm, struct vm_summary *info);

/**
 * vm_summaries() - read the summaries of all VMs of this host
 * @infos: set to an array, sorted by pid and fd; the caller must free() it
 * @count: the number of VMs, without those that ended meanwhile
 *
 * Return: 0, or the exit status after an error was reported.
 */
int vm_summaries(struct vm_summary **infos, size_t *count);

/* Return: the VM's JSON object. */
struct json_object *vm_summary_json(const struct vm_summary *info);

#endif
