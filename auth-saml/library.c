/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * library.c - the process-wide state of libxml2, xmlsec and lasso
 *
 * lasso_init() brings up the other two. It must never leave them a network, a
 * default list of trusted keys, or a place to print to.
 */
#include <lasso/lasso.h>
#include <lasso/debug.h>
#include <libxml/globals.h>
#include <libxml/parser.h>
#include <libxml/xmlIO.h>
#include <pthread.h>
#include <stdlib.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/xmlsec.h>

#include "library.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int ready = -1;

static void
errors_drop(const char *file, int line, const char *func, const char *object,
    const char *subject, int reason, const char *msg)
{
	(void)file;
	(void)line;
	(void)func;
	(void)object;
	(void)subject;
	(void)reason;
	(void)msg;
}

/* Words of a parser hold bytes of what it parsed. */
static void
words_drop(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

static void
library_start(void)
{
	/* words of this variable switch off what lasso checks */
	if (getenv("LASSO_FLAG") != NULL)
		return;
	xmlSecErrorsSetCallback(errors_drop);
	if (lasso_init() != 0)
		return;
	lasso_flag_verify_signature = TRUE;
	xmlSetGenericErrorFunc(NULL, words_drop);
	(void)xmlThrDefSetGenericErrorFunc(NULL, words_drop);
	xmlSecErrorsSetCallback(errors_drop);
	xmlSecIOCleanupCallbacks();
	ready = 0;
}

int
library_init(void)
{
	return pthread_once(&once, library_start) == 0 ? ready : -1;
}
