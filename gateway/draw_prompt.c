/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_prompt.c - the fields of a form and what stands among them
 *
 * A field's id is its place, "field-1"; its name is the prompt's. It must
 * never write a password or code back into a page.
 */
#include "draw_impl.h"
#include "qr.h"

#define RADIOS_MAX	6u	/* more choices are a list to pull down */

bool
draw_prompt_asks(const struct csn_prompt *p)
{
	return (p->kind >= CSN_P_USERNAME && p->kind <= CSN_P_CHECK) ||
	    p->kind == CSN_P_RECOVERY;
}

static bool
typed(const struct csn_prompt *p)
{
	return (p->kind >= CSN_P_USERNAME && p->kind <= CSN_P_TEXT) ||
	    p->kind == CSN_P_RECOVERY;
}

static bool
secret(const struct csn_prompt *p)
{
	return (p->kind >= CSN_P_PASSWORD && p->kind <= CSN_P_CODE) ||
	    p->kind == CSN_P_RECOVERY;
}

/* The wrong field, else the first empty one: but where there is something to
 * read or scan first, a page must not begin behind it. */
void
draw_prompts_look(struct draw *d)
{
	const struct csn_page *p = d->page;
	size_t wrong = p->nprompts, empty = p->nprompts, first = p->nprompts;
	bool reading = false;

	for (size_t i = p->nprompts; i-- > 0;) {
		const struct csn_prompt *q = &p->prompts[i];

		reading |= q->kind == CSN_P_QR || q->kind == CSN_P_LIST;
		if (!draw_prompt_asks(q))
			continue;
		first = i;
		if ((q->flags & CSN_PF_FIXED) != 0)
			continue;
		if (typed(q) && (q->value.n == 0 || secret(q)))
			empty = i;
		if ((q->flags & CSN_PF_WRONG) != 0)
			wrong = i;
	}
	d->wrong = wrong;
	if (wrong == p->nprompts && p->tone == CSN_TONE_ERROR)
		d->wrong = first;
	d->focus = wrong < p->nprompts ? wrong : reading ? p->nprompts :
	    empty;
}

static void
id_of(struct draw *d, size_t i)
{
	MARKUP(&d->m, "field-");
	markup_number(&d->m, (int64_t)i + 1);
}

static void
label(struct draw *d, const struct csn_prompt *p)
{
	draw_key(d, p->label, p->args, DRAW_TEXT);
}

static void
name_and_flags(struct draw *d, const struct csn_prompt *p, size_t i)
{
	bool wrong = (p->flags & CSN_PF_WRONG) != 0;

	MARKUP_ATTR(&d->m, "name", p->name);
	if ((p->flags & CSN_PF_REQUIRED) != 0)
		MARKUP(&d->m, " required");
	if ((p->flags & CSN_PF_FIXED) != 0)
		MARKUP(&d->m, " readonly");
	if (wrong)
		MARKUP(&d->m, " aria-invalid=\"true\"");
	if ((wrong || p->kind == CSN_P_CODE) && d->page->message.n > 0)
		MARKUP(&d->m, " aria-describedby=\"message\"");
	if (i == d->focus)
		MARKUP(&d->m, " autofocus");
}

/* Names that browsers and password managers know (HTML 4.10.18.7). */
static void
kind_of_input(struct draw *d, const struct csn_prompt *p)
{
	switch (p->kind) {
	case CSN_P_USERNAME:
		MARKUP(&d->m, " type=\"text\" autocomplete=\"username\""
		    " autocapitalize=\"none\" spellcheck=\"false\"");
		break;
	case CSN_P_PASSWORD:
		MARKUP(&d->m, " type=\"password\""
		    " autocomplete=\"current-password\"");
		break;
	case CSN_P_NEW_PASSWORD:
		MARKUP(&d->m, " type=\"password\""
		    " autocomplete=\"new-password\"");
		break;
	case CSN_P_CODE:
		MARKUP(&d->m, " type=\"text\" inputmode=\"numeric\""
		    " autocomplete=\"one-time-code\" autocapitalize=\"none\""
		    " spellcheck=\"false\" class=\"code\"");
		break;
	case CSN_P_RECOVERY:
		MARKUP(&d->m, " type=\"text\" autocomplete=\"off\""
		    " autocapitalize=\"characters\" spellcheck=\"false\""
		    " class=\"code\"");
		break;
	default:
		MARKUP(&d->m, " type=\"text\" autocomplete=\"off\""
		    " spellcheck=\"false\"");
		break;
	}
}

