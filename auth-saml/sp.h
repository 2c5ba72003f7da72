/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp.h - our own metadata (Meta 2.4.4)
 */
#ifndef AUTH_SAML_SP_H
#define AUTH_SAML_SP_H

#include "job.h"

/* An EntityDescriptor, signed if `sign_metadata` says so; appended. 0 or
 * -1. */
int sp_metadata(const struct job *, struct buf *ret);
/* The operation "metadata": the same, as items whose details follow on each
 * other. */
uint32_t sp_op(const struct job *, struct csn_reply *);
/* serve() of the endpoint "metadata". */
uint32_t sp_serve(const struct job *, struct csn_reply *);

#endif
