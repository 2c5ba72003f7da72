/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-yaml.c - whatever the text, a tree that keeps its promises or a fault
 */
#include "lib/fuzzing.h"
#include "yaml.h"

static void
check_node(const struct yaml *y, unsigned depth)
{
	size_t n = 0;

	MUST(depth <= YAML_DEPTH_MAX);
	MUST(y->kind >= YAML_TEXT && y->kind <= YAML_LIST);
	MUST(y->at.line > 0 && y->at.line <= y->file->nlines + 1);
	MUST(y->kind == YAML_TEXT || y->text.n == 0);
	MUST(y->text.n <= y->file->text.n * 3);
	(void)yaml_written(y);
	for (const struct yaml *c = y->first; c != NULL; c = c->next, n++) {
		MUST(c->parent == y);
		MUST((y->kind == YAML_MAP) == (c->key.n > 0));
		check_node(c, depth + 1);
	}
	MUST(n == y->n);
	MUST(y->kind != YAML_TEXT || n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct yaml_source source;
	struct faults faults;
	struct arena arena;
	struct yaml *root;
	struct buf b;

	arena_init(&arena, (size_t)64 << 20);
	faults_init(&faults, &arena);
	yaml_source_init(&source, &arena, &faults);
	root = yaml_load_text(&source, STR("t"), str_of(data, n));
	MUST(root != NULL || faults.nfaults > 0 || n > YAML_FILE_MAX);
	if (root != NULL) {
		MUST(root->kind == YAML_MAP);
		check_node(root, 0);
	}
	buf_init(&b, 0);
	(void)faults_write(&faults, false, &b);
	MUST(!buf_failed(&b));
	buf_free(&b);
	arena_free(&arena);
	return 0;
}
