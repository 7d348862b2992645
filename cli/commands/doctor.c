// SPDX-License-Identifier: GPL-2.0-only
/* gstage doctor: check whether this host is well set up for VMs. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "commands/exec.h"
#include "output/json.h"
#include "output/output.h"
#include "output/table.h"
#include "vms/host.h"
#include "vms/thp.h"
#include "vms/vmm.h"
#include "vms/vms.h"

static const struct argp_option options[] = {
	TABLE_NOHEADINGS, TABLE_OUTPUT, TABLE_REVERSE, TABLE_SORT, ARGS_JSON, { 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = table_parser,
	.doc = "Check whether this host is well set up for VMs.\v"
	       "Each line is ok, note (it could be better) or problem, and the line below it says what "
	       "to do.\n"
	       "\n"
	       "Exit status: 0 if there is no problem; 3 if there is one; 1 if the command failed; 2 "
	       "for wrong usage.\n",
};

enum verdict { OK, NOTE, PROBLEM };

static const char *const verdicts[] = { "ok", "note", "problem" };

static const struct table_column columns[] = {
	{ "VERDICT", TABLE_ID },
	{ "SUBJECT", 0 },
	{ "MESSAGE", TABLE_LINES },
	{ "REMEDY", TABLE_EXTRA },
};

/** struct report - the results so far, in a table or as JSON */
struct report {
	bool json;
	struct table *table;
	struct json_stream stream;
	enum verdict worst;
};

/* Print a result. @remedy may be NULL. */
static void tell(struct report *report, enum verdict verdict, const char *subject,
		 const char *remedy, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct report *report, enum verdict verdict, const char *subject,
		 const char *remedy, const char *fmt, ...)
{
	struct json_object *map;
	char text[512], both[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (verdict > report->worst)
		report->worst = verdict;
	if (!report->json) {
		table_row(report->table);
		table_cell(report->table, verdicts[verdict], PROBLEM - verdict);
		table_text(report->table, subject);
		/* Without a column of its own, the remedy is below the message. */
		snprintf(both, sizeof(both), "%s\n%s", text, remedy ? remedy : "");
		table_text(report->table,
			   remedy && !table_shows(report->table, "REMEDY") ? both : text);
		table_text(report->table, remedy ? remedy : "");
		return;
	}
	map = json_map();
	json_set(map, "verdict", json_text(verdicts[verdict]));
	json_set(map, "subject", json_text(subject));
	json_set(map, "message", json_text(text));
	json_set(map, "remedy", json_text_or_null(remedy));
	json_stream_add(&report->stream, map);
}

/* Read a number from a file. Return: -1 if there is none. */
static long read_number(const char *path)
{
	char line[32];

	return host_read_line(path, line, sizeof(line)) ? strtol(line, NULL, 10) : -1;
}

/* Is @name among the extensions, which are separated by underscores? */
static bool has_extension(const char *isa, const char *name)
{
	size_t len = strlen(name);

	for (isa = strchr(isa, '_'); isa; isa = strchr(isa + 1, '_'))
		if (!strncmp(isa + 1, name, len) && (!isa[1 + len] || isa[1 + len] == '_'))
			return true;
	return false;
}

static void check_hart(struct report *report)
{
	static const struct {
		const char *name, *with, *without;
	} extensions[] = {
		{ "svnapot", "gstage maps contiguous 64 KiB with one leaf",
		  "there are no leaves of 64 KiB" },
		{ "svvptc", "gstage needs no fence for new pages", "gstage fences new pages" },
		{ "svpbmt", "guests can use it", "guests do without it" },
		{ "svadu", "harts set the A and D bits in tables of guests",
		  "guests take a fault of their own to set A and D bits" },
		{ "svinval", "the kernel of a guest can use it", "guests do without it" },
		{ "sstc", "guests set their timers without an exit",
		  "each timer of a guest is an exit" },
		{ "ssaia", "guests can use the AIA", "guests have no AIA" },
	};
	char isa[4096], letters[64];
	size_t i;

	if (!host_isa(isa, sizeof(isa))) {
		tell(report, PROBLEM, "hart", "Run this on the RISC-V host.",
		     "/proc/cpuinfo has no RISC-V hart");
		return;
	}
	snprintf(letters, sizeof(letters), "%.*s", (int)strcspn(isa, "_"), isa);
	if (!strchr(letters, 'h'))
		tell(report, PROBLEM, "hart", "Use a machine with the H extension.",
		     "the harts do not have the hypervisor extension (H)");
	else
		tell(report, OK, "hart", NULL, "the harts have the hypervisor extension (H)");
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (has_extension(isa, extensions[i].name))
			tell(report, OK, extensions[i].name, NULL, "%s", extensions[i].with);
		else
			tell(report, OK, extensions[i].name, NULL, "the harts do not have it: %s",
			     extensions[i].without);
}

/* The kernels that gstage supports, and what their stock modules do wrong (docs/SECURITY.md). */
#define LOSES                                                                                      \
	"it loses the page tables of each VM that ends, and leaves pages mapped if the host "      \
	"withdraws a range that starts "
static const char after_hole[] = LOSES "where nothing is mapped";
static const char after_both[] = LOSES "where nothing is mapped or inside a huge page";
static const char unlogged[] = LOSES
	"where nothing is mapped or inside a huge page; while it logs dirty pages, a guest in huge "
	"pages cannot run on";
static const char after_leaf[] = LOSES
	"inside a huge page; while it logs dirty pages, stores can reach a file that was mapped "
	"privately";

static const struct kernel {
	const char *series, *defects;
} kernels[] = {
	{ "6.6", after_hole }, { "6.12", after_hole }, { "6.18", after_hole }, { "7.0", unlogged },
	{ "7.1", after_both }, { "7.2", after_leaf },  { "7.3", after_leaf },
};

/* The running kernel. Return: NULL if gstage was not tested with it. */
static const struct kernel *find_kernel(char *release, size_t size)
{
	if (!host_read_line("/proc/sys/kernel/osrelease", release, size))
		return NULL;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		size_t len = strlen(kernels[i].series);

		if (!strncmp(release, kernels[i].series, len) &&
		    !strchr("0123456789", release[len]))
			return &kernels[i];
	}
	return NULL;
}

