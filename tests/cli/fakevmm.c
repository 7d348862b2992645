// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM for the tests of the command. It creates VMs as VMMs do, and prints what it got. fakevmm
 * WHAT [ARG...]; the table at the end lists WHAT.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "fakekvm.h"

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "fakevmm: line %d: %s (%s)\n", __LINE__, #cond,            \
				strerror(errno));                                                  \
			exit(99);                                                                  \
		}                                                                                  \
	} while (0)

/* early.c, which is initialised before the preload library, sets it. */
extern int early_mode;

static int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static int create_vm(int kvm)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	CHECK(vm >= 0);
	return vm;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	CHECK(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* vms N: create N - 1 scratch VMs and then the VM, and print the mode of each. */
static int vms(char **args)
{
	int kvm = open_kvm(), count = atoi(args[0]), vm;

	while (count--) {
		vm = create_vm(kvm);
		printf("%d%s", ioctl(vm, FAKE_GET_MODE, 0), count ? " " : "\n");
		if (count)
			close(vm);
	}
	return 0;
}

/* late: create a vCPU immediately after the VM. */
static int late(char **args)
{
	int vm = create_vm(open_kvm());

	(void)args;
	CHECK(ioctl(vm, KVM_CREATE_VCPU, 0) >= 0);
	printf("%d\n", ioctl(vm, FAKE_GET_MODE, 0));
	return 0;
}

/* slots GPA...: create a slot of one page at each GPA. Print the mode after each, or "no". */
static int slots(char **args)
{
	struct kvm_userspace_memory_region slot = { .memory_size = 4096 };
	int vm = create_vm(open_kvm());

	for (; *args; args++) {
		slot.guest_phys_addr = strtoull(*args, NULL, 0);
		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
			printf("no\n");
		else
			printf("%d\n", ioctl(vm, FAKE_GET_MODE, 0));
	}
	return 0;
}

static int thread_mode;

static void *thread(void *arg)
{
	int kvm = open_kvm(), i, vm;

	(void)arg;
	for (i = 0; i < 50; i++) {
		vm = create_vm(kvm);
		CHECK(ioctl(vm, FAKE_GET_MODE, 0) == thread_mode);
		close(vm);
	}
	return NULL;
}

/* threads MODE: create fifty VMs in each of eight threads. All must have this mode. */
static int threads(char **args)
{
	pthread_t t[8];
	size_t i;

	thread_mode = atoi(args[0]);
	for (i = 0; i < 8; i++)
		CHECK(!pthread_create(&t[i], NULL, thread, NULL));
	for (i = 0; i < 8; i++)
		CHECK(!pthread_join(t[i], NULL));
	return 0;
}

/* forked MODE: a VM that a child creates must have the mode. */
static int forked(char **args)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		_exit(ioctl(create_vm(open_kvm()), FAKE_GET_MODE, 0));
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == atoi(args[0]));
	return 0;
}

/* early: print the mode of a VM that was created before the preload library was initialised. */
static int early(char **args)
{
	(void)args;
	printf("%d\n", early_mode);
	return 0;
}

/* errno: a successful call must not change errno. */
static int keeps_errno(char **args)
{
	int kvm = open_kvm();

	(void)args;
	errno = 77;
	create_vm(kvm);
	CHECK(errno == 77);
	return 0;
}

/* refused N: KVM_CREATE_VM must fail N times, and must leave no open descriptor. */
static int refused(char **args)
{
	int kvm = open_kvm(), count = atoi(args[0]), before = count_fds();

	while (count--) {
		errno = 0;
		CHECK(ioctl(kvm, KVM_CREATE_VM, 0) == -1);
		printf("%d\n", errno);
	}
	CHECK(count_fds() == before);
	return 0;
}

/* others: ioctls of other files must still work. */
static int others(char **args)
{
	int p[2], waiting = 0;

	(void)args;
	CHECK(!pipe(p) && write(p[1], "abc", 3) == 3);
	CHECK(!ioctl(p[0], FIONREAD, &waiting) && waiting == 3);
	CHECK(ioctl(p[0], TCSBRK, 1) == -1 && errno == ENOTTY);
	CHECK(ioctl(-1, FIONREAD, &waiting) == -1 && errno == EBADF);
	CHECK(ioctl(-1, KVM_CREATE_VM, 0) == -1 && errno == EBADF);
	/* There is no third argument. */
	CHECK(!ioctl(p[0], FIOCLEX));
	CHECK(fcntl(p[0], F_GETFD) == FD_CLOEXEC);
	return 0;
}

