/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring.c - a ring of keys as text and in memory; the files are in
 * keyring_file.c
 *
 * The text has one spelling only: what a person changed by hand and got wrong
 * is refused, never guessed. It must never put a byte of a key into an error.
 */
#include "keyring.h"

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/timefmt.h"

#define ID_LAST		(UINT32_MAX - 1)

static const char *const state_names[] = {
	[KEY_ACTIVE] = "active", [KEY_OLD] = "old", [KEY_RETIRED] = "retired",
};

static int
id_parse(struct csn_str s, uint32_t *ret)
{
	uint64_t id;

	if (s.n == 0 || s.p[0] == '0' || str_u64(s, ID_LAST, &id) < 0)
		return -1;
	*ret = (uint32_t)id;
	return 0;
}

static int
state_parse(struct csn_str s, enum key_state *ret)
{
	for (enum key_state k = KEY_ACTIVE; k <= KEY_RETIRED; k++) {
		if (str_is(s, state_names[k])) {
			*ret = k;
			return 0;
		}
	}
	return -1;
}

static int
created_parse(struct csn_str s, int64_t *ret)
{
	uint8_t memory[40];
	struct buf again;
	int64_t ms;

	if (time_parse(s, &ms) < 0)
		return -1;
	buf_init_fixed(&again, memory, sizeof(memory));
	time_rfc3339(&again, ms);
	if (!str_equal(buf_str(&again), s))
		return -1;
	*ret = ms;
	return 0;
}

/* A retired key has no bytes, every other has 32 that are not all zero. */
static int
bytes_parse(struct csn_str s, enum key_state state, uint8_t *ret)
{
	static const uint8_t zero[KEYRING_KEY_LEN];
	uint8_t memory[KEYRING_KEY_LEN + 1];
	struct buf b;
	int rc = -1;

	if (state == KEY_RETIRED)
		return str_is(s, "-") ? 0 : -1;
	buf_init_fixed(&b, memory, sizeof(memory));
	if (base64url_decode(&b, s) == 0 && b.n == KEYRING_KEY_LEN &&
	    !secret_equal(buf_str(&b), str_of(zero, sizeof(zero)))) {
		memcpy(ret, memory, KEYRING_KEY_LEN);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

/* What is wrong with a line, NULL if nothing. */
static const char *
line_parse(struct csn_str line, struct keyring_key *ret)
{
	struct csn_str field[4];

	for (size_t i = 0; i < 4; i++) {
		if (!str_cut(&line, ' ', &field[i]))
			return "four fields are wanted: ID STATE CREATED KEY";
	}
	if (line.p != NULL)
		return "more than four fields";
	if (id_parse(field[0], &ret->id) < 0)
		return "the id is no number from 1 on";
	if (state_parse(field[1], &ret->state) < 0)
		return "the state is none of active, old, retired";
	if (created_parse(field[2], &ret->created_ms) < 0)
		return "the time is not written as 2026-11-24T10:02:03.004Z";
	if (bytes_parse(field[3], ret->state, ret->bytes) < 0)
		return "the key is not 32 bytes in base64url (retired: -)";
	return NULL;
}

/* What is wrong with a key beside those before it, NULL if nothing. */
static const char *
key_fits(const struct keyring *ring, const struct keyring_key *key)
{
	if (ring->nkeys > 0 && ring->keys[ring->nkeys - 1].id >= key->id)
		return "the ids do not go up";
	for (size_t i = 0; i < ring->nkeys; i++) {
		if (key->state != KEY_RETIRED &&
		    secret_equal(str_of(ring->keys[i].bytes, KEYRING_KEY_LEN),
		    str_of(key->bytes, KEYRING_KEY_LEN)))
			return "the same key stands in the ring twice";
	}
	return NULL;
}

static const char *
text_parse(struct csn_str text, struct keyring *ring, size_t *ret_line)
{
	struct keyring_key *key;
	struct csn_str line;
	const char *wrong;

	/* a file that was cut short has no end of line, or no last line: the
	 * first is seen here, the second is why writing is atomic */
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		return "the file is empty or ends in mid-line";
	text.n--;
	for (*ret_line = 1; str_cut(&text, '\n', &line); (*ret_line)++) {
		if (ring->nkeys == KEYRING_KEYS_MAX)
			return "more than 64 keys";
		key = &ring->keys[ring->nkeys];
		wrong = line_parse(line, key);
		if (wrong == NULL)
			wrong = key_fits(ring, key);
		if (wrong != NULL)
			return wrong;
		ring->nkeys++;
	}
	*ret_line = ring->nkeys;
	if (keyring_active(ring) == NULL)
		return "no key is active";
	return NULL;
}

int
keyring_parse(struct csn_str text, enum keyring_name name,
    struct keyring *ret, struct buf *error)
{
	const char *wrong;
	size_t line = 1;

	*ret = (struct keyring){ .name = name };
	wrong = text_parse(text, ret, &line);
	if (wrong == NULL)
		return 0;
	buf_printf(error, "line %zu: %s", line, wrong);
	secret_wipe(ret, sizeof(*ret));
	return -1;
}

void
keyring_format(struct buf *b, const struct keyring *ring)
{
	for (size_t i = 0; i < ring->nkeys; i++) {
		const struct keyring_key *key = &ring->keys[i];

		buf_decimal(b, key->id);
		buf_char(b, ' ');
		buf_puts(b, state_names[key->state]);
		buf_char(b, ' ');
		time_rfc3339(b, key->created_ms);
		buf_char(b, ' ');
		if (key->state == KEY_RETIRED)
			buf_char(b, '-');
		else
			base64url_encode(b, str_of(key->bytes,
			    KEYRING_KEY_LEN));
		buf_char(b, '\n');
	}
}

void
keyring_wipe(struct keyring *ring)
{
	secret_wipe(ring, sizeof(*ring));
}

bool
keyring_same(const struct keyring *a, const struct keyring *b)
{
	bool same = a->name == b->name && a->nkeys == b->nkeys;

	for (size_t i = 0; same && i < a->nkeys; i++)
		same = a->keys[i].id == b->keys[i].id &&
		    a->keys[i].state == b->keys[i].state &&
		    secret_equal(str_of(a->keys[i].bytes, KEYRING_KEY_LEN),
		    str_of(b->keys[i].bytes, KEYRING_KEY_LEN));
	return same;
}

const struct keyring_key *
keyring_find(const struct keyring *ring, uint32_t id)
{
	for (size_t i = 0; i < ring->nkeys; i++) {
		const struct keyring_key *key = &ring->keys[i];

		if (key->id == id && (key->state == KEY_ACTIVE ||
		    key->state == KEY_OLD))
			return key;
	}
	return NULL;
}

const struct keyring_key *
keyring_active(const struct keyring *ring)
{
	for (size_t i = ring->nkeys; i > 0; i--) {
		if (ring->keys[i - 1].state == KEY_ACTIVE)
			return &ring->keys[i - 1];
	}
	return NULL;
}
