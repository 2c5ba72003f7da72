/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-person.c - who it is, in which groups, with which attributes, as
 * the options say; and the attributes that each preset reads
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/testing.h"

#define FOLDER "simplesamlphp"

static void
option_add(struct harness *h, struct csn_str line)
{
	ptrdiff_t blank = str_index(line, ' '), colon;
	char name[64], key[64], value[512];
	struct csn_str v;

	assert_true(blank > 0);
	v = str_from_at(line, (size_t)blank + 1);
	colon = str_find(v, STR(": "));
	(void)snprintf(name, sizeof(name), "%.*s", (int)blank, line.p);
	(void)snprintf(key, sizeof(key), "%.*s", (int)colon, v.p);
	if (colon >= 0)
		v = str_from_at(v, (size_t)colon + 2);
	(void)snprintf(value, sizeof(value), "%.*s", STR_FMT(v));
	if (colon >= 0)
		harness_option_key(h, name, key, value);
	else
		harness_option(h, name, value);
}

static struct harness *
host_make(const char *options)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file(FOLDER, "now");
	struct csn_str rest = str_from(options), one;

	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	saml_option_file(h, "metadata_file", FOLDER, "metadata.xml");
	saml_option_file(h, "signing_key", FOLDER, "sp.key");
	saml_option_file(h, "certificate", FOLDER, "sp.crt");
	while (str_cut(&rest, '|', &one))
		option_add(h, one);
	harness_must_open(h);
	return h;
}

static int
by_text(const void *a, const void *b)
{
	const struct csn_pair *p = a, *q = b;
	int order = str_compare(p->name, q->name);

	return order != 0 ? order : str_compare(p->value, q->value);
}

/* "subject, id, groups; attributes" with the attributes by name. */
static void
person_write(const struct csn_reply *r, struct buf *b)
{
	struct csn_pair sorted[16];

	assert_true(r->attrs.n <= COUNT(sorted));
	buf_printf(b, "%.*s, %.*s, ", STR_FMT(r->subject),
	    STR_FMT(r->subject_id));
	if ((r->flags & CSN_RP_GROUPS) == 0)
		buf_char(b, '-');
	else if (r->groups.n == 0)
		buf_puts(b, "[]");
	for (size_t i = 0; i < r->groups.n; i++)
		buf_printf(b, "[%.*s]", STR_FMT(r->groups.v[i]));
	buf_puts(b, "; ");
	memcpy(sorted, r->attrs.v, r->attrs.n * sizeof(sorted[0]));
	qsort(sorted, r->attrs.n, sizeof(sorted[0]), by_text);
	for (size_t i = 0; i < r->attrs.n; i++)
		buf_printf(b, "%s%.*s=%.*s", i > 0 ? " " : "",
		    STR_FMT(sorted[i].name), STR_FMT(sorted[i].value));
}

/* `countersign saml-inspect` says what the login came to. */
static void
inspected(struct harness *h, const char *name, const char *value,
    const char *rule)
{
	struct csn_req req = harness_req(CSN_EV_OP);
	struct harness_answer a;
	bool told = rule == NULL;

	req.subject = req.account = req.realm = STR("");
	req.op = harness_op(h, "inspect");
	req.body = str_from(value);
	harness_manage(h, &req, &a);
	for (size_t i = 0; i < a.reply.nitems && rule != NULL; i++)
		told |= str_is(a.reply.items[i].title, "failed") &&
		    str_is(a.reply.items[i].id, rule);
	if (a.verdict != (rule == NULL ? CSN_DONE : CSN_DENY) || !told)
		fail_msg("%s: inspected %s, not %s", name,
		    harness_verdict_name(a.verdict), rule);
	harness_answer_free(&a);
}

static void
person_case(char *line)
{
	enum { NAME, OPTIONS, WANT, VALUE, FIELDS };
	struct harness_answer begun, a;
	struct harness *h;
	char *f[FIELDS], *form;
	struct buf got;

	saml_fields(line, f, FIELDS);
	h = host_make(f[OPTIONS]);
	form = saml_form(f[VALUE]);
	saml_begin(h, &begun);
	assert_int_equal(begun.verdict, CSN_CONTINUE);
	saml_callback(h, &begun, form, &a);
	buf_init(&got, 65536);
	if (a.verdict == CSN_GRANT)
		person_write(&a.reply, &got);
	if (a.verdict == CSN_GRANT ? !str_is(buf_str(&got), f[WANT]) :
	    !saml_refused_by(h, &a, f[WANT]))
		fail_msg("%s: wanted %s, got %s %.*s\n%s", f[NAME], f[WANT],
		    harness_verdict_name(a.verdict), STR_FMT(buf_str(&got)),
		    harness_log(h));
	if (a.verdict == CSN_GRANT && a.reply.not_after_ms <= harness_now(h))
		fail_msg("%s: over before it began", f[NAME]);
	buf_free(&got);
	inspected(h, f[NAME], f[VALUE], a.verdict == CSN_GRANT ? NULL :
	    f[WANT]);
	free(form);
	harness_answer_free(&begun);
	harness_answer_free(&a);
	harness_free(h);
}

