/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change.h - the page that asks for a new password, within a login
 */
#ifndef AUTH_LDAP_CHANGE_H
#define AUTH_LDAP_CHANGE_H

#include "login_impl.h"

enum change_why {
	CHANGE_EXPIRED = 1,
	CHANGE_FIRST,		/* somebody else chose the present one */
	CHANGE_SOON		/* it will expire: one may go on without */
};

/* After the right password of l->person: the page. days is CHANGE_SOON's. */
uint32_t change_ask(const struct login *, enum change_why, int64_t days);
/* Its answer: req.state is what change_ask() gave. */
uint32_t change_answer(struct login *);

#endif
