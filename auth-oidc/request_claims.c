/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * request_claims.c - which claims are asked for by name
 *
 * Entra answers an authentication context in acrs, when that claim is asked
 * for: acr_values says it to others. It is a demand there with require_acr
 * alone (OIDC Core 5.5.1).
 */
#include <stdlib.h>

#include "json.h"
#include "request_claims.h"

bool
request_claims_valid(struct csn_str text)
{
	json_t *doc;

	if (json_text_read(text, &json_token_caps, &doc) != REFUSAL_NONE)
		return false;
	json_decref(doc);
	return true;
}

/* {"value":...}, or values of several; "essential":true where demanded. */
static json_t *
request(struct csn_strs values, bool essential)
{
	json_t *ret = json_object(), *list;

	if (essential)
		json_object_set_new(ret, "essential", json_true());
	if (values.n == 1) {
		json_object_set_new(ret, "value",
		    json_stringn(values.v[0].p, values.v[0].n));
		return ret;
	}
	list = json_array();
	for (size_t i = 0; i < values.n; i++)
		json_array_append_new(list, json_stringn(values.v[i].p,
		    values.v[i].n));
	json_object_set_new(ret, "values", list);
	return ret;
}

struct csn_str
request_claims(const struct round *r)
{
	const struct options *o = &r->o->opt;
	struct csn_str text = o->text[OPT_CLAIMS], ret = STR("");
	json_t *doc = NULL, *inside;
	char *made = NULL;

	if (o->list[OPT_ACR_VALUES].n == 0 ||
	    str_is(o->text[OPT_ACR_CLAIM], "acr"))
		return text;
	if (text.n == 0 || json_text_read(text, &json_token_caps, &doc) !=
	    REFUSAL_NONE)
		doc = json_object();
	inside = json_object_get(doc, "id_token");
	if (!json_is_object(inside)) {
		inside = json_object();
		json_object_set_new(doc, "id_token", inside);
	}
	json_object_set_new(inside, o->text[OPT_ACR_CLAIM].p,
	    request(o->list[OPT_ACR_VALUES], o->num[OPT_REQUIRE_ACR] == 1));
	made = json_dumps(doc, JSON_COMPACT);
	if (made != NULL)
		ret = arena_str(r->arena, str_from(made));
	free(made);
	json_decref(doc);
	return ret;
}
