// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: tracepoints, made.
 */
#include "gstage.h"

#define CREATE_TRACE_POINTS
#include "events.h"
