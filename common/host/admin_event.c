/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_event.c - changes made beside the daemon, in its audit log
 *
 * The log is the service's file: it is written as the service, or a file that
 * root made would keep the daemon out. It must never let a change go on that
 * could not be recorded.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin.h"
#include "json_out.h"
#include "lib/timefmt.h"

int
admin_event(const struct conf *conf, const char *event, struct csn_str who,
    struct csn_str subject, struct csn_str reason)
{
	struct csn_pair by = { STR("by"), who };
	struct audit_event e = { .time_ms = clock_wall_ms(),
	    .event = str_from(event), .subject = subject, .reason = reason,
	    .details = { &by, 1 } };
	struct audit *audit;
	struct buf error;
	int rc = -1;

	buf_init(&error, 1024);
	audit = audit_open(conf->audit_path, &error);
	if (audit != NULL) {
		rc = audit_write(audit, &e);
		audit_close(audit);
	}
	buf_free(&error);
	return rc;
}

/* In a child, which may become the service: what comes next needs its own
 * rights. */
static int
event_as_service(const struct conf *conf, const char *event,
    struct csn_str who, struct csn_str subject, struct csn_str reason)
{
	struct csn_str ret = STR("");
	char *dir = strndup(conf->keys_dir.p, conf->keys_dir.n);
	pid_t pid = dir == NULL ? -1 : fork();
	int status = -1;

	if (pid == 0)
		_exit(admin_become_owner(dir, &ret) < 0 || admin_event(conf,
		    event, who, subject, reason) < 0 ? 1 : 0);
	free(dir);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Nobody is in it yet: who is configured to be in it could not log in. */
static bool
file_of_nobody(struct csn_str file)
{
	char *path = strndup(file.p, file.n);
	struct stat st;
	bool none = path != NULL && (stat(path, &st) != 0 ?
	    errno == ENOENT : st.st_size == 0);

	free(path);
	return none;
}

/* Before there are keys there is no service, whose log it would be. */
static bool
service_made(const struct conf *conf)
{
	char *dir = strndup(conf->keys_dir.p, conf->keys_dir.n);
	bool made = dir == NULL || access(dir, F_OK) == 0 ||
	    errno != ENOENT;

	free(dir);
	return made;
}

static int
people_event(const struct conf *conf, struct csn_str what,
    struct csn_str name, struct csn_str file, struct csn_str who,
    struct csn_str *ret)
{
	struct buf reason;
	int rc = -1;

	buf_init(&reason, 8192);
	buf_str_put(&reason, what);
	buf_puts(&reason, " in ");
	buf_str_put(&reason, file);
	if (!buf_failed(&reason))
		rc = event_as_service(conf, "people-changed", who, name,
		    buf_str(&reason));
	buf_free(&reason);
	return rc < 0 ? json_fail(ret, "the audit log cannot be written, so "
	    "nothing is changed") : 0;
}

static void
say_nothing(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	(void)severity;
	(void)line;
}

int
csn_audit_people(const struct csn_options *o, struct csn_str what,
    struct csn_str name, struct csn_str file, struct csn_str who,
    struct csn_str *ret)
{
	struct csn_options quiet = *o;
	struct plugin_registry *plugins;
	unsigned faults;
	struct conf *conf;
	int rc;

	/* the first people are made before there is a service */
	if (access(o->conf_path, F_OK) != 0)
		return 1;
	/* what is missing is who is being added */
	if (file_of_nobody(file))
		quiet.say = say_nothing;
	conf = admin_conf_open(&quiet, &plugins, &faults);
	if (conf == NULL && file_of_nobody(file)) {
		rc = 1;
	} else if (conf == NULL) {
		(void)json_fail(ret, "the configuration has %u faults, so that "
		    "this cannot be recorded", faults);
		rc = CSN_INIT_FAULTS;
	} else {
		rc = service_made(conf) ? people_event(conf, what, name, file,
		    who, ret) : 1;
	}
	if (conf != NULL)
		conf_free(conf);
	plugin_registry_free(plugins);
	return rc;
}
