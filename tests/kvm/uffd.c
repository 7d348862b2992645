// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another thread of the VMM provides memory page by page (userfaultfd): the guest reads what this
 * thread provides, and each missing page causes an event. A signal ends the wait for a page. A
 * page is lost (hardware poison): the VMM gets a SIGBUS with the address.
 *
 * Debian's riscv64 kernels have no CONFIG_MEMORY_FAILURE, and so no MADV_HWPOISON. The test uses
 * UFFDIO_POISON, whose pages behave in the same way when they are accessed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define SIZE  (4 * SZ_2M)
#define TOUCH 32 /* pages */
#define TAG   7

static struct vm *vm;
static const char *name;
static int uffd;

static const struct kind {
	const char *name;
	size_t page;
	int memfd;
} kinds[] = {
	{ "anonymous", SZ_4K, -1 },
	{ "shmem", SZ_4K, 0 },
	{ "hugetlbfs", SZ_2M, MFD_HUGETLB },
};

/*
 * @mem is the slot's memory, which userfaultfd watches. @other maps the same file without
 * userfaultfd; NULL for anonymous memory.
 */
static char *mem, *other;

static void map_kind(const struct kind *kind)
{
	int fd;

	mem = mem_aligned(SIZE, SZ_2M);
	other = NULL;
	if (kind->memfd < 0) {
		mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
		return;
	}
	fd = memfd_create("uffd", kind->memfd);
	if (fd < 0 || ftruncate(fd, SIZE))
		bail("memfd: %s", strerror(errno));
	other = mem_aligned(SIZE, SZ_2M);
	if (mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(other, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		bail("mmap of a memfd: %s", strerror(errno));
	close(fd);
}

static void unmap_kind(void)
{
	munmap(mem, SIZE);
	if (other)
		munmap(other, SIZE);
}

static void uffd_open(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_POISON | UFFD_FEATURE_MISSING_SHMEM |
			    UFFD_FEATURE_MISSING_HUGETLBFS | UFFD_FEATURE_MINOR_SHMEM |
			    UFFD_FEATURE_MINOR_HUGETLBFS,
	};

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		bail("userfaultfd: %s", strerror(errno));
}

static void watch(u64 mode)
{
	struct uffdio_register reg = { .range = { (uintptr_t)mem, SIZE }, .mode = mode };

	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		bail("UFFDIO_REGISTER: %s", strerror(errno));
}

static void unwatch(void)
{
	struct uffdio_range range = { (uintptr_t)mem, SIZE };

	if (ioctl(uffd, UFFDIO_UNREGISTER, &range))
		bail("UFFDIO_UNREGISTER: %s", strerror(errno));
}

/* For the thread that provides pages. It fills each with the stamp that a guest would write. */
static size_t page_size;
static atomic_ulong events, strange;
static atomic_bool over;

static void provide(const struct uffd_msg *msg)
{
	u64 at = msg->arg.pagefault.address & ~(page_size - 1);
	static char page[SZ_2M] __attribute__((aligned(SZ_2M)));
	bool minor = msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR;
	u64 offset = at - (uintptr_t)mem;

	/* Count the event before a guest can see the page. */
	events++;
	for (u64 i = 0; i < page_size; i += SZ_4K)
		*(u64 *)((minor ? other + offset : page) + i) = stamp(TAG, GPA + offset + i);
	if (minor) {
		struct uffdio_continue cont = { .range = { at, page_size } };

		strange += ioctl(uffd, UFFDIO_CONTINUE, &cont) && errno != EEXIST;
	} else {
		struct uffdio_copy copy = { .dst = at, .src = (uintptr_t)page, .len = page_size };

		strange += ioctl(uffd, UFFDIO_COPY, &copy) && errno != EEXIST;
	}
}

static void *provider(void *unused)
{
	struct pollfd fd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	while (!over) {
		if (poll(&fd, 1, 10) <= 0 || read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		if (msg.event == UFFD_EVENT_PAGEFAULT)
			provide(&msg);
		else
			strange++;
	}
	return unused;
}

/* Two vCPUs use the same pages at the same time. */
static u64 both(u32 op, unsigned int count, u64 tag)
{
	u64 bad = 0;

	for (unsigned int v = 0; v < 2; v++) {
		struct mailbox *box = vm->vcpu[v]->box;

		box->addr = GPA;
		box->stride = page_size;
		box->count = count;
		box->tag = tag;
		vcpu_post(vm->vcpu[v], op);
	}
	for (unsigned int v = 0; v < 2; v++) {
		vcpu_wait(vm->vcpu[v]);
		bad += op == OP_CHECK ? vm->vcpu[v]->box->result : 0;
	}
	return bad;
}

static void provided(const struct kind *kind, bool minor)
{
	const char *how = minor ? "minor faults" : "missing pages";
	unsigned int pages = kind->page == SZ_4K ? TOUCH : SIZE / SZ_2M;
	struct kvm_pre_fault_memory range = { .gpa = GPA };
	pthread_t thread;

	map_kind(kind);
	if (minor)
		memset(other, 0, SIZE);
	page_size = kind->page;
	watch(minor ? UFFDIO_REGISTER_MODE_MINOR : UFFDIO_REGISTER_MODE_MISSING);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	events = strange = 0;
	over = false;
	pthread_create(&thread, NULL, provider, NULL);

	/* Two threads that wait for the same page may each have sent an event. */
	ok(!both(OP_CHECK, pages, TAG) && events >= pages && events <= 2 * pages && !strange,
	   "%s: %s, %s: two vCPUs read what the thread provides", name, kind->name, how);
	diag("%lu events for %u pages", (unsigned long)events, pages);
	events = 0;
	both(OP_FILL, pages, TAG + 1);
	ok(!both(OP_CHECK, pages, TAG + 1) && !events && vm_sound(vm),
	   "%s: %s, %s: their stores after that cause no event", name, kind->name, how);

	madvise(mem, SIZE, MADV_DONTNEED);
	if (other && !minor)
		madvise(mem, SIZE, MADV_REMOVE);
	if (host.gstage) {
		range.size = pages * page_size;
		events = 0;
		while (range.size && !ioctl(vm->vcpu[2]->fd, KVM_PRE_FAULT_MEMORY, &range))
			;
		ok(!range.size && events == pages && !strange,
		   "%s: %s, %s: a pre-fault causes one event for each page", name, kind->name, how);
		count_from(vm);
		ok(!both(OP_CHECK, pages, TAG) && counted(vm, "faults 0") && vm_sound(vm),
		   "%s: %s, %s: loads after the pre-fault are no faults", name, kind->name, how);
	}
	over = true;
	pthread_join(thread, NULL);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	unwatch();
	unmap_kind();
}

/*
 * struct waiter - a thread that waits for a page which nobody provides
 *
 * wait_and_signal() signals it after its event. It repeats the signal, because the thread may not
 * wait yet.
 */
static struct waiter {
	struct vcpu *vcpu;
	bool prefault;
	atomic_int result;
	u32 reason;
	pthread_t thread;
} waiter;

static void *wait_for_page(void *unused)
{
	struct vcpu *vcpu = waiter.vcpu;
	int err;

	if (waiter.prefault) {
		err = vcpu_prefault(vcpu, GPA, SZ_4K);
	} else {
		/* Ignore exits before the event: the host causes them. */
		do
			err = ioctl(vcpu->fd, KVM_RUN, 0) ? errno : 0;
		while (err == EINTR && !events);
		waiter.reason = vcpu->run->exit_reason;
	}
	waiter.result = err;
	return unused;
}

/* Has the waiter caused an event? */
static bool asked(void)
{
	struct uffd_msg msg;

	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg))
		events++;
	return events;
}

