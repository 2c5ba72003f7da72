/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - file.so: people who stand in a file, with their password's hash
 *
 * The shortest real plugin, and the one to read first; README.md goes through
 * it piece by piece. It must never tell, by words or by time, whether a name
 * stands in the file.
 */
#include <stdlib.h>

#include "lib/text.h"

#include "hash.h"
#include "people.h"

#define TEXT_NAME	"Name"
#define TEXT_PASSWORD	"Password"
#define TEXT_WRONG	"The name or password is not right, or the account " \
    "is locked for now. Check Caps Lock, then try again."
#define TEXT_ACCOUNT	"Your password is right, but this account is " \
    "{state}. Please contact {help}."
#define TEXT_DISABLED	"disabled"

/* What open() makes and close() frees; nothing changes it in between, so any
 * number of threads may read it. */
struct instance {
	const struct csn_host *host;
	struct people *people;
	uint64_t seed;		/* which person stands in for an unknown one */
};

/* What the functions of one call hand to each other; all borrowed. */
struct login {
	const struct instance *inst;
	struct csn_call *call;
	const struct csn_req *req;
	struct csn_reply *reply;
	struct csn_str name;	/* as it goes back into the form */
};

/* ------------------------------------------------------------------
 * Memory: all of it is the call's, wiped by the host when the call ends.
 */

static void *
call_alloc(const struct login *l, size_t n)
{
	return l->inst->host->alloc(l->call, n);
}

/* What a person typed as a name: full-width letters as ASCII, no blanks at the
 * edges. Empty if it could be nobody's. */
static struct csn_str
call_name(const struct login *l, struct csn_str typed)
{
	char *memory;
	struct csn_str name;
	struct buf b;

	if (typed.n == 0 || typed.n > 3 * PEOPLE_NAME_MAX)
		return STR("");
	memory = call_alloc(l, typed.n + 1);
	if (memory == NULL)
		return STR("");
	buf_init_fixed(&b, memory, typed.n + 1);
	text_narrow(&b, typed);
	name = str_trim(buf_str(&b));
	if (name.n == 0 || name.n > PEOPLE_NAME_MAX || !text_plain(name))
		return STR("");
	/* a slice ends in a NUL, also where blanks were cut off */
	memory[(name.p - memory) + (ptrdiff_t)name.n] = '\0';
	return name;
}

/* ------------------------------------------------------------------
 * Answers.
 */

static uint32_t
ask(const struct login *l, uint32_t flags)
{
	struct csn_prompt *p = call_alloc(l, 2 * sizeof(*p));

	if (p == NULL)
		return CSN_ERROR;
	p[0] = (struct csn_prompt){ .name = STR("username"),
		.label = STR(TEXT_NAME), .value = l->name,
		.kind = CSN_P_USERNAME, .max_bytes = PEOPLE_NAME_MAX,
		.flags = CSN_PF_REQUIRED };
	p[1] = (struct csn_prompt){ .name = STR("password"),
		.label = STR(TEXT_PASSWORD), .kind = CSN_P_PASSWORD,
		.max_bytes = HASH_PASSWORD_MAX,
		.flags = CSN_PF_REQUIRED | flags };
	l->reply->action = CSN_A_FORM;
	l->reply->prompts = p;
	l->reply->nprompts = 2;
	l->reply->prompt_size = sizeof(*p);
	return CSN_CONTINUE;
}

/* The same words for a wrong name, a wrong password, and both. */
static uint32_t
wrong(const struct login *l, const struct person *p)
{
	l->reply->reason = CSN_R_CREDENTIAL;
	l->reply->message = STR(TEXT_WRONG);
	if (p != NULL)
		l->reply->subject = p->name;
	return ask(l, CSN_PF_WRONG);
}

/* Said after the right password only. */
static uint32_t
disabled(const struct login *l, const struct person *p)
{
	static const struct csn_pair args[] = {
		{ STR_INIT("state"), STR_INIT(TEXT_DISABLED) } };

	l->reply->reason = CSN_R_ACCOUNT;
	l->reply->subject = p->name;
	l->reply->message = STR(TEXT_ACCOUNT);
	l->reply->message_args = (struct csn_pairs){ args, 1 };
	return CSN_DENY;
}

/* Who it is: in a GRANT, and in the answer to LOOKUP and RENEW. */
static uint32_t
name_person(const struct login *l, const struct person *p)
{
	struct csn_pair *attrs = call_alloc(l, 2 * sizeof(*attrs));
	size_t n = 0;

	if (attrs == NULL)
		return CSN_ERROR;
	if (p->display.n > 0)
		attrs[n++] = (struct csn_pair){ STR("name"), p->display };
	if (p->mail.n > 0)
		attrs[n++] = (struct csn_pair){ STR("mail"), p->mail };
	l->reply->subject = p->name;
	l->reply->subject_id = p->name;
	l->reply->groups = p->groups;
	l->reply->attrs = (struct csn_pairs){ attrs, n };
	l->reply->flags = CSN_RP_GROUPS;
	return CSN_DONE;
}

/* The only GRANT. */
static uint32_t
grant(const struct login *l, const struct person *p)
{
	static const struct csn_str amr[] = { STR_INIT("pwd") };

	if (name_person(l, p) != CSN_DONE)
		return CSN_ERROR;
	l->reply->exchange = l->req->exchange;
	l->reply->amr = (struct csn_strs){ amr, 1 };
	l->reply->auth_time_ms = l->inst->host->now_ms(l->call);
	return CSN_GRANT;
}

/* ------------------------------------------------------------------
 * A login.
 */

/* Of a name in whatever case, as a person's is: spellings that are counted
 * together, and take as long, would else be somebody's. */
