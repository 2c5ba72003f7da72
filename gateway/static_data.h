/* SPDX-License-Identifier: Apache-2.0 */
/*
 * static_data.h - what embed.sh makes of the files, in static_data.c
 */
#ifndef COUNTERSIGN_GATEWAY_STATIC_DATA_H
#define COUNTERSIGN_GATEWAY_STATIC_DATA_H

#include <stddef.h>

extern const unsigned char static_style_css[], static_post_js[];
extern const size_t static_style_css_len, static_post_js_len;
extern const char static_style_css_etag[], static_post_js_etag[];

#endif
