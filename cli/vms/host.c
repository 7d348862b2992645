// SPDX-License-Identifier: GPL-2.0-only
/* Ask /dev/kvm which formats the host has, and explain errors. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "formats.h"
#include "output/output.h"
#include "vms/host.h"

bool host_read_line(const char *path, char *buf, size_t size)
{
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len <= 0)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

bool host_isa(char *buf, size_t size)
{
	char *isa;
	ssize_t len;
	int fd;

	/* Look at the first hart only: KVM needs H on all harts. */
	fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len <= 0)
		return false;
	buf[len] = '\0';

	isa = strstr(buf, "\nisa\t");
	isa = isa ? strstr(isa, ": rv") : NULL;
	if (!isa)
		return false;
	isa += strlen(": rv");
	isa[strcspn(isa, "\n")] = '\0';
	memmove(buf, isa, strlen(isa) + 1);
	return true;
}

int host_vmid_bits(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), bits = -1;
	const char *found;
	char record[8192];
	ssize_t len;

	if (fd < 0)
		return -1;
	/* A read() returns one record. EPIPE: records were overwritten meanwhile. */
	while ((len = read(fd, record, sizeof(record) - 1)) > 0 || (len < 0 && errno == EPIPE)) {
		record[len > 0 ? len : 0] = '\0';
		found = strstr(record, ": VMID ");
		/* The last one counts: KVM may have been loaded several times. */
		if (found)
			sscanf(found, ": VMID %d bits available", &bits);
	}
	close(fd);
	return bits;
}

/*
 * Does this host have the hypervisor extension? The kernel prints the single-letter extensions
 * before the first underscore: "isa : rv64imafdch_zicsr".
 * Return: 1, 0, or -1 if /proc/cpuinfo does not tell.
 */
static int host_has_h(void)
{
	char isa[4096];

	if (!host_isa(isa, sizeof(isa)))
		return -1;
	isa[strcspn(isa, "_")] = '\0';
	return strchr(isa, 'h') != NULL;
}

static int fail_open(int status, int err)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		/* ENODEV: the device node exists, but no module serves it. */
		if (host_has_h() == 0)
			return fail(status, "no-h-extension",
				    "Use a machine with the H extension; an "
				    "emulated one is enough.",
				    "no " KVM_PATH ": this machine does not have "
				    "the hypervisor extension (H)");
		return fail(status, "no-kvm",
			    LOAD_KVM " If that fails, see \"dmesg\"; the usual cause is a machine "
				     "without the hypervisor extension (H).",
			    "no " KVM_PATH ": the KVM module is not loaded (%s)", strerror(err));
	case EACCES:
	case EPERM:
		return fail(status, "no-permission",
			    "Add yourself to the group that owns it (\"adduser "
			    "USER kvm\", then log in again), or run this as root.",
			    "no permission to open " KVM_PATH " (%s)", strerror(err));
	default:
		return fail(status, "kvm-open", NULL, "cannot open " KVM_PATH ": %s",
			    strerror(err));
	}
}

int kvm_host_mask(int status, unsigned int *mask)
{
	int fd, ret, err;

	fd = open(KVM_PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail_open(status, errno);

	ret = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_RISCV_SET_HGATP_MODE);
	err = errno;
	close(fd);

	if (ret < 0)
		return fail(status, "not-kvm",
			    "Check that " KVM_PATH " is KVM's device (character, "
			    "10, 232).",
			    KVM_PATH " is not KVM: KVM_CHECK_EXTENSION fails: %s", strerror(err));

	/* Without a known format, this number is another capability of some other module. */
	if (!((unsigned int)ret & formats_known()))
		return fail(status, "stock-module", RELOAD_KVM,
			    "the KVM module in use is not gstage's: it cannot "
			    "choose a VM's page-table format");
	*mask = ret;
	return 0;
}

unsigned int kvm_ask_mask(void)
{
	int fd = open(KVM_PATH, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return 0;
	ret = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_RISCV_SET_HGATP_MODE);
	close(fd);
	return ret > 0 && (unsigned int)ret & formats_known() ? ret : 0;
}

bool kvm_policy(char *buf, size_t size)
{
	return host_read_line(POLICY_PATH, buf, size);
}

bool kvm_module_version(char *buf, size_t size)
{
	return host_read_line(VERSION_PATH, buf, size);
}

void kvm_mode_names(unsigned int mask, char *buf, size_t size)
{
	const struct format *f;
	size_t len = 0;

	buf[0] = '\0';
	for (f = formats; f->name; f++) {
		if (!(mask & (1U << f->mode)) || len >= size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", f->name);
	}
}
