/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_impl.h - what the files that draw a page share
 */
#ifndef COUNTERSIGN_GATEWAY_DRAW_IMPL_H
#define COUNTERSIGN_GATEWAY_DRAW_IMPL_H

#include "draw.h"
#include "lib/str.h"
#include "markup.h"

struct draw {				/* one page; all is borrowed */
	struct markup m;
	const struct csn_view *view;
	const struct csn_page *page;
	const struct csn_site *site;
	const struct catalogue *words;	/* NULL: English */
	bool post;			/* the form submits itself */
	size_t focus;			/* prompt that gets it, or nprompts */
	size_t wrong;			/* the one the error is about */
};

/* How the values of {args} look. */
enum draw_look {
	DRAW_BARE,			/* no tags: title and attributes */
	DRAW_TEXT,			/* links for what has an address */
	DRAW_STRONG			/* and values stand out */
};

/* The translation of a key with its args, which are looked up in these, then
 * in the page's, then among the special ones of draw.h. One that is nowhere
 * stays as it is. */
void draw_key(struct draw *, struct csn_str key, struct csn_pairs args,
    enum draw_look);
#define DRAW_KEY(d, literal)	\
    draw_key((d), STR(literal), (struct csn_pairs){ NULL, 0 }, DRAW_TEXT)

/* A language's own name: 日本語. */
struct csn_str draw_language(struct csn_str tag);

/* Is this an address that a page may lead to: http, https, or a path here? */
bool draw_url_good(struct csn_str);

/* Is it a prompt that the visitor answers by typing or choosing? */
bool draw_prompt_asks(const struct csn_prompt *);
/* Sets focus and wrong. */
void draw_prompts_look(struct draw *);
/* All prompts but those of CSN_P_BUTTON, in their order. */
void draw_prompts(struct draw *);

/* All buttons, the first one to press first; then other ways. */
void draw_buttons(struct draw *);
/* One of them, where it stands. */
void draw_button(struct draw *, const struct csn_button *);

/* draw_section.c: the lists of a page. */
void draw_sections(struct draw *);

#endif
