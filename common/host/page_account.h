/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account.h - the lists of the account's page, while they are made
 */
#ifndef COUNTERSIGN_HOST_PAGE_ACCOUNT_H
#define COUNTERSIGN_HOST_PAGE_ACCOUNT_H

#include "account.h"
#include "page.h"

#define SECTIONS_MAX	24u
#define ROW_ARGS_MAX	6u
#define ROW_BUTTONS_MAX	3u

struct page_lists {
	struct visit *v;
	struct csn_section sections[SECTIONS_MAX];
	size_t n;
	bool failed;			/* something could not be read */
};

/* A new section with room for rows; NULL where there is no more room. */
struct csn_section *list_section(struct page_lists *, const char *heading,
    size_t rows);
/* Its next row; never more than there is room for. */
struct csn_row *list_row(struct page_lists *, struct csn_section *,
    const char *title, const char *detail);
void list_arg(struct page_lists *, struct csn_pairs *, const char *name,
    struct csn_str value);
/* "@MS", which pages draw as time or date. */
void list_time(struct page_lists *, struct csn_pairs *, const char *name,
    int64_t ms);
/* A button of a row, or of a section, that asks for a wish. */
struct csn_button *list_button(struct page_lists *,
    const struct csn_button **buttons, size_t *n, const char *label,
    struct csn_str wish);
struct csn_str list_wish(struct page_lists *, const char *verb, int factor,
    struct csn_str item);

/* A device's name becomes the row's title: a plugin's word in the reader's
 * language, or its owner's text as it stands. */
void list_device(struct page_lists *, struct csn_row *,
    const struct csn_item *);

/* "Firefox · Windows", or "" where it says nothing that we know. */
struct csn_str list_agent(struct page_lists *, struct csn_str user_agent);

/* page_account_devices.c */
void list_devices(struct page_lists *);
/* page_account_browsers.c: those that are remembered. */
void list_browsers(struct page_lists *);

#endif
