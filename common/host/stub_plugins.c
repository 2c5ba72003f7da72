/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_plugins.c - plugins that are tables and nothing else
 *
 * They never grant: each function fails.
 */
#include "stub_plugins.h"

static int32_t
stub_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	(void)host;
	(void)call;
	(void)conf;
	(void)ret_inst;
	return CSN_E_INVALID;
}

static void
stub_close(void *inst)
{
	(void)inst;
}

static uint32_t
stub_step(const void *inst, struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)inst;
	(void)call;
	(void)req;
	(void)reply;
	return CSN_ERROR;
}

static int32_t
stub_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	(void)inst;
	(void)call;
	(void)live;
	return CSN_E_INVALID;
}

#define OPT(opt_name, opt_type, ...) { .name = opt_name, .type = opt_type, \
	.help = "The " opt_name " of this stub.", __VA_ARGS__ }

static const struct csn_opt ldap_opts[] = {
	OPT("url", CSN_T_LDAP_URL, .flags = CSN_O_REPEAT),
	OPT("domain", CSN_T_STRING, .max = 253),
	OPT("flavour", CSN_T_CHOICE, .choices = "generic|ad",
	    .fallback = "generic"),
	OPT("ca", CSN_T_FILE, .max = 1048576),
	OPT("base", CSN_T_STRING, .max = 1024),
	OPT("bind_dn", CSN_T_STRING, .max = 1024),
	OPT("bind_password", CSN_T_SECRET, .flags = 0),
	OPT("login", CSN_T_STRING, .flags = CSN_O_REPEAT),
	OPT("subject", CSN_T_STRING, .max = 128),
	OPT("id", CSN_T_STRING, .max = 128),
	OPT("nested_groups", CSN_T_BOOL, .fallback = "false"),
	OPT("password_change", CSN_T_BOOL, .fallback = "false"),
	OPT("timeout", CSN_T_SECONDS, .min = 1, .max = 60,
	    .fallback = "5s"),
	OPT("connections", CSN_T_INT, .max = 64, .fallback = "8"),
};

static const struct csn_opt totp_opts[] = {
	OPT("issuer", CSN_T_STRING, .min = 1, .max = 64),
	OPT("digits", CSN_T_INT, .min = 6, .max = 8, .fallback = "6"),
	OPT("devices", CSN_T_INT, .min = 1, .max = 10, .fallback = "5"),
	OPT("recovery_codes", CSN_T_INT, .max = 16, .fallback = "0"),
};

static const struct csn_opt file_opts[] = {
	OPT("users", CSN_T_FILE, .flags = CSN_O_REQUIRED),
};

static const struct csn_opt oidc_opts[] = {
	OPT("provider", CSN_T_CHOICE, .choices = "generic|entra|open",
	    .fallback = "generic", .anybody = "open"),
	OPT("issuer", CSN_T_HTTPS_URL,
	    .anybody = "https://all.example|https://open.example"),
	OPT("tenant", CSN_T_STRING, .max = 128),
	OPT("client_id", CSN_T_STRING, .flags = CSN_O_REQUIRED, .min = 1),
	OPT("client_key", CSN_T_SECRET, .flags = 0),
	OPT("client_certificate", CSN_T_FILE, .max = 1048576),
	OPT("subject", CSN_T_STRING, .min = 1, .max = 256),
	OPT("acr_values", CSN_T_STRING, .flags = CSN_O_REPEAT),
	OPT("require", CSN_T_MAP, .flags = CSN_O_REPEAT, .anybody = ""),
};

static const struct csn_opt saml_opts[] = {
	OPT("idp", CSN_T_CHOICE, .choices = "generic|adfs",
	    .fallback = "generic"),
	OPT("metadata", CSN_T_HTTPS_URL, .flags = CSN_O_REQUIRED),
	OPT("ca", CSN_T_FILE, .max = 1048576),
	OPT("signing_key", CSN_T_SECRET, .flags = 0),
	OPT("certificate", CSN_T_FILE, .max = 1048576),
	OPT("next_certificate", CSN_T_FILE, .max = 1048576),
	OPT("subject", CSN_T_STRING, .min = 1, .max = 256),
	OPT("strip_domain", CSN_T_STRING, .min = 1, .max = 253),
};

static const struct csn_opt kitchen_opts[] = {
	OPT("text", CSN_T_STRING, .flags = CSN_O_REQUIRED, .min = 2,
	    .max = 8),
	OPT("number", CSN_T_INT, .min = -5, .max = 5, .fallback = "-1"),
	OPT("any_number", CSN_T_INT, .flags = 0),
	OPT("at_least", CSN_T_INT, .min = 3),
	OPT("switch", CSN_T_BOOL, .flags = 0),
	OPT("choice", CSN_T_CHOICE, .choices = "red|green|blue",
	    .fallback = "green"),
	OPT("span", CSN_T_SECONDS, .flags = 0),
	OPT("issuer", CSN_T_HTTPS_URL, .flags = 0),
	OPT("server", CSN_T_LDAP_URL, .flags = CSN_O_REPEAT),
	OPT("proxy", CSN_T_HOSTPORT, .flags = 0),
	OPT("note", CSN_T_FILE, .max = 64),
	OPT("secret", CSN_T_SECRET, .flags = 0),
	OPT("keys", CSN_T_SECRET, .flags = CSN_O_REPEAT),
	OPT("claims", CSN_T_MAP, .flags = 0),
	OPT("roles", CSN_T_MAP, .flags = CSN_O_REPEAT),
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PLUGIN(plugin_name, plugin_caps, table, count) { \
	.struct_size = sizeof(struct csn_plugin), .caps = plugin_caps, \
	.opt_size = sizeof(struct csn_opt), .name = plugin_name, \
	.version = "1", .summary = "A stub.", .opts = table, \
	.nopts = count, .open = stub_open, .close = stub_close, \
	.step = stub_step, .serve = stub_step, .selftest = stub_selftest }

static const struct csn_plugin stubs[] = {
	PLUGIN("ldap", CSN_CAP_IDENTITY | CSN_CAP_LOOKUP | CSN_CAP_NETWORK,
	    ldap_opts, COUNT(ldap_opts)),
	PLUGIN("file", CSN_CAP_IDENTITY | CSN_CAP_LOOKUP, file_opts,
	    COUNT(file_opts)),
	PLUGIN("oidc", CSN_CAP_IDENTITY | CSN_CAP_NETWORK, oidc_opts,
	    COUNT(oidc_opts)),
	PLUGIN("saml", CSN_CAP_IDENTITY | CSN_CAP_NETWORK, saml_opts,
	    COUNT(saml_opts)),
	PLUGIN("totp", CSN_CAP_SECOND, totp_opts, COUNT(totp_opts)),
	PLUGIN("kitchen", CSN_CAP_IDENTITY, kitchen_opts,
	    COUNT(kitchen_opts)),
	PLUGIN("both", CSN_CAP_IDENTITY | CSN_CAP_SECOND, NULL, 0),
};

const struct csn_plugin *
stub_find(void *unused, struct csn_str name, struct buf *error)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(stubs); i++)
		if (str_is(name, stubs[i].name))
			return &stubs[i];
	buf_printf(error, "%.*s.so is not there", STR_FMT(name));
	return NULL;
}
