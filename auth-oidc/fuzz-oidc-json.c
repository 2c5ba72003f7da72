/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fuzz-oidc-json.c - any bytes as JSON, and as the path of a claim
 *
 * What is read must be an object within the caps; a number that is taken lies
 * within its range.
 */
#include "lib/fuzzing.h"

#include "claim_path.h"
#include "json.h"

static unsigned
depth(const json_t *v)
{
	unsigned most = 0, d;
	const char *name;
	json_t *one;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, name, one)
			most = (d = depth(one)) > most ? d : most;
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, one)
			most = (d = depth(one)) > most ? d : most;
	} else
		return 0;
	return most + 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str text = str_of(data, n), s;
	struct claim_path path;
	const char *why = NULL;
	json_t *root = NULL;
	int64_t number = -1;

	if (json_text_read(text, &json_token_caps, &root) == REFUSAL_NONE) {
		MUST(json_is_object(root));
		MUST(depth(root) <= json_token_caps.depth);
		if (json_member_number(root, "n", &number) == MEMBER_GOOD)
			MUST(number >= 0 && number < JSON_TIME_MAX);
		if (json_member_text(root, "t", &s) == MEMBER_GOOD)
			MUST(strlen(s.p) == s.n);
		json_decref(root);
	} else
		MUST(root == NULL);
	if (claim_path_parse(text, &path, &why) == 0) {
		MUST(path.n >= 1 && path.n <= CLAIM_PATH_NAMES);
		for (size_t i = 0; i < path.n; i++)
			MUST(path.names[i][0] != '\0');
	} else
		MUST(why != NULL && path.n == 0);
	return 0;
}
