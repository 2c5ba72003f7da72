/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_form.c - tokens whose form is wrong: parts, base64url, JSON
 */
#include <stdio.h>

#include "tests/jose/hostile.h"

static struct csn_str
good(void)
{
	return hostile_token(hostile_header(), hostile_claims(NULL, NULL));
}

static void
parts(void)
{
	struct csn_str t;

	hostile_case("form", "empty", REFUSAL_TOKEN_MISSING,
	    judge_id_token(STR("")));
	hostile_case("form", "no dot", REFUSAL_TOKEN_PARTS,
	    judge_id_token(STR("abc")));
	hostile_case("form", "dots alone", REFUSAL_JSON_SYNTAX,
	    judge_id_token(STR("..")));
	t = good();
	hostile_case("form", "two parts", REFUSAL_TOKEN_PARTS,
	    judge_id_token(str_of(t.p, maker_part_of(t, 0).n + 1 +
	    maker_part_of(t, 1).n)));
	hostile_case("form", "four parts", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf("%s.x", good().p)));
	hostile_case("form", "a dot behind", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf("%s.", good().p)));
	hostile_case("form", "a dot before", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf(".%s", good().p)));
	hostile_case("form", "five parts, not configured",
	    REFUSAL_JWE_UNEXPECTED, judge_id_token(maker_printf("%s.x.y",
	    good().p)));
	hostile_case("form", "six parts", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf("%s.x.y.z", good().p)));
	hostile_case("form", "16,000 dots", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf("%0*d", 16000, 0)));
	hostile_case("form", "JSON serialization", REFUSAL_TOKEN_PARTS,
	    judge_id_token(maker_printf("{\"payload\":\"%.*s\"}",
	    STR_FMT(maker_part_of(good(), 1)))));
	hostile_case("form", "no header", REFUSAL_JSON_SYNTAX,
	    judge_id_token(maker_part(good(), 0, STR(""))));
	hostile_case("form", "no payload", REFUSAL_JSON_SYNTAX,
	    judge_id_token(hostile_token(hostile_header(), STR(""))));
	hostile_case("form", "16 KiB and a byte", REFUSAL_TOKEN_LENGTH,
	    judge_id_token(maker_printf("%0*d", 16385, 0)));
	hostile_case("form", "8 MiB", REFUSAL_TOKEN_LENGTH,
	    judge_id_token(maker_printf("%0*d", 8 << 20, 0)));
}

/* In each of the three parts. */
static void
base64(void)
{
	static const struct { const char *what, *put; bool before; } bad[] = {
		{ "padding", "=", false }, { "two paddings", "==", false },
		{ "a blank before", " ", true }, { "a blank", " ", false },
		{ "a newline", "\n", false }, { "a tab before", "\t", true },
		{ "a plus", "+AAA", false }, { "a slash", "/AAA", false },
		{ "an 8-bit byte", "\xc3\xa9", false },
		{ "a percent sign", "%3D", false },
	};
	static const char *const part[] = { "header", "payload", "signature" };

	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t k = 0; k < 3; k++) {
			struct csn_str t = good(), p = maker_part_of(t, k);
			char name[64];

			(void)snprintf(name, sizeof(name), "%s in the %s",
			    bad[i].what, part[k]);
			hostile_case("base64url", name, REFUSAL_TOKEN_BASE64,
			    judge_id_token(maker_part(t, k, bad[i].before ?
			    maker_printf("%s%.*s", bad[i].put, STR_FMT(p)) :
			    maker_printf("%.*s%s", STR_FMT(p), bad[i].put))));
		}
	hostile_case("base64url", "one character over", REFUSAL_TOKEN_BASE64,
	    judge_id_token(maker_part(good(), 2, STR("AAAAA"))));
	hostile_case("base64url", "a NUL", REFUSAL_TOKEN_BASE64,
	    judge_id_token(str_of("e30\0.e30.AA", 11)));
}

/* The last character of the signature's part carries bits of nothing: set,
 * they would make a second spelling (RFC 7515 has none). */
static void
bits_left_over(void)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	struct csn_str t = good(), sig = maker_part_of(t, 2);
	char last = sig.p[sig.n - 1];
	size_t at = (size_t)(strchr(alphabet, last) - alphabet);

	hostile_case("base64url", "bits left over in the signature",
	    REFUSAL_TOKEN_BASE64, judge_id_token(maker_part(t, 2,
	    maker_printf("%.*s%c", (int)sig.n - 1, sig.p,
	    alphabet[at | 1]))));
	hostile_case("base64url", "bits left over in the header",
	    REFUSAL_TOKEN_BASE64, judge_id_token(STR("eyJhIjoxfR.e30.AA")));
}

