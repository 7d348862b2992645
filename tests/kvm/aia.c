// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's own AIA device, on a host with AIA. A vCPU has no interrupt file if it is created after
 * the AIA was initialized. The addresses of interrupt files must be in the VM's format.
 *
 * On a stock module that oopses for a vCPU without a file, the test shows one such oops.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "snippet.h"
#include "stock.h"
#include "tap.h"

#define VCPUS      2
#define EIDELIVERY 0x70

/* The guest's code: one store to a gpa without memory. */
static u32 *code;

static int set_attr(int aia, unsigned long request, u32 group, u64 attr, void *value)
{
	return device_attr(aia, request, 0, group, attr, value);
}

static int set_config(int aia, u64 what, u32 value)
{
	return set_attr(aia, KVM_SET_DEVICE_ATTR, KVM_DEV_RISCV_AIA_GRP_CONFIG, what, &value);
}

static int init(int aia)
{
	return set_attr(aia, KVM_SET_DEVICE_ATTR, KVM_DEV_RISCV_AIA_GRP_CTRL,
			KVM_DEV_RISCV_AIA_CTRL_INIT, NULL);
}

static int create(int vm, u32 mode)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_RISCV_AIA };

	if (ioctl(vm, KVM_CREATE_DEVICE, &device) ||
	    set_config(device.fd, KVM_DEV_RISCV_AIA_CONFIG_MODE, mode))
		bail("no AIA, or no guest interrupt files: %s", strerror(errno));
	return device.fd;
}

/* Create a VM, initialize its AIA, and only then create its vCPU. Return: the fd of the AIA. */
static int early(struct snippet *s, u32 mode)
{
	int aia;

	snippet_begin(s);
	aia = create(s->vm, mode);
	if (init(aia))
		bail("the AIA of a VM without vCPUs is refused");
	snippet_vcpu(s);
	return aia;
}

static bool runs(u32 mode)
{
	struct snippet s;
	int aia = early(&s, mode);
	bool good = snippet_run(&s, NULL, 0) == KVM_EXIT_MMIO;

	close(aia);
	snippet_end(&s);
	return good;
}

static bool runs_auto(void)
{
	return runs(KVM_DEV_RISCV_AIA_MODE_AUTO);
}

static bool runs_hwaccel(void)
{
	return runs(KVM_DEV_RISCV_AIA_MODE_HWACCEL);
}

static bool attribute(unsigned long request)
{
	struct snippet s;
	int aia = early(&s, KVM_DEV_RISCV_AIA_MODE_AUTO);
	u64 value = 1;
	bool good = is(set_attr(aia, request, KVM_DEV_RISCV_AIA_GRP_IMSIC,
				KVM_DEV_RISCV_AIA_IMSIC_MKATTR(0, EIDELIVERY), &value),
		       ENODEV) &&
		    is(set_attr(aia, request, KVM_DEV_RISCV_AIA_GRP_IMSIC,
				KVM_DEV_RISCV_AIA_IMSIC_MKATTR(1, EIDELIVERY), &value),
		       ENODEV);

	close(aia);
	snippet_end(&s);
	return good;
}

static bool attribute_set(void)
{
	return attribute(KVM_SET_DEVICE_ATTR);
}

static bool attribute_get(void)
{
	return attribute(KVM_GET_DEVICE_ATTR);
}

static bool attribute_has(void)
{
	return attribute(KVM_HAS_DEVICE_ATTR);
}

/* Does an access to a register of the interrupt file end KVM_RUN with KVM_EXIT_RISCV_CSR? */
static bool emulated(const u32 *insns, unsigned int count, unsigned long csr)
{
	struct snippet s;
	int aia = early(&s, KVM_DEV_RISCV_AIA_MODE_EMUL);
	bool good;

	good = snippet_run(&s, insns, count) == KVM_EXIT_RISCV_CSR &&
	       s.run->riscv_csr.csr_num == csr;
	if (!good)
		diag("exit %u, scause %llu", s.run->exit_reason,
		     (unsigned long long)snippet_cause(&s));
	close(aia);
	snippet_end(&s);
	return good;
}

static bool topei(void)
{
	static const u32 insns[] = { 0x15c02573 /* csrr a0, stopei */ };

	return emulated(insns, ARRAY_SIZE(insns), 0x15c);
}

static bool ireg(void)
{
	static const u32 insns[] = {
		0x07000513, /* li a0, 0x70 */
		0x15051073, /* csrw siselect, a0 */
		0x15102573, /* csrr a0, sireg */
	};

	return emulated(insns, ARRAY_SIZE(insns), 0x151);
}

