// SPDX-License-Identifier: GPL-2.0-only
/* The command line. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"

static const char usage[] =
	"usage: strict --kernel IMAGE [--initrd FILE] [--append ARGS] [OPTIONS]\n"
	"       strict --elf PROGRAM [OPTIONS]       a program for M-mode, without firmware\n"
	"\n"
	"  --smp N              harts, 1 to 8                                    (2)\n"
	"  --mem SIZE           memory, such as 512M or 2G                       (2G)\n"
	"  --cpu NAME           sv39, sv48, sv57 (= rv64), sv32 (= rv32): the widest format; then\n"
	"                       ,EXTENSION=on|off: svadu svnapot svpbmt svvptc sstc svinval\n"
	"                       sscofpmf,\n"
	"                       ,asid=BITS ,vmid=BITS                            (rv64 or rv32)\n"
	"  --seed N             another order of events                          (1)\n"
	"  --slice N            a hart's turn is 1 to N instructions             (500)\n"
	"  --ticks N            instructions for 100 ns of time                  (10)\n"
	"  --keep               translations are kept until a fence, and forgotten by chance\n"
	"  --speculate          harts walk tables without being asked\n"
	"  --buffer             stores wait, and are seen in another order\n"
	"  --early              loads are made before those in front of them; has --buffer\n"
	"  --tinst              htinst is zero where it may be\n"
	"  --jitter             turns of very different length\n"
	"  --check              report what no hypervisor must do\n"
	"  --hostile            all of these seven\n"
	"  --serial FILE, --console FILE, --control FILE\n"
	"                       where the output of the three serial ports goes  (stdout for the first)\n"
	"  --reports FILE       where reports go                                 (stderr)\n"
	"  --trace              print the last thousand events of each hart at the end\n"
	"  --limit N            stop after N instructions\n"
	"  --jobs FILE          boot once, and then run each line of FILE: see jobs.c\n"
	"  --parallel N         so many of them at a time                        (1)\n"
	"  --stats              print counts and the speed at the end\n"
	"\n"
	"status: 0, or what the program said; 2 it did not run; 3 there were reports; 4 --limit was reached\n";

static _Noreturn void bad(const char *what, const char *value)
{
	fprintf(stderr, "strict: %s %s: see --help\n", what, value);
	exit(2);
}

static u64 number(const char *option, const char *s, u64 min, u64 max)
{
	char *end;
	u64 n = strtoull(s, &end, 0);

	if (*end == 'M')
		n <<= 20, end++;
	else if (*end == 'G')
		n <<= 30, end++;
	if (end == s || *end || n < min || n > max)
		bad(option, s);
	return n;
}

static void set_cpu(struct config *c, char *s)
{
	static const struct {
		const char *name;
		u64 modes;
	} cpus[] = {
		{ "sv32", BIT(1) },
		{ "rv32", BIT(1) },
		{ "sv39", BIT(8) },
		{ "sv48", BIT(8) | BIT(9) },
		{ "sv57", BIT(8) | BIT(9) | BIT(10) },
		{ "rv64", BIT(8) | BIT(9) | BIT(10) },
	};
	/* The last two of the flags below are of RV64. */
	const unsigned nflags = XLEN == 64 ? 7 : 5, ncpus = sizeof(cpus) / sizeof(cpus[0]);
	char *word = strtok(s, ",");
	unsigned k = 0;

	if (!word)
		bad("--cpu", s);
	while (k < ncpus && (strcmp(word, cpus[k].name) || cpus[k].modes & ~MODES))
		k++;
	if (k == ncpus)
		bad("--cpu", word);
	c->satp_modes = c->hgatp_modes = cpus[k].modes | BIT(MODE_BARE);
	while ((word = strtok(NULL, ","))) {
		const struct {
			const char *name;
			bool *flag;
		} flags[] = {
			{ "svadu", &c->svadu },       { "svvptc", &c->svvptc },
			{ "sstc", &c->sstc },         { "svinval", &c->svinval },
			{ "sscofpmf", &c->sscofpmf }, { "svnapot", &c->svnapot },
			{ "svpbmt", &c->svpbmt },
		};
		char *value = strchr(word, '=');
		unsigned n;

		if (!value)
			bad("--cpu", word);
		*value++ = '\0';
		if (!strcmp(word, "asid")) {
			c->asid_bits = number(word, value, 0, ASID_BITS);
			continue;
		}
		if (!strcmp(word, "vmid")) {
			c->vmid_bits = number(word, value, 0, VMID_BITS);
			continue;
		}
		if (!strcmp(word, "sv57") && !strcmp(value, "off")) {
			c->satp_modes = c->hgatp_modes &= ~BIT(10);
			continue;
		}
		if (!strcmp(word, "sv48") && !strcmp(value, "off")) {
			c->satp_modes = c->hgatp_modes &= ~BIT(9);
			continue;
		}
		for (n = 0; n < nflags && strcmp(word, flags[n].name); n++)
			;
		if (n == nflags || (strcmp(value, "on") && strcmp(value, "off")))
			bad("--cpu", word);
		*flags[n].flag = !strcmp(value, "on");
	}
}

