/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - pieces that the files page*.c build pages from
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

/* Of a page that is a round: saves the exchange, or has answered. */
bool page_round_open(struct visit *, bool cross_site);
/* Where it can be seen again by its id; by the target, where it cannot. */
struct csn_str page_round_url(struct visit *);
struct csn_str page_round_here(struct visit *);
/* The form's hidden fields, and whom it is about. */
void page_form_fields(struct visit *);
void page_who_known(struct visit *);
/* A way on by another factor; down: the one that does not answer, or -1. */
void page_choice_button(struct visit *, unsigned factor, int down);

#endif