static const struct {
	const char *what;
	bool (*good)(void);
} cases[] = {
	{ "KVM_RUN", runs_auto },
	{ "KVM_RUN in mode HWACCEL", runs_hwaccel },
	{ "KVM_SET_DEVICE_ATTR", attribute_set },
	{ "KVM_GET_DEVICE_ATTR", attribute_get },
	{ "KVM_HAS_DEVICE_ATTR", attribute_has },
	{ "the guest reads stopei", topei },
	{ "the guest reads sireg", ireg },
};

static void no_file(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
		ok(cases[i].good(), "a vCPU without an interrupt file: %s", cases[i].what);
}

/* Run @good in a child. Return: does the host's kernel kill the child? */
static bool killed(bool (*good)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(!good());
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status);
}

/*
 * Several cases oops the stock kernel. Only one of them is run there. That of the ioctl is better,
 * because it holds no lock when it oopses.
 */
static void stock_module(void)
{
	if (stock()->aia_oops)
		ok(killed(attribute_has),
		   "a vCPU without an interrupt file: KVM_HAS_DEVICE_ATTR: the host's kernel oopses");
	else if (stock()->aia_run_oops)
		ok(killed(runs_auto),
		   "a vCPU without an interrupt file: KVM_RUN: the host's kernel oopses");
	else
		no_file();
}

/* struct two - a VM with two vCPUs, whose interrupt files are in the two pages below an end */
struct two {
	int vm, aia, vcpu[VCPUS];
};

static u64 file_addr(u64 end, unsigned int i)
{
	return end - (VCPUS - i) * SZ_4K;
}

static int set_addr(const struct two *two, unsigned int i, u64 addr)
{
	return set_attr(two->aia, KVM_SET_DEVICE_ATTR, KVM_DEV_RISCV_AIA_GRP_ADDR,
			KVM_DEV_RISCV_AIA_ADDR_IMSIC(i), &addr);
}

/*
 * Create a VM that starts in the format @from. It may grow if @grow is set. The files end at @end.
 */
static struct two two_new(const struct format *from, bool grow, u32 mode, u64 end)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct two two = { .vm = vm_bare() };

	if (grow ? grow_from(two.vm, from->mode) : set_mode(two.vm, from->mode))
		bail("no %s", from->name);
	if (set_slot(two.vm, 0, 0, SNIPPET_GPA, SZ_4K, code))
		bail("no slot");
	two.aia = create(two.vm, mode);
	for (unsigned int i = 0; i < VCPUS; i++) {
		two.vcpu[i] = ioctl(two.vm, KVM_CREATE_VCPU, i);
		if (two.vcpu[i] < 0)
			bail("KVM_CREATE_VCPU: %s", strerror(errno));
		if (ioctl(two.vcpu[i], KVM_SET_MP_STATE, &runnable))
			bail("KVM_SET_MP_STATE: %s", strerror(errno));
	}
	if (set_config(two.aia, KVM_DEV_RISCV_AIA_CONFIG_HART_BITS, 1))
		bail("hart bits");
	for (unsigned int i = 0; i < VCPUS; i++)
		if (set_addr(&two, i, file_addr(end, i)))
			bail("the address of an interrupt file is refused");
	return two;
}

static void two_end(struct two *two)
{
	for (unsigned int i = 0; i < VCPUS; i++)
		close(two->vcpu[i]);
	close(two->aia);
	close(two->vm);
}

/*
 * Run each vCPU once. Are the interrupt files and the page of code then the only leaves of the VM?
 */
static bool two_run(const struct two *two)
{
	struct vm vm = { .fd = two->vm, .tid = gettid(), .format = get_format(two->vm) };

	bool good = true;

	for (unsigned int i = 0; i < VCPUS; i++) {
		u64 pc = SNIPPET_GPA;
		struct kvm_one_reg reg = {
			.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE,
			.addr = (uintptr_t)&pc,
		};

		if (ioctl(two->vcpu[i], KVM_SET_ONE_REG, &reg))
			bail("no pc");
		good &= is(ioctl(two->vcpu[i], KVM_RUN, 0) ? errno : 0, 0);
	}
	if (vm_leaves(&vm) != VCPUS + 1)
		diag("%llu leaves", (unsigned long long)vm_leaves(&vm));
	return good && vm_leaves(&vm) == VCPUS + 1 && vm_sound(&vm);
}

static bool narrows(const struct two *two, const struct format *to, int err)
{
	const struct format *now = get_format(two->vm);

	return is(change_format(two->vm, to->mode), err) &&
	       get_format(two->vm) == (err ? now : to) &&
	       is(write_format(gettid(), two->vm, to->name), err) &&
	       get_format(two->vm) == (err ? now : to);
}

