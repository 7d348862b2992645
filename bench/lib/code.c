// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "code.h"
#include "tap.h"

/* The offset in the control slot, after the guest program of tests/kvm. */
#define CODE (CONTROL_CODE_SIZE - SZ_4K)

void code_set(struct vcpu *vcpu, const char *begin, const char *end)
{
	u64 pc = CONTROL_GPA + CODE;
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |
		      KVM_REG_RISCV_CORE_REG(regs.pc),
		.addr = (uintptr_t)&pc,
	};

	memcpy(vcpu->vm->control + CODE, begin, end - begin);
	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg))
		bail("the pc cannot be set: %s", strerror(errno));
}

u64 code_ticks(struct vcpu *vcpu)
{
	u64 frequency = 0;
	struct kvm_one_reg reg = {
		.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_TIMER |
		      KVM_REG_RISCV_TIMER_REG(frequency),
		.addr = (uintptr_t)&frequency,
	};

	if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) || !frequency)
		bail("the counter's frequency cannot be read: %s", strerror(errno));
	return frequency;
}
