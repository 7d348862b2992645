// SPDX-License-Identifier: GPL-2.0-only
/*
 * SBI calls whose arguments some stock module does not check (kvm/compat/fixes-*.c). A guest names
 * PMU counters that do not exist, sets the same area for snapshots many times, sets an area that
 * cannot be written, and fences the last addresses. The host has Sscofpmf, so guests have a PMU.
 *
 * On a stock module the test only makes calls that do not harm the host after the test.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "snippet.h"
#include "stock.h"
#include "tap.h"

#define EXT_PMU 0x504d55

enum {
	PMU_NUM_COUNTERS,
	PMU_GET_INFO,
	PMU_CFG_MATCH,
	PMU_START,
	PMU_STOP,
	PMU_FW_READ,
	PMU_SET_SHMEM = 7,
};

#define SBI_NOT_SUPPORTED -2
#define SBI_INVALID_PARAM -3

/* A firmware event, and a hardware event whose number is not that of a firmware event. */
#define EVENT_FW        0xf0000
#define EVENT_DTLB_MISS 0x10019
#define SKIP_MATCH      1

#define CSR_CYCLE 0xc00
#define MARK      0x6d61726b

#define AREA_GPA 0x90000000UL
#define HOLE_GPA 0xa0000000UL
#define CALLS    4000

static struct snippet s;

/* Let the guest make an SBI call. Return: the SBI error. */
static long sbi(u64 ext, u64 function, u64 a0, u64 a1, u64 a2, u64 a3, u64 *value)
{
	const u64 args[] = { a0, a1, a2, a3 };

	return snippet_sbi(&s, ext, function, args, ARRAY_SIZE(args), value);
}

static bool refused(const char *what, u64 function, u64 a0, u64 a1, u64 a2, u64 a3)
{
	u64 value;
	long err = sbi(EXT_PMU, function, a0, a1, a2, a3, &value);

	if (err != SBI_INVALID_PARAM)
		diag("%s: error %ld, value 0x%llx", what, err, (unsigned long long)value);
	return err == SBI_INVALID_PARAM;
}

static void counters(void)
{
	u64 count, hw = 0;
	bool good;

	if (sbi(EXT_PMU, PMU_NUM_COUNTERS, 0, 0, 0, 0, &count))
		bail("the guest has no PMU");
	while (hw < count) {
		u64 info;

		/*
		 * Bit 63 is set for a firmware counter. Number 1 is the time, which is no counter.
		 */
		if (hw != 1 && (sbi(EXT_PMU, PMU_GET_INFO, hw, 0, 0, 0, &info) || info >> 63))
			break;
		hw++;
	}
	diag("%llu counters, %llu of hardware", (unsigned long long)count, (unsigned long long)hw);
	ok(count > hw && hw > 1, "the guest has hardware counters and firmware counters");

	good = refused("the 65th counter", PMU_GET_INFO, 64, 0, 0, 0);
	ok(good == !(!host.gstage && stock()->pmu_65th), "info of the 65th counter is %s",
	   good ? "refused" : "given");
	if (!host.gstage && stock()->pmu_unchecked)
		return;
	ok(refused("info", PMU_GET_INFO, ~0ULL, 0, 0, 0), "info of the counter -1 is refused");
	ok(refused("start", PMU_START, ~0ULL, 3, 0, 0) &&
		   refused("stop", PMU_STOP, ~0ULL, 3, 0, 0) &&
		   refused("match", PMU_CFG_MATCH, ~0ULL, 3, 0, EVENT_FW) &&
		   refused("start", PMU_START, ~0ULL - 62, ~0ULL, 0, 0) &&
		   refused("start", PMU_START, count, 1, 0, 0),
	   "start, stop and match of counters that do not exist are refused");
	ok(refused("read", PMU_FW_READ, count - 1, 0, 0, 0) &&
		   refused("read", PMU_FW_READ, hw, 0, 0, 0) &&
		   refused("read", PMU_FW_READ, count, 0, 0, 0) &&
		   refused("read", PMU_FW_READ, ~0ULL, 0, 0, 0),
	   "reads of firmware counters without an event are refused");
	if (hw < 32) {
		const u32 insn = (u32)(CSR_CYCLE + hw) << 20 | 0x2573; /* csrr a0, ... */

		/*
		 * It traps. Do not check where the trap goes, because stock 6.12 gets that wrong.
		 */
		snippet_set(&s, A0, MARK);
		snippet_run(&s, &insn, 1);
		ok(snippet_get(&s, A0) == MARK,
		   "a read of such a counter through its CSR does not return a value");
	}
	ok(!sbi(EXT_PMU, PMU_CFG_MATCH, hw, 1, 0, EVENT_FW, NULL) &&
		   !sbi(EXT_PMU, PMU_START, hw, 1, 0, 0, NULL) &&
		   !sbi(EXT_PMU, PMU_FW_READ, hw, 0, 0, 0, NULL) &&
		   !sbi(EXT_PMU, PMU_STOP, hw, 1, 0, 0, NULL),
	   "a firmware counter with an event can be read");
	/* The stock modules of 7.x print a warning for the following. */
	if (!host.gstage)
		return;
	/* With SKIP_MATCH, KVM takes the guest's word for the event of a counter that is in use. */
	good = !sbi(EXT_PMU, PMU_CFG_MATCH, hw, 1, SKIP_MATCH, EVENT_DTLB_MISS, NULL);
	ok(good && refused("read", PMU_FW_READ, hw, 0, 0, 0),
	   "a read of a firmware counter with a hardware event is refused");
}

