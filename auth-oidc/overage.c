/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * overage.c - the groups of a person with very many (Microsoft Entra: above
 * 200 in a token), from a list in pages as Microsoft Graph gives it
 *
 * It must never take some pages for the whole list, nor send the access token
 * anywhere but to the origin that the configuration names for it.
 */
#include "overage.h"

#include "bound.h"
#include "claim_path.h"

#include "lib/url.h"

#define PAGES_MAX	8u
#define GROUPS_MOST	2000u
#define PAGE_BYTES	(256u << 10)

bool
overage_told(const json_t *claims, const char *claim)
{
	const json_t *names;
	bool has;

	if (json_member_bool(claims, "hasgroups", &has) == MEMBER_GOOD && has)
		return true;
	return json_member_object(claims, "_claim_names", &names) ==
	    MEMBER_GOOD && json_object_get(names, claim) != NULL;
}

/* The pages of one list lie where the list begins. */
static bool
same_origin(struct csn_str a, struct csn_str b)
{
	char memory[2][512];
	struct buf origin[2];
	struct url u, v;

	if (url_parse(a, &u) != 0 || url_parse(b, &v) != 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		buf_init_fixed(&origin[i], memory[i], sizeof(memory[i]));
	url_origin(&origin[0], &u);
	url_origin(&origin[1], &v);
	return !buf_failed(&origin[0]) && !buf_failed(&origin[1]) &&
	    str_equal(buf_str(&origin[0]), buf_str(&origin[1]));
}

/* {"value":[{"id":"..."},...],"@odata.nextLink":"https://..."} NULL or what
 * is wrong. */
static const char *
page_take(const struct round *r, const json_t *page, json_t *groups,
    struct csn_str *ret_next)
{
	const json_t *list = json_object_get(page, "value");
	struct csn_str id, next;

	if (!json_is_array(list))
		return "groups-answer";
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_member_text(json_array_get(list, i), "id", &id) !=
		    MEMBER_GOOD)
			return "groups-answer";
		if (json_array_size(groups) == GROUPS_MOST)
			return "groups-too-many";
		if (json_array_append_new(groups, json_stringn(id.p, id.n)) !=
		    0)
			return "memory";
	}
	*ret_next = STR("");
	switch (json_member_text(page, "@odata.nextLink", &next)) {
	case MEMBER_MISSING:
		return NULL;
	case MEMBER_GOOD:
		*ret_next = arena_str(r->arena, next);
		return ret_next->p != NULL ? NULL : "memory";
	case MEMBER_WRONG:
		break;
	}
	return "groups-answer";
}

static const char *
page_ask(const struct round *r, struct csn_str url, struct csn_str token,
    json_t *groups, struct csn_str *ret_next)
{
	struct fetch f = { .url = url, .accept = "application/json",
	    .max_bytes = PAGE_BYTES };
	json_t *page = NULL;
	struct fetched got;
	const char *fault;

	if (bound_get(r, &f, token, &got) != CSN_OK)
		return "groups-unreachable";
	if (!fetched_is(&got, 200, "application/json"))
		return "groups-answer";
	if (json_text_read(got.body, &json_document_caps, &page) !=
	    REFUSAL_NONE)
		return "groups-answer";
	fault = page_take(r, page, groups, ret_next);
	json_decref(page);
	return fault;
}

static const char *
pages_ask(const struct round *r, struct csn_str token, json_t *groups)
{
	struct csn_str first = r->o->opt.text[OPT_GROUPS_ENDPOINT];
	struct csn_str url = first, next;
	const char *fault;

	for (unsigned i = 0; i < PAGES_MAX; i++) {
		fault = page_ask(r, url, token, groups, &next);
		if (fault != NULL || next.n == 0)
			return fault;
		if (!same_origin(first, next))
			return "groups-elsewhere";
		url = next;
	}
	return "groups-too-many";
}

static enum outcome
groups_put(const char *claim, json_t *groups, json_t **claims)
{
	json_t *all = json_copy(*claims);

	if (all == NULL || json_object_set(all, claim, groups) != 0) {
		json_decref(all);
		return OUTCOME_ERROR;
	}
	/* the copy shares what others have borrowed from the old one */
	json_decref(*claims);
	*claims = all;
	return OUTCOME_AGAIN;
}

enum outcome
overage_ask(struct round *r, struct csn_str access_token, json_t **claims)
{
	const struct options *o = &r->o->opt;
	struct csn_pair pair = { STR("why"), STR("") };
	enum outcome outcome = OUTCOME_AGAIN;
	struct claim_path path;
	const char *fault;
	json_t *groups;

	if (o->text[OPT_GROUPS_ENDPOINT].n == 0 || access_token.n == 0 ||
	    o->list[OPT_GROUPS_CLAIM].n == 0 ||
	    claim_path_parse(o->list[OPT_GROUPS_CLAIM].v[0], &path,
	    &fault) != 0 || path.n != 1 ||
	    json_object_get(*claims, path.names[0]) != NULL ||
	    !overage_told(*claims, path.names[0]))
		return OUTCOME_AGAIN;
	groups = json_array();
	if (groups == NULL)
		return OUTCOME_ERROR;
	fault = pages_ask(r, access_token, groups);
	if (fault == NULL)
		outcome = groups_put(path.names[0], groups, claims);
	else {
		pair.value = str_from(fault);
		r->o->host->audit(r->call, STR("groups-not-asked"),
		    (struct csn_pairs){ &pair, 1 });
	}
	json_decref(groups);
	return outcome;
}
