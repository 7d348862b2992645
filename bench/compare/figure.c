// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "figure.h"
#include "tap.h"

void figure(const char *key, u64 size, const char *of, const char *unit, double value,
	    const char *label)
{
	printf("%s\t%llu\t%s\t%s\t%.6f\t%s\n", key, (unsigned long long)size, of, unit, value,
	       label);
}

double ms_since(u64 start_ns)
{
	return (now_ns() - start_ns) / 1e6;
}

u64 kvm_stat(const struct vm *vm, const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/%s", vm->tid, vm->fd, name);
	if (read_text(path, text, sizeof(text)))
		bail("%s cannot be read", path);
	return strtoull(text, NULL, 0);
}

unsigned long free_pages_settled(void)
{
	write_text("/proc/sys/vm/drop_caches", "3");
	usleep(100000);
	return host_free_pages();
}

struct vm *vm_with(void *mem, u64 size, unsigned int vcpus)
{
	struct vm *vm = vm_new(NULL);

	vm_slot(vm, SLOT, 0, SLOT_GPA, size, mem);
	for (unsigned int v = 0; v < vcpus; v++)
		vcpu_warm(vcpu_new(vm));
	return vm;
}

double close_ms(struct vm *vm)
{
	u64 start;
	double ms;

	for (unsigned int i = 0; i < vm->vcpus; i++)
		vcpu_free(vm->vcpu[i]);
	vm->vcpus = 0;
	start = now_ns();
	close(vm->fd);
	ms = ms_since(start);
	vm->fd = -1;
	vm_free(vm);
	return ms;
}

void touch_host(char *mem, u64 size, u64 stride)
{
	for (u64 at = 0; at < size; at += stride)
		*(volatile u64 *)(mem + at) = at;
}