static int wait_and_signal(struct vcpu *vcpu, bool prefault)
{
	waiter.vcpu = vcpu;
	waiter.prefault = prefault;
	waiter.result = -1;
	waiter.reason = 0;
	events = 0;
	pthread_create(&waiter.thread, NULL, wait_for_page, NULL);
	if (!wait_for(asked(), 10000))
		bail("no event for the page within 10 s");
	for (unsigned int n = 0; n < 200 && waiter.result < 0; n++) {
		pthread_kill(waiter.thread, SIGUSR1);
		usleep(10000);
	}
	return waiter.result;
}

/* Provide the page, so that a thread which still waits goes on. */
static void end_waiting(u64 offset)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)mem + offset, SZ_4K } };

	ioctl(uffd, UFFDIO_ZEROPAGE, &zero);
	pthread_join(waiter.thread, NULL);
	madvise(mem, SIZE, MADV_DONTNEED);
}

static void interrupted(void)
{
	struct vcpu *vcpu = vm->vcpu[2];
	static const u32 ops[] = { OP_LOAD, OP_STORE };
	static const char *const names[] = { "a load", "a store" };
	u64 value;
	int err;

	map_kind(&kinds[0]);
	watch(UFFDIO_REGISTER_MODE_MISSING);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		vcpu->box->addr = GPA;
		vcpu->box->width = 8;
		vcpu->box->value = 5;
		vcpu_post(vcpu, ops[i]);
		err = wait_and_signal(vcpu, false);
		if (host.gstage) {
			ok(is(err, EINTR) && waiter.reason == KVM_EXIT_INTR,
			   "%s: %s that waits for a page: a signal ends KVM_RUN with EINTR and KVM_EXIT_INTR",
			   name, names[i]);
		} else {
			ok(err == -1,
			   "%s: %s that waits for a page: no signal ends KVM_RUN of the stock module",
			   name, names[i]);
		}
		end_waiting(0);
		/* Enter the guest again, so that it finishes its command. */
		unwatch();
		vcpu_wait(vcpu);
		value = guest_load(vcpu, GPA);
		ok(value == (ops[i] == OP_STORE ? 5 : 0), "%s: %s succeeds after that", name,
		   names[i]);
		madvise(mem, SIZE, MADV_DONTNEED);
		watch(UFFDIO_REGISTER_MODE_MISSING);
	}
	if (host.gstage) {
		err = wait_and_signal(vcpu, true);
		ok(is(err, EINTR),
		   "%s: a pre-fault that waits for a page: a signal ends it with EINTR", name);
		end_waiting(0);
	}
	vm_slot(vm, 0, 0, GPA, 0, mem);
	unwatch();
	unmap_kind();
}

