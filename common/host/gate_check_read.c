/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_check_read.c - what a check does not find in memory, read by a worker
 *
 * It must never make more of a session than its record says, nor take for an
 * answer that nothing could be read.
 */
#include "gate_check_impl.h"

/* Into the check's memory, whole: headers and guards read it. */
static int
person_keep(struct check *k, const struct person *p)
{
	struct person *to = &k->session->person;
	struct csn_str *all[] = { &to->realm_name, &to->subject,
	    &to->subject_id, &to->name, &to->mail };
	bool failed = false;

	*to = *p;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		*all[i] = arena_str(&k->arena, *all[i]);
		failed |= all[i]->p == NULL;
	}
	if (!failed && arena_strs(&k->arena, p->groups, &to->groups) == 0)
		return 0;
	to->groups = (struct csn_strs){ NULL, 0 };
	return -1;
}

/* The cookie proves no more than it did; the person is the record's. What
 * factors keep is longer than a check's memory may be. */
enum known_state
check_read_session(struct check *k)
{
	struct session record;
	struct arena a;
	int rc;

	arena_init(&a, SESSION_MEMORY_MAX);
	rc = gate_session_load(k->gate, k->conf, &a, k->session->id,
	    check_idle_ms(k), true, &record);
	if (rc == STORE_OK) {
		k->session->enrolled_known = record.enrolled_known;
		k->session->nenrolled = record.nenrolled;
		memcpy(k->session->enrolled, record.enrolled,
		    sizeof(record.enrolled));
		rc = person_keep(k, &record.person) < 0 ? STORE_FAILED :
		    STORE_OK;
	}
	arena_free(&a);
	return rc == STORE_OK ? KNOWN_LIVE : rc == STORE_ABSENT ?
	    KNOWN_ENDED : KNOWN_NOT;
}

enum known_state
check_read_enrolled(struct check *k)
{
	switch (k->may_block ? gate_person_check(k->gate, k->session) :
	    STORE_FAILED) {
	case STORE_OK:
		return KNOWN_LIVE;
	case STORE_ABSENT:
		return KNOWN_ENDED;
	default:
		k->session->enrolled_known = false;
		k->old = true;
		return KNOWN_OLD;
	}
}

/* What only the record tells of a person, to look them up by; its strings go
 * into the arena. */
static int
person_complete(struct check *k, struct arena *a, struct person *p)
{
	struct session record;

	if (p->source != 0)
		return 0;
	if (gate_session_load(k->gate, k->conf, a, k->session->id,
	    check_idle_ms(k), true, &record) != STORE_OK)
		return -1;
	p->subject_id = record.person.subject_id;
	p->source = record.person.source;
	return 0;
}

int
check_read_groups(struct check *k, struct guard_facts *g)
{
	struct person p = k->session->person;
	struct arena a;
	int rc = STORE_FAILED;

	/* a record or a directory's answer may be longer than a check's
	 * memory */
	arena_init(&a, SESSION_MEMORY_MAX);
	if (person_complete(k, &a, &p) == 0)
		rc = gate_lookup(k->gate, k->gc, &a, &p);
	if (rc == STORE_OK && p.groups_known) {
		known_regroup(k->gate->known, k->session->id, p.groups,
		    p.groups_ms);
		k->session->person.groups_ms = p.groups_ms;
		if (arena_strs(&k->arena, p.groups,
		    &k->session->person.groups) == 0)
			session_facts(k->session, k->conf, k->now_ms, g);
	}
	arena_free(&a);
	return rc;
}
