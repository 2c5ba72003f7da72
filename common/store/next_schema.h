/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next_schema.h - the schema after this one, made up for a test
 *
 * Included before everything in the sources of common/store/next-node.
 */
#ifndef COUNTERSIGN_STORE_NEXT_SCHEMA_H
#define COUNTERSIGN_STORE_NEXT_SCHEMA_H

#define SQLITE_SCHEMA_VERSION	2
#define SQLITE_SCHEMA_STEPS	{ 2, "CREATE TABLE later (id INTEGER PRIMARY" \
	" KEY, v BLOB NOT NULL); INSERT INTO later VALUES (1, 'x');" \
	"CREATE INDEX kv_exp ON kv (exp);" }

#endif
