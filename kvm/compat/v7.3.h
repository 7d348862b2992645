/* SPDX-License-Identifier: GPL-2.0-only */
/* gstage on Linux 7.3: the same as on 7.2. */
#include "v7.2.h"
