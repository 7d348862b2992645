// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

/* The longest time for a command of the guest, on the slowest machine. */
#define COMMAND_MS 30000

#define REG_ID(type, name)                                                                         \
	(KVM_REG_RISCV | KVM_REG_SIZE_U64 | (type) | (name) / sizeof(unsigned long))
#define CORE_REG(name) REG_ID(KVM_REG_RISCV_CORE, offsetof(struct kvm_riscv_core, name))
#define CSR_REG(name)                                                                              \
	REG_ID(KVM_REG_RISCV_CSR | KVM_REG_RISCV_CSR_GENERAL, offsetof(struct kvm_riscv_csr, name))

static size_t run_size;

static void set_reg(struct vcpu *vcpu, u64 id, u64 value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg))
		bail("KVM_SET_ONE_REG 0x%llx: %s", (unsigned long long)id, strerror(errno));
}

static u64 get_reg(struct vcpu *vcpu, u64 id)
{
	u64 value = 0;
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg))
		bail("KVM_GET_ONE_REG 0x%llx: %s", (unsigned long long)id, strerror(errno));
	return value;
}

static void kick(int sig)
{
	(void)sig;
}

struct vcpu *vcpu_new(struct vm *vm)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));
	u64 box = CONTROL_CODE_SIZE + vm->vcpus * BOX_STRIDE;
	struct sigaction action = { .sa_handler = kick };

	if (!vcpu || vm->vcpus == VCPUS_MAX)
		bail("no more vCPUs");
	sigaction(SIGUSR1, &action, NULL);
	if (!run_size)
		run_size = ioctl(host.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	vcpu->vm = vm;
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, vm->vcpus);
	if (vcpu->fd < 0)
		bail("KVM_CREATE_VCPU: %s", strerror(errno));
	fcntl(vcpu->fd, F_SETFD, FD_CLOEXEC);
	vcpu->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		bail("mmap of a vCPU: %s", strerror(errno));
	vcpu->box = (void *)(vm->control + box);
	vcpu->list = (void *)(vm->control + box + BOX_LIST);
	vcpu->first = (void *)(vm->control + box + BOX_FIRST);
	vcpu->last = (void *)(vm->control + box + BOX_LAST);
	vcpu->mmio_answer = MMIO_ANSWER;

	/* KVM creates all vCPUs but the first in the stopped state. */
	if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &state))
		bail("KVM_SET_MP_STATE: %s", strerror(errno));
	set_reg(vcpu, CORE_REG(regs.pc), CONTROL_GPA + GUEST_ENTRY);
	set_reg(vcpu, CORE_REG(regs.sp), CONTROL_GPA + box + BOX_STACK_TOP);
	set_reg(vcpu, CORE_REG(regs.a0), CONTROL_GPA + box);
	set_reg(vcpu, CSR_REG(stvec), CONTROL_GPA + GUEST_TRAP);
	set_reg(vcpu, CSR_REG(sscratch), CONTROL_GPA + box + offsetof(struct mailbox, trap_cause));
	vm->vcpu[vm->vcpus++] = vcpu;
	return vcpu;
}

void vcpu_free(struct vcpu *vcpu)
{
	munmap(vcpu->run, run_size);
	close(vcpu->fd);
	free(vcpu);
}

/* The host has no memory at this address: skip the instruction. */
static void skip_access(struct vcpu *vcpu)
{
	u64 pc = get_reg(vcpu, CORE_REG(regs.pc));
	uint16_t insn;

	if (pc < CONTROL_GPA || pc >= CONTROL_GPA + CONTROL_CODE_SIZE)
		bail("KVM_RUN: EFAULT with the guest's pc at 0x%llx", (unsigned long long)pc);
	memcpy(&insn, vcpu->vm->control + (pc - CONTROL_GPA), sizeof(insn));
	set_reg(vcpu, CORE_REG(regs.pc), pc + ((insn & 3) == 3 ? 4 : 2));
	vcpu->efaults++;
}

/* Return: whether it was the doorbell. */
static bool mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (run->mmio.is_write && run->mmio.phys_addr == DOORBELL_GPA)
		return true;
	if (run->mmio.is_write && run->mmio.phys_addr == TRAP_GPA) {
		if (vcpu->trapped) {
			vcpu->trapped(vcpu);
			vcpu->box->done = vcpu->box->seq;
			return true;
		}
		bail("the guest trapped: cause 0x%llx, pc 0x%llx, value 0x%llx",
		     (unsigned long long)vcpu->box->trap_cause,
		     (unsigned long long)vcpu->box->trap_pc,
		     (unsigned long long)vcpu->box->trap_value);
	}

	vcpu->mmio_addr = run->mmio.phys_addr;
	vcpu->mmio_len = run->mmio.len;
	if (run->mmio.is_write) {
		vcpu->mmio_data = 0;
		memcpy(&vcpu->mmio_data, run->mmio.data, run->mmio.len);
		vcpu->mmio_writes++;
	} else {
		memcpy(run->mmio.data, &vcpu->mmio_answer, run->mmio.len);
		vcpu->mmio_reads++;
	}
	return false;
}

