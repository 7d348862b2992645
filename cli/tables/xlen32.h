/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine is built a second time for XLEN 32: rename its functions there. */
#define gst_check          gst_check_32
#define gst_formats        gst_formats_32
#define gst_format_of_mode gst_format_of_mode_32
#define gst_format_of_name gst_format_of_name_32
#define gst_format_fitting gst_format_fitting_32
#define gst_format_widest  gst_format_widest_32
