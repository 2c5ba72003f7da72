/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_files.c - who may read and write what (security.md O5)
 *
 * Whoever may write a folder may put another file in the place of one in it,
 * so each folder above is looked at too. It must never take what it cannot
 * look at for good.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"

#define AREA	"files"

static bool
owner_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static struct csn_str
todo_mode(struct doctor *d, const char *mode, const char *path)
{
	return arena_printf(&d->arena, "chmod %s %s", mode, path);
}

/* Whether a folder was looked at already, and found open. */
static bool
folder_told(const struct doctor *d, const char *path)
{
	for (const struct doctor_finding *f = d->first; f != NULL;
	    f = f->next)
		if (str_is(f->where, path) && strcmp(f->area, AREA) == 0)
			return true;
	return false;
}

/* One folder of a path: others may not put things into it. A sticky one keeps
 * from each other what is not theirs. */
static void
folder_look(struct doctor *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || folder_told(d, path))
		return;		/* the file itself tells */
	if (!owner_trusted(&st))
		doctor_say(d, DOCTOR_ERROR, AREA, str_from(path),
		    "chown it to root or to the service's user",
		    "the folder belongs to user %u, who may put other files "
		    "into it", (unsigned)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (st.st_mode & S_ISVTX) == 0)
		doctor_say(d, DOCTOR_ERROR, AREA, str_from(path),
		    todo_mode(d, "go-w", path).p, "others may write to the "
		    "folder (mode %04o)", (unsigned)(st.st_mode & 07777));
}

/* The folders above a path, each told of only once in a run. */
static void
folders_look(struct doctor *d, struct csn_str path)
{
	char dir[4096];
	char *real;

	(void)snprintf(dir, sizeof(dir), "%.*s", STR_FMT(path));
	real = realpath(dir, NULL);
	if (real == NULL && strrchr(dir, '/') != NULL) {
		*strrchr(dir, '/') = '\0';
		real = realpath(dir[0] == '\0' ? "/" : dir, NULL);
		if (real != NULL)
			folder_look(d, real);
	}
	doctor_looked(d);
	for (char *at = real == NULL ? NULL : strrchr(real, '/');
	    at != NULL && at != real; at = strrchr(real, '/')) {
		*at = '\0';
		folder_look(d, real);
	}
	free(real);
}

/* Refused bits, and how bad they are. */
static void
mode_look(struct doctor *d, const char *path, mode_t refused,
    const char *should_be, enum doctor_severity severity, const char *means)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			doctor_say(d, DOCTOR_ERROR, AREA, str_from(path),
			    "give the service's user the way to it",
			    "cannot be looked at: %s",
			    strerrordesc_np(errno));
		return;
	}
	doctor_looked(d);
	if (!owner_trusted(&st))
		doctor_say(d, DOCTOR_ERROR, AREA, str_from(path), "chown it "
		    "to the service's user", "belongs to user %u, neither "
		    "root nor the service", (unsigned)st.st_uid);
	if ((st.st_mode & refused) != 0)
		doctor_say(d, severity, AREA, str_from(path),
		    todo_mode(d, should_be, path).p, "%s (mode %04o)", means,
		    (unsigned)(st.st_mode & 07777));
}

static void
store_look(struct doctor *d)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char path[4200], *slash;

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%.*s%s",
		    STR_FMT(d->conf->store_path), tails[i]);
		mode_look(d, path, 0077, "0600", DOCTOR_ERROR,
		    "others may read or write the store");
		if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0)
			doctor_say(d, DOCTOR_ERROR, AREA, str_from(path),
			    "chown it to the service's user",
			    "the service cannot write to it");
	}
	(void)snprintf(path, sizeof(path), "%.*s",
	    STR_FMT(d->conf->store_path));
	slash = strrchr(path, '/');
	if (slash != NULL && slash != path) {
		*slash = '\0';
		mode_look(d, path, 0077, "0700", DOCTOR_WARNING,
		    "others may look into the store's folder");
	}
}

static void
audit_look(struct doctor *d)
{
	const char *path = doctor_path(d, d->conf->audit_path);

	doctor_looked(d);
	if (path[0] == '\0') {
		doctor_say(d, DOCTOR_WARNING, "audit", STR(""),
		    "write audit: { file: PATH }", "the audit log goes to "
		    "standard error, where `countersign why` cannot look, "
		    "and what operators do is kept nowhere");
		return;
	}
	mode_look(d, path, S_IWGRP | S_IWOTH, "go-w", DOCTOR_ERROR,
	    "others may write to the audit log");
	mode_look(d, path, 0044, "0600", DOCTOR_WARNING,
	    "others may read the audit log");
	if (access(path, F_OK) == 0 && access(path, W_OK) < 0)
		doctor_say(d, DOCTOR_ERROR, "audit", str_from(path),
		    "chown it to the service's user", "the audit log cannot "
		    "be written, so no login is possible");
}

/* What each of a factor's values names: a file, or file:PATH of a secret. */
static void
references_look(struct doctor *d, const struct conf_factor *f)
{
	for (size_t i = 0; i < f->nvals; i++) {
		uint32_t type = f->plugin->opts[f->vals[i].opt].type;
		struct csn_str ref = f->refs[i];

		if (type == CSN_T_SECRET && str_starts(ref, STR("file:")))
			ref = str_from_at(ref, 5);
		else if (type != CSN_T_FILE)
			continue;
		folders_look(d, ref);
	}
}

void
doctor_files(struct doctor *d)
{
	const struct conf *conf = d->conf;

	folders_look(d, str_from(d->options->conf_path));
	folders_look(d, str_from(d->options->plugin_dir != NULL ?
	    d->options->plugin_dir : CSN_PLUGINDIR));
	folders_look(d, conf->store_path);
	folders_look(d, conf->keys_dir);
	if (conf->audit_path.n > 0)
		folders_look(d, conf->audit_path);
	for (size_t i = 0; i < conf->nfactors; i++)
		references_look(d, &conf->factors[i]);
	for (size_t i = 0; i < conf->nlisteners; i++) {
		const struct conf_listener *l = &conf->listeners[i];

		if (l->tls_key.n == 0)
			continue;
		folders_look(d, l->tls_key);
		mode_look(d, doctor_path(d, l->tls_key), 0037, "o=,g-w",
		    DOCTOR_ERROR, "others may read or write the private key");
	}
	store_look(d);
	audit_look(d);
}
