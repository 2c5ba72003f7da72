/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * claim_path.h - where in the claims a value lies, as the configuration says
 *
 * Names joined by dots: realm_access.roles. A name with anything but letters,
 * digits, "_", "-", ":" and "/" in it is quoted: "https://example.org/groups"
 * or resource_access."my.app".roles; inside the quotation marks \" and \\
 * stand for themselves. It must never guess: what cannot be read is refused
 * when the configuration is.
 */
#ifndef AUTH_OIDC_CLAIM_PATH_H
#define AUTH_OIDC_CLAIM_PATH_H

#include "json.h"

#define CLAIM_PATH_MAX	256u	/* bytes of the path as written */
#define CLAIM_PATH_NAMES 8u

struct claim_path {
	const char *names[CLAIM_PATH_NAMES];	/* into memory */
	size_t n;
	char memory[CLAIM_PATH_MAX + 1];
};

/* 0, or -1 with what is wrong in *ret_why (static). *ret points into itself:
 * it is not to be copied. */
int claim_path_parse(struct csn_str, struct claim_path *ret,
    const char **ret_why);
/* The value there, borrowed, or NULL: nothing there, or an array on the
 * way. */
const json_t *claim_path_find(const struct claim_path *, const json_t *claims);
/* One string. */
enum json_member claim_path_text(const struct claim_path *,
    const json_t *claims, struct csn_str *ret);
/* A string, or an array of strings; numbers, objects and null are wrong, and
 * one of them in an array makes the whole wrong: never a part of a list for
 * the whole. An array of none is good. At most max. */
enum json_member claim_path_texts(const struct claim_path *,
    const json_t *claims, size_t max, struct arena *, struct csn_strs *ret);

#endif