static void
everybody(void **state)
{
	char *line = NULL;
	size_t room = 0, n = 0;
	int status = -1;
	FILE *f;
	pid_t pid = saml_generator("person_cases.py", FOLDER, &f);

	(void)state;
	for (; getline(&line, &room, f) > 0; n++)
		person_case(line);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(n >= 40);
}

/* Till that assertion may come again. */
static void
replay_forget(struct harness *h)
{
	char key[128];
	struct csn_str all, line;
	struct buf b;

	buf_init(&b, 65536);
	harness_kv_print(h, &b);
	for (all = buf_str(&b); str_cut(&all, '\n', &line);)
		if (str_starts(line, STR("a/"))) {
			(void)snprintf(key, sizeof(key), "%.*s",
			    (int)str_index(line, ' '), line.p);
			harness_kv_del(h, key);
		}
	buf_free(&b);
}

/* Once, and not at each login; what was written to open more at each start. */
static void
silence_is_logged(void **state)
{
	static const struct { const char *options; bool silent, opened; }
	rows[] = {
		{ "subject uid", false, false },
		{ "subject uid|group_attribute groups", true, false },
		{ "subject uid|group_attribute groups|missing_groups none",
		    false, true },
		{ "subject uid|group_attribute eduPersonAffiliation", false,
		    false },
	};
	char *form = saml_form_of(FOLDER, "response.xml");
	struct harness_answer begun, a;
	struct harness *h;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		h = host_make(rows[i].options);
		assert_true(harness_logged(h, "log WARN missing_groups: none")
		    == rows[i].opened);
		for (int n = 0; n < 2; n++) {
			saml_begin(h, &begun);
			saml_callback(h, &begun, form, &a);
			assert_int_equal(a.verdict, CSN_GRANT);
			if (harness_logged(h, "log INFO the identity") !=
			    (rows[i].silent && n == 0))
				fail_msg("%s, login %d: %s", rows[i].options,
				    n, harness_log(h));
			replay_forget(h);
			harness_log_clear(h);
			harness_answer_free(&begun);
			harness_answer_free(&a);
		}
		harness_free(h);
	}
	free(form);
}

#define CLAIM "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
#define MS "http://schemas.microsoft.com/"

/* What `countersign factor` shows of each, and nothing else: a preset names
 * attributes, and switches no check off. */
static void
presets_say_what_is_read(void **state)
{
	static const struct { const char *idp, *settings; } presets[] = {
		{ "generic", "name_id_format=none subject=name_id" },
		{ "entra", "name_id_format=none subject=name_id "
		    "subject_id=" MS "identity/claims/objectidentifier "
		    "group_attribute=" MS "ws/2008/06/identity/claims/groups "
		    "display_name=" MS "identity/claims/displayname "
		    "mail=" CLAIM "emailaddress" },
		{ "adfs", "name_id_format=none subject=name_id "
		    "group_attribute=http://schemas.xmlsoap.org/claims/Group "
		    "display_name=" CLAIM "name mail=" CLAIM "emailaddress" },
		{ "okta", "name_id_format=none subject=name_id "
		    "group_attribute=groups display_name=displayName "
		    "mail=email" },
		{ "keycloak", "name_id_format=persistent subject=name_id "
		    "group_attribute=Role display_name=name mail=email" },
		{ "google", "name_id_format=email subject=name_id "
		    "group_attribute=groups display_name=name mail=email" },
		{ "shibboleth", "name_id_format=none "
		    "subject=urn:oid:1.3.6.1.4.1.5923.1.1.1.6 subject_id=urn:"
		    "oasis:names:tc:SAML:attribute:subject-id "
		    "group_attribute=urn:oid:1.3.6.1.4.1.5923.1.5.1.1 "
		    "display_name=urn:oid:2.16.840.1.113730.3.1.241 "
		    "mail=urn:oid:0.9.2342.19200300.100.1.3" },
		{ "simplesamlphp", "name_id_format=persistent "
		    "subject=name_id group_attribute=eduPersonAffiliation "
		    "display_name=displayName mail=mail" },
	};
	struct csn_str rest, one;
	char want[256];
	struct harness *h;
	size_t told, n;

	(void)state;
	for (size_t i = 0; i < COUNT(presets); i++) {
		h = harness_new(&countersign_plugin_1);
		harness_option(h, "idp", presets[i].idp);
		harness_option(h, "metadata", "https://idp.example.org/md");
		harness_must_open(h);
		n = 0;
		for (rest = str_from(presets[i].settings);
		    str_cut(&rest, ' ', &one); n++) {
			(void)snprintf(want, sizeof(want),
			    "setting %.*s (idp: %s)\n", STR_FMT(one),
			    presets[i].idp);
			if (!harness_logged(h, want))
				fail_msg("not told: %s%s", want,
				    harness_log(h));
		}
		told = 0;
		for (const char *at = harness_log(h); (at = strstr(at,
		    "setting ")) != NULL; at++)
			told++;
		assert_int_equal(told, n);
		harness_free(h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody),
		cmocka_unit_test(silence_is_logged),
		cmocka_unit_test(presets_say_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
