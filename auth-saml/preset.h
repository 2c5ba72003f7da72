/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preset.h - what is usual at the identity providers that people have
 */
#ifndef AUTH_SAML_PRESET_H
#define AUTH_SAML_PRESET_H

#include "options.h"

/* Fills what the configuration leaves open, and tells it by setting(). A
 * preset never switches a check off. */
void preset_apply(const struct csn_host *, struct csn_call *,
    struct options *);

#endif