/* requests MODE: request numbers of either width and sign must reach KVM unchanged. */
static int requests(char **args)
{
	int (*narrow)(int, int, ...), vm, kvm = open_kvm();
	unsigned long seen;

	*(void **)&narrow = dlsym(RTLD_DEFAULT, "ioctl");
	vm = narrow(kvm, KVM_CREATE_VM, 0L);
	CHECK(vm >= 0 && ioctl(vm, FAKE_GET_MODE, 0) == atoi(args[0]));

	CHECK(!ioctl(vm, FAKE_ECHO, &seen) && seen == FAKE_ECHO);
	seen = (long)(int)FAKE_ECHO;
	CHECK(!ioctl(vm, seen, &seen) && seen == (unsigned long)(int)FAKE_ECHO);

#if __SIZEOF_LONG__ == 8
	/* The kernel ignores all bits above the low 32. */
	vm = ioctl(kvm, 0xffffffff00000000UL | KVM_CREATE_VM, 0);
	CHECK(vm >= 0 && ioctl(vm, FAKE_GET_MODE, 0) == atoi(args[0]));
#endif
	return 0;
}

/* type N: the argument of KVM_CREATE_VM must reach KVM. */
static int type(char **args)
{
	ioctl(open_kvm(), KVM_CREATE_VM, atol(args[0]));
	return 0;
}

/* quiet: a refusal must also work when stderr is closed. */
static int quiet(char **args)
{
	int kvm = open_kvm();

	(void)args;
	close(STDERR_FILENO);
	return ioctl(kvm, KVM_CREATE_VM, 0) == -1 && errno == ENOMEM ? 0 : 1;
}

/* The path of a file that gets descriptor 2. Its contents are checked after VMs were created. */
static int reuse(char **args, bool close_all)
{
	char text[1024];
	ssize_t len;
	int kvm, disk;

	close(STDERR_FILENO);
	disk = open(args[0], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (disk != STDERR_FILENO || write(disk, "superblock", 10) != 10 ||
	    lseek(disk, 0, SEEK_SET))
		return 97;
	/* Open the disk with every free descriptor, too. */
	if (close_all) {
		int fd;

		for (fd = 3; fd < 1024; fd++)
			dup2(disk, fd);
	}
	kvm = open_kvm();
	if (kvm < 0 && close_all) {
		close(1023);
		kvm = open_kvm();
	}
	ioctl(kvm, KVM_CREATE_VM, 0);
	len = pread(disk, text, sizeof(text), 0);
	return len == 10 && !memcmp(text, "superblock", 10) ? 0 : 96;
}

/* reuse FILE: the VMM closes stderr, and its disk gets descriptor 2. */
static int reuse_stderr(char **args)
{
	return reuse(args, false);
}

/* reuse-all FILE: the disk gets every descriptor, also that of the library. */
static int reuse_all(char **args)
{
	return reuse(args, true);
}

/* daemon: redirect stderr to /dev/null, and report whether the old stderr is still open. */
static int become_daemon(char **args)
{
	struct stat was, st;
	int fd, held = 0, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)args;
	CHECK(!fstat(STDERR_FILENO, &was) && dup2(null, STDERR_FILENO) == STDERR_FILENO);
	for (fd = 0; fd < 1024; fd++)
		held += !fstat(fd, &st) && st.st_dev == was.st_dev && st.st_ino == was.st_ino;
	ioctl(open_kvm(), KVM_CREATE_VM, 0);
	printf("%d\n", held);
	return 0;
}

static int show(char **args)
{
	for (; *args; args++)
		printf("[%s]\n", *args);
	return 0;
}

static int env(char **args)
{
	const char *value;

	for (; *args; args++) {
		value = getenv(*args);
		printf("%s\n", value ? value : "(unset)");
	}
	return 0;
}

static int leave(char **args)
{
	return atoi(args[0]);
}

static int die(char **args)
{
	raise(atoi(args[0]));
	return 0;
}

static void on_usr1(int sig)
{
	(void)sig;
	_exit(42);
}

/* wait: print the pid. Exit with 42 on SIGUSR1; other signals kill it. */
static int wait_signal(char **args)
{
	(void)args;
	signal(SIGUSR1, on_usr1);
	printf("%d\n", getpid());
	fflush(stdout);
	alarm(20);
	for (;;)
		pause();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **args);
} actions[] = {
	{ "vms", vms },
	{ "late", late },
	{ "slots", slots },
	{ "threads", threads },
	{ "forked", forked },
	{ "early", early },
	{ "errno", keeps_errno },
	{ "refused", refused },
	{ "others", others },
	{ "requests", requests },
	{ "type", type },
	{ "quiet", quiet },
	{ "reuse", reuse_stderr },
	{ "reuse-all", reuse_all },
	{ "daemon", become_daemon },
	{ "show", show },
	{ "env", env },
	{ "exit", leave },
	{ "die", die },
	{ "wait", wait_signal },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (argc > 1 && !strcmp(argv[1], actions[i].name))
			return actions[i].run(argv + 2);
	fprintf(stderr, "fakevmm: unknown WHAT\n");
	return 98;
}
