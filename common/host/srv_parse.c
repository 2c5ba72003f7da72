/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srv_parse.c - one DNS message read strictly (RFC 1035 4, RFC 2782)
 *
 * The message comes from whoever could send it. It must never be read outside
 * its length, followed in a circle, or taken for the answer to another
 * question.
 */
#include "lib/buf.h"
#include "srv.h"

#define HEAD		12u
#define TYPE_CNAME	5u
#define TYPE_SRV	33u
#define CLASS_IN	1u
#define ALIASES_MAX	8u
#define RCODE_NXDOMAIN	3u

struct name {
	size_t n;
	char text[SRV_NAME_MAX + 1];	/* lower case, "" is the root */
};

struct message {
	struct csn_str all;
	size_t at;
	bool bad;			/* sticky */
};

struct record {
	struct name owner;
	unsigned type, class;
	size_t data, data_n;		/* where in the message */
};

/* ------------------------------------------------------------------ */
/* numbers and names */

static unsigned
byte_at(struct message *m, size_t at)
{
	if (at >= m->all.n) {
		m->bad = true;
		return 0;
	}
	return (unsigned char)m->all.p[at];
}

static unsigned
u16_at(struct message *m, size_t at)
{
	return byte_at(m, at) << 8 | byte_at(m, at + 1);
}

static unsigned
u16_next(struct message *m)
{
	unsigned v = u16_at(m, m->at);

	m->at += 2;
	return v;
}

/* A character that no host name and no service has becomes '?', so that the
 * name is equal to none of ours: a label may hold any byte, a dot also. */
static char
name_char(unsigned c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_' ? (char)c : '?';
}

static void
label_put(struct message *m, size_t at, size_t n, struct name *ret)
{
	if (ret->n + n + 1 > SRV_NAME_MAX || at + n > m->all.n) {
		m->bad = true;
		return;
	}
	if (ret->n > 0)
		ret->text[ret->n++] = '.';
	for (size_t i = 0; i < n; i++)
		ret->text[ret->n++] = name_char(byte_at(m, at + i));
}

/* A pointer leads to before the piece that holds it, so that each jump goes
 * further back and there is an end (RFC 1035 4.1.4). Behind the name in the
 * message stays m->at. */
static void
name_next(struct message *m, struct name *ret)
{
	size_t at = m->at, piece = m->at, to;
	bool jumped = false;
	unsigned n;

	ret->n = 0;
	while (!m->bad && (n = byte_at(m, at)) != 0) {
		if (n >= 0xc0) {
			to = (size_t)(n & 0x3f) << 8 | byte_at(m, at + 1);
			if (!jumped)
				m->at = at + 2;
			jumped = true;
			m->bad = m->bad || to >= piece || to < HEAD;
			at = piece = to;
		} else if (n > 63) {
			m->bad = true;
		} else {
			label_put(m, at + 1, n, ret);
			at += 1 + n;
		}
	}
	if (!jumped)
		m->at = at + 1;
	ret->text[ret->n] = '\0';
}

static bool
name_is(const struct name *name, struct csn_str text)
{
	return str_equal_fold(str_of(name->text, name->n), text);
}

/* ------------------------------------------------------------------ */
/* records */

static void
record_next(struct message *m, struct record *ret)
{
	name_next(m, &ret->owner);
	ret->type = u16_next(m);
	ret->class = u16_next(m);
	m->at += 4;			/* time to live */
	ret->data_n = u16_next(m);
	ret->data = m->at;
	m->at += ret->data_n;
	if (m->at > m->all.n)
		m->bad = true;
}

/* A name that fills the data from `skip` on. */
static void
record_name(struct message *m, const struct record *r, size_t skip,
    struct name *ret)
{
	struct message inner = { m->all, r->data + skip, m->bad };

	name_next(&inner, ret);
	if (inner.bad || inner.at != r->data + r->data_n)
		m->bad = true;
}

/* Replaces the name by what it is an alias of; false if it is none. */
static bool
alias_step(struct message *m, size_t answers, unsigned count,
    struct name *name)
{
	struct record r;
	struct name to;

	m->at = answers;
	for (unsigned i = 0; i < count && !m->bad; i++) {
		record_next(m, &r);
		if (m->bad || r.type != TYPE_CNAME || r.class != CLASS_IN ||
		    !name_is(&r.owner, str_of(name->text, name->n)))
			continue;
		record_name(m, &r, 0, &to);
		*name = to;
		return true;
	}
	return false;
}