static FILE *output(const char *name)
{
	FILE *f = fopen(name, "w");

	if (!f) {
		perror(name);
		exit(2);
	}
	return f;
}

static void boot(struct machine *m, const char *kernel, const char *initrd, const char *append)
{
	u64 entry = load_image(m, kernel), at = 0, end = 0, fdt;

	/* At the end of memory: the device tree, and below it the initramfs. */
	fdt = RAM_BASE + m->ram_size - 0x200000;
	if (initrd) {
		FILE *f = fopen(initrd, "rb");
		long size = 0;

		if (f && !fseek(f, 0, SEEK_END))
			size = ftell(f);
		if (f)
			fclose(f);
		at = (fdt - size) & ~0x1fffffull;
		end = at + load_file(m, initrd, at);
	}
	fdt_make(m, m->ram + (fdt - RAM_BASE), 0x10000, append, at, end);
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		hart_reset(m->hart[n], entry, n, fdt, S_MODE);
		m->hart[n]->online = n == 0;
	}
}

/* A machine that is told to stop still prints its trace. */
static struct machine *stopping;

static void stop(int signal)
{
	(void)signal;
	stopping->over = true;
	stopping->status = 2;
}

int main(int argc, char **argv)
{
	enum {
		KERNEL = 256,
		INITRD,
		APPEND,
		ELF,
		SMP,
		MEM,
		CPU,
		SEED,
		SLICE,
		TICKS,
		KEEP,
		SPECULATE,
		BUFFER,
		EARLY,
		TINST,
		JITTER,
		CHECK,
		HOSTILE,
		SERIAL,
		CONSOLE,
		CONTROL,
		REPORTS,
		TRACE,
		LIMIT,
		STATS,
		JOBS,
		PARALLEL,
		HELP
	};
	static const struct option options[] = {
		{ "kernel", 1, 0, KERNEL },
		{ "initrd", 1, 0, INITRD },
		{ "append", 1, 0, APPEND },
		{ "elf", 1, 0, ELF },
		{ "smp", 1, 0, SMP },
		{ "mem", 1, 0, MEM },
		{ "cpu", 1, 0, CPU },
		{ "seed", 1, 0, SEED },
		{ "slice", 1, 0, SLICE },
		{ "ticks", 1, 0, TICKS },
		{ "keep", 0, 0, KEEP },
		{ "speculate", 0, 0, SPECULATE },
		{ "buffer", 0, 0, BUFFER },
		{ "early", 0, 0, EARLY },
		{ "tinst", 0, 0, TINST },
		{ "jitter", 0, 0, JITTER },
		{ "check", 0, 0, CHECK },
		{ "hostile", 0, 0, HOSTILE },
		{ "serial", 1, 0, SERIAL },
		{ "console", 1, 0, CONSOLE },
		{ "control", 1, 0, CONTROL },
		{ "reports", 1, 0, REPORTS },
		{ "trace", 0, 0, TRACE },
		{ "limit", 1, 0, LIMIT },
		{ "stats", 0, 0, STATS },
		{ "jobs", 1, 0, JOBS },
		{ "parallel", 1, 0, PARALLEL },
		{ "help", 0, 0, HELP },
		{ 0 },
	};
	struct config cfg = {
		.harts = 2,
		.mem = 2ull << 30,
		.seed = 1,
		.ticks_per = 10,
		.slice = 500,
		.satp_modes = MODES,
		.hgatp_modes = MODES,
		.asid_bits = ASID_BITS,
		.vmid_bits = VMID_BITS,
		.svadu = true,
		.sstc = true,
		.svinval = true,
		.firmware = true,
	};
	const char *kernel = NULL, *initrd = NULL, *append = "", *elf = NULL, *reports = NULL;
	const char *ports[UARTS] = { 0 };
	const char *jobs = NULL;
	unsigned parallel = 1;
	bool stats = false;
	struct machine *m;
	struct timespec t0, t1;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case KERNEL:
			kernel = optarg;
			break;
		case INITRD:
			initrd = optarg;
			break;
		case APPEND:
			append = optarg;
			break;
		case ELF:
			elf = optarg;
			break;
		case SMP:
			cfg.harts = number("--smp", optarg, 1, HARTS_MAX);
			break;
		case MEM:
			cfg.mem = number("--mem", optarg, 16 << 20, 1ull << 40) & ~0x1fffffull;
			break;
		case CPU:
			set_cpu(&cfg, optarg);
			break;
		case SEED:
			cfg.seed = number("--seed", optarg, 0, ~0ull);
			break;
		case SLICE:
			cfg.slice = number("--slice", optarg, 1, 1000000);
			break;
		case TICKS:
			cfg.ticks_per = number("--ticks", optarg, 1, 1000000);
			break;
		case HOSTILE:
			jobs_parse_options(&cfg, "hostile");
			break;
		case JOBS:
			jobs = optarg;
			break;
		case PARALLEL:
			parallel = number("--parallel", optarg, 1, 64);
			break;
		case KEEP:
			cfg.keep = true;
			break;
		case SPECULATE:
			cfg.speculate = true;
			break;
		case BUFFER:
			cfg.buffer = true;
			break;
		case EARLY:
			jobs_parse_options(&cfg, "early");
			break;
		case TINST:
			cfg.weak_tinst = true;
			break;
		case JITTER:
			cfg.jitter = true;
			break;
		case CHECK:
			cfg.check = true;
			break;
		case SERIAL:
			ports[0] = optarg;
			break;
		case CONSOLE:
			ports[1] = optarg;
			break;
		case CONTROL:
			ports[2] = optarg;
			break;
		case REPORTS:
			reports = optarg;
			break;
		case TRACE:
			cfg.trace = true;
			break;
		case LIMIT:
			cfg.limit = number("--limit", optarg, 1, ~0ull);
			break;
		case STATS:
			stats = true;
			break;
		case HELP:
			fputs(usage, stdout);
			return 0;
		default:
			fputs("strict: see --help\n", stderr);
			return 2;
		}
	}
	if (!kernel == !elf || optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	cfg.firmware = kernel;
	decode_init();
	m = machine_new(&cfg);
	for (unsigned n = 0; n < UARTS; n++)
		m->uart[n].out = ports[n] ? output(ports[n]) : n ? NULL : stdout;
	if (reports)
		m->report = output(reports);
	m->jobs = jobs;
	m->parallel = parallel;
	if (kernel) {
		boot(m, kernel, initrd, append);
	} else {
		u64 entry = load_elf(m, elf);

		for (unsigned n = 0; n < cfg.harts; n++)
			hart_reset(m->hart[n], entry, n, 0, M_MODE);
	}
	stopping = m;
	signal(SIGTERM, stop);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	machine_run(m);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	if (stats) {
		double s = t1.tv_sec - t0.tv_sec + (t1.tv_nsec - t0.tv_nsec) / 1e9;
		u64 n = 0;

		for (unsigned k = 0; k < cfg.harts; k++)
			n += m->hart[k]->instret;
		fprintf(stderr,
			"strict: %llu instructions in %.1f s of this PC's time, %.1f million a second; %.1f s of the machine's time\n"
			"strict: %llu walks by speculation, %llu uses of what memory has no more, %llu times forgotten, %llu stores that waited, %llu loads that were early\n",
			(unsigned long long)n, s, n / s / 1e6, (double)machine_time(m) / TIMEBASE,
			(unsigned long long)m->spec_walks, (unsigned long long)m->stale_uses,
			(unsigned long long)m->forgotten, (unsigned long long)m->drains,
			(unsigned long long)m->early_loads);
	}
	if (cfg.trace)
		trace_dump(m, m->report);
	for (unsigned n = 0; n < UARTS; n++)
		if (m->uart[n].out)
			fflush(m->uart[n].out);
	if (m->reports)
		fprintf(stderr, "strict: %llu reports\n", (unsigned long long)m->reports);
	return m->reports && !m->status ? 3 : m->status;
}
