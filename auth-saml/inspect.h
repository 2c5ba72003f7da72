/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.h - `countersign saml-inspect`: a captured response, rule by rule
 */
#ifndef AUTH_SAML_INSPECT_H
#define AUTH_SAML_INSPECT_H

#include "job.h"

/* manage() of the op: req.body is the response, as XML or as it was posted.
 * DONE if all rules pass, DENY if one does not, with an item for each rule. */
uint32_t inspect_run(const struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
