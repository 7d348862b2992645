// SPDX-License-Identifier: GPL-2.0-only
/* gstage check: check a dump of page tables, or an image of memory. Does not need KVM. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "formats.h"
#include "number.h"
#include "output/json.h"
#include "output/output.h"
#include "tables/dump.h"
#include "tables/xlen.h"

struct arguments {
	struct args common;
	bool have_hgatp, have_base;
	uint64_t hgatp, base, xlen;
};

static const struct argp_option options[] = {
	{ "hgatp", 'H', "VALUE", 0,
	  "FILE is an image of the host's memory; VALUE is the register hgatp", 0 },
	{ "base", 'b', "ADDRESS", 0, "The physical address of the image's first byte", 0 },
	{ "xlen", 'x', "BITS", 0, "XLEN of the host that the image is from: 64 or 32 (64)", 0 },
	ARGS_JSON,
	{ 0 },
};

static void take_number(struct argp_state *state, const char *arg, uint64_t *value)
{
	if (!parse_number(arg, value))
		argp_error(state, "'%s' is not a number: give a number such as 0x80000000", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'H':
		take_number(state, arg, &args->hgatp);
		args->have_hgatp = true;
		return 0;
	case 'b':
		take_number(state, arg, &args->base);
		args->have_base = true;
		return 0;
	case 'x':
		take_number(state, arg, &args->xlen);
		if (args->xlen != 64 && args->xlen != 32)
			argp_error(state, "XLEN cannot be %s: give 64 or 32", arg);
		return 0;
	case ARGP_KEY_END:
		if (args->have_hgatp != args->have_base)
			argp_error(state, "give both --hgatp and --base");
		return args_parser(key, arg, state);
	default:
		return args_parser(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Check G-stage page tables against gstage's invariants and the privileged "
	       "specification.\v"
	       "FILE is the output of \"gstage dump\" (text or JSON), or a copy of gstage_page_tables; "
	       "\"-\" is stdin.  With --hgatp and --base, FILE is a raw image of physical memory that "
	       "contains all tables.  The command prints a line for each violation, with the number "
	       "of the rule in docs/INVARIANTS.md: INV-nn is an invariant of gstage, SPEC-nn a rule "
	       "of the specification, INPUT-nn a contradiction in FILE.  A dump contains leaves only: "
	       "errors in tables show only in images.  The command works on any machine.\n"
	       "\n"
	       "Exit status: 0 if there is no violation; 3 if there is one; 1 if FILE cannot be "
	       "checked; 2 for wrong usage.\n",
};

/** struct report - how to print violations, and how many there are */
struct report {
	bool json;
	struct json_stream stream;
	unsigned long count;
};

static void finding(void *arg, const char *rule, unsigned int number, uint64_t gpa,
		    unsigned int level, uint64_t pte, const char *what)
{
	struct report *report = arg;
	struct json_object *map;
	char name[32];

	report->count++;
	snprintf(name, sizeof(name), "%s-%02u", rule, number);
	if (!report->json) {
		printf("%s gpa 0x%" PRIx64 " level %u pte 0x%" PRIx64 ": %s\n", name, gpa, level,
		       pte, what);
		return;
	}
	map = json_map();
	json_set(map, "rule", json_text(name));
	json_set(map, "gpa", json_hex(gpa));
	json_set(map, "level", json_number(level));
	json_set(map, "pte", json_hex(pte));
	json_set(map, "what", json_text(what));
	json_stream_add(&report->stream, map);
}

static int fail_file(const char *file, int err)
{
	return fail(STATUS_FAILED, "cannot-read", NULL, "cannot read %s: %s", file, strerror(err));
}

static int fail_input(const char *file, const char *unit, size_t where, const char *why)
{
	return fail(STATUS_FAILED, "bad-input",
		    "Give the output of \"gstage dump\", or an image with --hgatp and --base.",
		    "cannot parse %s, %s %zu: %s", file, unit, where, why);
}