static void check_kernel(struct report *report)
{
	char release[128] = "of an unknown version", all[128] = "";

	if (find_kernel(release, sizeof(release))) {
		tell(report, OK, "kernel", NULL, "%s: gstage supports it", release);
		return;
	}
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		strcat(all, i ? ", " : "Use one of these: ");
		strcat(all, kernels[i].series);
	}
	tell(report, NOTE, "kernel", all, "gstage was not tested with %s", release);
}

/* The stock module is loaded. */
static void check_stock(struct report *report)
{
	char release[128];
	const struct kernel *kernel = find_kernel(release, sizeof(release));

	tell(report, NOTE, "module", RELOAD_KVM,
	     "the stock module is loaded: all VMs have the widest format");
	if (kernel)
		tell(report, NOTE, "defects", RELOAD_KVM, "the stock module of %s: %s",
		     kernel->series, kernel->defects);
}

static void check_module(struct report *report)
{
	int fd = open(KVM_PATH, O_RDWR | O_CLOEXEC);
	char version[32], names[128];
	unsigned int mask;

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		tell(report, PROBLEM, "kvm", "Add yourself to its group (\"adduser USER kvm\").",
		     "no permission to open " KVM_PATH);
	else if (fd < 0)
		tell(report, PROBLEM, "kvm", LOAD_KVM, "there is no " KVM_PATH ": %s",
		     strerror(errno));
	if (fd < 0)
		return;
	close(fd);
	tell(report, OK, "kvm", NULL, KVM_PATH " can be used");
	mask = kvm_ask_mask();
	if (!mask) {
		check_stock(report);
		return;
	}
	if (!kvm_module_version(version, sizeof(version)))
		snprintf(version, sizeof(version), "of an unknown version");
	if (strcmp(version, GSTAGE_VERSION))
		tell(report, NOTE, "module", "Install the same version of both.",
		     "gstage %s is loaded, and this is the command of " GSTAGE_VERSION, version);
	else
		tell(report, OK, "module", NULL, "gstage %s is loaded", version);
	kvm_mode_names(mask, names, sizeof(names));
	tell(report, OK, "formats", NULL, "%s", names);
}

static void check_memory(struct report *report)
{
	long pages = read_number("/proc/sys/vm/nr_hugepages");

	switch (thp_anonymous()) {
	case THP_ALWAYS:
		tell(report, OK, "thp", NULL, "aligned memory gets huge pages");
		break;
	case THP_MADVISE:
		tell(report, OK, "thp", NULL,
		     "memory that asks gets huge pages; \"gstage exec\" and QEMU ask");
		break;
	case THP_NEVER:
		tell(report, PROBLEM, "thp", "echo madvise >" THP_DIR "/enabled",
		     "transparent huge pages are off: VMs get leaves of 4 KiB");
		break;
	case THP_UNKNOWN:
		tell(report, NOTE, "thp", "Use hugetlbfs for VMs.",
		     "the kernel has no transparent huge pages");
		break;
	}
	if (pages > 0)
		tell(report, OK, "hugetlbfs", NULL, "%ld pages are reserved for it", pages);
	else
		tell(report, OK, "hugetlbfs", NULL, "no pages are reserved for it");
	if (read_number("/sys/kernel/mm/ksm/run") == 1)
		tell(report, NOTE, "ksm", "echo 2 >/sys/kernel/mm/ksm/run",
		     "KSM shares small pages, and splits huge pages for that");
	else
		tell(report, OK, "ksm", NULL, "it does not run");
}

