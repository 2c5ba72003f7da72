/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_samples.h - every screen once, for the gallery and the tests of pages
 *
 * Names and texts are those the host and the plugins send. For tests only.
 */
#ifndef COUNTERSIGN_GATEWAY_PAGE_SAMPLES_H
#define COUNTERSIGN_GATEWAY_PAGE_SAMPLES_H

#include <countersign/host.h>

#include "lib/str.h"

struct page_sample {
	const char *name;		/* "06-code-wrong" */
	struct csn_view view;		/* its language is to be set */
};

#define SAMPLE_TIME_MS	1795854300000LL	/* 2026-11-28 17:25 in Tokyo */

/* Static; *ret_n of them. */
const struct page_sample *page_samples_forms(size_t *ret_n);
const struct page_sample *page_samples_notes(size_t *ret_n);
/* A copy of the sample in a language. */
struct csn_view page_sample_in(const struct page_sample *,
    struct csn_str language);
/* A site with everything set, in a language. */
struct csn_site page_sample_site(struct csn_str language);

#endif
