/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 7.3: as 7.2, as far as gstage is concerned. */
#include "v7.2.h"
