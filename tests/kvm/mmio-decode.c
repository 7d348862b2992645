// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores outside of memslots, with every instruction that a compiler uses. Each must be
 * one exit with the right address, size and data.
 *
 *	mmio-decode [disturbed [ROUNDS]]	disturbed: the host replaces the instruction's page meanwhile.
 *					With ROUNDS there is only this, with so many rounds of all
 *					instructions, in the widest format
 *
 * With the module's parameter test_no_htinst the test build ignores htinst, like a hart that does
 * not provide it. KVM must then read the instruction from the guest's memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define ROUNDS 400
/* The page is replaced at least once in so many rounds, */
#define ROUNDS_TAKEN 2
/* and at most so often while one instruction is executed, so that the guest comes on. */
#define TIMES_EACH 4

/* The instructions of lib/guest/decode.S, in the same order. */
static const struct insn {
	const char *name;
	int offset;
	u32 len;
	bool store, sign;
} insns[] = {
	{ "lb", 0, 1, false, true },
	{ "lbu", 1, 1, false, false },
	{ "lh", -2, 2, false, true },
	{ "lhu", 2, 2, false, false },
	{ "lw", 0, 4, false, true },
	{ "lwu", 2044, 4, false, false },
	{ "ld", -2048, 8, false, false },
	{ "sb", 3, 1, true, false },
	{ "sh", 6, 2, true, false },
	{ "sw", -4, 4, true, false },
	{ "sd", 8, 8, true, false },
	{ "c.lw", 4, 4, false, true },
	{ "c.ld", 8, 8, false, false },
	{ "c.sw", 124, 4, true, false },
	{ "c.sd", 248, 8, true, false },
	{ "c.lwsp", 12, 4, false, true },
	{ "c.ldsp", 504, 8, false, false },
	/*
	 * These two need an offset that is not 0. The stock decoder does not know them with an
	 * offset of 0 if it has to read the instruction itself.
	 */
	{ "c.swsp", 252, 4, true, false },
	{ "c.sdsp", 16, 8, true, false },
};

/* In the first value the sign bit of every byte is set, in the second it is not. */
static const u64 values[] = { 0x8182838485868788, 0x7172737475767778 };

static unsigned int zero_extended;

/*
 * Is @got the result of the instruction for this value? The decoder is that of the kernel. In
 * Linux 6.12 it does not sign-extend, which gstage does not change: this is only reported.
 */
static bool right(u64 got, u64 value, const struct insn *insn)
{
	unsigned int drop = 64 - 8 * insn->len;
	u64 plain = value << drop >> drop;
	u64 sign = (u64)((int64_t)(value << drop) >> drop);

	if (insn->sign && got == plain && plain != sign)
		zero_extended++;
	return got == plain || (insn->sign && got == sign);
}

static bool one(struct vcpu *vcpu, unsigned int i, u64 gpa, u64 value)
{
	const struct insn *insn = &insns[i];
	struct mailbox *box = vcpu->box;
	u64 reads = vcpu->mmio_reads, writes = vcpu->mmio_writes;

	vcpu->mmio_answer = value;
	box->count = i;
	box->addr = gpa;
	box->value = value;
	vcpu_do(vcpu, OP_DECODE);

	if (vcpu->mmio_addr == gpa + insn->offset && vcpu->mmio_len == insn->len &&
	    vcpu->mmio_reads == reads + !insn->store && vcpu->mmio_writes == writes + insn->store &&
	    right(insn->store ? vcpu->mmio_data : box->result, value, insn))
		return true;
	diag("%s at 0x%llx: exit at 0x%llx, %u bytes, stored 0x%llx, loaded 0x%llx", insn->name,
	     (unsigned long long)gpa, (unsigned long long)vcpu->mmio_addr, vcpu->mmio_len,
	     (unsigned long long)vcpu->mmio_data, (unsigned long long)box->result);
	return false;
}

/*
 * The guest's program is in a file twice. In a loop the host maps the other copy in place of the
 * one that the guest has, and then spoils that one. All zeros are no instruction, so who executes
 * or reads the old copy afterwards notices it. The format changes meanwhile, too.
 */
static struct {
	struct vm *vm;
	char *copies; /* of the program, in the file */
	u64 size;     /* of one copy */
	int file;
	atomic_bool over;
	atomic_ulong times;
	atomic_ulong allowed; /* the most that @times may be now */
	unsigned long formats;
} disturbance;

static char *copy(unsigned long n)
{
	return disturbance.copies + n % 2 * disturbance.size;
}