/* Run the guest until it rings the doorbell, or until the thread must quit. */
static void run(struct vcpu *vcpu)
{
	while (!vcpu->quit) {
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			if (errno == EFAULT)
				skip_access(vcpu);
			else if (errno == ENOMEM && vcpu->no_memory)
				vcpu->no_memory(vcpu);
			else if (errno != EINTR && errno != EAGAIN)
				bail("KVM_RUN: %s", strerror(errno));
			continue;
		}
		switch (vcpu->run->exit_reason) {
		case KVM_EXIT_MMIO:
			if (mmio(vcpu))
				return;
			break;
		case KVM_EXIT_INTR:
			break;
		case KVM_EXIT_DIRTY_RING_FULL:
			if (!vcpu->ring_full)
				bail("a dirty ring is full");
			vcpu->ring_full(vcpu);
			break;
		default:
			bail("KVM_RUN ended with exit reason %u", vcpu->run->exit_reason);
		}
	}
}

static void *thread(void *arg)
{
	run(arg);
	return NULL;
}

void vcpu_start(struct vcpu *vcpu)
{
	vcpu->quit = false;
	vcpu->run->immediate_exit = 0;
	vcpu->threaded = true;
	if (pthread_create(&vcpu->thread, NULL, thread, vcpu))
		bail("no thread for a vCPU");
}

void vcpu_start_alone(struct vcpu *vcpu)
{
	long harts = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int v = 0;
	cpu_set_t set;

	while (vcpu->vm->vcpu[v] != vcpu)
		v++;
	vcpu_start(vcpu);
	if (harts < (long)v + 2)
		return;
	CPU_ZERO(&set);
	CPU_SET(harts - 1 - v, &set);
	pthread_setaffinity_np(vcpu->thread, sizeof(set), &set);
	keep_to(0);
}

void vcpu_stop(struct vcpu *vcpu)
{
	vcpu->quit = true;
	vcpu->run->immediate_exit = 1;
	pthread_kill(vcpu->thread, SIGUSR1);
	pthread_join(vcpu->thread, NULL);
	vcpu->threaded = false;
	vcpu->quit = false;
	vcpu->run->immediate_exit = 0;
}

void vcpu_post(struct vcpu *vcpu, u32 op)
{
	struct mailbox *box = vcpu->box;

	box->op = op;
	box->ring = !vcpu->threaded;
	box->gone = 0;
	box->stop = 0;
	box->passes = 0;
	box->passes_gone = 0;
	atomic_thread_fence(memory_order_seq_cst);
	box->seq++;
}

void vcpu_wait(struct vcpu *vcpu)
{
	struct mailbox *box = vcpu->box;

	if (!vcpu->threaded)
		run(vcpu);
	if (!wait_for(box->done == box->seq, COMMAND_MS))
		bail("%s: the guest did not finish command %u in %u ms", vcpu->vm->format->name,
		     box->op, COMMAND_MS);
	atomic_thread_fence(memory_order_seq_cst);
}

void vcpu_do(struct vcpu *vcpu, u32 op)
{
	vcpu_post(vcpu, op);
	vcpu_wait(vcpu);
}

void vcpu_halt(struct vcpu *vcpu)
{
	vcpu->box->stop = 1;
	vcpu_wait(vcpu);
}

u64 guest_load(struct vcpu *vcpu, u64 gpa)
{
	vcpu->box->addr = gpa;
	vcpu->box->width = 8;
	vcpu_do(vcpu, OP_LOAD);
	return vcpu->box->result;
}

void guest_store(struct vcpu *vcpu, u64 gpa, u64 value)
{
	vcpu->box->addr = gpa;
	vcpu->box->width = 8;
	vcpu->box->value = value;
	vcpu_do(vcpu, OP_STORE);
}

void guest_fill(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag)
{
	vcpu->box->addr = gpa;
	vcpu->box->stride = stride;
	vcpu->box->count = count;
	vcpu->box->tag = tag;
	vcpu_do(vcpu, OP_FILL);
}

u64 guest_check(struct vcpu *vcpu, u64 gpa, u64 stride, u64 count, u64 tag)
{
	struct mailbox *box = vcpu->box;

	box->addr = gpa;
	box->stride = stride;
	box->count = count;
	box->tag = tag;
	vcpu_do(vcpu, OP_CHECK);
	if (box->result)
		diag("%s: %llu of %llu places do not have stamp %llx; the first at 0x%llx: 0x%llx",
		     vcpu->vm->format->name, (unsigned long long)box->result,
		     (unsigned long long)count, (unsigned long long)tag,
		     (unsigned long long)box->bad_addr, (unsigned long long)box->bad_value);
	return box->result;
}

void guest_sfence(struct vcpu *vcpu)
{
	vcpu_do(vcpu, OP_SFENCE);
}

void vcpu_set_satp(struct vcpu *vcpu, u64 satp)
{
	set_reg(vcpu, CSR_REG(satp), satp);
}

void vcpu_set_pc(struct vcpu *vcpu, u64 pc)
{
	/* The last MMIO exit is completed first: that moves the pc, too. */
	vcpu->run->immediate_exit = 1;
	if (!ioctl(vcpu->fd, KVM_RUN, 0) || errno != EINTR)
		bail("KVM_RUN does not exit at once");
	vcpu->run->immediate_exit = 0;
	set_reg(vcpu, CORE_REG(regs.pc), pc);
}

int vcpu_prefault(struct vcpu *vcpu, u64 gpa, u64 size)
{
	struct kvm_pre_fault_memory range = { .gpa = gpa, .size = size };

	return ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, &range) ? errno : 0;
}

void vcpu_warm(struct vcpu *vcpu)
{
	guest_store(vcpu, CONTROL_GPA + ((char *)vcpu->list - vcpu->vm->control), 0);
	guest_load(vcpu, CONTROL_GPA);
	guest_fill(vcpu, CONTROL_GPA, 0, 0, 0);
	guest_check(vcpu, CONTROL_GPA, 0, 0, 0);
}
