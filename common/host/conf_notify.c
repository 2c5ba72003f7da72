/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_notify.c - `notify:`, what people are told by mail, and how
 *
 * Mail is a program's, run with its arguments and never by a shell. It must
 * never be looked for in a path.
 */
#include "conf_read.h"
#include "mail.h"

#define ARGS_MAX 32u

static schema_reader address_read, command_read, attribute_read, people_read;

static const struct schema_row mail_rows[] = {
	{ .name = "command", .read = command_read, .required = true,
	    .shape = &shape_texts,
	    .offset = offsetof(struct conf_notify, command) },
	{ .name = "from", .read = address_read, .required = true,
	    .shape = &shape_text,
	    .offset = offsetof(struct conf_notify, from) },
	{ .name = "to", .read = attribute_read, .shape = &shape_text,
	    .fallback = "mail", .offset = offsetof(struct conf_notify, to) },
	{ .name = "server" },
};

#define WORDS "device-added|device-removed|recovery-code-used|" \
	"temporary-code|desk-action|browser-remembered"

static const struct schema_shape mail_shape = SHAPE_OF_ROWS(mail_rows);

struct notify_read { const struct yaml *mail, *people; };

static const struct schema_row notify_rows[] = {
	{ .name = "mail", .read = schema_keep, .required = true,
	    .shape = &mail_shape,
	    .offset = offsetof(struct notify_read, mail) },
	{ .name = "people", .read = schema_keep, .required = true,
	    .shape = &shape_some_words, .words = WORDS,
	    .offset = offsetof(struct notify_read, people) },
	{ .name = "operators" },
};

const struct schema_shape conf_shape_notify = SHAPE_OF_ROWS(notify_rows);

static const struct { const char *word; enum conf_notice kind; } kinds[] = {
	{ "device-added", NOTICE_DEVICE_ADDED },
	{ "device-removed", NOTICE_DEVICE_REMOVED },
	{ "recovery-code-used", NOTICE_RECOVERY_CODE },
	{ "temporary-code", NOTICE_TEMPORARY_CODE },
	{ "desk-action", NOTICE_DESK },
	{ "browser-remembered", NOTICE_BROWSER },
};

static void
address_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (!mail_address_ok(text))
		fault_at(r, y, "`%.*s` is no mail address",
		    STR_FMT(text));
	*(struct csn_str *)into = arena_str(r->arena, text);
}

static void
attribute_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (text.n == 0 || text.n > 64)
		fault_at(r, y, "`to` names the attribute with the person's "
		    "address, as `mail`");
	*(struct csn_str *)into = arena_str(r->arena, text);
}

static void
command_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_strs *argv = into;

	schema_strings(r, row, y, into);
	if (argv->n == 0 || argv->n > ARGS_MAX) {
		fault_at(r, y, "`command` is a program with at most %u "
		    "arguments, as [/usr/sbin/sendmail, -t, -oi]", ARGS_MAX);
		return;
	}
	/* whose it is, is looked at whenever it is to be run */
	if (argv->v[0].n == 0 || argv->v[0].p[0] != '/')
		fault_at(r, y, "`command`: %.*s names no program by its "
		    "absolute path", STR_FMT(argv->v[0]));

}

static void
people_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items), k;
	struct csn_str text;

	(void)row;
	for (size_t i = 0; i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		for (k = 0; k < SCHEMA_COUNT(kinds); k++)
			if (str_is(text, kinds[k].word))
				break;
		if (k == SCHEMA_COUNT(kinds))
			fault_at(r, items[i], "`people` has no `%.*s`; it is "
			    "a list of device-added, device-removed, "
			    "recovery-code-used, temporary-code, desk-action "
			    "and browser-remembered", STR_FMT(text));
		else
			*(uint32_t *)into |= kinds[k].kind;
	}
}

void
conf_read_notify(struct conf_reader *r)
{
	struct conf_notify *n = &r->conf->notify;
	struct notify_read nr = { NULL, NULL };

	n->to = STR("mail");
	if (r->top.notify == NULL || !schema_is_map(r, r->top.notify))
		return;
	schema_read(r, notify_rows, SCHEMA_COUNT(notify_rows), r->top.notify,
	    "`notify`", &nr);
	if (nr.mail != NULL && schema_is_map(r, nr.mail))
		schema_read(r, mail_rows, SCHEMA_COUNT(mail_rows), nr.mail,
		    "`mail`", n);
	if (nr.people != NULL)
		people_read(r, NULL, nr.people, &n->people);
}
