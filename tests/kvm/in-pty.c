// SPDX-License-Identifier: GPL-2.0-only
/*
 * in-pty ROWSxCOLUMNS FILE KEYS COMMAND...: run a command in a terminal of its own, press the
 * keys, and write the command's output to FILE. A '.' in KEYS is a pause of half a second. The
 * exit status is that of the command, or 124 if the command still runs ten seconds after the
 * last key.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Copy the output for @ms milliseconds. Return: 0 if the terminal is closed. */
static int copy(int from, int to, int ms)
{
	struct pollfd pfd = { .fd = from, .events = POLLIN };
	long end = now_ms() + ms;
	char buf[4096];
	ssize_t len;

	while (poll(&pfd, 1, ms) > 0) {
		len = read(from, buf, sizeof(buf));
		if (len <= 0 || write(to, buf, len) != len)
			return 0;
		ms = end - now_ms();
		if (ms < 0)
			break;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	int master, file, status, open = 1;
	const char *key;
	pid_t pid;

	if (argc < 5 || sscanf(argv[1], "%hux%hu", &size.ws_row, &size.ws_col) != 2)
		errx(2, "usage: in-pty ROWSxCOLUMNS FILE KEYS COMMAND...");
	file = creat(argv[2], 0644);
	if (file < 0)
		err(2, "%s", argv[2]);
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		err(2, "forkpty");
	if (!pid) {
		setenv("TERM", "vt100", 0);
		execvp(argv[4], argv + 4);
		err(127, "%s", argv[4]);
	}
	for (key = argv[3]; *key && open; key++) {
		if (*key != '.' && write(master, key, 1) != 1)
			break;
		open = copy(master, file, *key == '.' ? 500 : 50);
	}
	if (open && copy(master, file, 10000)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return 124;
	}
	if (waitpid(pid, &status, 0) != pid)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
