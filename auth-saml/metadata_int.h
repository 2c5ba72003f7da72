/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata_int.h - between the files that read metadata
 */
#ifndef AUTH_SAML_METADATA_INT_H
#define AUTH_SAML_METADATA_INT_H

#include "metadata.h"
#include "rules.h"

#define METADATA_SPACES_MIN (512u << 10)	/* as of a message */

/* The bytes that are signed, appended. RULE_NONE, or the rule. */
enum rule metadata_verify(struct csn_str xml, const struct keys *signers,
    struct buf *ret);
/* What such metadata does wrong, to go behind "The metadata". */
const char *metadata_verify_text(enum rule);

#endif