static void
input(struct draw *d, const struct csn_prompt *p, size_t i)
{
	MARKUP(&d->m, "<div class=\"field\"><label for=\"");
	id_of(d, i);
	MARKUP(&d->m, "\">");
	label(d, p);
	MARKUP(&d->m, "</label><input id=\"");
	id_of(d, i);
	MARKUP(&d->m, "\"");
	name_and_flags(d, p, i);
	kind_of_input(d, p);
	if (!secret(p) && p->value.n > 0)
		MARKUP_ATTR(&d->m, "value", p->value);
	if (p->kind == CSN_P_TEXT && p->max_bytes > 0) {
		MARKUP(&d->m, " maxlength=\"");
		markup_number(&d->m, p->max_bytes);
		MARKUP(&d->m, "\"");
	}
	MARKUP(&d->m, "></div>\n");
}

/* ------------------------------------------------------------------ */

static size_t
choices(struct csn_str all)
{
	struct csn_str one;
	size_t n = 0;

	while (str_cut(&all, '|', &one))
		n++;
	return n;
}

static void
option(struct draw *d, struct csn_str value)
{
	draw_key(d, value, (struct csn_pairs){ NULL, 0 }, DRAW_BARE);
}

static void
radios(struct draw *d, const struct csn_prompt *p, size_t i)
{
	struct csn_str all = p->value, one;
	bool first = true;

	MARKUP(&d->m, "<fieldset class=\"field\"><legend>");
	label(d, p);
	MARKUP(&d->m, "</legend>");
	while (str_cut(&all, '|', &one)) {
		MARKUP(&d->m, "<label class=\"pick\"><input type=\"radio\"");
		if (first) {
			MARKUP(&d->m, " id=\"");
			id_of(d, i);
			MARKUP(&d->m, "\"");
		}
		first = false;
		name_and_flags(d, p, SIZE_MAX);
		MARKUP_ATTR(&d->m, "value", one);
		MARKUP(&d->m, "><span>");
		option(d, one);
		MARKUP(&d->m, "</span></label>");
	}
	MARKUP(&d->m, "</fieldset>\n");
}

static void
pull_down(struct draw *d, const struct csn_prompt *p, size_t i)
{
	struct csn_str all = p->value, one;

	MARKUP(&d->m, "<div class=\"field\"><label for=\"");
	id_of(d, i);
	MARKUP(&d->m, "\">");
	label(d, p);
	MARKUP(&d->m, "</label><select id=\"");
	id_of(d, i);
	MARKUP(&d->m, "\"");
	name_and_flags(d, p, SIZE_MAX);
	MARKUP(&d->m, ">");
	while (str_cut(&all, '|', &one)) {
		MARKUP(&d->m, "<option");
		MARKUP_ATTR(&d->m, "value", one);
		MARKUP(&d->m, ">");
		option(d, one);
		MARKUP(&d->m, "</option>");
	}
	MARKUP(&d->m, "</select></div>\n");
}

static void
check(struct draw *d, const struct csn_prompt *p, size_t i)
{
	MARKUP(&d->m, "<div class=\"field\"><label class=\"pick\">"
	    "<input type=\"checkbox\" id=\"");
	id_of(d, i);
	MARKUP(&d->m, "\"");
	name_and_flags(d, p, SIZE_MAX);
	MARKUP(&d->m, " value=\"1\"");
	if (p->value.n > 0)
		MARKUP(&d->m, " checked");
	MARKUP(&d->m, "><span>");
	label(d, p);
	MARKUP(&d->m, "</span></label></div>\n");
}

