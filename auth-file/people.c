/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people.c - one person a line: name:hash:display name:mail:group,group
 *
 * What follows the hash may be left out, so a line of htpasswd is read as it
 * is. A file with a single fault is refused as a whole: half a list of people
 * is not the list that somebody wrote.
 */
#include "people.h"

#include <stdlib.h>

#include "lib/text.h"

#include "hash.h"
#include "reading.h"

#define FAULTS_TOLD	20u
#define MEMORY_MAX	((size_t)64 * 1024 * 1024)
#define FIELDS		5u

int
reading_fault(struct reading *r, unsigned line, const char *what)
{
	if (r->faults++ < FAULTS_TOLD)
		r->fault(r->arg, line, what);
	return -1;
}

static bool
text_good(struct csn_str s, size_t max)
{
	return s.n <= max && text_plain(s);
}

static int
person_check(struct reading *r, const struct person *p)
{
	const char *why = hash_refused(p->hash);

	if (p->name.n == 0 || !text_good(p->name, PEOPLE_NAME_MAX))
		return reading_fault(r, p->line, "the name is not plain text "
		    "of 1 to 255 bytes");
	if (why != NULL)
		return reading_fault(r, p->line, why);
	if (!text_good(p->display, PEOPLE_TEXT_MAX) ||
	    !text_good(p->mail, PEOPLE_TEXT_MAX))
		return reading_fault(r, p->line, "display name or mail is not "
		    "plain text of at most 1024 bytes");
	if (r->people->n == r->room)
		return reading_fault(r, p->line, "too many people; at most "
		    "10000 fit a file, a directory holds more");
	return 0;
}

struct csn_str
people_folded(struct csn_str name, char memory[PEOPLE_NAME_MAX])
{
	for (size_t i = 0; i < name.n && i < PEOPLE_NAME_MAX; i++) {
		memory[i] = name.p[i];
		if (memory[i] >= 'A' && memory[i] <= 'Z')
			memory[i] = (char)(memory[i] - 'A' + 'a');
	}
	return str_of(memory, name.n);
}

/* In the table of folded names, two that differ by case are nobody. */
static int
person_index(struct people *people, struct person *p)
{
	char memory[PEOPLE_NAME_MAX];
	struct csn_str lower = people_folded(p->name, memory);
	void *old = NULL;

	if (table_set(people->exact, p->name, p, NULL) < 0 ||
	    table_set(people->folded, lower, p, &old) < 0)
		return -1;
	return old == NULL ? 0 : table_set(people->folded, lower, people->v,
	    NULL);
}

/* Copies: a slice that leaves the plugin ends in a NUL. */
static int
person_keep(struct people *people, struct person *p)
{
	p->name = arena_str(&people->memory, p->name);
	p->hash = arena_str(&people->memory, p->hash);
	p->display = arena_str(&people->memory, p->display);
	p->mail = arena_str(&people->memory, p->mail);
	return p->name.p == NULL || p->hash.p == NULL ||
	    p->display.p == NULL || p->mail.p == NULL ? -1 : 0;
}

int
reading_add(struct reading *r, const struct person *person)
{
	struct people *people = r->people;
	struct person *p;

	if (person_check(r, person) < 0)
		return -1;
	if (table_get(people->exact, person->name) != NULL)
		return reading_fault(r, person->line, "this name stands in "
		    "the file twice; leave one of the lines");
	/* v[0] is nobody: what folded names that are not unique lead to */
	p = &people->v[++people->n];
	*p = *person;
	if (person_keep(people, p) < 0 || person_index(people, p) < 0)
		return reading_fault(r, person->line, "out of memory");
	return 0;
}

int
reading_group(struct reading *r, unsigned line, struct csn_str group,
    struct csn_str *list, size_t *n)
{
	if (group.n == 0 || !text_good(group, PEOPLE_TEXT_MAX))
		return reading_fault(r, line, "a group's name is not plain "
		    "text of 1 to 1024 bytes");
	if (*n == PEOPLE_GROUPS_MAX)
		return reading_fault(r, line, "more than 200 groups");
	list[(*n)++] = group;
	return 0;
}

int
reading_groups(struct reading *r, const struct csn_str *list, size_t n,
    struct csn_strs *ret)
{
	return arena_strs(&r->people->memory, (struct csn_strs){ list, n },
	    ret);
}

