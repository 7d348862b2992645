// SPDX-License-Identifier: GPL-2.0-only
/* gstage top: show the VMs of this host and their page faults live. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/args.h"
#include "commands/commands.h"
#include "number.h"
#include "output/json.h"
#include "output/output.h"
#include "output/terminal.h"

struct arguments {
	struct args common;
	bool batch;
	double delay;
	uint64_t number; /* 0: no limit */
	struct view view;
};

static const struct argp_option options[] = {
	{ "delay", 'd', "SECONDS", 0, "Time between two samples (1)", 0 },
	{ "number", 'n', "NUMBER", 0, "End after this many samples", 0 },
	{ "sort", 's', "COLUMN", 0, "Sort by this column (faults)", 0 },
	{ "reverse", 'r', NULL, 0, "Reverse the order", 0 },
	{ "batch", 'b', NULL, 0, "Print plain text: one table for each sample", 0 },
	{ "json", 'j', NULL, 0, "Print a line of JSON for each sample; also for errors", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	char *end;

	switch (key) {
	case 'd':
		args->delay = strtod(arg, &end);
		if (!*arg || *end || !isfinite(args->delay) || args->delay < 0.01 ||
		    args->delay > 86400)
			argp_error(state, "'%s' is not a time: give 0.01 to 86400 seconds", arg);
		return 0;
	case 'n':
		if (!parse_number(arg, &args->number) || !args->number)
			argp_error(state, "'%s' is not a number of samples", arg);
		return 0;
	case 's':
		args->view.column = column_find(arg);
		if (args->view.column < 0)
			argp_error(
				state,
				"there is no column '%s': the columns are vm, name, mode, vcpus, "
				"tables, bytes, mapped, faults, retries, flushes and unmaps",
				arg);
		return 0;
	case 'r':
		args->view.reverse = true;
		return 0;
	case 'b':
		args->batch = true;
		return 0;
	default:
		return args_parser(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show the VMs of this host live, with the rates of events since the last sample.\v"
	       "Keys: q quits; < and > or the left and right arrow keys select the column to sort by; "
	       "r reverses the order; the up and down arrow keys scroll; space takes a sample at "
	       "once.  --batch is the default if stdout is not a terminal.  A VM has rates from the "
	       "second sample on.\n"
	       "\n"
	       "FAULT/s: guest page faults, and faults of KVM_PRE_FAULT_MEMORY.  RETRY/s: faults that "
	       "the guest repeats, because the host changed its mappings meanwhile.  FLUSH/s: flushes "
	       "of TLBs on all harts.  UNMAP/s: ranges that were unmapped.\n",
};

static void print_json(const struct sample *sample)
{
	struct json_object *document = json_document(), *list = json_list(), *vm, *map;
	size_t i, r;

	json_set(document, "time", json_number(time(NULL)));
	json_set(document, "interval", sample->interval > 0 ? json_real(sample->interval) : NULL);
	for (i = 0; i < sample->count; i++) {
		const struct row *row = &sample->rows[i];

		vm = vm_summary_json(&row->info);
		map = row->has_rates ? json_map() : NULL;
		for (r = 0; row->has_rates && r < RATES; r++)
			json_set(map, rates[r].key, json_real(row->rate[r]));
		json_set(vm, "rates", map);
		json_append(list, vm);
	}
	json_set(document, "vms", list);
	json_print(stdout, document);
}

static void print_text(const struct sample *sample, bool first)
{
	char cell[64];
	size_t i;
	int c;

	if (!first)
		putchar('\n');
	for (c = 0; c < COLUMNS_COUNT; c++)
		printf("%*s%c", columns[c].width, columns[c].heading,
		       c == COLUMNS_COUNT - 1 ? '\n' : ' ');
	for (i = 0; i < sample->count; i++)
		for (c = 0; c < COLUMNS_COUNT; c++) {
			columns[c].cell(&sample->rows[i], columns[c].which, cell);
			printf("%*s%c", columns[c].width, cell,
			       c == COLUMNS_COUNT - 1 ? '\n' : ' ');
		}
}

static void pause_for(double seconds)
{
	struct timespec ts = { .tv_sec = seconds, .tv_nsec = fmod(seconds, 1) * 1e9 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static int run_batch(const struct arguments *args)
{
	struct sample before = { 0 }, now;
	uint64_t looks;
	int ret = 0;

	for (looks = 0; !ret && (!args->number || looks < args->number); looks++) {
		if (looks)
			pause_for(args->delay);
		ret = sample_take(&before, &now);
		if (ret)
			break;
		sample_sort(&now, args->view.column, args->view.reverse);
		if (args->common.json)
			print_json(&now);
		else
			print_text(&now, !looks);
		ret = output_done();
		sample_free(&before);
		before = now;
	}
	sample_free(&before);
	return ret;
}

static double now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Show a sample until it is time for the next one. Return: false if the user quits. */
static bool show(struct view *view, struct sample *sample, double delay)
{
	double left;

	do {
		sample_sort(sample, view->column, view->reverse);
		terminal_draw(view, sample);
		left = sample->when + delay - now_seconds();
		switch (terminal_wait(view, left)) {
		case VIEW_QUIT:
			return false;
		case VIEW_TIMEOUT:
		case VIEW_LOOK:
			return true;
		case VIEW_REDRAW:
			break;
		}
	} while (left > 0);
	return true;
}

static int run_live(struct arguments *args)
{
	struct sample before = { 0 }, now;
	uint64_t looks = 0;
	bool go_on;
	int ret;

	/* Report an early error before the screen is cleared. */
	ret = sample_take(&before, &now);
	if (!ret)
		ret = terminal_open();
	while (!ret) {
		go_on = show(&args->view, &now, args->delay);
		sample_free(&before);
		before = now;
		if (!go_on || (args->number && ++looks >= args->number))
			break;
		/* fail() restores the screen before it reports an error. */
		ret = sample_take(&before, &now);
	}
	terminal_close();
	sample_free(&before);
	return ret;
}

int cmd_top(int argc, char **argv)
{
	struct arguments args = { .delay = 1 };
	int ret;

	args.view.column = column_find("faults");
	ret = args_parse(&argp, argc, argv, &args.common);
	if (ret)
		return ret;
	if (args.batch || args.common.json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return run_batch(&args);
	return run_live(&args);
}
