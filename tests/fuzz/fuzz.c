// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Running scripts under libFuzzer.
 */
#include <stdlib.h>

#include "script.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

_Noreturn void script_failed(void)
{
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	script_run(bytes, size);
	return 0;
}
