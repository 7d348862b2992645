/* SPDX-License-Identifier: GPL-2.0-only */
/* The C11 freestanding header that the engine includes, in a kernel. */
#ifndef GST_FREESTANDING_STDINT_H
#define GST_FREESTANDING_STDINT_H

#include <linux/types.h>
#include <linux/limits.h>

#define UINT64_C(c) c##ULL
#define UINT16_MAX  U16_MAX
#define UINT32_MAX  U32_MAX

#endif /* GST_FREESTANDING_STDINT_H */