static struct csn_str
nested(char open, size_t n)
{
	char text[8200];

	memset(text, open, n);
	return maker_printf("{\"a\":%.*s", (int)n, text);
}

static void
json(void)
{
	static const struct { const char *what; struct csn_str text;
		enum refusal want; } bad[] = {
		{ "an array", STR_INIT("[]"), REFUSAL_JSON_OBJECT },
		{ "null", STR_INIT("null"), REFUSAL_JSON_SYNTAX },
		{ "a text", STR_INIT("\"x\""), REFUSAL_JSON_SYNTAX },
		{ "not closed", STR_INIT("{\"iss\":\"x\""),
		    REFUSAL_JSON_SYNTAX },
		{ "two objects", STR_INIT("{}{}"), REFUSAL_JSON_TRAILING },
		{ "something behind", STR_INIT("{} x"),
		    REFUSAL_JSON_TRAILING },
		{ "a NUL behind", STR_INIT("{}\0"), REFUSAL_JSON_NUL },
		{ "a byte order mark", STR_INIT("\xef\xbb\xbf{}"),
		    REFUSAL_JSON_SYNTAX },
		{ "UTF-16", STR_INIT("\0{\0}"), REFUSAL_JSON_NUL },
		{ "a comment", STR_INIT("{/**/}"), REFUSAL_JSON_SYNTAX },
		{ "single quotes", STR_INIT("{'a':1}"), REFUSAL_JSON_SYNTAX },
		{ "a trailing comma", STR_INIT("{\"a\":1,}"),
		    REFUSAL_JSON_SYNTAX },
		{ "a bare newline in a text", STR_INIT("{\"a\":\"\n\"}"),
		    REFUSAL_JSON_SYNTAX },
		{ "a lone continuation byte", STR_INIT("{\"a\":\"\x80\"}"),
		    REFUSAL_JSON_UTF8 },
		{ "an overlong form", STR_INIT("{\"a\":\"\xc0\xaf\"}"),
		    REFUSAL_JSON_UTF8 },
		{ "a surrogate in UTF-8", STR_INIT("{\"a\":\"\xed\xa0\x80\"}"),
		    REFUSAL_JSON_UTF8 },
		{ "above U+10FFFF", STR_INIT("{\"a\":\"\xf4\x90\x80\x80\"}"),
		    REFUSAL_JSON_UTF8 },
		{ "half a surrogate escaped", STR_INIT("{\"a\":\"\\udc00\"}"),
		    REFUSAL_JSON_SYNTAX },
		{ "an escaped name twice",
		    STR_INIT("{\"iss\":\"a\",\"\\u0069ss\":\"b\"}"),
		    REFUSAL_JSON_DUPLICATE },
		{ "a name twice deeper down",
		    STR_INIT("{\"a\":{\"b\":1,\"b\":1}}"),
		    REFUSAL_JSON_DUPLICATE },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		hostile_case("payload", bad[i].what, bad[i].want,
		    judge_id_token(hostile_token(hostile_header(),
		    bad[i].text)));
		hostile_case("header", bad[i].what, bad[i].want,
		    judge_id_token(maker_part(good(), 0,
		    maker_b64(bad[i].text))));
	}
	hostile_case("payload", "8,000 arrays in each other",
	    REFUSAL_JSON_DEPTH, judge_id_token(hostile_token(
	    hostile_header(), nested('[', 8000))));
	hostile_case("payload", "10,000 deep, token and all",
	    REFUSAL_TOKEN_LENGTH, judge_id_token(hostile_token(
	    hostile_header(), maker_printf("{\"a\":%s%0*d", nested('[',
	    8000).p, 6000, 0))));
	hostile_case("payload", "17 deep", REFUSAL_JSON_DEPTH,
	    judge_id_token(hostile_token(hostile_header(), nested('[', 16))));
	hostile_case("header", "8,000 arrays in each other",
	    REFUSAL_JSON_DEPTH, judge_id_token(maker_part(good(), 0,
	    maker_b64(nested('[', 8000)))));
	hostile_case("payload", "8,000 commas", REFUSAL_JSON_VALUES,
	    judge_id_token(hostile_token(hostile_header(), nested(',',
	    8000))));
}

void
hostile_form_table(void)
{
	parts();
	base64();
	bits_left_over();
	json();
}