/* Let the guest set the area for snapshots @calls times, without an exit to user space. */
static void name_area(u64 gpa, unsigned int calls)
{
	static const u32 insns[] = {
		0x00090513,             /* again: mv a0, s2 */
		0x00000593,             /* li a1, 0 */
		INSN_ECALL, 0xfff98993, /* addi s3, s3, -1 */
		0xfe0998e3,             /* bnez s3, again */
	};

	snippet_set(&s, S2, gpa);
	snippet_set(&s, S3, calls);
	snippet_set(&s, A2, 0);
	snippet_set(&s, A6, PMU_SET_SHMEM);
	snippet_set(&s, A7, EXT_PMU);
	if (snippet_run(&s, insns, ARRAY_SIZE(insns)) != KVM_EXIT_MMIO || snippet_get(&s, S3) ||
	    snippet_get(&s, A0))
		bail("the area for snapshots is refused");
}

static void snapshots(void)
{
	void *area = mem_map(SZ_4K, SMALL);
	void *hole = mem_map(SZ_4K, SMALL);
	unsigned long before;
	bool leaks = !host.gstage && stock()->pmu_leak;
	long lost;

	if (sbi(EXT_PMU, PMU_SET_SHMEM, ~0ULL, ~0ULL, 0, 0, NULL) == SBI_NOT_SUPPORTED) {
		diag("not tested: KVM has no areas for snapshots before Linux 6.10");
		return;
	}
	if (set_slot(s.vm, 1, 0, AREA_GPA, SZ_4K, area) ||
	    set_slot(s.vm, 2, 0, HOLE_GPA, SZ_4K, hole))
		bail("no slots");
	/* From now on KVM cannot write the memory of HOLE_GPA. */
	mprotect(hole, SZ_4K, PROT_NONE);
	name_area(AREA_GPA, 100);
	before = host_free_pages();
	name_area(AREA_GPA, CALLS);
	lost = before - host_free_pages();
	ok(leaks ? lost > CALLS * 3 / 4 : lost < CALLS / 4,
	   "an area for snapshots is set %u times: the host loses %s (%ld pages)", CALLS,
	   leaks ? "a page each time" : "nothing", lost);
	if (!host.gstage)
		return;
	for (unsigned int i = 0; i < 100; i++) {
		long err = sbi(EXT_PMU, PMU_SET_SHMEM, HOLE_GPA, 0, 0, 0, NULL);

		if (!err || sbi(EXT_PMU, PMU_SET_SHMEM, ~0ULL, ~0ULL, 0, 0, NULL))
			bail("round %u: error %ld for an area without memory", i, err);
		name_area(AREA_GPA, 2);
		if (!sbi(EXT_PMU, PMU_SET_SHMEM, HOLE_GPA, 0, 0, 0, NULL) ||
		    !sbi(EXT_PMU, PMU_SET_SHMEM, AREA_GPA, 1, 0, 0, NULL) ||
		    !sbi(EXT_PMU, PMU_SET_SHMEM, AREA_GPA, 0, 1, 0, NULL))
			bail("an impossible area is not refused");
	}
	ok(true, "an area without memory is refused, and the old area stays in use");
	mem_unmap(area, SZ_4K);
	mem_unmap(hole, SZ_4K);
}

/* Ranges that end in the last page of the address space, or wrap around. */
static void fences(void)
{
	static const struct {
		u64 start, size;
	} ranges[] = {
		{ -4096, 4095 }, { -4096, 4096 }, { -4096, 1 }, { -8192, 8191 },
		{ -1, 1 },       { -4096, 8192 }, { -1, -1 },   { -4097, 4096 },
		{ 0, -4095 },    { 0, -2 },       { 0, 0 },     { 4096, 4096 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++)
		for (u64 function = RFENCE_SFENCE_VMA; function <= RFENCE_SFENCE_VMA_ASID;
		     function++)
			if (sbi(SBI_EXT_RFENCE, function, 1, 0, ranges[i].start, ranges[i].size,
				NULL) ||
			    snippet_get(&s, A2) != ranges[i].start ||
			    snippet_get(&s, A3) != ranges[i].size)
				bail("range %u: refused, or a register has changed", i);
	ok(true, "each fence of the last addresses ends");
}

int main(void)
{
	host_init(60);
	snippet_begin(&s);
	snippet_vcpu(&s);
	counters();
	snapshots();
	/* The stock modules of 6.12 and 7.2 never return from such a fence. */
	if (host.gstage)
		fences();
	snippet_end(&s);
	return done();
}