/* The cgroup of this shell, of the second version of cgroups: "0::/path". */
static void check_cgroup(struct report *report)
{
	char group[256], path[512], limit[32];

	if (!host_read_line("/proc/self/cgroup", group, sizeof(group)) || strncmp(group, "0::/", 4))
		return;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group + 3);
	if (!host_read_line(path, limit, sizeof(limit)) || !strcmp(limit, "max"))
		tell(report, OK, "cgroup", NULL, "the memory of this shell's cgroup has no limit");
	else
		tell(report, NOTE, "cgroup",
		     "Raise its memory.max, or start VMs in another cgroup.",
		     "this shell's cgroup may use %s bytes: VMs and their page tables count",
		     limit);
}

/* VMs of harts without a VMID bit, or with more VMs than VMIDs, lose translations. */
static void check_vmids(struct report *report)
{
	int bits = host_vmid_bits();

	if (bits < 0)
		tell(report, OK, "vmid", NULL,
		     "the number of VMID bits is not known: the kernel log has it, and only root may "
		     "read that");
	else if (!bits)
		tell(report, NOTE, "vmid", "Let harts run the vCPUs of one VM only.",
		     "the harts have no VMIDs: each change from one VM to another flushes the TLB");
	else
		tell(report, OK, "vmid", NULL, "%d bits: the TLB can hold translations of %d VMs",
		     bits, 1 << bits);
}

/* The program of a VMM: its version, and whether `gstage exec` aligns its memory. */
static void check_vmm(struct report *report, const struct vm *vm)
{
	char version[128], path[64];
	struct file_info file;
	const char *linked = NULL;

	snprintf(path, sizeof(path), "/proc/%d/exe", vm->process);
	if (file_examine(path, &file) || file.kind != FILE_PROGRAM)
		return;
	if (!vmm_version(vm->process, version, sizeof(version)))
		snprintf(version, sizeof(version), "of an unknown version");
	if (!file.interp[0])
		linked = "it is statically linked";
	else if (strstr(file.interp, "ld-musl"))
		linked = "it is linked with musl";
	if (linked)
		tell(report, NOTE, "vmm", "Use a build that is dynamically linked with glibc.",
		     "%d (%s), %s: \"gstage exec\" cannot align its memory, because %s",
		     vm->process, vm->program, version, linked);
	else if (vmm_is_aligned(vm->process))
		tell(report, OK, "vmm", NULL, "%d (%s), %s: \"gstage exec\" aligns its memory",
		     vm->process, vm->program, version);
	else
		tell(report, OK, "vmm", NULL, "%d (%s), %s: \"gstage exec\" can align its memory",
		     vm->process, vm->program, version);
}

/* VMs whose memory small leaves map, and their VMMs. Without root they are not known. */
static void check_vms(struct report *report)
{
	struct vm_summary *infos;
	char remedy[128];
	size_t count, i, j;

	if (geteuid() || !vms_module_is_ours() || vm_summaries(&infos, &count))
		return;
	for (i = 0; i < count; i++) {
		const struct vm *vm = &infos[i].vm;
		uint64_t mapped = stats_mapped(&infos[i].stats);
		uint64_t small = stats_number(&infos[i].stats, "leaves_4k") << 12;

		snprintf(remedy, sizeof(remedy), "\"gstage explain %d-%d\" says why.", vm->pid,
			 vm->fd);
		if (small * 2 > mapped)
			tell(report, NOTE, "vm", remedy,
			     "%d-%d (%s): leaves of 4 KiB map more than half of its memory",
			     vm->pid, vm->fd, vm_name(vm));
		else
			tell(report, OK, "vm", NULL, "%d-%d (%s): large leaves map its memory",
			     vm->pid, vm->fd, vm_name(vm));
		/* One line for all VMs of a process. */
		for (j = 0; j < i && infos[j].vm.process != vm->process; j++)
			;
		if (vm->process && j == i)
			check_vmm(report, vm);
	}
	free(infos);
}

int cmd_doctor(int argc, char **argv)
{
	struct report report = { 0 };
	struct table_args args = { 0 };
	int ret;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (!ret && !args.common.json)
		ret = table_open(&report.table, columns, sizeof(columns) / sizeof(columns[0]),
				 &args);
	if (ret)
		return ret;
	report.json = args.common.json;
	if (report.json)
		json_stream_begin(&report.stream, stdout, json_document(), "results");
	check_hart(&report);
	check_kernel(&report);
	check_module(&report);
	check_vmids(&report);
	check_memory(&report);
	check_cgroup(&report);
	check_vms(&report);
	if (report.json)
		json_stream_end(&report.stream, NULL);
	else
		table_print(report.table);
	ret = output_done();
	return ret || report.worst != PROBLEM ? ret : STATUS_VIOLATIONS;
}
