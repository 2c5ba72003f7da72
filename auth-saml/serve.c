/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.c - what is asked of the factor outside a login
 *
 * It must never prove anything.
 */
#include "serve.h"

#include "discover.h"
#include "logout.h"
#include "plugin.h"
#include "sp.h"

static uint32_t
endpoint_run(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	switch (req->endpoint) {
	case ENDPOINT_METADATA:
		return sp_serve(j, reply);
	case ENDPOINT_SLO:
		return logout_front(j, req, reply);
	case ENDPOINT_SOAP:
		return logout_back(j, req, reply);
	case ENDPOINT_LOGIN:
		return discover_link(req, reply);
	default:
		return CSN_DENY;
	}
}

uint32_t
serve_run(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	switch (req->event) {
	case CSN_EV_ENDPOINT:
		return endpoint_run(j, req, reply);
	case CSN_EV_LOGOUT:
		return logout_leave(j, req, reply);
	default:
		return CSN_ERROR;
	}
}
