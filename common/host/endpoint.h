/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - a request to a factor's endpoint, between visit_endpoint.c (a
 * browser comes back), visit_serve.c (the plugin answers it) and
 * visit_leave.c (the logout chain)
 */
#ifndef COUNTERSIGN_HOST_ENDPOINT_H
#define COUNTERSIGN_HOST_ENDPOINT_H

#include "visit.h"

struct endpoint_at {
	int factor;
	uint32_t index;
	const struct csn_endpoint *ep;
};

/* What the address below P/f/ names: 0, or -1 if there is no such factor or
 * endpoint. */
int endpoint_find(struct visit *, struct endpoint_at *ret);
/* The query of a GET, the form of a POST. */
struct csn_pairs endpoint_params(const struct visit *);
/* Whether what is awaited (0: any) is this endpoint and method. */
bool endpoint_bound(uint32_t endpoint, uint32_t methods, uint32_t index,
    bool post);
/* The round of this token goes on with this request. Answers. */
void endpoint_resume(struct visit *, const struct endpoint_at *,
    struct csn_str token);

/* visit_serve.c: the plugin's serve() answers. */
void serve_endpoint(struct visit *, const struct endpoint_at *);
/* One call of serve(); `state` and `keep` may be empty. */
void serve_call(struct visit *, int factor, struct csn_req *,
    struct verdict *ret);
/* Ends what the reply names, scoped to the factor. -1: some may still live. */
int serve_end_sessions(struct visit *, int factor, const struct csn_reply *);

/* visit_leave.c */
/* The browser is back with the resume value of a chain, or of nothing. */
void leave_return(struct visit *, const struct endpoint_at *,
    struct csn_str token);
/* Has this browser a chain that waits for it? A read of the store. */
bool leave_under_way(struct visit *);
/* The plugin had no answer of its own at an EP_LOGOUT endpoint. Answers. */
void leave_fallback(struct visit *, const struct endpoint_at *,
    uint32_t verdict);

#endif
