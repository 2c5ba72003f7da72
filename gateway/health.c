/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.c - is it alive, is it ready, how much has it done
 *
 * No name of a person ever stands in a label.
 */
#include "health.h"

static const struct { uint32_t count; const char *name, *kind, *help; }
counters[] = {
	{ CSN_COUNT_ALLOW, "countersign_checks_allowed_total", "counter",
	    "Requests that were let through." },
	{ CSN_COUNT_LOGIN, "countersign_checks_login_total", "counter",
	    "Requests that were sent to log in." },
	{ CSN_COUNT_REFUSE, "countersign_checks_refused_total", "counter",
	    "Requests that were refused." },
	{ CSN_COUNT_VISIT, "countersign_visits_total", "counter",
	    "Requests to the login pages." },
	{ CSN_COUNT_GRANT, "countersign_factors_granted_total", "counter",
	    "Factors that were proved." },
	{ CSN_COUNT_DENY, "countersign_factors_denied_total", "counter",
	    "Tries of a factor that failed." },
	{ CSN_COUNT_ERROR, "countersign_factors_error_total", "counter",
	    "Tries of a factor that could not be judged." },
	{ CSN_COUNT_BROKEN, "countersign_abi_rules_broken_total", "counter",
	    "Replies of plugins that broke a rule." },
	{ CSN_COUNT_SESSIONS, "countersign_sessions_known", "gauge",
	    "Sessions that this node has met." },
	{ CSN_COUNT_NOTICE_SENT, "countersign_notices_sent_total", "counter",
	    "Letters to people that the mail program took." },
	{ CSN_COUNT_NOTICE_FAILED, "countersign_notices_failed_total",
	    "counter", "Tries to send a letter that failed." },
	{ CSN_COUNT_NOTICE_LOST, "countersign_notices_lost_total", "counter",
	    "Letters that were given up, or could not be queued." },
	{ CSN_COUNT_NOTICE_WAITING, "countersign_notices_waiting", "gauge",
	    "Letters that wait to be sent." },
};

static void
reply_text(struct http_exchange *x, unsigned status, struct csn_str body)
{
	struct csn_pair v[2] = {
	    { STR("Content-Type"), STR("text/plain; charset=utf-8") },
	    { STR("Cache-Control"), STR("no-store") } };

	http_reply(x, status, (struct csn_pairs){ v, 2 }, body);
}

static void
metrics(struct http_exchange *x, struct csn_gate *gate)
{
	char why[256];
	struct buf b;

	buf_init(&b, 65536);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		buf_printf(&b, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n",
		    counters[i].name, counters[i].help, counters[i].name,
		    counters[i].kind, counters[i].name, (unsigned long long)
		    csn_gate_count(gate, counters[i].count));
	buf_puts(&b, "# HELP countersign_build_info Which version this is.\n"
	    "# TYPE countersign_build_info gauge\n"
	    "countersign_build_info{version=\"" CSN_VERSION "\"} 1\n");
	buf_printf(&b, "# HELP countersign_ready Whether logins are accepted.\n"
	    "# TYPE countersign_ready gauge\ncountersign_ready %d\n",
	    csn_gate_ready(gate, why, sizeof(why)) == 0);
	reply_text(x, 200, buf_str(&b));
	buf_free(&b);
}

void
health_handle(struct http_exchange *x, void *arg)
{
	const struct http_request *rq = http_exchange_request(x);
	char why[256];
	int rc;

	if (str_is(rq->path, "/metrics")) {
		metrics(x, arg);
	} else if (str_is(rq->path, "/healthz")) {
		reply_text(x, 200, STR("alive\n"));
	} else if (str_is(rq->path, "/readyz")) {
		rc = csn_gate_ready(arg, why, sizeof(why));
		reply_text(x, rc == 0 ? 200 : 503, str_from(why));
	} else {
		reply_text(x, 404, STR("not found\n"));
	}
}
