/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.h - the endpoints, by their place in the table
 */
#ifndef AUTH_SAML_PLUGIN_H
#define AUTH_SAML_PLUGIN_H

enum { ENDPOINT_ACS, ENDPOINT_SLO, ENDPOINT_SOAP, ENDPOINT_METADATA,
	ENDPOINT_LOGIN, ENDPOINTS_COUNT };

#endif
