/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite-loop.c - what the commits of a login cost at the least: SQLite alone
 *
 * Two marks, two tries, an accepted code, a session and two kept answers: a
 * login must not go on, or be answered, before they are durable (security.md
 * P3, P4, T9, S8). Here they are written and nothing else is done: by key, in
 * the order of a crowd of logins, so many commits' worth in one transaction.
 * The table, its sizes and the settings are the store's. Prints the
 * microseconds of CPU for each login.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define STEPS		5u	/* commits that one login waits for */
#define CROWD		64u	/* logins under way */

enum { BEGIN, COMMIT, PUT, SET, FIND, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	"BEGIN IMMEDIATE", "COMMIT",
	"INSERT INTO kv (k, exp, v) VALUES (?1, 1, ?2)",
	"UPDATE kv SET v = ?2 WHERE k = ?1",
	"SELECT exp, v FROM kv WHERE k = ?1",
};
static const char settings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -2048;"
    "PRAGMA cache_spill = OFF;"
    "CREATE TABLE kv (id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE,"
    " exp INTEGER NOT NULL, v BLOB NOT NULL);";

static sqlite3 *db;
static sqlite3_stmt *statements[STATEMENTS];

static void
must(int rc, const char *what)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	(void)fprintf(stderr, "sqlite-loop: %s: %s\n", what,
	    db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db));
	exit(1);
}

static void
run(int which, const char *key, size_t value)
{
	static const char bytes[4096];
	sqlite3_stmt *st = statements[which];

	if (key != NULL)
		must(sqlite3_bind_blob(st, 1, key, (int)strlen(key),
		    SQLITE_STATIC), "bind");
	if (which == PUT || which == SET)
		must(sqlite3_bind_blob(st, 2, bytes, (int)value,
		    SQLITE_STATIC), "bind");
	must(sqlite3_step(st), sql[which]);
	must(sqlite3_reset(st), sql[which]);
}

/* Keys as the store's: what belongs to a time in its order, a person's in
 * none. */
static const char *
key_of(char kind, unsigned number, unsigned round)
{
	static char key[128];
	unsigned scattered = number * 2654435761u;

	if (kind == 'r' || kind == 'a')
		(void)snprintf(key, sizeof(key), "%c/%012x%08x%08x%08x%08x",
		    kind, number, scattered, round, ~scattered, scattered);
	else
		(void)snprintf(key, sizeof(key), "%c/%08x/%u/%08x%08x%08x",
		    kind, scattered, round, ~scattered, scattered, number);
	return key;
}

/* What is there of a person before the login. */
static void
person_put(unsigned person)
{
	run(PUT, key_of('p', person, 0), 120);
	run(PUT, key_of('k', person, 0), 169);
	run(PUT, key_of('t', person, 1), 1);
	run(PUT, key_of('t', person, 2), 1);
}

/* One commit's worth, as the daemon's jobs are cut; sizes are its own. */
static void
login_step(unsigned login, unsigned person, unsigned step)
{
	unsigned round = step / 3 + 1;

	switch (step) {
	case 0:
		run(PUT, key_of('r', login, round), 1);
		break;
	case 1:
		run(FIND, key_of('p', person, 0), 0);
		run(SET, key_of('t', person, round), 1);
		break;
	case 2:
		run(SET, key_of('t', person, round), 1);
		run(PUT, key_of('a', login, round), 976);
		break;
	case 3:
		run(PUT, key_of('r', login, round), 1);
		run(FIND, key_of('p', person, 0), 0);
		run(SET, key_of('t', person, round), 1);
		break;
	default:
		run(SET, key_of('k', person, 0), 169);
		run(PUT, key_of('s', login, 0), 315);
		run(SET, key_of('t', person, round), 1);
		run(PUT, key_of('a', login, round), 682);
		break;
	}
}

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A crowd of logins, each a step further when its turn comes; `group` steps
 * are one transaction. */
static void
logins_run(unsigned first, unsigned logins, unsigned people, unsigned group)
{
	unsigned done = 0, total = logins * STEPS;

	for (unsigned block = 0; block < logins; block += CROWD)
		for (unsigned step = 0; step < STEPS; step++)
			for (unsigned i = block; i < block + CROWD &&
			    i < logins; i++) {
				if (done % group == 0)
					run(BEGIN, NULL, 0);
				login_step(first + i, (first + i) % people,
				    step);
				if (++done % group == 0 || done == total)
					run(COMMIT, NULL, 0);
			}
}

int
main(int argc, char *argv[])
{
	unsigned people, logins, group;
	double us;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: sqlite-loop NEW-FILE PEOPLE "
		    "LOGINS STEPS-IN-A-COMMIT\n");
		return 2;
	}
	people = client_number(argv[2], 1000000);
	logins = client_number(argv[3], 1000000);
	group = client_number(argv[4], 10000);
	must(sqlite3_open(argv[1], &db), argv[1]);
	must(sqlite3_exec(db, settings, NULL, NULL, NULL), argv[1]);
	for (int i = 0; i < STATEMENTS; i++)
		must(sqlite3_prepare_v3(db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &statements[i], NULL), sql[i]);
	run(BEGIN, NULL, 0);
	for (unsigned i = 0; i < people; i++)
		person_put(i);
	run(COMMIT, NULL, 0);
	logins_run(0, people, people, 4096);	/* as many have been before */
	us = cpu_us();
	logins_run(people, logins, people, group);
	(void)printf("%.2f\n", (cpu_us() - us) / logins);
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(statements[i]);
	return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
