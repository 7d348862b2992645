/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs of this host: which there are, and their files in debugfs. */
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
 */
struct vm {
	int pid;
	int fd;
	char mode[16];
	int process;
	unsigned int unlisted;
};

#define VM_ANY_FD	(-1)

/* In the directory of each VM, with gstage's module. */
#define VM_MODE_FILE	"gstage_mode"
#define VM_STATS_FILE	"gstage_stats"
#define VM_DUMP_FILE	"gstage_page_tables"
#define VM_WALK_FILE	"gstage_walk"

/* list.c: all of them */

/* Parses PID-FD, or PID alone: the fd is VM_ANY_FD then. */
bool vm_parse(const char *name, struct vm *vm);

/* Writes the path of @file in the VM's directory.  Return: 0, or an errno. */
int vm_path(const struct vm *vm, const char *file, char *path, size_t size);

/* Reads an open VM_MODE_FILE into vm->mode.  Return: 0, or an errno. */
int vm_read_mode(int fd, struct vm *vm);

/**
 * vms_list() - all VMs of this host, with their modes
 * @vms: on success, sorted by pid and fd, for the caller to free()
 * @count: how many there are
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vms_list(struct vm **vms, size_t *count);

/* Writes, for example, "1234-8 (sv39x4), 1234-9 (sv57x4)" to @buf. */
void vms_names(const struct vm *vms, size_t count, char *buf, size_t size);

/* Is the KVM module gstage's, as far as debugfs shows? */
bool vms_module_is_ours(void);

/* Reports EACCES or EPERM for @path.  Return: an exit status. */
int vms_fail_permission(int err, const char *path);

/* find.c: one of them */

/**
 * vm_find() - find the VM that the user means
 * @name: PID-FD, or PID alone if that process has one VM. PID is the process, or the thread by
 *	which KVM names the folder
 * @vm: filled in on success
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vm_find(const char *name, struct vm *vm);

/**
 * vm_open() - open a file of the VM's directory
 * @vm: the VM
 * @file: its name
 * @flags: as open() takes them
 * @fd: on success, the file
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vm_open(const struct vm *vm, const char *file, int flags, int *fd);

/**
 * vm_read() - read an open file from its start to its end
 * @vm: the VM, for messages
 * @fd: the file
 * @text: on success, what it says, NUL-terminated, for the caller to free()
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vm_read(const struct vm *vm, int fd, char **text);

/* Report why a VM cannot be reached.  Return: an exit status. */
int vm_fail_gone(const struct vm *vm, int err);
int vm_fail_module(const struct vm *vm, const char *code, const char *why);
/* @err came of opening or reading @path, a file of the VM's directory. */
int vm_fail_file(const struct vm *vm, const char *path, int err);

/* stats.c: what VM_STATS_FILE says */

#define STATS_MAX	96

/**
 * struct stats - the lines of VM_STATS_FILE, in their order
 *
 * What this gstage does not know is kept, for programs that do.
 */
struct stats {
	size_t count;
	struct {
		char name[32], value[32];
	} line[STATS_MAX];
};

/** struct leaf_size - one of the sizes that leaves have */
struct leaf_size {
	const char *stat;	/* the counter of such leaves */
	const char *label;	/* what people and JSON call it */
	unsigned int shift;	/* log2 of its bytes, on RV64 */
};

#define LEAF_SIZES	6
extern const struct leaf_size leaf_sizes[LEAF_SIZES];

/* Quietly.  Return: 0, or an errno. */
int stats_read(const struct vm *vm, struct stats *stats);

/* Empty, and 0, where the module does not tell. */
const char *stats_text(const struct stats *stats, const char *name);
uint64_t stats_number(const struct stats *stats, const char *name);

/* The bytes that all leaves map. */
uint64_t stats_mapped(const struct stats *stats);

/* Bytes of tables for each GiB that they map; 0 where nothing is mapped. */
uint64_t stats_bytes_per_gib(const struct stats *stats);

/* summary.c: the VM as a whole */

/** struct vm_summary - a VM and all that debugfs and procfs say of it */
struct vm_summary {
	struct vm vm;
	char vmm[64];		/* the process's name, empty if not known */
	unsigned int vcpus;
	struct stats stats;
};

/* Quietly.  Return: 0, or an errno: the VM may be gone. */
int vm_summary_read(const struct vm *vm, struct vm_summary *info);

/**
 * vm_summaries() - all VMs of this host
 * @infos: on success, sorted by pid and fd, for the caller to free()
 * @count: how many there are; those that end while they are read are left out
 *
 * Return: 0, or an exit status after having reported the cause.
 */
int vm_summaries(struct vm_summary **infos, size_t *count);

/* The members of a VM's JSON object, without the braces. */
void vm_summary_json(const struct vm_summary *info);

#endif
