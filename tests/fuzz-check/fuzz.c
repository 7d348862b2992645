// SPDX-License-Identifier: GPL-2.0-only
/* Run inputs under libFuzzer. */
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	input_run(bytes, size);
	return 0;
}
