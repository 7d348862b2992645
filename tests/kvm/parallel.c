// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of four vCPUs run in parallel, without the exclusive mmu_lock. Each vCPU first has a part
 * of the memory for itself; then the vCPUs take pages in turn, so that all change the same tables.
 * At last the host unmaps, protects, ages and logs pages and changes the format meanwhile.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "age.h"
#include "guest/soak.h"
#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define VCPUS 4
#define SIZE  (2 * SZ_2M)
#define PAGES (SIZE / SZ_4K)
#define GPA   SZ_1G

static struct vm *vm;
static char *mem;
static const char *name;

/*
 * Each vCPU fills or checks a quarter of the pages: every fourth page if @interleaved, else a
 * contiguous part. Return: the number of wrong pages.
 */
static u64 all(u32 op, bool interleaved, u64 tag)
{
	u64 bad = 0;

	for (unsigned int v = 0; v < VCPUS; v++) {
		struct mailbox *box = vm->vcpu[v]->box;

		box->stride = interleaved ? VCPUS * SZ_4K : SZ_4K;
		box->count = PAGES / VCPUS;
		box->addr = GPA + (interleaved ? v * SZ_4K : v * (SIZE / VCPUS));
		box->tag = tag;
		vcpu_post(vm->vcpu[v], op);
	}
	for (unsigned int v = 0; v < VCPUS; v++) {
		vcpu_wait(vm->vcpu[v]);
		if (op == OP_CHECK)
			bad += vm->vcpu[v]->box->result;
	}
	return bad;
}

static u64 host_bad(u64 tag)
{
	u64 bad = 0;

	for (u64 at = 0; at < SIZE; at += SZ_4K)
		bad += *(u64 *)(mem + at) != stamp(tag, GPA + at);
	return bad;
}

static void touch(bool interleaved, u64 tag)
{
	const char *how = interleaved ? "pages in turn" : "a part each";
	u64 exclusive = vm_stat(vm, "faults_exclusive"), faults = vm_stat(vm, "faults");

	madvise(mem, SIZE, MADV_DONTNEED);
	all(OP_FILL, interleaved, tag);
	faults = vm_stat(vm, "faults") - faults;
	ok(faults >= PAGES && vm_stat(vm, "faults_exclusive") == exclusive,
	   "%s: %u vCPUs use fresh memory, %s: no fault takes mmu_lock exclusively", name, VCPUS,
	   how);
	diag("%llu faults for %lu pages, %llu of them exclusive", (unsigned long long)faults, PAGES,
	     (unsigned long long)(vm_stat(vm, "faults_exclusive") - exclusive));
	ok(vm_stat(vm, "leaves_4k") >= PAGES && !all(OP_CHECK, !interleaved, tag) && !host_bad(tag),
	   "%s: %s: every page is mapped and has its data", name, how);
	ok(vm_sound(vm), "%s: %s: the tables are sound", name, how);
}

/*
 * All vCPUs work on the same pages. Each vCPU has a word of its own in each page. There are three
 * parts: pages that stay, pages that the host drops, and pages with dirty logging.
 */
#define PARTS      3
#define PART_PAGES 128
#define PART_SIZE  (PART_PAGES * SZ_4K)

static u64 part_gpa(unsigned int part)
{
	return 2 * SZ_1G + part * SZ_2M;
}

