// SPDX-License-Identifier: GPL-2.0-only
/*
 * libgstage-preload.so: set the G-stage format of each VM that a VMM makes. align.c aligns its
 * memory.
 *
 * The library wraps ioctl(). After KVM_CREATE_VM it calls KVM_ENABLE_CAP, before the VMM can add
 * a vCPU or a memslot. Other requests are passed on unchanged.
 *
 * This code runs in the VMM's process, in any thread, so it does not allocate memory, does not
 * use stdio, keeps errno, and writes its state only at start-up.
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
#include "preload/preload.h"

/* The lowest number of the library's own descriptor. */
#define MESSAGES_FD_MIN 512

/* The type of ioctl() in glibc. */
typedef int (*ioctl_fn)(int fd, unsigned long request, ...);

/*
 * Read the environment once, at start-up: later, another thread may be in setenv(). start() may
 * run twice if another library's constructor calls ioctl() from two threads. Both write the same
 * values, except for the number of the descriptor; either number is correct.
 */
static struct {
	atomic_bool ready;
	bool verbose, json;
	char mode[16];      /* empty: do not choose a format */
	int messages;       /* descriptor for messages, or -1 */
	dev_t messages_dev; /* the file that it referred to at start-up */
	ino_t messages_ino;
	ioctl_fn next; /* the ioctl() that this one replaces */
#if __SIZEOF_LONG__ == 4
	ioctl_fn next_time64;
#endif
} self;

/* A message. It is written with one write(), so that those of threads do not mix. */
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
	 * The VMM may have closed the descriptor, and the number may be a disk image now. Write
	 * only if it still refers to the file that stderr was at start-up.
	 */
	if (self.messages < 0 || fstat(self.messages, &st) || st.st_dev != self.messages_dev ||
	    st.st_ino != self.messages_ino)
		return;
	add(l, "\n");
	/* There is no other place to report an error of write(). */
	do
		ret = write(self.messages, l->text, l->len);
	while (ret < 0 && errno == EINTR);
}

/**
 * struct choice - the format for a VM, or why it cannot have it
 * @mode: hgatp.MODE
 * @grow: KVM may widen the VM later
 * @code: a word that programs can test
 * @cause: what went wrong
 * @remedy: what the user can do
 *
 * The strings are constants without characters that JSON must escape.
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

	/* A VMM may try many times: report only the first refusal. */
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
 * Translate the name of the mode to hgatp.MODE. max and auto depend on the host.
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

	mask = next(kvm_fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_RISCV_SET_HGATP_MODE);
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

	/* Zero every byte: the module refuses unused members that are not 0. */
	memset(&cap, 0, sizeof(cap));
	cap.cap = KVM_CAP_RISCV_SET_HGATP_MODE;
	cap.args[0] = mode;
	cap.args[1] = grow ? KVM_RISCV_HGATP_GROW : 0;
#ifdef GSTAGE_BUG_GROW
	/* A seeded mistake for the tests: the VM never widens. */
	cap.args[1] = 0;
#endif
	do
		ret = next(vm_fd, KVM_ENABLE_CAP, &cap);
	while (ret < 0 && errno == EINTR);
	if (!ret)
		return 0;
	return ret < 0 ? errno : EINVAL;
}

/* Set the format of a new VM. Return: 0, or an errno with the cause in *@c. */
static int choose(ioctl_fn next, int kvm_fd, int vm_fd, struct choice *c)
{
	int err;

	*c = (struct choice){
		.code = "mode-refused",
		.remedy = "Choose a mode that gstage modes lists.",
	};
	err = resolve(next, kvm_fd, c);
	if (err)
		return err;
	err = enable(next, vm_fd, c->mode, c->grow);
	if (!err)
		return 0;

	c->cause = "KVM_ENABLE_CAP refused it";
	/* Find out whether KVM only refuses to grow. The VM will be closed in any case. */
	if (err == EINVAL && c->grow && !enable(next, vm_fd, c->mode, false)) {
		c->code = "old-module";
		c->cause = "the loaded KVM module is an older gstage, which cannot "
			   "widen VMs by itself";
		c->remedy = "Stop all VMs and load the kvm.ko of this gstage, or "
			    "choose a mode.";
	}
	return err;
}

/*
 * KVM_CREATE_VM returned @vm_fd: set the format. If KVM refuses the format, close the VM and let
 * KVM_CREATE_VM fail. The user must not get a VM in another format.
 * Return: the result of KVM_CREATE_VM, with errno set if it is -1.
 */
static int created(ioctl_fn next, int kvm_fd, int vm_fd)
{
	int err, saved = errno;
	struct choice choice;

	/* The user preloaded the library without gstage exec, and chose no mode. */
	if (!self.mode[0])
		return vm_fd;
#ifdef GSTAGE_BUG
	/* A seeded mistake for the tests: only the first VM gets the format. */
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
 * Save stderr for messages. With --verbose, duplicate it: the user wants messages as long as the
 * VMM runs. Without --verbose, only note which file it is. A duplicate would keep a pipe open
 * after the VMM closed stderr to become a daemon, and the reader of the pipe would wait for the
 * VMM to end.
 */
static void save_stderr(void)
{
	struct stat st;

	self.messages = STDERR_FILENO;
	/* VMMs close or reuse low numbers. If the limit is lower, take what there is. */
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

	/* Messages contain this string: replace characters that JSON must escape. */
	for (i = 0; mode && mode[i] && i < sizeof(self.mode) - 1; i++)
		self.mode[i] = isalnum((unsigned char)mode[i]) ? mode[i] : '?';
	self.verbose = getenv(ENV_VERBOSE) != NULL;
	self.json = getenv(ENV_JSON) != NULL;
	save_stderr();

	/* ISO C does not allow a cast from void * to a function pointer. */
	*(void **)&self.next = dlsym(RTLD_NEXT, "ioctl");
#if __SIZEOF_LONG__ == 4
	*(void **)&self.next_time64 = dlsym(RTLD_NEXT, "__ioctl_time64");
#endif
	atomic_store(&self.ready, true);
}

/* Run before there are threads and signal handlers, which must not call dlsym(). */
__attribute__((constructor)) static void start_early(void)
{
	/* The constructor of another library may have called ioctl() already. */
	if (!atomic_load(&self.ready))
		start();
}

static int interpose(const ioctl_fn *next, int fd, unsigned long request, void *arg)
{
	int ret;

	/* The constructor of another library may run before ours. */
	if (!atomic_load(&self.ready))
		start();
	if (!*next) {
		errno = ENOSYS;
		return -1;
	}
	ret = (*next)(fd, request, arg);

	/*
	 * Compare 32 bits only: a caller that declares the request as int passes it
	 * sign-extended. No other driver has the number of KVM_CREATE_VM.
	 */
	if (ret < 0 || (unsigned int)request != KVM_CREATE_VM)
		return ret;
	return created(*next, fd, ret);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	/* The argument may be absent or of any type. Only the kernel reads it. */
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return interpose(&self.next, fd, request, arg);
}

#if __SIZEOF_LONG__ == 4
/* The name of ioctl() in programs with 64-bit time_t on 32-bit hosts. */
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
