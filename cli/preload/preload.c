// SPDX-License-Identifier: GPL-2.0-only
/*
 * libgstage-preload.so: chooses the G-stage format of each VM that a VMM
 * creates, right after KVM_CREATE_VM and so before any vCPU or memslot.
 *
 * It lives in someone else's process: no allocation, no stdio, no state but
 * what start-up writes once, errno as ioctl() leaves it, and every other
 * request goes through untouched.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "cli.h"
#include "formats.h"

#define EXPORT	__attribute__((visibility("default")))

/* Descriptors of our own have this number or a higher one. */
#define MESSAGES_FD_MIN	512

/* As glibc declares it. */
typedef int (*ioctl_fn)(int fd, unsigned long request, ...);

/*
 * Read once, since another thread may be in setenv() later.  Start-up happens
 * twice if another library's constructor calls ioctl() from two threads; both
 * write the same, except for the number of a descriptor.
 */
static struct {
	atomic_bool ready;
	bool verbose, json;
	char mode[16];		/* empty: no choice */
	int messages;		/* descriptor for messages, or -1 */
	dev_t messages_dev;	/* the file that it had at start-up */
	ino_t messages_ino;
	ioctl_fn next;		/* the next ioctl() in the lookup order */
#if __SIZEOF_LONG__ == 4
	ioctl_fn next_time64;
#endif
} self;

/* One line of output, written in one piece so that threads do not mix. */
struct line {
	char text[512];
	size_t len;
};

static void add(struct line *l, const char *s)
{
	size_t len = strlen(s);

	if (len > sizeof(l->text) - l->len)
		len = sizeof(l->text) - l->len;
	memcpy(l->text + l->len, s, len);
	l->len += len;
}

static void add_number(struct line *l, long value)
{
	unsigned long rest = value < 0 ? -(unsigned long)value : (unsigned long)value;
	char digits[24], *p = digits + sizeof(digits);

	*--p = '\0';
	do {
		*--p = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	if (value < 0)
		*--p = '-';
	add(l, p);
}

static void add_mode(struct line *l, unsigned int mode)
{
	const struct format *f = format_by_mode(mode);

	if (f) {
		add(l, f->name);
	} else {
		add(l, "mode ");
		add_number(l, mode);
	}
}

static void put(struct line *l)
{
	struct stat st;
	ssize_t ret;

	/*
	 * The VMM may have closed the descriptor, and its number may belong to a disk image by
	 * now. Write to the file that stderr was at start-up, or nowhere.
	 */
	if (self.messages < 0 || fstat(self.messages, &st) || st.st_dev != self.messages_dev ||
	    st.st_ino != self.messages_ino)
		return;
	add(l, "\n");
	/* If stderr does not take the message, there is nobody left to tell. */
	do
		ret = write(self.messages, l->text, l->len);
	while (ret < 0 && errno == EINTR);
}

/**
 * struct choice - what a VM is to get, or why it cannot
 * @mode: hgatp.MODE
 * @grow: to start in, and to widen from by itself
 * @code: a stable word for programs
 * @cause: what went wrong
 * @remedy: what the reader can do about it
 *
 * The strings are in our own words: nothing in them needs quoting.
 */
struct choice {
	unsigned int mode;
	bool grow;
	const char *code, *cause, *remedy;
};

static void report_refusal(int err, const struct choice *c)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	struct line l = { .len = 0 };

	/* A VMM may try again, or many times: the first one says it all. */
	if (atomic_flag_test_and_set(&said))
		return;

	if (self.json) {
		add(&l, "{\"version\":1,\"error\":{\"code\":\"");
		add(&l, c->code);
		add(&l, "\",\"message\":\"");
		add(&l, c->cause);
		add(&l, "\",\"remedy\":\"");
		add(&l, c->remedy);
		add(&l, "\",\"mode\":\"");
		add(&l, self.mode);
		add(&l, "\",\"errno\":");
		add_number(&l, err);
		add(&l, ",\"pid\":");
		add_number(&l, getpid());
		add(&l, "}}");
	} else {
		add(&l, "gstage: no VM in mode ");
		add(&l, self.mode);
		add(&l, ": ");
		add(&l, c->cause);
		add(&l, " (errno ");
		add_number(&l, err);
		add(&l, ", pid ");
		add_number(&l, getpid());
		add(&l, ")\n  ");
		add(&l, c->remedy);
		add(&l, " KVM_CREATE_VM fails with that errno.");
	}
	put(&l);
}