/* Let the guest have this copy. */
static void give(unsigned long n)
{
	if (mmap(disturbance.vm->control, disturbance.size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, disturbance.file, n % 2 * disturbance.size) == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
}

static void *disturb(void *unused)
{
	const struct vm *vm = disturbance.vm;

	while (!disturbance.over) {
		unsigned long n;

		if (disturbance.times >= disturbance.allowed) {
			usleep(10);
			continue;
		}
		n = ++disturbance.times;
		memcpy(copy(n), vm->control, disturbance.size);
		give(n);
		memset(copy(n + 1), 0, disturbance.size);
		if (n % 16 == 0 &&
		    !change_format(vm->fd, n % 32 ? host.widest->mode : vm->format->mode))
			disturbance.formats++;
	}
	return unused;
}

static void disturb_begin(struct vm *vm)
{
	disturbance.vm = vm;
	disturbance.size = (guest_program_end - guest_program + SZ_4K - 1) & ~(SZ_4K - 1);
	disturbance.over = false;
	disturbance.times = disturbance.allowed = disturbance.formats = 0;
	disturbance.file = memfd_create("program", MFD_CLOEXEC);
	if (disturbance.file < 0 || ftruncate(disturbance.file, 2 * disturbance.size))
		bail("memfd: %s", strerror(errno));
	disturbance.copies = mmap(NULL, 2 * disturbance.size, PROT_READ | PROT_WRITE, MAP_SHARED,
				  disturbance.file, 0);
	if (disturbance.copies == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	memcpy(copy(0), vm->control, disturbance.size);
	give(0);
}

static void disturb_end(void)
{
	munmap(disturbance.copies, 2 * disturbance.size);
	close(disturbance.file);
}

static void decode_disturbed(const struct format *f, struct vcpu *vcpu, unsigned int rounds)
{
	unsigned int n = 0;
	pthread_t thread;
	bool good = true;

	disturb_begin(vcpu->vm);
	pthread_create(&thread, NULL, disturb, NULL);
	for (; n < rounds || disturbance.times < rounds / ROUNDS_TAKEN; n++)
		for (unsigned int i = 0; i < ARRAY_SIZE(insns); i++) {
			disturbance.allowed = disturbance.times + TIMES_EACH;
			good &= one(vcpu, i, 0x20000000, values[n & 1]);
		}
	disturbance.over = true;
	pthread_join(thread, NULL);
	disturb_end();
	diag("%s: %lu instructions, their page was replaced %lu times, %lu changes of format",
	     f->name, n * ARRAY_SIZE(insns), (unsigned long)disturbance.times, disturbance.formats);
	ok(good, "%s: all instructions while the host replaces their page", f->name);
}

/* All instructions, at several addresses, while nobody disturbs them. */
static void decode_all(const struct format *f, struct vcpu *vcpu)
{
	u64 end = format_end(f);
	/* Far from any slot, below a slot, below the format's limit, and above it. */
	const u64 gpas[] = { 0x20000000, SZ_1G - 0x10000, end - 0x10000, end + 0x10000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(insns); i++) {
		bool good = true;

		for (unsigned int g = 0; g < ARRAY_SIZE(gpas); g++)
			for (unsigned int v = 0; v < ARRAY_SIZE(values); v++)
				good &= one(vcpu, i, gpas[g], values[v]);
		ok(good, "%s: %s", f->name, insns[i].name);
	}
}

static void decode(const struct format *f, bool disturbed, unsigned int rounds)
{
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	char *mem = mem_map(SZ_4K, SMALL);

	vm_slot(vm, 0, 0, SZ_1G, SZ_4K, mem);
	if (!rounds)
		decode_all(f, vcpu);
	if (disturbed)
		decode_disturbed(f, vcpu, rounds ?: ROUNDS);
	ok(vm_sound(vm), "%s: the tables are sound", f->name);
	vm_free(vm);
	mem_unmap(mem, SZ_4K);
}

int main(int argc, char **argv)
{
	bool disturbed = argc > 1 && !strcmp(argv[1], "disturbed");
	unsigned int rounds = argc > 2 ? atoi(argv[2]) : 0;
	const struct format *f;

	host_init(disturbed ? 110 : 60);
	if (rounds)
		decode(host.widest, true, rounds);
	else
		for_each_format(f)
			decode(f, disturbed, 0);
	if (zero_extended)
		diag("%u signed loads were not sign-extended by this kernel's decoder",
		     zero_extended);
	return done();
}
