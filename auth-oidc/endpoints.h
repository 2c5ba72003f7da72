/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * endpoints.h - our addresses below the factor's base_url, by number
 */
#ifndef AUTH_OIDC_ENDPOINTS_H
#define AUTH_OIDC_ENDPOINTS_H

#include <countersign/plugin.h>

enum endpoint_index {		/* as in endpoints_table */
	AT_CALLBACK,		/* redirect_uri */
	AT_LOGGED_OUT,		/* post_logout_redirect_uri */
	AT_BACK_CHANNEL,	/* backchannel_logout_uri */
	AT_FRONT_CHANNEL,	/* frontchannel_logout_uri */
	AT_LOGIN,		/* initiate_login_uri */
	AT_KEYS,		/* jwks_uri of ours */
	ENDPOINTS_COUNT
};

extern const struct csn_endpoint endpoints_table[ENDPOINTS_COUNT];

#endif