static uint64_t
name_hash(const struct login *l, uint64_t seed)
{
	char lower[PEOPLE_NAME_MAX];

	return str_hash(people_folded(l->name, lower), seed);
}

/* Whose hash is computed for a name that is nobody's: always the same
 * person's for the same name, so that the time tells nothing. */
static const struct person *
stand_in(const struct login *l)
{
	const struct people *people = l->inst->people;

	return &people->v[1 + name_hash(l, l->inst->seed) % people->n];
}

/* Counts the try, before the password is looked at. An unknown name is counted
 * by its hash: people type their password there. CSN_OK, or see *ret. */
static int32_t
count_try(const struct login *l, const struct person *p, uint32_t *ret)
{
	char memory[32];
	struct buf b;
	int32_t rc;

	buf_init_fixed(&b, memory, sizeof(memory));
	buf_printf(&b, "unknown:%016llx",
	    (unsigned long long)name_hash(l, 0));
	rc = l->inst->host->throttle(l->call,
	    p != NULL ? p->name : buf_str(&b));
	switch (rc) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_LIMIT:
		l->reply->reason = CSN_R_THROTTLED;
		*ret = CSN_DENY;
		return rc;
	default:
		*ret = CSN_ERROR;
		return rc;
	}
}

static uint32_t
answer(struct login *l)
{
	struct csn_str password = pairs_get(l->req->params, STR("password"));
	const struct person *p;
	uint32_t verdict = CSN_ERROR;
	int same;

	l->name = call_name(l, pairs_get(l->req->params, STR("username")));
	if (l->name.n == 0 || password.n == 0 ||
	    password.n > HASH_PASSWORD_MAX)
		return wrong(l, NULL);
	p = people_find(l->inst->people, l->name);
	if (count_try(l, p, &verdict) != CSN_OK)
		return verdict;
	same = hash_verify((p != NULL ? p : stand_in(l))->hash, password);
	if (same < 0)
		return CSN_ERROR;
	if (same != 1 || p == NULL)
		return wrong(l, p);
	return p->disabled ? disabled(l, p) : grant(l, p);
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct login l = { .inst = inst, .call = call, .req = req,
		.reply = reply, .name = STR("") };

	switch (req->event) {
	case CSN_EV_BEGIN:
		l.name = call_name(&l, req->subject.n > 0 ? req->subject :
		    req->hint);
		return ask(&l, 0);
	case CSN_EV_FORM:
		return answer(&l);
	default:
		return CSN_ERROR;
	}
}

/* Who is this today, without a password? */
static uint32_t
plugin_serve(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct login l = { .inst = inst, .call = call, .req = req,
		.reply = reply, .name = STR("") };
	const struct person *p;

	switch (req->event) {
	case CSN_EV_LOOKUP:
	case CSN_EV_RENEW:
		p = people_find(l.inst->people, req->subject);
		if (p != NULL && !p->disabled)
			return name_person(&l, p);
		reply->reason = CSN_R_ACCOUNT;
		return CSN_DENY;
	case CSN_EV_LOGOUT:
		return CSN_DONE;
	default:
		return CSN_ERROR;
	}
}

/* ------------------------------------------------------------------
 * Opening and closing.
 */

struct opening {
	const struct csn_host *host;
	struct csn_call *call;
	uint32_t val;		/* 1 + index of the value that is read */
};

static void
opening_fault(void *arg, unsigned line, const char *what)
{
	const struct opening *o = arg;
	char memory[512];
	struct buf b;

	buf_init_fixed(&b, memory, sizeof(memory));
	if (line > 0)
		buf_printf(&b, "line %u: ", line);
	buf_puts(&b, what);
	o->host->report(o->call, CSN_FAIL, o->val, buf_str(&b));
}

static void
plugin_close(void *inst)
{
	struct instance *i = inst;

	people_free(i->people);
	free(i);
}

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct opening o = { .host = host, .call = call };
	struct instance *i;

	if (hash_selftest() < 0) {
		opening_fault(&o, 0, "the library libcrypt does not compute "
		    "known hashes");
		return CSN_E_INVALID;
	}
	i = calloc(1, sizeof(*i));
	if (i == NULL) {
		opening_fault(&o, 0, "out of memory");
		return CSN_E_LIMIT;
	}
	/* there is one option, it is required, and the host has read it */
	o.val = 1;
	i->host = host;
	host->random(call, &i->seed, sizeof(i->seed));
	if (conf->n == 1)
		i->people = people_read(conf->v[0].text, opening_fault, &o);
	if (i->people == NULL) {
		plugin_close(i);
		return CSN_E_INVALID;
	}
	*ret_inst = i;
	return CSN_OK;
}

static int32_t
plugin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	const struct instance *i = inst;

	(void)live;
	if (hash_selftest() == 0)
		return CSN_OK;
	i->host->report(call, CSN_FAIL, 0, STR("the library libcrypt does not "
	    "compute known hashes"));
	return CSN_E_INVALID;
}

static const struct csn_opt options[] = {
	{ .name = "users", .type = CSN_T_FILE,
	    .flags = CSN_O_REQUIRED | CSN_O_PRIVATE,
	    .help = "The file of people: lines of "
	    "name:hash:display name:mail:group,group, those of htpasswd, or "
	    "Authelia's users_database.yml." },
};

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR,
	.abi_minor_min = 0,
	.caps = CSN_CAP_IDENTITY | CSN_CAP_LOOKUP | CSN_CAP_NETWORK |
	    CSN_CAP_PROMPT,
	.state_version = 1,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "file",
	.version = CSN_VERSION,
	.summary = "local people, from a file",
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
	.serve = plugin_serve,
	.selftest = plugin_selftest,
};
