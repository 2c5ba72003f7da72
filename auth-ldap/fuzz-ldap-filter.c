/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-ldap-filter.c - no typed name leaves its value
 *
 * Whatever the bytes, the filter made of them has the shape that the options
 * gave it, the DN the parts of its template, and both read back as the name.
 */
#include <stdint.h>
#include <stdlib.h>

#include <ldap.h>

#include "bind.h"
#include "dn.h"
#include "filter.h"
#include "sid.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* "(|(uid=V)(mail=V))": V holds no byte that could mean anything. */
static void
filter_shape(struct csn_str name)
{
	struct csn_str v[] = { STR("uid"), STR("mail") };
	struct csn_str s;
	struct buf b;
	size_t i, open = 0, close = 0, equal = 0;

	buf_init(&b, FILTER_MAX);
	filter_any(&b, (struct csn_strs){ v, 2 }, name, STR(""));
	must(!buf_failed(&b));
	s = buf_str(&b);
	for (i = 0; i < s.n; i++) {
		must(s.p[i] != '\0' && s.p[i] != '*');
		must((unsigned char)s.p[i] < 0x80);
		open += s.p[i] == '(';
		close += s.p[i] == ')';
		equal += s.p[i] == '=';
	}
	for (i = 0; i < name.n; i++)
		equal -= name.p[i] == '=' ? 2 : 0;
	must(open == 3 && close == 3 && equal == 2);
	must(filter_valid(s));
	buf_free(&b);
}

static void
dn_shape(struct csn_str name)
{
	struct berval text;
	struct buf b, leaf;
	LDAPDN dn = NULL;

	buf_init(&b, 0);
	buf_init(&leaf, 0);
	if (dn_expand(&b, STR("uid={},ou=people,dc=com"), name) == 0 &&
	    b.n <= DN_MAX) {
		text.bv_val = (char *)b.p;
		text.bv_len = b.n;
		must(ldap_bv2dn(&text, &dn, LDAP_DN_FORMAT_LDAPV3) == 0);
		must(dn[0] != NULL && dn[1] != NULL && dn[2] != NULL);
		must(dn[3] == NULL && dn[0][0] != NULL && dn[0][1] == NULL);
		must(dn_leaf(&leaf, buf_str(&b), STR("uid")) == 0);
		must(str_equal(buf_str(&leaf), name));
		ldap_dnfree(dn);
	}
	buf_free(&leaf);
	buf_free(&b);
}

/* Bytes as a server or an operator may write them: no crash is all. */
static void
others(struct csn_str text)
{
	char *copy = malloc(text.n + 1);
	struct buf b;

	must(copy != NULL);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	(void)bind_subcode(copy);
	(void)filter_valid(str_of(copy, text.n));
	(void)dn_template_valid(str_of(copy, text.n));
	buf_init(&b, 0);
	(void)dn_expand(&b, str_of(copy, text.n), STR("alice"));
	buf_free(&b);
	buf_init(&b, 0);
	if (sid_put(&b, text, -1) == 0)
		must(b.n < SID_TEXT_MAX);
	(void)dn_domain_part(&b, str_of(copy, text.n));
	buf_free(&b);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n);

	if (n == 0 || n > 1024)
		return 0;
	filter_shape(s);
	dn_shape(s);
	others(s);
	return 0;
}
