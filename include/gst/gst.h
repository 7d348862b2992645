/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gst: an engine for RISC-V G-stage page tables. Programs include this header.
 */
#ifndef GST_GST_H
#define GST_GST_H

#include <gst/base.h>
#include <gst/format.h>
#include <gst/ops.h>
#include <gst/pte.h>
#include <gst/root.h>
#include <gst/space.h>

#endif /* GST_GST_H */
