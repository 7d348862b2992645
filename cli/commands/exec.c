// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage exec: run an unmodified VMM, choose the G-stage format of its VMs, and align their memory.
 *
 * This process becomes the VMM by execve(), so the VMM keeps the PID and gets all signals. The
 * preload library does the work: see preload/.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli.h"
#include "commands/commands.h"
#include "commands/exec.h"
#include "formats.h"
#include "output/output.h"
#include "vms/host.h"
#include "vms/thp.h"

#define PRELOAD_NAME "libgstage-preload.so"

struct arguments {
	const char *mode; /* NULL: do not choose a format */
	bool align, json, verbose;
	char **vmm; /* NULL-terminated, from main()'s argv */
};

static const struct argp_option options[] = {
	{ "mode", 'm', "MODE", 0,
	  "sv39x4, sv48x4 or sv57x4 (RV32: sv32x4); max: the highest of the host; "
	  "auto: start in the narrowest of the host, and widen when the VM needs "
	  "it",
	  0 },
	{ "align", 'a', "WHICH", 0,
	  "auto: align memory that may be a guest's, so that huge leaves can map it (the default); "
	  "off: leave memory as it is",
	  0 },
	{ "verbose", 'v', NULL, 0, "Print the mode of each VM to stderr", 0 },
	{ "json", 'j', NULL, 0, "Print errors and the output of --verbose as lines of JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'm':
		args->mode = arg;
		return 0;
	case 'a':
		args->align = !strcmp(arg, "auto");
		if (!args->align && strcmp(arg, "off"))
			argp_error(state, "unknown alignment '%s': give auto or off", arg);
		return 0;
	case 'v':
		args->verbose = true;
		return 0;
	case 'j':
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		/* The VMM and all its arguments, also a "--". */
		args->vmm = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[--mode MODE] -- VMM [ARG...]",
	.doc = "Run a VMM, choose the G-stage page-table format of all its VMs, and align their "
	       "memory.\v"
	       "gstage loads a library into the VMM with LD_PRELOAD.  With --mode, the library "
	       "sets the format after each KVM_CREATE_VM.  If KVM refuses the "
	       "format, KVM_CREATE_VM fails.  The VMM must be dynamically linked "
	       "with glibc and must use its ioctl().  If it makes the system call "
	       "in another way, such as syscall(), its VMs get the host's default "
	       "format.  --verbose prints the VMs whose format was set; it keeps "
	       "stderr open as long as the VMM runs.\n"
	       "\n"
	       "KVM can map a huge page with one leaf only if the address in the VMM and the guest "
	       "physical address agree modulo 2 MiB.  So the library answers mmap(), mremap(), "
	       "posix_memalign() and aligned_alloc() of 2 MiB and more with an address that is a "
	       "multiple of 2 MiB, and of 1 GiB and more with a multiple of 1 GiB.  This needs no "
	       "kvm.ko of gstage.  If transparent huge pages are \"madvise\", the library also asks "
	       "for them.\n"
	       "\n"
	       "Exit status: that of the VMM; 125 if gstage failed; 126 if the VMM "
	       "cannot be executed; 127 if it cannot be found.\n"
	       "\n"
	       "Environment: GSTAGE_PRELOAD is the path of the preload library, if "
	       "it is neither in the folder of gstage nor in ../lib/gstage.\n",
};

/* Return: 0, or the exit status after an error was reported. */
static int find_preload(char *path, size_t size)
{
	static const char *const places[] = {
		"/" PRELOAD_NAME,
		"/../lib/gstage/" PRELOAD_NAME,
		NULL,
	};
	const char *const *place, *env = getenv(ENV_PRELOAD);
	char dir[PATH_MAX], *slash;
	ssize_t len;

	if (env && *env) {
		/* An absolute path: the VMM may change its working directory. */
		if (!realpath(env, path))
			return fail(STATUS_EXEC_FAILED, "no-preload",
				    "Correct this variable, or unset it.",
				    "cannot use the library in " ENV_PRELOAD ", '%s': %s", env,
				    strerror(errno));
		return 0;
	}

	len = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (len < 0)
		return fail(STATUS_EXEC_FAILED, "no-proc",
			    "Mount /proc: \"mount -t proc proc /proc\".",
			    "cannot read /proc/self/exe: %s", strerror(errno));
	dir[len] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';

	for (place = places; *place; place++)
		if ((size_t)snprintf(path, size, "%s%s", dir, *place) < size && !access(path, R_OK))
			return 0;
	return fail(STATUS_EXEC_FAILED, "no-preload",
		    "Put it into the folder of gstage or into ../lib/gstage, or "
		    "set " ENV_PRELOAD " to its path.",
		    "cannot find " PRELOAD_NAME " for %s/gstage", dir);
}

/* Put @lib at the front of LD_PRELOAD. */
static int preload(const char *lib)
{
	const char *old = getenv("LD_PRELOAD");
	size_t len = strlen(lib);
	char *new;
	int ret;

	/* Spaces and colons separate the libraries in LD_PRELOAD, and cannot be quoted. */
	if (strpbrk(lib, ": \t\n"))
		return fail(STATUS_EXEC_FAILED, "preload-path",
			    "Install gstage elsewhere, or set " ENV_PRELOAD " to the "
			    "path of a copy.",
			    "LD_PRELOAD cannot hold the path '%s': it has a "
			    "space or a colon",
			    lib);

	if (!old || !*old)
		return setenv("LD_PRELOAD", lib, 1);
	/* It is there if a VMM starts gstage exec again. */
	if (!strncmp(old, lib, len) && strchr(": ", old[len]))
		return 0;
	if (asprintf(&new, "%s:%s", lib, old) < 0)
		return -1;
	ret = setenv("LD_PRELOAD", new, 1);
	free(new);
	return ret;
}

static int set_flag(const char *name, bool value)
{
	return value ? setenv(name, "1", 1) : unsetenv(name);
}

static int set_environment(const struct arguments *args, const char *lib)
{
	int ret = preload(lib);

	if (ret > 0)
		return ret;
	if (ret < 0 || (args->mode ? setenv(ENV_MODE, args->mode, 1) : unsetenv(ENV_MODE)) ||
	    set_flag(ENV_ALIGN, args->align) ||
	    set_flag(ENV_ADVISE, args->align && thp_anonymous() == THP_MADVISE) ||
	    set_flag(ENV_VERBOSE, args->verbose) || set_flag(ENV_JSON, args->json))
		return fail(STATUS_EXEC_FAILED, "no-memory", NULL, "cannot set the environment: %s",
			    strerror(errno));
	return 0;
}

/* Return: the name of the mode as the preload library expects it, or NULL. */
static const char *mode_name(const char *name)
{
	const struct format *f = format_by_name(name);

	if (!strcasecmp(name, MODE_NAME_MAX))
		return MODE_NAME_MAX;
	if (!strcasecmp(name, MODE_NAME_AUTO))
		return MODE_NAME_AUTO;
	return f ? f->name : NULL;
}

/* Check the arguments without the host. Return: 0, or the exit status. */
static int check_arguments(struct arguments *args)
{
	static const char others[] = MODE_NAME_MAX " and " MODE_NAME_AUTO;
	const char *mode;
	char names[128];

	if (args->mode) {
		mode = mode_name(args->mode);
		kvm_mode_names(~0U, names, sizeof(names));
		if (!mode)
			return fail(STATUS_EXEC_FAILED, "unknown-mode",
				    "\"gstage modes\" lists the modes of this host.",
				    "unknown mode '%s': the modes are %s, %s", args->mode, names,
				    others);
		args->mode = mode;
	} else if (!args->align) {
		return fail(STATUS_EXEC_FAILED, "usage",
			    "Give --mode MODE, or leave out --align=off.",
			    "there is nothing to do for the VMM: no mode, and no alignment");
	}

	if (!args->vmm)
		return fail(STATUS_EXEC_FAILED, "usage",
			    "gstage exec [--mode MODE] -- VMM [ARG...]", "no VMM given");
	return 0;
}

/* Alignment works with any KVM module. Return: 0, or the exit status. */
static int check_host(const char *mode)
{
	const struct format *f;
	unsigned int mask;
	char names[128];
	int ret;

	if (!mode)
		return 0;
	f = format_by_name(mode);
	ret = kvm_host_mask(STATUS_EXEC_FAILED, &mask);
	if (ret || !f || mask & (1U << f->mode))
		return ret;

	kvm_mode_names(mask, names, sizeof(names));
	return fail(STATUS_EXEC_FAILED, "unsupported-mode", "Choose one of these, max or auto.",
		    "this host does not have %s; it has %s", mode, names);
}

/* Say it if the host has no huge pages for aligned memory. */
static void note_thp(const struct arguments *args)
{
	static const char message[] = "transparent huge pages are off: aligned memory gets small "
				      "leaves, unless it is from hugetlbfs";
	static const char remedy[] = "echo madvise >" THP_DIR "/enabled";

	if (!args->verbose || !args->align || thp_anonymous() != THP_NEVER)
		return;
	if (args->json)
		fprintf(stderr,
			"{\"version\":1,\"note\":{\"code\":\"thp-never\",\"message\":\"%s\","
			"\"remedy\":\"%s\"}}\n",
			message, remedy);
	else
		fprintf(stderr, "gstage exec: note: %s (%s)\n", message, remedy);
}

int cmd_exec(int argc, char **argv)
{
	char lib[PATH_MAX], path[PATH_MAX];
	struct arguments args = { .align = true };
	error_t error;
	int ret, err;

	argp_err_exit_status = STATUS_EXEC_FAILED;
	error = argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	error_setup(argv[0], args.json);
	if (error)
		return fail(STATUS_EXEC_FAILED, "internal", NULL, "%s", strerror(error));

	ret = check_arguments(&args);
	if (!ret)
		ret = find_preload(lib, sizeof(lib));
	if (!ret)
		ret = vmm_find(args.vmm[0], lib, path, sizeof(path));
	if (!ret)
		ret = check_host(args.mode);
	if (!ret)
		ret = set_environment(&args, lib);
	if (ret)
		return ret;

	note_thp(&args);
	execv(path, args.vmm);
	err = errno;
	return fail(err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE, "vmm-exec",
		    err == ENOENT ? "Its interpreter is missing (a script's #! "
				    "line, or the dynamic linker): install it." :
				    NULL,
		    "cannot execute %s: %s", path, strerror(err));
}
