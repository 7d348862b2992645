// SPDX-License-Identifier: GPL-2.0-only
/*
 * A library that the fake VMM links. The dynamic linker initialises it before preloaded libraries,
 * so it creates its VM before the preload library has started.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "fakekvm.h"

extern int early_mode;
int early_mode = -1;

__attribute__((constructor)) static void start(void)
{
	int kvm;

	if (!getenv("FAKEVMM_EARLY"))
		return;
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	early_mode = ioctl(ioctl(kvm, KVM_CREATE_VM, 0), FAKE_GET_MODE, 0);
}