static void formats(void)
{
	const struct format *narrow = next_format(NULL), *f;
	struct two two;

	for_each_format(f) {
		u64 at = format_end(f), beyond = at + VCPUS * SZ_4K;
		const struct format *wider = next_format(f);

		two = two_new(f, false, KVM_DEV_RISCV_AIA_MODE_AUTO, at);
		ok(is(init(two.aia), 0) && get_format(two.vm) == f && two_run(&two),
		   "%s: interrupt files that end at its limit", f->name);
		two_end(&two);

		two = two_new(f, false, KVM_DEV_RISCV_AIA_MODE_AUTO, beyond);
		ok(is(init(two.aia), ERANGE) && get_format(two.vm) == f &&
			   is(init(two.aia), ERANGE),
		   "%s: interrupt files that end above its limit: ERANGE", f->name);
		if (wider)
			ok(is(change_format(two.vm, wider->mode), 0) && is(init(two.aia), 0) &&
				   two_run(&two) && narrows(&two, f, ERANGE),
			   "%s: they are possible in a wider format, and then the VM is not narrowed again",
			   f->name);
		else
			ok(!set_addr(&two, 0, file_addr(at, 0)) &&
				   !set_addr(&two, 1, file_addr(at, 1)) && is(init(two.aia), 0) &&
				   two_run(&two),
			   "%s: other addresses are possible after that", f->name);
		two_end(&two);

		two = two_new(f, true, KVM_DEV_RISCV_AIA_MODE_AUTO, beyond);
		ok(is(init(two.aia), wider ? 0 : ERANGE) && get_format(two.vm) == (wider ?: f) &&
			   (!wider || two_run(&two)),
		   "%s: a VM that may grow %s", f->name,
		   wider ? "grows for them" : "cannot grow above the widest format: ERANGE");
		two_end(&two);
	}

	/* Narrowing. */
	two = two_new(host.widest, false, KVM_DEV_RISCV_AIA_MODE_AUTO, format_end(host.widest));
	ok(narrow == host.widest || narrows(&two, narrow, ERANGE),
	   "a VM is not narrowed below the addresses set for its files");
	ok(is(init(two.aia), 0) && (narrow == host.widest || narrows(&two, narrow, ERANGE)),
	   "it is not narrowed when the AIA is initialized, and no file is mapped yet");
	two_end(&two);
	two = two_new(host.widest, false, KVM_DEV_RISCV_AIA_MODE_AUTO, format_end(narrow));
	ok(is(init(two.aia), 0) && narrows(&two, narrow, 0) && two_run(&two),
	   "a VM is narrowed if its files fit, and they are mapped then");
	two_end(&two);

	/* The last file is in the last page of the 64-bit address space. */
	two = two_new(narrow, true, KVM_DEV_RISCV_AIA_MODE_AUTO, 0);
	ok(is(init(two.aia), ERANGE) && get_format(two.vm) == narrow,
	   "files in the last pages of 64 bits: ERANGE");
	two_end(&two);

	/* A VM can be widened though the address of a file is too high even then. */
	two = two_new(narrow, true, KVM_DEV_RISCV_AIA_MODE_AUTO, 2 * format_end(host.widest));
	if (narrow != host.widest)
		ok(is(change_format(two.vm, next_format(narrow)->mode), 0) &&
			   is(set_slot(two.vm, 1, 0, format_end(host.widest) - SZ_4K, SZ_4K, code),
			      0) &&
			   get_format(two.vm) == host.widest && is(init(two.aia), ERANGE),
		   "files above all formats: the VM can be widened, and grows for a memslot");
	two_end(&two);

	/* If KVM refuses the addresses for another reason, the VM does not grow. */
	two = two_new(narrow, true, KVM_DEV_RISCV_AIA_MODE_AUTO, format_end(host.widest));
	if (set_addr(&two, 1, format_end(narrow)))
		bail("the address of an interrupt file is refused");
	ok(is(init(two.aia), EINVAL) && get_format(two.vm) == narrow,
	   "addresses that contradict each other: EINVAL, and the VM has not grown");
	two_end(&two);

	/* Emulated files are MMIO, which may be at any gpa. */
	two = two_new(narrow, false, KVM_DEV_RISCV_AIA_MODE_EMUL, format_end(host.widest) * 2);
	ok(is(init(two.aia), 0) && get_format(two.vm) == narrow,
	   "emulated files may be above the limit of the format");
	two_end(&two);
}

int main(void)
{
	host_init(60);
	if (!host.gstage) {
		stock_module();
		return done();
	}
	no_file();
	code = mem_map(SZ_4K, SMALL);
	*code = INSN_STORE_0;
	formats();
	ok(!tables_live(), "no tables are left");
	return done();
}