static void report_vm(int vm_fd, const struct choice *c)
{
	const struct format *f = format_by_mode(c->mode);
	struct line l = { .len = 0 };
	bool json = self.json;

	add(&l, json ? "{\"version\":1,\"vm\":{\"pid\":" : "gstage: pid ");
	add_number(&l, getpid());
	add(&l, json ? ",\"fd\":" : ": VM with fd ");
	add_number(&l, vm_fd);
	add(&l, json ? ",\"mode\":\"" : c->grow ? ": auto, from " : ": ");
	add_mode(&l, c->mode);
	add(&l, json ? "\",\"hgatp_mode\":" : " (hgatp mode ");
	add_number(&l, c->mode);
	if (f) {
		add(&l, json ? ",\"gpa_bits\":" : ", GPA bits ");
		add_number(&l, f->gpa_bits);
	}
	if (json)
		add(&l, c->grow ? ",\"grow\":true" : ",\"grow\":false");
	add(&l, json ? "}}" : ")");
	put(&l);
}

/*
 * What the user's name stands for on the KVM behind @kvm_fd.
 * Return: 0, or an errno with the cause in *@c.
 */
static int resolve(ioctl_fn next, int kvm_fd, struct choice *c)
{
	const struct format *f = format_by_name(self.mode);
	bool highest = !strcasecmp(self.mode, MODE_NAME_MAX);
	int mask;

	if (f) {
		c->mode = f->mode;
		return 0;
	}
	c->grow = !strcasecmp(self.mode, MODE_NAME_AUTO);
	if (!highest && !c->grow) {
		c->cause = "no such mode";
		return EINVAL;
	}

	mask = next(kvm_fd, KVM_CHECK_EXTENSION,
		    (void *)KVM_CAP_RISCV_SET_HGATP_MODE);
	if (mask <= 0 || !((unsigned int)mask & formats_known())) {
		c->cause = "the KVM module in use is not gstage's";
		return EINVAL;
	}
	c->mode = highest ? mask_highest(mask) : mask_narrowest(mask);
	return 0;
}

/* Return: 0, or an errno. */
static int enable(ioctl_fn next, int vm_fd, unsigned int mode, bool grow)
{
	struct kvm_enable_cap cap;
	int ret;

	/* Every byte: the module refuses flags and arguments that are not 0. */
	memset(&cap, 0, sizeof(cap));
	cap.cap = KVM_CAP_RISCV_SET_HGATP_MODE;
	cap.args[0] = mode;
	cap.args[1] = grow ? KVM_RISCV_HGATP_GROW : 0;
#ifdef GSTAGE_BUG_GROW
	/* For the test of the tests: the VM never widens. */
	cap.args[1] = 0;
#endif
	do
		ret = next(vm_fd, KVM_ENABLE_CAP, &cap);
	while (ret < 0 && errno == EINTR);
	if (!ret)
		return 0;
	return ret < 0 ? errno : EINVAL;
}

/* Return: 0, or an errno with the cause in *@c. */
static int choose(ioctl_fn next, int kvm_fd, int vm_fd, struct choice *c)
{
	int err;

	*c = (struct choice){
		.code = "mode-refused",
		.remedy = "Ask gstage modes what this host has.",
	};
	err = resolve(next, kvm_fd, c);
	if (err)
		return err;
	err = enable(next, vm_fd, c->mode, c->grow);
	if (!err)
		return 0;

	c->cause = "KVM_ENABLE_CAP refused it";
	/* Is it only the growing?  The VM is lost in any case. */
	if (err == EINVAL && c->grow && !enable(next, vm_fd, c->mode, false)) {
		c->code = "old-module";
		c->cause = "the KVM module in use is an older gstage, whose VMs "
			   "cannot widen by themselves";
		c->remedy = "Stop all VMs and load the kvm.ko of this gstage, or "
			    "choose a mode.";
	}
	return err;
}