/* The last SIGBUS. The handler drops the poisoned page, so that the guest can go on. */
static siginfo_t last;
static atomic_ulong signals;

static void on_sigbus(int sig, siginfo_t *info, void *unused)
{
	(void)sig;
	(void)unused;
	last = *info;
	signals++;
	madvise((void *)((uintptr_t)info->si_addr & ~(page_size - 1)), page_size, MADV_DONTNEED);
}

static void poison(u64 offset)
{
	struct uffdio_poison arg = { .range = { (uintptr_t)mem + offset, page_size } };

	watch(UFFDIO_REGISTER_MODE_MISSING);
	if (ioctl(uffd, UFFDIO_POISON, &arg))
		bail("UFFDIO_POISON: %s", strerror(errno));
	unwatch();
}

static bool told(u64 at, unsigned int lsb)
{
	bool good = signals == 1 && last.si_code == BUS_MCEERR_AR && last.si_addr == mem + at &&
		    last.si_addr_lsb == (short)lsb;

	if (!good)
		diag("%lu signals, code %d, address %p of %p, lsb %d", (unsigned long)signals,
		     last.si_code, last.si_addr, (void *)(mem + at), last.si_addr_lsb);
	signals = 0;
	return good;
}

static void poisoned(const struct kind *kind)
{
	struct vcpu *vcpu = vm->vcpu[2];
	unsigned int lsb = kind->page == SZ_4K ? 12 : 21;
	u64 bad = SZ_2M, at = bad + (kind->page == SZ_4K ? 0 : 5 * SZ_4K);

	map_kind(kind);
	page_size = kind->page;
	/* Populate all other pages. The host may use huge pages. */
	madvise(mem, SIZE, MADV_HUGEPAGE);
	memset(mem, 0, SIZE);
	madvise(mem + bad, page_size, MADV_DONTNEED);
	if (other)
		madvise(mem + bad, page_size, MADV_REMOVE);
	poison(bad);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, SZ_4K, SZ_2M / SZ_4K, 1);
	guest_fill(vcpu, GPA + bad + SZ_2M, SZ_4K, SZ_2M / SZ_4K, 2);
	ok(!signals, "%s: %s: no signal for the pages around a poisoned page", name, kind->name);

	guest_load(vcpu, GPA + at);
	ok(told(at, lsb),
	   "%s: %s: a load from the poisoned page: SIGBUS, BUS_MCEERR_AR, its address, lsb %u",
	   name, kind->name, lsb);
	ok(!guest_load(vcpu, GPA + at) && !signals,
	   "%s: %s: the guest reads the new page in its place", name, kind->name);

	madvise(mem + bad, page_size, MADV_DONTNEED);
	if (other)
		madvise(mem + bad, page_size, MADV_REMOVE);
	poison(bad);
	if (host.gstage) {
		struct kvm_pre_fault_memory range = { .gpa = GPA + at, .size = SZ_4K };

		ok(ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, &range) && errno == EHWPOISON && !signals,
		   "%s: %s: a pre-fault fails with EHWPOISON, without a signal", name, kind->name);
	}
	guest_store(vcpu, GPA + at, 5);
	ok(told(at, lsb) && guest_load(vcpu, GPA + at) == 5,
	   "%s: %s: a store to the poisoned page: the same SIGBUS, and the store is not lost", name,
	   kind->name);
	ok(!guest_check(vcpu, GPA, SZ_4K, SZ_2M / SZ_4K, 1) &&
		   !guest_check(vcpu, GPA + bad + SZ_2M, SZ_4K, SZ_2M / SZ_4K, 2) && vm_sound(vm),
	   "%s: %s: the other pages are unchanged", name, kind->name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	unmap_kind();
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	const struct format *f;

	host_init(180);
	sigaction(SIGBUS, &action, NULL);
	if (write_text("/proc/sys/vm/nr_hugepages", "8"))
		bail("no huge pages");
	uffd_open();
	for_each_format(f) {
		name = f->name;
		vm = vm_new(f);
		for (unsigned int v = 0; v < 3; v++)
			vcpu_warm(vcpu_new(vm));
		vcpu_start(vm->vcpu[0]);
		vcpu_start(vm->vcpu[1]);
		for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
			provided(&kinds[i], false);
			if (kinds[i].memfd >= 0)
				provided(&kinds[i], true);
			poisoned(&kinds[i]);
		}
		interrupted();
		vcpu_stop(vm->vcpu[0]);
		vcpu_stop(vm->vcpu[1]);
		vm_free(vm);
	}
	return done();
}
