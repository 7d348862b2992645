// SPDX-License-Identifier: GPL-2.0-only
#include "snippet.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

#define RUN_SIZE (3 * SZ_4K)

#define REG_ID(type) (KVM_REG_RISCV | KVM_REG_SIZE_U64 | (type))
#define CSR_ID(name)                                                                               \
	REG_ID(KVM_REG_RISCV_CSR | KVM_REG_RISCV_CSR_GENERAL | KVM_REG_RISCV_CSR_REG(name))

static u64 one_reg(const struct snippet *s, unsigned long request, u64 id, u64 value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(s->vcpu, request, &reg))
		bail("register 0x%llx: %s", (unsigned long long)id, strerror(errno));
	return value;
}

void snippet_begin(struct snippet *s)
{
	*s = (struct snippet){ .vm = vm_bare(), .vcpu = -1, .code = mem_map(SZ_4K, SMALL) };
	if (set_slot(s->vm, 0, 0, SNIPPET_GPA, SZ_4K, s->code))
		bail("no slot for the code");
}

void snippet_vcpu(struct snippet *s)
{
	s->vcpu = ioctl(s->vm, KVM_CREATE_VCPU, 0);
	if (s->vcpu < 0)
		bail("KVM_CREATE_VCPU: %s", strerror(errno));
	s->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->vcpu, 0);
	if (s->run == MAP_FAILED)
		bail("mmap of a vCPU: %s", strerror(errno));
}

void snippet_end(struct snippet *s)
{
	if (s->vcpu >= 0) {
		munmap(s->run, RUN_SIZE);
		close(s->vcpu);
	}
	close(s->vm);
	mem_unmap(s->code, SZ_4K);
}

void snippet_set(const struct snippet *s, unsigned int x, u64 value)
{
	one_reg(s, KVM_SET_ONE_REG, REG_ID(KVM_REG_RISCV_CORE) | x, value);
}

u64 snippet_get(const struct snippet *s, unsigned int x)
{
	return one_reg(s, KVM_GET_ONE_REG, REG_ID(KVM_REG_RISCV_CORE) | x, 0);
}

int snippet_run(struct snippet *s, const u32 *insns, unsigned int count)
{
	int ret;

	for (unsigned int i = 0; i < count; i++)
		((volatile u32 *)s->code)[i] = insns[i];
	((volatile u32 *)s->code)[count] = INSN_STORE_0;
	/* KVM's core register 0 is the pc. */
	snippet_set(s, 0, SNIPPET_GPA);
	one_reg(s, KVM_SET_ONE_REG, CSR_ID(stvec), SNIPPET_GPA + count * sizeof(u32));
	one_reg(s, KVM_SET_ONE_REG, CSR_ID(scause), 0);
	s->run->immediate_exit = 0;
	ret = ioctl(s->vcpu, KVM_RUN, 0) ? -errno : (int)s->run->exit_reason;
	/* Let KVM complete the exit. Otherwise the next run would not begin at its pc. */
	s->run->immediate_exit = 1;
	ioctl(s->vcpu, KVM_RUN, 0);
	return ret;
}

u64 snippet_cause(const struct snippet *s)
{
	return one_reg(s, KVM_GET_ONE_REG, CSR_ID(scause), 0);
}

long snippet_sbi(struct snippet *s, u64 ext, u64 function, const u64 *args, unsigned int count,
		 u64 *value)
{
	static const u32 insns[] = { INSN_ECALL };
	int exit;

	for (unsigned int i = 0; i < SBI_ARGS; i++)
		snippet_set(s, A0 + i, i < count ? args[i] : 0);
	snippet_set(s, A6, function);
	snippet_set(s, A7, ext);
	exit = snippet_run(s, insns, ARRAY_SIZE(insns));
	if (exit != KVM_EXIT_MMIO || snippet_cause(s))
		bail("an SBI call: exit %d", exit);
	if (value)
		*value = snippet_get(s, A1);
	return (long)snippet_get(s, A0);
}