/* ------------------------------------------------------------------ */

/* Letters and digits as a key has them, perhaps in groups already. */
static bool
looks_like_key(struct csn_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '2' && s.p[i] <= '7'))
			n++;
		else if (s.p[i] != ' ')
			return false;
	}
	return n >= 16;
}

static void
key(struct draw *d, struct csn_str s)
{
	size_t n = 0;

	MARKUP(&d->m, "<p class=\"key\" translate=\"no\">");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			continue;
		if (n > 0 && n % 4 == 0)
			MARKUP(&d->m, " ");
		markup_text(&d->m, str_of(s.p + i, 1));
		n++;
	}
	MARKUP(&d->m, "</p>");
}

static void
show(struct draw *d, const struct csn_prompt *p)
{
	MARKUP(&d->m, "<div class=\"show\"><p class=\"label\">");
	label(d, p);
	MARKUP(&d->m, "</p>");
	if (looks_like_key(p->value)) {
		key(d, p->value);
	} else {
		MARKUP(&d->m, "<p class=\"value\">");
		markup_text(&d->m, p->value);
		MARKUP(&d->m, "</p>");
	}
	MARKUP(&d->m, "</div>\n");
}

/* One cannot scan one's own screen: on a phone there is a link as well. */
static void
picture(struct draw *d, const struct csn_prompt *p)
{
	MARKUP(&d->m, "<div class=\"qr\"><p class=\"how\">");
	label(d, p);
	MARKUP(&d->m, "</p>");
	if (str_starts(p->value, STR("otpauth://"))) {
		MARKUP(&d->m, "<p class=\"phone\"><a class=\"button\"");
		MARKUP_ATTR(&d->m, "href", p->value);
		MARKUP(&d->m, ">");
		DRAW_KEY(d, "Open in the app on this phone");
		MARKUP(&d->m, "</a></p>");
	}
	MARKUP(&d->m, "<svg class=\"picture\" role=\"img\" aria-label=\"");
	draw_key(d, STR("QR code. The same key stands below as text"),
	    (struct csn_pairs){ NULL, 0 }, DRAW_BARE);
	MARKUP(&d->m, "\"");
	if (qr_draw(&d->m, p->value) < 0)
		MARKUP(&d->m, ">");	/* the key below does as well */
	MARKUP(&d->m, "</svg></div>\n");
}

static void
list(struct draw *d, const struct csn_prompt *p)
{
	struct csn_str rest = p->value, line;

	MARKUP(&d->m, "<div class=\"list\"><p class=\"label\">");
	label(d, p);
	MARKUP(&d->m, "</p><ul class=\"keep\" translate=\"no\">");
	while (str_cut(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		MARKUP(&d->m, "<li>");
		markup_text(&d->m, line);
		MARKUP(&d->m, "</li>");
	}
	MARKUP(&d->m, "</ul></div>\n");
}

void
draw_prompts(struct draw *d)
{
	for (size_t i = 0; i < d->page->nprompts; i++) {
		const struct csn_prompt *p = &d->page->prompts[i];

		if (typed(p))
			input(d, p, i);
		else if (p->kind == CSN_P_CHOICE &&
		    choices(p->value) <= RADIOS_MAX)
			radios(d, p, i);
		else if (p->kind == CSN_P_CHOICE)
			pull_down(d, p, i);
		else if (p->kind == CSN_P_CHECK)
			check(d, p, i);
		else if (p->kind == CSN_P_SHOW)
			show(d, p);
		else if (p->kind == CSN_P_QR)
			picture(d, p);
		else if (p->kind == CSN_P_LIST)
			list(d, p);
	}
}