/* Read a whole file, and add a NUL. Return: NULL with errno set on errors. */
static char *read_all(int fd, size_t *len)
{
	size_t size = 1 << 16;
	char *text = malloc(size), *more;
	ssize_t got;

	*len = 0;
	while (text) {
		got = read(fd, text + *len, size - *len - 1);
		if (got < 0 && errno != EINTR) {
			free(text);
			return NULL;
		}
		if (!got)
			break;
		*len += got > 0 ? got : 0;
		if (size - *len > 1)
			continue;
		more = realloc(text, size *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (text)
		text[*len] = '\0';
	return text;
}

/* Read a dump, text or JSON. Return: 0, or the exit status after an error was reported. */
static int read_dump(const char *file, int fd, struct dump *dump)
{
	const char *why, *unit = "line";
	size_t len, where;
	char *text = read_all(fd, &len);

	if (!text)
		return fail_file(file, errno);
	if (strlen(text) != len) {
		where = strlen(text);
		free(text);
		return fail_input(file, "byte", where, "it is not text");
	}
	if (text[strspn(text, " \t\r\n")] == '{') {
		unit = "byte";
		why = dump_parse_json(text, dump, &where);
	} else {
		why = dump_parse_text(text, dump, &where);
	}
	free(text);
	if (!why && dump->head.version != DUMP_VERSION) {
		where = 1;
		why = dump->head.version ? "this gstage does not know the version of the dump" :
					   "it is not a dump: the version is missing";
	}
	if (!why && !dump->head.mode[0])
		why = "the mode is missing";
	if (!why && !strcmp(dump->head.mode, "none"))
		why = "the VM had ended when the dump was made";
	return why ? fail_input(file, unit, where, why) : 0;
}

static void begin(struct report *report)
{
	if (report->json)
		json_stream_begin(&report->stream, stdout, json_document(), "violations");
}

static void end(struct report *report, const char *mode, const char *input,
		const struct tally *tally, const char *why)
{
	struct json_object *tail, *leaves, *levels;
	unsigned int level;

	if (!report->json) {
		printf("# %s of %s: ", input, mode);
		if (tally->tables)
			printf("%" PRIu64 " tables, ", tally->tables);
		printf("leaves by level");
		for (level = 0; level < 5; level++)
			printf(" %" PRIu64, tally->leaves[level]);
		printf(", of 64K %" PRIu64 "\n", tally->napots);
		if (!why)
			printf("violations %lu\n", report->count);
		return;
	}
	tail = json_map();
	json_set(tail, "count", json_number(report->count));
	json_set(tail, "complete", json_truth(!why));
	json_set(tail, "input", json_text(input));
	json_set(tail, "mode", json_text(mode));
	json_set(tail, "tables", tally->tables ? json_number(tally->tables) : NULL);
	levels = json_list();
	for (level = 0; level < 5; level++)
		json_append(levels, json_number(tally->leaves[level]));
	leaves = json_map();
	json_set(leaves, "levels", levels);
	json_set(leaves, "64K", json_number(tally->napots));
	json_set(tail, "leaves", leaves);
	json_stream_end(&report->stream, tail);
}

static int verdict(const struct report *report, const char *file, const char *why)
{
	int ret = output_done();

	if (ret)
		return ret;
	if (why)
		return fail(STATUS_FAILED, "not-checked", NULL, "cannot check %s to its end: %s",
			    file, why);
	return report->count ? STATUS_VIOLATIONS : 0;
}

static int check_dump(const struct arguments *args, int fd, struct report *report)
{
	struct dump dump = { 0 };
	struct tally tally = { 0 };
	const struct format *f;
	const struct xlen *xlen;
	const char *why;
	int ret = read_dump(args->common.word[0], fd, &dump);

	if (!ret) {
		f = format_by_name(dump.head.mode);
		xlen = f && f->xlen == 32 ? &xlen_32 : &xlen_64;
		begin(report);
		why = xlen->check_dump(&dump, finding, report, &tally);
		end(report, dump.head.mode, "dump", &tally, why);
		ret = verdict(report, args->common.word[0], why);
	}
	free(dump.runs);
	return ret;
}

static int check_image(const struct arguments *args, int fd, struct report *report)
{
	const struct xlen *xlen = args->xlen == 32 ? &xlen_32 : &xlen_64;
	const struct format *f = format_by_mode(args->hgatp >> (args->xlen == 32 ? 31 : 60));
	struct image image = { .fd = fd, .base = args->base };
	struct tally tally = { 0 };
	const char *why;
	struct stat st;

	if (fstat(fd, &st))
		return fail_file(args->common.word[0], errno);
	if (!S_ISREG(st.st_mode))
		return fail(STATUS_FAILED, "bad-input", "Copy the memory to a file first.",
			    "%s is not a regular file", args->common.word[0]);
	image.size = st.st_size;
	begin(report);
	why = xlen->check_image(&image, args->hgatp, finding, report, &tally);
	end(report, f && f->xlen == args->xlen ? f->name : "unknown", "image", &tally, why);
	return verdict(report, args->common.word[0], why);
}

int cmd_check(int argc, char **argv)
{
	struct arguments args = { .common.names = { "FILE" }, .xlen = 64 };
	struct report report = { 0 };
	int ret, fd = STDIN_FILENO;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (ret)
		return ret;
	report.json = args.common.json;
	if (strcmp(args.common.word[0], "-"))
		fd = open(args.common.word[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_file(args.common.word[0], errno);
	ret = args.have_hgatp ? check_image(&args, fd, &report) : check_dump(&args, fd, &report);
	close(fd);
	return ret;
}
