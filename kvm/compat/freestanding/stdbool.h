/* SPDX-License-Identifier: GPL-2.0-only */
/* The C11 freestanding header that the engine includes, in a kernel. */
#ifndef GST_FREESTANDING_STDBOOL_H
#define GST_FREESTANDING_STDBOOL_H

#include <linux/types.h>

#endif /* GST_FREESTANDING_STDBOOL_H */