static void
srv_take(struct message *m, const struct record *r, struct srv_record *ret,
    size_t *n)
{
	struct name target;

	if (r->data_n < 7) {
		m->bad = true;
		return;
	}
	record_name(m, r, 6, &target);
	if (m->bad || *n == SRV_RECORDS_MAX || target.n == 0)
		return;		/* "." says: no such service here */
	ret[*n].priority = (uint16_t)u16_at(m, r->data);
	ret[*n].weight = (uint16_t)u16_at(m, r->data + 2);
	ret[*n].port = (uint16_t)u16_at(m, r->data + 4);
	memcpy(ret[*n].target, target.text, target.n + 1);
	++*n;
}

/* All sections, to the last byte. */
static size_t
records_read(struct message *m, unsigned answers, unsigned others,
    const struct name *name, struct srv_record *ret)
{
	struct record r;
	size_t n = 0;

	for (unsigned i = 0; i < answers + others && !m->bad; i++) {
		record_next(m, &r);
		if (!m->bad && i < answers && r.type == TYPE_SRV &&
		    r.class == CLASS_IN &&
		    name_is(&r.owner, str_of(name->text, name->n)))
			srv_take(m, &r, ret, &n);
	}
	if (m->at != m->all.n)
		m->bad = true;
	return n;
}

/* ------------------------------------------------------------------ */

/* Whether the message answers our question, and how it went. */
static int32_t
head_read(struct message *m, uint16_t id, struct csn_str name)
{
	unsigned flags = u16_at(m, 2), rcode = flags & 15;
	struct name asked;

	if (m->all.n < HEAD || u16_at(m, 0) != id || (flags & 0xf800) != 0x8000)
		return SRV_OTHER;
	if (u16_at(m, 4) == 0 && rcode != 0)
		return CSN_E_BACKEND;	/* it did not even read it */
	m->at = HEAD;
	name_next(m, &asked);
	if (u16_at(m, 4) != 1 || m->bad || !name_is(&asked, name))
		return SRV_OTHER;
	if (u16_next(m) != TYPE_SRV || u16_next(m) != CLASS_IN || m->bad)
		return SRV_OTHER;
	if ((flags & 0x0200) != 0)
		return SRV_CUT;
	if (rcode == RCODE_NXDOMAIN)
		return CSN_E_ABSENT;
	return rcode == 0 ? CSN_OK : CSN_E_BACKEND;
}

int32_t
srv_parse(struct csn_str message, uint16_t id, struct csn_str name,
    struct srv_record ret[static SRV_RECORDS_MAX], size_t *ret_n)
{
	struct message m = { .all = message };
	struct name end;
	size_t records, n;
	int32_t rc;

	if (name.n == 0 || name.n > SRV_NAME_MAX)
		return CSN_E_INVALID;
	rc = head_read(&m, id, name);
	if (rc != CSN_OK)
		return rc;
	records = m.at;
	memcpy(end.text, name.p, name.n);
	end.text[name.n] = '\0';
	end.n = name.n;
	for (unsigned i = 0; i < ALIASES_MAX && alias_step(&m, records,
	    u16_at(&m, 6), &end); i++)
		continue;
	m.at = records;
	n = records_read(&m, u16_at(&m, 6), u16_at(&m, 8) + u16_at(&m, 10),
	    &end, ret);
	if (m.bad)
		return CSN_E_BACKEND;
	if (n == 0)
		return CSN_E_ABSENT;
	*ret_n = n;
	return CSN_OK;
}

/* ------------------------------------------------------------------ */
/* order */

static void
record_move(struct srv_record *v, size_t from, size_t to)
{
	struct srv_record r = v[from];

	memmove(&v[to + 1], &v[to], (from - to) * sizeof(*v));
	v[to] = r;
}

/* By priority, and those of no weight before the others of theirs. */
static bool
record_before(const struct srv_record *a, const struct srv_record *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight != 0;
}

static void
records_sort(struct srv_record *v, size_t n)
{
	size_t to;

	for (size_t i = 1; i < n; i++) {
		for (to = i; to > 0 && record_before(&v[i], &v[to - 1]); to--)
			continue;
		record_move(v, i, to);
	}
}

/* RFC 2782, "Weight": the first whose running sum reaches a random number. */
static void
records_shuffle(struct srv_record *v, size_t n, srv_random *random, void *arg)
{
	uint32_t sum, chance;
	size_t i;

	for (size_t done = 0; done + 1 < n; done++) {
		sum = 0;
		for (i = done; i < n; i++)
			sum += v[i].weight;
		random(arg, &chance, sizeof(chance));
		chance %= sum + 1;
		for (i = done, sum = 0; i < n; i++) {
			sum += v[i].weight;
			if (sum >= chance)
				break;
		}
		record_move(v, i, done);
	}
}

void
srv_order(struct srv_record *v, size_t n, srv_random *random, void *arg)
{
	size_t from = 0, to;

	records_sort(v, n);
	while (from < n) {
		for (to = from; to < n && v[to].priority == v[from].priority;
		    to++)
			continue;
		records_shuffle(v + from, to - from, random, arg);
		from = to;
	}
}