/*
 * @vm_fd is new: make the choice.  A VM in another format than the user asked
 * for must not come to be, so the whole KVM_CREATE_VM fails where KVM refuses.
 * Return: what KVM_CREATE_VM shall return, errno set if -1.
 */
static int created(ioctl_fn next, int kvm_fd, int vm_fd)
{
	int err, saved = errno;
	struct choice choice;

	/* Preloaded by hand and without a choice: nothing to do. */
	if (!self.mode[0])
		return vm_fd;
#ifdef GSTAGE_BUG
	/* For the test of the tests: only a process's first VM is reached. */
	static atomic_flag first = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&first))
		return vm_fd;
#endif

	err = choose(next, kvm_fd, vm_fd, &choice);
	if (err) {
		close(vm_fd);
		report_refusal(err, &choice);
		errno = err;
		return -1;
	}
	if (self.verbose)
		report_vm(vm_fd, &choice);
	errno = saved;
	return vm_fd;
}

/*
 * Save stderr for messages. With --verbose the user wants messages as long as the VMM lives, so
 * keep a descriptor of our own. Otherwise only a refusal is reported: keep no descriptor then.
 * It would hold a pipe open that a VMM closes when it becomes a daemon, and whoever reads that
 * pipe would wait for the VMM to end.
 */
static void save_stderr(void)
{
	struct stat st;

	self.messages = STDERR_FILENO;
	/* A high number: VMMs close or reuse low ones. The limit may be lower than that. */
	if (self.verbose) {
		self.messages = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, MESSAGES_FD_MIN);
		if (self.messages < 0)
			self.messages = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	if (self.messages < 0 || fstat(self.messages, &st)) {
		self.messages = -1;
		return;
	}
	self.messages_dev = st.st_dev;
	self.messages_ino = st.st_ino;
}

static void start(void)
{
	const char *mode = getenv(ENV_MODE);
	size_t i;

	/* What is not of a mode's name need not be shown as it is. */
	for (i = 0; mode && mode[i] && i < sizeof(self.mode) - 1; i++)
		self.mode[i] = isalnum((unsigned char)mode[i]) ? mode[i] : '?';
	self.verbose = getenv(ENV_VERBOSE) != NULL;
	self.json = getenv(ENV_JSON) != NULL;
	save_stderr();

	/* ISO C has no cast from an object to a function pointer. */
	*(void **)&self.next = dlsym(RTLD_NEXT, "ioctl");
#if __SIZEOF_LONG__ == 4
	*(void **)&self.next_time64 = dlsym(RTLD_NEXT, "__ioctl_time64");
#endif
	atomic_store(&self.ready, true);
}

/* Before threads and signal handlers exist: dlsym() is for neither. */
__attribute__((constructor)) static void start_early(void)
{
	/* Unless another library's constructor came first: see interpose(). */
	if (!atomic_load(&self.ready))
		start();
}

static int interpose(const ioctl_fn *next, int fd, unsigned long request,
		     void *arg)
{
	int ret;

	/* Another library's constructor may come before ours. */
	if (!atomic_load(&self.ready))
		start();
	if (!*next) {
		errno = ENOSYS;
		return -1;
	}
	ret = (*next)(fd, request, arg);

	/*
	 * Requests are 32 bits wide, and whoever declares them as int passes
	 * them sign-extended; KVM alone has this number.
	 */
	if (ret < 0 || (unsigned int)request != KVM_CREATE_VM)
		return ret;
	return created(*next, fd, ret);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	/* Absent, or whatever type: a word that only the kernel reads. */
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return interpose(&self.next, fd, request, arg);
}

#if __SIZEOF_LONG__ == 4
/* What ioctl() is called where glibc has two widths of time_t. */
EXPORT int __ioctl_time64(int fd, unsigned long request, ...);

EXPORT int __ioctl_time64(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return interpose(&self.next_time64, fd, request, arg);
}
#endif
