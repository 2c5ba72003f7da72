/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * library.h - the process-wide state of libxml2, xmlsec and lasso
 */
#ifndef AUTH_SAML_LIBRARY_H
#define AUTH_SAML_LIBRARY_H

/* Once per process, before anything else of those libraries; any number of
 * times, from any thread. 0, or -1: nothing of them may be used. */
int library_init(void);

#endif
