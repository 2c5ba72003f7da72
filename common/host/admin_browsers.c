/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_browsers.c - the operator's command: browsers that are remembered
 */
#include "admin.h"
#include "json_out.h"
#include "lib/base64url.h"
#include "remembered.h"

#define BROWSERS_MAX	(REMEMBERED_MAX * PROOFS_MAX)

static void
browser_put(struct json_out *j, const struct conf *conf,
    const struct remembered *b)
{
	struct csn_str factor = STR("");
	struct buf id;

	if (conf_factor_of(conf, b->fingerprint) >= 0)
		factor = conf->factors[conf_factor_of(conf,
		    b->fingerprint)].name;
	buf_init(&id, 64);
	hex_encode(&id, str_of(b->id, sizeof(b->id)));
	json_open(j, NULL, '{');
	json_text(j, "id", buf_str(&id));
	json_text(j, "factor", factor);
	json_time(j, "made", b->made_ms);
	json_time(j, "used", b->used_ms);
	json_time(j, "until", b->until_ms);
	json_text(j, "client", b->client);
	json_text(j, "user_agent", b->user_agent);
	json_close(j, '}');
	buf_free(&id);
}

int
csn_browsers(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct remembered *all;
	struct json_out j;
	struct person p;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a, 8u << 20);
	all = arena_array(&a, BROWSERS_MAX, sizeof(*all));
	rc = admin_person(gc->conf, &a, realm, subject, &p, ret);
	if (rc == 0 && (all == NULL || remembered_list(g, &a, &p, all,
	    BROWSERS_MAX, &n) != STORE_OK))
		rc = json_fail(ret, "the store cannot be read");
	if (rc == 0) {
		json_init(&j);
		json_open(&j, NULL, '[');
		for (size_t i = 0; i < n; i++)
			browser_put(&j, gc->conf, &all[i]);
		json_close(&j, ']');
		rc = json_take(&j, ret);
	}
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

static int
forget(struct csn_gate *g, const struct conf *conf, struct arena *a,
    const struct person *p, struct csn_str id, struct csn_str *ret)
{
	struct buf raw;
	int rc;

	buf_init(&raw, 64);
	if (id.n > 0 && (hex_decode(&raw, id) < 0 ||
	    raw.n != REMEMBERED_ID_LEN))
		rc = json_fail(ret, "a browser's id has 32 hexadecimal "
		    "digits; see `countersign browsers list`");
	else
		switch (remembered_forget(g, conf, a, p, 0, id.n > 0 ?
		    raw.p : NULL, NULL)) {
		case STORE_OK:
			rc = 0;
			break;
		case STORE_ABSENT:
			rc = json_fail(ret, "no such browser is remembered");
			break;
		default:
			rc = json_fail(ret, "the store cannot be written");
			break;
		}
	buf_free(&raw);
	return rc;
}

int
csn_browsers_revoke(struct csn_gate *g, struct csn_str id,
    struct csn_str realm, struct csn_str subject, struct csn_str who,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct json_out j;
	struct person p;
	struct arena a;
	int rc;

	arena_init(&a, 64u << 20);
	rc = admin_person(gc->conf, &a, realm, subject, &p, ret);
	if (rc == 0 && admin_audit(g, "browsers-forgotten", who,
	    p.realm_name, p.subject, STR("")) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	if (rc == 0)
		rc = forget(g, gc->conf, &a, &p, id, ret);
	arena_free(&a);
	gate_drop(gc);
	if (rc < 0)
		return -1;
	json_init(&j);
	json_open(&j, NULL, '{');
	json_bool(&j, "revoked", true);
	json_close(&j, '}');
	return json_take(&j, ret);
}
