/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * endpoints.c - the table of our addresses
 */
#include "endpoints.h"

#define FORM_MAX	65536u	/* a token of 16 KiB in a form, with room */

const struct csn_endpoint endpoints_table[ENDPOINTS_COUNT] = {
	[AT_CALLBACK] = { .path = "callback", .resume_param = "state",
	    .flags = CSN_EP_GET | CSN_EP_POST | CSN_EP_CROSS_SITE,
	    .max_bytes = FORM_MAX },
	[AT_LOGGED_OUT] = { .path = "logged-out", .resume_param = "state",
	    .flags = CSN_EP_GET | CSN_EP_LOGOUT },
	[AT_BACK_CHANNEL] = { .path = "backchannel-logout",
	    .flags = CSN_EP_POST | CSN_EP_BACK_CHANNEL,
	    .max_bytes = FORM_MAX },
	[AT_FRONT_CHANNEL] = { .path = "frontchannel-logout",
	    .flags = CSN_EP_GET | CSN_EP_FRAMED },
	[AT_LOGIN] = { .path = "login", .flags = CSN_EP_GET | CSN_EP_POST,
	    .max_bytes = 8192 },
	[AT_KEYS] = { .path = "keys", .flags = CSN_EP_GET },
};
