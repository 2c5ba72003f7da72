/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * saml_testing.c - a login in the paper host, with an answer from a file
 */
#include "saml_testing.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base64url.h"
#include "lib/url.h"

extern char **environ;

#define FILE_MAX (1u << 20)

struct csn_str
saml_file(const char *folder, const char *name)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char path[2048];
	char *p = malloc(FILE_MAX);
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/tests/saml/%s/%s",
	    top != NULL ? top : ".", folder, name);
	f = fopen(path, "re");
	if (f == NULL || p == NULL) {
		free(p);
		fail_msg("no %s", path);
		abort();
	}
	n = fread(p, 1, FILE_MAX - 1, f);
	(void)fclose(f);
	assert_true(n < FILE_MAX - 1);
	p[n] = '\0';
	return str_of(p, n);
}

void
saml_option_file(struct harness *h, const char *option, const char *folder,
    const char *name)
{
	struct csn_str s = saml_file(folder, name);

	harness_option_str(h, option, s);
	free((void *)(uintptr_t)s.p);
}

static void
options_add(struct harness *h, const char *folder)
{
	struct csn_str all = saml_file(folder, "options"), rest = all, line;

	while (str_cut(&rest, '\n', &line)) {
		char name[64], value[512];
		ptrdiff_t blank = str_index(line, ' ');

		if (blank <= 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)blank,
		    line.p);
		(void)snprintf(value, sizeof(value), "%.*s",
		    (int)(line.n - (size_t)blank - 1), line.p + blank + 1);
		harness_option(h, name, value);
	}
	free((void *)(uintptr_t)all.p);
}

struct harness *
saml_host(const char *folder)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file(folder, "now");

	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	saml_option_file(h, "metadata_file", folder, "metadata.xml");
	saml_option_file(h, "signing_key", folder, "sp.key");
	saml_option_file(h, "certificate", folder, "sp.crt");
	options_add(h, folder);
	return h;
}

void
saml_begin(struct harness *h, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_BEGIN);

	req.resume = STR(SAML_RESUME);
	req.subject = req.account = req.realm = STR("");
	harness_seed(h, SAML_SEED);
	harness_step(h, &req, ret);
}

void
saml_callback(struct harness *h, const struct harness_answer *begun,
    const char *form, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_CALLBACK);

	req.subject = req.account = req.realm = STR("");
	req.resume = STR(SAML_RESUME);
	req.endpoint = harness_endpoint(h, "acs");
	req.method = STR("POST");
	req.content_type = STR("application/x-www-form-urlencoded");
	req.state = begun->reply.state;
	harness_params(h, &req, form);
	harness_step(h, &req, ret);
}

char *
saml_form(const char *base64)
{
	struct buf b;
	char *ret;

	buf_init(&b, 4u << 20);
	form_add(&b, STR("SAMLResponse"), str_from(base64));
	assert_false(buf_failed(&b));
	ret = strdup(b.p == NULL ? "" : (const char *)b.p);
	assert_non_null(ret);
	buf_free(&b);
	return ret;
}

char *
saml_form_of(const char *folder, const char *name)
{
	struct csn_str xml = saml_file(folder, name);
	struct buf b;
	char *form;

	buf_init(&b, 1u << 20);
	base64_encode(&b, xml);
	buf_char(&b, '\0');
	form = saml_form((const char *)b.p);
	buf_free(&b);
	free((void *)(uintptr_t)xml.p);
	return form;
}

void
saml_fields(char *line, char **ret, size_t n)
{
	char *at = line;

	line[strcspn(line, "\n")] = '\0';
	ret[0] = line;
	for (size_t i = 1; i < n; i++) {
		at = strchr(at, '\t');
		assert_non_null(at);
		*at++ = '\0';
		ret[i] = at;
	}
}

pid_t
saml_generator(const char *name, const char *folder, FILE **ret)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	posix_spawn_file_actions_t fa;
	char script[2048], data[2048];
	char python[] = "/usr/bin/python3", flag[] = "-B";
	char *argv[] = { python, flag, script, data, NULL };
	int fds[2];
	pid_t pid;

	(void)snprintf(script, sizeof(script), "%s/tests/saml/%s",
	    top != NULL ? top : ".", name);
	(void)snprintf(data, sizeof(data), "%s/tests/saml/%s",
	    top != NULL ? top : ".", folder);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&fa), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&fa, fds[1], 1), 0);
	assert_int_equal(posix_spawn(&pid, python, &fa, NULL, argv, environ),
	    0);
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)close(fds[1]);
	*ret = fdopen(fds[0], "r");
	assert_non_null(*ret);
	return pid;
}

bool
saml_refused_by(struct harness *h, const struct harness_answer *a,
    const char *rules)
{
	struct csn_str rest = str_from(rules), rule;
	char want[128];

	if (a->verdict != CSN_DENY || a->reply.reason == 0 ||
	    a->reply.message.n == 0 || a->reply.subject.n != 0)
		return false;
	while (str_cut(&rest, '|', &rule)) {
		(void)snprintf(want, sizeof(want), " rule=%.*s ",
		    STR_FMT(rule));
		if (harness_logged(h, want))
			return true;
	}
	return false;
}
