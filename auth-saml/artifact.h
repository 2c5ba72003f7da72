/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * artifact.h - an answer that comes by reference (Bind 3.6)
 */
#ifndef AUTH_SAML_ARTIFACT_H
#define AUTH_SAML_ARTIFACT_H

#include "gate.h"
#include "idp.h"
#include "job.h"

/* Resolves a SAMLart of the provider asked, over SOAP, into the gate. 0; -1
 * and gate->why; 1: the provider did not answer. */
int artifact_resolve(const struct job *, const struct idp *,
    struct csn_str value, struct gate *);

#endif