static void disturb(char *const part[], unsigned int turn)
{
	static u64 log[PART_PAGES / 64];
	struct kvm_dirty_log dirty = { .slot = 3, .dirty_bitmap = log };
	size_t at = rnd() % (PART_PAGES - 16) * SZ_4K, size = (1 + rnd() % 16) * SZ_4K;
	const struct format *f = next_format(NULL);

	madvise(part[1] + at, size, MADV_DONTNEED);
	mprotect(part[0] + at, size, PROT_READ | PROT_WRITE | PROT_EXEC);
	mprotect(part[0] + at, size, PROT_READ | PROT_WRITE);
	madvise(part[rnd() % PARTS] + at, size, MADV_COLD);
	/* Logging is on in every other period of eight turns. */
	if (turn % 16 == 12 && ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	if (turn % 8 == 0)
		vm_slot(vm, 3, turn % 16 ? KVM_MEM_LOG_DIRTY_PAGES : 0, part_gpa(2), PART_SIZE,
			part[2]);
	for (u64 n = rnd() % 3; turn % 16 == 0 && n; n--)
		f = next_format(f) ?: next_format(NULL);
	if (turn % 16 == 0 && change_format(vm->fd, f->mode))
		bail("cannot change the format to %s", f->name);
}

static void together(void)
{
	size_t size[PARTS] = { PART_SIZE, PART_SIZE, PART_SIZE };
	char *part[PARTS];
	u64 tables = vm_stat(vm, "tables"), leaves = vm_leaves(vm), aged, wrong = 0;
	struct soak *s;

	for (unsigned int p = 0; p < PARTS; p++) {
		part[p] = mem_map(PART_SIZE, SMALL);
		memset(part[p], 0, PART_SIZE);
		vm_slot(vm, 1 + p, p == 2 ? KVM_MEM_LOG_DIRTY_PAGES : 0, part_gpa(p), PART_SIZE,
			part[p]);
	}
	for (unsigned int v = 0; v < VCPUS; v++) {
		struct vcpu *vcpu = vm->vcpu[v];

		s = (void *)((char *)vcpu->box + BOX_SOAK);
		*s = (struct soak){
			.steady = PART_PAGES, .fickle = PART_PAGES, .logged = PART_PAGES, .word = v
		};
		for (unsigned int i = 0; i < PARTS * PART_PAGES; i++)
			vcpu->list[i] = part_gpa(i / PART_PAGES) + i % PART_PAGES * SZ_4K;
		vcpu_post(vcpu, OP_SOAK);
	}
	age_start((void *const *)part, size, PARTS);
	for (unsigned int turn = 0; turn < 40; turn++)
		disturb(part, turn);
	aged = age_stop();
	for (unsigned int v = 0; v < VCPUS; v++) {
		struct mailbox *box = vm->vcpu[v]->box;
		u64 pass = box->passes;

		s = (void *)((char *)box + BOX_SOAK);
		/* Two more passes check everything that the host has changed. */
		if (!wait_for(box->passes >= pass + 2, 60000))
			bail("vCPU %u makes no progress", v);
		vcpu_halt(vm->vcpu[v]);
		wrong += s->wrong;
		if (s->wrong)
			diag("vCPU %u: %llu wrong values; the first at 0x%llx: 0x%llx, expected 0x%llx",
			     v, (unsigned long long)s->wrong, (unsigned long long)s->bad_addr,
			     (unsigned long long)s->bad_value, (unsigned long long)s->bad_expected);
	}
	diag("%llu faults, %llu exclusive, %llu retries, %llu changes of format, %llu agings",
	     (unsigned long long)vm_stat(vm, "faults"),
	     (unsigned long long)vm_stat(vm, "faults_exclusive"),
	     (unsigned long long)vm_stat(vm, "retries"),
	     (unsigned long long)vm_stat(vm, "reformats"), (unsigned long long)aged);
	ok(!wrong && vm_sound(vm),
	   "%u vCPUs use the same pages, which the host drops, protects, ages and logs: no value is "
	   "wrong",
	   VCPUS);
	ok(!vm_stat(vm, "faults_exclusive"),
	   "%u vCPUs use the same pages: no fault takes mmu_lock exclusively", VCPUS);
	for (unsigned int p = 0; p < PARTS; p++) {
		vm_slot(vm, 1 + p, 0, part_gpa(p), 0, part[p]);
		mem_unmap(part[p], PART_SIZE);
	}
	change_format(vm->fd, vm->format->mode);
	ok(vm_stat(vm, "tables") == tables && vm_leaves(vm) <= leaves + VCPUS * 112,
	   "when these pages are deleted, the VM has as many tables as before: %llu",
	   (unsigned long long)tables);
}

int main(void)
{
	const struct format *f;

	host_init(150);
	for_each_format(f) {
		vm = vm_new(f);
		name = f->name;
		mem = mem_map(SIZE, SMALL);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
		for (unsigned int v = 0; v < VCPUS; v++) {
			struct vcpu *vcpu = vcpu_new(vm);

			/* From here on the mailbox and the program are mapped. */
			guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
			vcpu_start(vcpu);
		}
		touch(false, 1);
		touch(true, 2);
		if (f == host.widest)
			together();
		for (unsigned int v = 0; v < VCPUS; v++)
			vcpu_stop(vm->vcpu[v]);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