static int
line_groups(struct reading *r, unsigned line, struct csn_str field,
    struct csn_strs *ret)
{
	struct csn_str list[PEOPLE_GROUPS_MAX], group;
	size_t n = 0;

	while (field.n > 0 && str_cut(&field, ',', &group))
		if (reading_group(r, line, str_trim(group), list, &n) < 0)
			return -1;
	return reading_groups(r, list, n, ret);
}

static int
line_read(struct reading *r, unsigned number, struct csn_str line)
{
	struct csn_str field[FIELDS] = { { "", 0 }, { "", 0 }, { "", 0 },
		{ "", 0 }, { "", 0 } };
	struct person p = { .line = number };
	size_t n = 0;

	while (n < FIELDS && str_cut(&line, ':', &field[n]))
		n++;
	if (n < 2 || line.p != NULL)
		return reading_fault(r, number, "not a person; write "
		    "name:hash:display name:mail:group,group");
	p.name = field[0];
	p.hash = field[1];
	p.display = str_trim(field[2]);
	p.mail = str_trim(field[3]);
	if (line_groups(r, number, field[4], &p.groups) < 0)
		return -1;
	return reading_add(r, &p);
}

/* Blank, or a comment. */
static bool
line_empty(struct csn_str line)
{
	struct csn_str s = str_trim(line);

	return s.n == 0 || s.p[0] == '#';
}

static struct csn_str
line_strip(struct csn_str line)
{
	if (str_ends(line, STR("\r")))
		line.n--;
	return line;
}

/* Authelia's begins with "users:", after comments and "---". */
static bool
text_authelia(struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line_strip(line));
		if (line.n > 0 && line.p[0] != '#' && !str_is(line, "---"))
			return str_starts(line, STR("users:")) &&
			    !str_starts(line, STR("users:$"));
	}
	return false;
}

static void
lines_read(struct reading *r, struct csn_str text)
{
	struct csn_str line;

	for (unsigned number = 1; str_cut(&text, '\n', &line); number++) {
		line = line_strip(line);
		if (!line_empty(line))
			(void)line_read(r, number, line);
	}
}

/* As many as there are lines, and nobody. */
static int
people_room(struct reading *r, struct csn_str text)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	r->room = lines < PEOPLE_MAX ? lines : PEOPLE_MAX;
	r->people->v = arena_array(&r->people->memory, r->room + 1,
	    sizeof(*r->people->v));
	r->people->exact = table_new();
	r->people->folded = table_new();
	return r->people->v == NULL || r->people->exact == NULL ||
	    r->people->folded == NULL ? -1 : 0;
}

struct people *
people_read(struct csn_str text, people_fault *fault, void *arg)
{
	struct reading r = { .fault = fault, .arg = arg };
	struct csn_str copy;

	r.people = calloc(1, sizeof(*r.people));
	if (r.people == NULL) {
		(void)reading_fault(&r, 0, "out of memory");
		return NULL;
	}
	arena_init(&r.people->memory, MEMORY_MAX);
	if (text.n > PEOPLE_BYTES_MAX) {
		(void)reading_fault(&r, 0, "the file is over 4 MiB");
		goto out;
	}
	copy = arena_str(&r.people->memory, text_without_bom(text));
	if (copy.p == NULL || people_room(&r, copy) < 0)
		(void)reading_fault(&r, 0, "out of memory");
	else if (text_authelia(copy))
		authelia_read(&r, copy);
	else
		lines_read(&r, copy);
	if (r.faults == 0 && r.people->n == 0)
		(void)reading_fault(&r, 0, "there is nobody in the file; add "
		    "a line name:hash, or leave the factor out");
out:
	if (r.faults == 0)
		return r.people;
	people_free(r.people);
	return NULL;
}

void
people_free(struct people *people)
{
	if (people == NULL)
		return;
	table_free(people->exact, NULL);
	table_free(people->folded, NULL);
	arena_free(&people->memory);
	free(people);
}

const struct person *
people_find(const struct people *people, struct csn_str name)
{
	char memory[PEOPLE_NAME_MAX];
	const struct person *p;

	if (name.n == 0 || name.n > PEOPLE_NAME_MAX)
		return NULL;
	p = table_get(people->exact, name);
	if (p == NULL)
		p = table_get(people->folded, people_folded(name,
		    memory));
	return p == &people->v[0] ? NULL : p;
}
