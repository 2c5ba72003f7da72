/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reference.c - speakable references made and read
 *
 * It must never prefer one character to another: a byte that does not divide
 * evenly is thrown away.
 */
#include "reference.h"

#include "lib/secret.h"
#include "lib/text.h"

#define HALF	4u

static const char letters[] = "0123456789BCDFGHJKMNPQRSTVWXYZ";

#define LETTERS (sizeof(letters) - 1)

static char
letter_random(void)
{
	uint8_t b;

	do {
		secret_random(&b, 1);
	} while (b >= 256 - 256 % LETTERS);
	return letters[b % LETTERS];
}

struct csn_str
reference_new(struct arena *a)
{
	char text[REFERENCE_LEN];
	struct csn_str ret;

	for (size_t i = 0; i < REFERENCE_LEN; i++)
		text[i] = i == HALF ? '-' : letter_random();
	ret = arena_str(a, str_of(text, sizeof(text)));
	return ret.p != NULL ? ret : str_of("", 0);
}

/* The character of a reference that was meant; 0: a separator; -1: none. */
static int
letter_read(char c)
{
	if (c == ' ' || c == '-')
		return 0;
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	return c != '\0' && strchr(letters, c) != NULL ? c : -1;
}

int
reference_read(struct csn_str typed, char ret[static REFERENCE_LEN + 1])
{
	char memory[64], text[REFERENCE_LEN + 1];
	struct buf b;
	size_t n = 0;
	int c;

	buf_init_fixed(&b, memory, sizeof(memory));
	text_narrow(&b, typed);
	for (size_t i = 0; i < buf_str(&b).n; i++) {
		c = letter_read(buf_str(&b).p[i]);
		if (c < 0 || (c > 0 && n == REFERENCE_LEN))
			return -1;
		if (c > 0)
			text[n++] = (char)c;
		if (n == HALF)
			text[n++] = '-';
	}
	if (n != REFERENCE_LEN)
		return -1;
	text[n] = '\0';
	memcpy(ret, text, sizeof(text));
	return 0;
}
