// SPDX-License-Identifier: GPL-2.0-only
/*
 * One boot for many runs. The host writes "ready" to its last serial port, and waits there for a
 * command. Then the machine forks a process for each line of the file of jobs. A line is
 *
 *	NAME SEED OPTIONS COMMAND
 *
 * OPTIONS are names of liberties, separated by commas ("hostile", "keep,check", "none"). Each
 * process continues with this seed and these liberties from the same state of the machine. It
 * writes NAME.console, NAME.control, NAME.serial and NAME.reports, and gives COMMAND to the host.
 * The machine prints the name, the status and the seconds of processor time of each job that has
 * ended.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "strict.h"

bool jobs_parse_options(struct config *cfg, const char *word)
{
	const struct {
		const char *name;
		bool *flag;
	} all[] = {
		{ "keep", &cfg->keep },        { "speculate", &cfg->speculate },
		{ "buffer", &cfg->buffer },    { "early", &cfg->early },
		{ "tinst", &cfg->weak_tinst }, { "jitter", &cfg->jitter },
		{ "check", &cfg->check },
	};
	bool hostile = !strcmp(word, "hostile"), known = hostile || !strcmp(word, "none");

	for (unsigned n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
		if (!hostile && strcmp(word, all[n].name))
			continue;
		*all[n].flag = true;
		known = true;
	}
	cfg->buffer |= cfg->early;
	return known;
}

static FILE *output(const char *name, const char *what)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", name, what);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(2);
	}
	return f;
}

/* The process of one job: it returns, and the machine continues. */
static void begin(struct machine *m, char *line)
{
	static const char *const ports[UARTS] = { "serial", "console", "control" };
	char *name = strtok(line, " "), *seed = strtok(NULL, " "), *options = strtok(NULL, " ");
	char *command = strtok(NULL, ""), *word, *end;

	if (!command) {
		fprintf(stderr, "strict: a job is NAME SEED OPTIONS COMMAND, and not: %s\n", line);
		exit(2);
	}
	m->rng = m->cfg.seed = strtoull(seed, NULL, 0);
	for (word = strtok(options, ","); word; word = strtok(NULL, ",")) {
		if (!jobs_parse_options(&m->cfg, word)) {
			fprintf(stderr, "strict: there is no liberty %s\n", word);
			exit(2);
		}
	}
	for (unsigned n = 0; n < m->cfg.harts; n++)
		begin_liberties(m->hart[n]);
	fast_flush_all(m);
	for (unsigned n = 0; n < UARTS; n++)
		m->uart[n].out = output(name, ports[n]);
	m->report = output(name, "reports");
	if (m->cfg.limit)
		m->cfg.limit += m->clock;
	end = malloc(strlen(command) + 2);
	strcat(strcpy(end, command), "\n");
	uart_input(m, UARTS - 1, end);
}

static char *name_of(const char *line)
{
	return strndup(line, strcspn(line, " "));
}

/* Read the whole file first: the processes would share one file position. */
static char *read_all(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f || getdelim(&text, &size, '\0', f) < 0) {
		perror(name);
		exit(2);
	}
	fclose(f);
	return text;
}

static void run_jobs(struct machine *m)
{
	char *all = read_all(m->jobs), *line, *rest = all;
	struct {
		pid_t pid;
		char *name;
	} running[64] = { 0 };
	unsigned n = 0, failed = 0;

	fflush(NULL);
	while (rest || n) {
		struct rusage usage;
		int status;
		pid_t pid;

		while (rest && n < m->parallel) {
			line = strsep(&rest, "\n");
			if (!line[0])
				continue;
			pid = fork();
			if (!pid) {
				begin(m, line);
				return;
			}
			running[n].pid = pid;
			running[n++].name = name_of(line);
		}
		pid = n ? wait4(-1, &status, 0, &usage) : 0;
		for (unsigned k = 0; k < n; k++) {
			if (running[k].pid != pid)
				continue;
			status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			failed |= status;
			printf("%s %d %ld\n", running[k].name, status, (long)usage.ru_utime.tv_sec);
			fflush(stdout);
			free(running[k].name);
			running[k] = running[--n];
			break;
		}
	}
	exit(failed ? 1 : 0);
}

/* The host writes to its last serial port. */
void jobs_heard(struct machine *m, u8 byte)
{
	unsigned last = sizeof(m->heard) - 1;

	if (!m->jobs || byte == '\r')
		return;
	memmove(m->heard, m->heard + 1, last);
	m->heard[last] = byte;
	if (memcmp(m->heard + last - 5, "ready\n", 6))
		return;
	/* The device may be in the middle of an access: begin between two turns. */
	m->begin_jobs = true;
	if (m->running)
		m->running->stop = 0;
}

void jobs_begin(struct machine *m)
{
	m->begin_jobs = false;
	run_jobs(m);
	m->jobs = NULL;
}
