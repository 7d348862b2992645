// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

struct child child_begin(bool (*look)(void))
{
	struct child child;
	int go[2];
	char c;

	if (pipe(go))
		bail("pipe: %s", strerror(errno));
	child.pid = fork();
	if (!child.pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1) == 1 ? !look() : 2);
	}
	if (child.pid < 0)
		bail("fork: %s", strerror(errno));
	close(go[0]);
	child.go = go[1];
	return child;
}

bool child_end(struct child *child)
{
	int status = -1;

	if (write(child->go, "", 1) != 1 || waitpid(child->pid, &status, 0) != child->pid)
		bail("the child failed: %s", strerror(errno));
	close(child->go);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
