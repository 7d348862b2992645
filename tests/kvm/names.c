// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VM a name means. KVM names the folder of a VM in debugfs after the thread that created the
 * VM, with its id in the initial PID namespace. It makes no folder if the name is taken.
 * gstage_stats names the process, and counts the VMs that have no folder. The command finds a VM by
 * its process. It refuses a name that may also be the name of another VM.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "tap.h"
#include "vm.h"

static char output[16384];

/* Run a shell command; its output is in @output. Return: its exit status. */
static int run(const char *fmt, ...)
{
	char command[256];
	va_list ap;
	size_t len;
	FILE *out;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	out = popen(command, "r");
	len = out ? fread(output, 1, sizeof(output) - 1, out) : 0;
	output[len] = 0;
	return out ? WEXITSTATUS(pclose(out)) : -1;
}

/* Did the last command print @wanted? If not, shows what it printed. */
static bool printed(const char *wanted)
{
	char *next = output, *part;

	if (strstr(output, wanted))
		return true;
	diag("'%s' is missing in:", wanted);
	while ((part = strsep(&next, "\n")))
		diag("%s", part);
	return false;
}

/* A number in gstage_stats of the VM that thread @tid created as @fd; -1 if there is none. */
static long stat_of(pid_t tid, int fd, const char *name)
{
	if (run("sed -n 's/^%s //p' /sys/kernel/debug/kvm/%d-%d/gstage_stats", name, tid, fd) ||
	    !output[0])
		return -1;
	return atol(output);
}

/* struct maker - a thread that creates a VM, and then lives until @end if @stay is set */
struct maker {
	pthread_t thread;
	pthread_barrier_t made, end;
	bool stay;
	pid_t tid;
	int fd;
};

static void *make(void *arg)
{
	struct maker *m = arg;

	m->tid = gettid();
	m->fd = vm_bare();
	pthread_barrier_wait(&m->made);
	if (m->stay)
		pthread_barrier_wait(&m->end);
	return NULL;
}

static void by_thread(bool stay)
{
	const char *what = stay ? "VM of a thread that lives" : "VM of a thread that ended";
	struct maker m = { .stay = stay };
	char name[64];

	pthread_barrier_init(&m.made, NULL, 2);
	pthread_barrier_init(&m.end, NULL, 2);
	if (pthread_create(&m.thread, NULL, make, &m))
		bail("pthread_create");
	pthread_barrier_wait(&m.made);
	if (!stay)
		pthread_join(m.thread, NULL);

	ok(stat_of(m.tid, m.fd, "process") == getpid(), "%s: gstage_stats names the process", what);
	snprintf(name, sizeof(name), "VM %d-%d of process %d (names), 0 vCPUs\n", m.tid, m.fd,
		 getpid());
	ok(!run("./gstage show %d 2>&1", getpid()) && printed(name), "%s: show finds it by PID",
	   what);
	ok(!run("./gstage show %d-%d 2>&1", getpid(), m.fd) && printed(name),
	   "%s: show finds it by PID-FD", what);
	ok(!run("./gstage show %d-%d 2>&1", m.tid, m.fd) && printed(name),
	   "%s: show finds it by the folder's name", what);
	snprintf(name, sizeof(name), "%d-%d", m.tid, m.fd);
	ok(!run("./gstage vms | awk '$2 == %d && $3 == \"names\" { print $1 }'", getpid()) &&
		   printed(name),
	   "%s: vms prints the process", what);
	ok(!run("./gstage set %d-%d sv39x4 2>&1", getpid(), m.fd) && printed(" sv39x4") &&
		   ioctl(m.fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS) == 41,
	   "%s: set finds it by PID-FD", what);

	if (stay) {
		pthread_barrier_wait(&m.end);
		pthread_join(m.thread, NULL);
	}
	close(m.fd);
}

/* The first VM lives on after close(), because its vCPU refers to it. The second VM gets its fd. */
static void same_name(void)
{
	int first = vm_bare(), vcpu = ioctl(first, KVM_CREATE_VCPU, 0UL), second;
	pid_t pid = getpid();
	char mode[16];

	ok(stat_of(pid, first, "unlisted") == 0,
	   "one VM: gstage_stats counts no VM without a folder");
	close(first);
	second = vm_bare();
	if (vcpu < 0 || second != first)
		bail("the second VM is %d and not %d", second, first);
	snprintf(mode, sizeof(mode), "%s", fd_mode(second));
	ok(stat_of(pid, second, "unlisted") == 1,
	   "two VMs of one name: gstage_stats counts the one without a folder");
	/*
	 * Ask for another mode than the VM has, to see a change. A host with one mode cannot show
	 * it.
	 */
	ok(run("./gstage set %d-%d %s 2>&1", pid, second,
	       strcmp(mode, "sv39x4") ? "sv39x4" :
	       host.modes & (1 << 9)  ? "sv48x4" :
					"sv39x4") == 1 &&
		   printed("may mean another VM"),
	   "two VMs of one name: set refuses");
	ok(!strcmp(fd_mode(second), mode),
	   "two VMs of one name: set has not changed the newer one");
	ok(run("./gstage show %d 2>&1", pid) == 1 && printed("may mean another VM"),
	   "two VMs of one name: show PID refuses, too");
	ok(!run("./gstage vms") && printed("VMs that are not listed: 1"),
	   "two VMs of one name: vms says that one is not listed");
	close(vcpu);
	ok(!run("./gstage vms") && !strstr(output, "-"), "vms lists no VM when none has a folder");
	close(second);
}

/* Runs in a new PID namespace. The process of @vm has no id there, but its number may be in use. */
static int in_namespace(void *arg)
{
	const struct vm *vm = arg;
	int fd;

	if (mount("proc", "/proc", "proc", 0, NULL))
		return 100;
	if (stat_of(vm->tid, vm->fd, "process") != 0)
		return 1;
	if (run("./gstage vms | awk '$1 == \"%d-%d\" && $2 == \"-\" && $3 == \"-\" { print \"none\" }'",
		vm->tid, vm->fd) ||
	    !strstr(output, "none"))
		return 2;
	/* With its own id, this process finds the VM that it creates. */
	fd = vm_bare();
	if (fd < 0 || run("./gstage show %d 2>&1", getpid()) ||
	    !strstr(output, " of process 1 (names)"))
		return 3;
	return 0;
}

static void in_other_namespace(void)
{
	struct vm *vm = vm_new(NULL);
	int status = -1;
	pid_t child;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		bail("unshare: %s", strerror(errno));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(in_namespace(vm));
	waitpid(child, &status, 0);
	ok(!status, "another PID namespace: the command finds only the VMs of its processes");
	if (status)
		diag("step %d failed", WEXITSTATUS(status));
	vm_free(vm);
}

int main(void)
{
	host_init(100);
	by_thread(true);
	by_thread(false);
	same_name();
	/* The lab's own kernel for 7.3 is built without PID namespaces. */
	if (!access("/proc/self/ns/pid", F_OK))
		in_other_namespace();
	else
		diag("this kernel has no PID namespaces");
	return done();
}
