/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-code-race.c - one code at two nodes at once: exactly one takes it
 *
 * Two processes, each with a store of its own open on the same file, as two
 * daemons have; the plugin for codes itself, the host's own view of the store
 * below it, a new code each round. The one that loses must say that it is
 * used: never that it cannot tell, and never yes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth-totp/record.h"
#include "common/host/host_testing.h"
#include "common/host/verdict.h"
#include "auth-totp/otp.h"

#define ROUNDS	(10000u / T_SLOW)
#define NODES	2u
#define STEP_MS	30000
/* behind the plugin's earliest time */
#define BEGIN_MS (TOTP_EARLIEST_MS + 1000000)

extern const struct csn_plugin countersign_plugin_1;

struct shared {
	pthread_barrier_t barrier;
	uint32_t verdicts[NODES][ROUNDS], reasons[NODES][ROUNDS];
	unsigned done[NODES];
};

static struct shared *shared;
static struct rig g;
static char folder[64], file[96];
static const struct totp_params params = { TOTP_SHA1, 6, 30 };
static const uint8_t key[20] = "12345678901234567890";

struct node {
	struct store *store;
	struct sealer *sealer;
	struct reach reach;
	struct factor phone;
};

static void
node_open(struct node *n, bool create)
{
	struct csn_val issuer = { .opt = 0, .text = STR("Example") };
	struct csn_conf conf = { .struct_size = sizeof(conf),
	    .val_size = sizeof(issuer), .v = &issuer, .n = 1 };
	struct buf error;
	struct csn_call c;

	buf_init(&error, 0);
	if (store_sqlite_open(file, create, &n->store, &error) < 0)
		fail_msg("%s", buf_str(&error).p);
	buf_free(&error);
	n->sealer = rig_sealer();
	reach_init(&n->reach, n->store, n->sealer);
	n->reach.now_ms = BEGIN_MS;
	reach_factor(&n->phone, &g, 0);
	call_begin(&c, &n->reach.host, &n->phone, 60000);
	assert_int_equal(countersign_plugin_1.open(&call_services, &c, &conf,
	    &n->phone.inst), CSN_OK);
	call_end(&c);
}

static void
node_close(struct node *n)
{
	countersign_plugin_1.close(n->phone.inst);
	sealer_free(n->sealer);
	store_close(n->store);
}

static struct csn_req
req_of(struct csn_pair *code)
{
	return (struct csn_req){ .struct_size = sizeof(struct csn_req),
	    .event = CSN_EV_FORM, .exchange = STR("x"), .subject = STR("ann"),
	    .realm = STR("corp"), .account = STR("account-1"),
	    .params = { code, 1 } };
}

/* A device that has never been used. */
static void
enrol(struct node *n)
{
	struct record record = { .n = 1 };
	struct csn_pair none = { STR("code"), STR("") };
	struct csn_req req = req_of(&none);
	struct csn_reply reply = { .struct_size = sizeof(reply) };
	struct csn_call c;
	struct round r = { .t = n->phone.inst, .call = &c, .req = &req,
	    .reply = &reply, .now_ms = BEGIN_MS };
	struct device *d = &record.devices[0];

	memcpy(d->id, "0123456789abcdef", DEVICE_ID_LEN);
	d->params = params;
	memcpy(d->secret, key, sizeof(key));
	d->secret_n = sizeof(key);
	d->confirmed_ms = BEGIN_MS;
	d->last_step = BEGIN_MS / STEP_MS;
	call_begin(&c, &n->reach.host, &n->phone, 60000);
	assert_int_equal(record_create(&r, &record), CSN_OK);
	call_end(&c);
}

/* One try of the code that all phones show now. */
static void
try_code(struct node *n, unsigned at, unsigned round)
{
	char digits[OTP_DIGITS_MAX + 1];
	struct csn_pair code = { STR("code"), STR("") };
	struct csn_req req;
	struct verdict v;
	struct csn_call c;
	struct arena keep;

	n->reach.now_ms = BEGIN_MS + (int64_t)(round + 1) * STEP_MS;
	assert_int_equal(otp_generate(&params, str_of((const char *)key,
	    sizeof(key)), (uint64_t)n->reach.now_ms / STEP_MS, digits), 0);
	code.value = str_from(digits);
	req = req_of(&code);
	arena_init(&keep, 1u << 20);
	call_begin(&c, &n->reach.host, &n->phone, 60000);
	(void)pthread_barrier_wait(&shared->barrier);
	verdict_call(&c, VERDICT_STEP, &req, &keep, &v);
	shared->verdicts[at][round] = v.verdict;
	shared->reasons[at][round] = v.reply.reason;
	call_end(&c);
	arena_free(&keep);
}

static _Noreturn void
node_run(unsigned at)
{
	struct node n;

	alarm(280);		/* the other one may be gone */
	node_open(&n, false);
	for (unsigned i = 0; i < ROUNDS; i++) {
		try_code(&n, at, i);
		shared->done[at] = i + 1;
	}
	node_close(&n);
	_exit(0);
}

static bool
is_lost(unsigned node, unsigned round)
{
	return shared->verdicts[node][round] != CSN_GRANT &&
	    shared->verdicts[node][round] != CSN_ERROR &&
	    shared->reasons[node][round] == CSN_R_REPLAY;
}

static void
test_two_processes(void **state)
{
	pid_t pids[NODES];
	unsigned won[NODES] = { 0 };
	int status;

	(void)state;
	for (unsigned i = 0; i < NODES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			node_run(i);
		assert_true(pids[i] > 0);
	}
	for (unsigned i = 0; i < NODES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
		assert_int_equal(shared->done[i], ROUNDS);
	}
	for (unsigned r = 0; r < ROUNDS; r++)
		for (unsigned i = 0; i < NODES; i++) {
			bool one = shared->verdicts[i][r] == CSN_GRANT;

			won[i] += one;
			if (one ? !is_lost(1 - i, r) :
			    shared->verdicts[1 - i][r] != CSN_GRANT)
				fail_msg("round %u: %x %u, %x %u", r,
				    shared->verdicts[0][r],
				    shared->reasons[0][r],
				    shared->verdicts[1][r],
				    shared->reasons[1][r]);
		}
	print_message("# %u races for one code: %u and %u won\n", ROUNDS,
	    won[0], won[1]);
	/* neither was always late: they did meet */
	assert_true(won[0] > ROUNDS / 100 && won[1] > ROUNDS / 100);
}

static int
set_up(void **state)
{
	pthread_barrierattr_t attr;
	struct node n;

	(void)state;
	/* in memory where there is such a place: a lock is what is tried here,
	 * not a disk */
	(void)snprintf(folder, sizeof(folder), "%s/csn-race-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/state.db", folder);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attr, NODES);
	pthread_barrierattr_destroy(&attr);
	rig_init(&g);
	(void)rig_realm(&g, "corp");
	(void)rig_factor(&g, "phone", &countersign_plugin_1, 0);
	node_open(&n, true);
	enrol(&n);
	node_close(&n);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	rig_free(&g);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_processes),
	};

	return cmocka_run_group_tests_name("code race", tests, set_up,
	    tear_down);
}
