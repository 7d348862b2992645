/* SPDX-License-Identifier: GPL-2.0-only */
/* The C11 freestanding header that the engine includes, in a kernel. */
#ifndef GST_FREESTANDING_STDDEF_H
#define GST_FREESTANDING_STDDEF_H

#include <linux/stddef.h>

#endif /* GST_FREESTANDING_STDDEF_H */
