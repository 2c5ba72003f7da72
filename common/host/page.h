/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - pieces that page.c and page_note.c build pages from
 */
#ifndef COUNTERSIGN_HOST_PAGE_H
#define COUNTERSIGN_HOST_PAGE_H

#include "visit.h"

/* An empty page in v->view, to be filled and sent. */
struct csn_page *page_new(struct visit *, uint32_t screen, uint32_t status,
    uint32_t tone);
/* A page of a round of ours: the next one is its form. 0, or -1 and it has
 * been answered. */
int page_round(struct visit *, uint32_t screen, const char *heading,
    const char *message);
/* Keeps the answer of a used round, then answers. */
void page_send(struct visit *);
/* P/login with this visit's target. */
struct csn_str page_login_url(struct visit *);
/* Adds a button; borrowed strings, static label. */
struct csn_button *page_button(struct visit *, const char *label,
    uint32_t flags);
void page_field(struct visit *, const char *name, struct csn_str value);
struct csn_pairs page_args(struct visit *, const char *name,
    struct csn_str value);
/* "Taro Yamada (yamada)", or "" */
struct csn_str page_who(struct visit *, const struct person *);
struct csn_str page_factor_label(struct visit *, unsigned factor);

#endif
