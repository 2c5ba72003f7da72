/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passed.c - which passed socket is which listener's
 *
 * By its address; where a role has one listener and one socket, the address
 * may be written in another way. It must never give two listeners one socket:
 * each would answer in its own dialect, to its own peers, what was asked of
 * the other.
 */
#include "passed.h"

const char *
passed_role_name(uint32_t role)
{
	switch (role) {
	case CSN_L_PAGES:
		return "pages";
	case CSN_L_CHECK:
		return "check";
	default:
		return "metrics";
	}
}

void
passed_find(struct passed *p)
{
	for (uint32_t role = CSN_L_PAGES; role <= CSN_L_METRICS; role++)
		for (unsigned i = 0; i < PASSED_MAX; i++)
			p->fds[role][i] = http_listen_inherited(
			    str_from(passed_role_name(role)), i);
}

int
passed_take(struct passed *p, const struct csn_listener *l, size_t nrole)
{
	int *fds = p->fds[l->role], *fit = NULL, fd;
	bool lone = nrole == 1 && fds[1] < 0;

	for (unsigned i = 0; i < PASSED_MAX; i++) {
		if (fds[i] < 0)
			continue;
		switch (http_listen_fit(fds[i], l->unix_path, l->tcp)) {
		case HTTP_FIT_BOUND:
			fit = &fds[i];
			break;
		case HTTP_FIT_KIND:
			if (lone)
				fit = &fds[i];
			break;
		case HTTP_FIT_NOT:
			break;
		}
	}
	if (fit == NULL)
		return -1;
	fd = *fit;
	*fit = -1;
	return fd;
}

static void
left_say(struct buf *b, uint32_t role, int fd)
{
	buf_printf(b, "a socket that systemd passed as `%s` is no listener's: ",
	    passed_role_name(role));
	http_listen_where(fd, b);
	buf_puts(b, "; let ListenStream= of its unit and `listen` of the "
	    "configuration say the same address, or disable the unit");
}

bool
passed_left(struct passed *p, struct buf *b)
{
	for (uint32_t role = CSN_L_PAGES; role <= CSN_L_METRICS; role++)
		for (unsigned i = 0; i < PASSED_MAX; i++)
			if (p->fds[role][i] >= 0) {
				left_say(b, role, p->fds[role][i]);
				p->fds[role][i] = -1;
				return true;
			}
	return false;
}
