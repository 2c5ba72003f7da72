/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * texts.h - every word of this plugin that a person may read
 *
 * English is the key of the translation; po/ja.po has the same ones. {args}
 * are filled in and escaped by the host. A log line is not a text.
 */
#ifndef AUTH_OIDC_TEXTS_H
#define AUTH_OIDC_TEXTS_H

#define TEXT_WAIT	"One moment: the way to the provider is being looked " \
    "up."
#define TEXT_QUOTED	"{provider} did not let you log in. Its message: " \
    "\"{text}\""
#define TEXT_NOT_LET	"{provider} did not let you log in."
#define TEXT_CANCELLED	"The login at {provider} was cancelled, or not " \
    "allowed."
#define TEXT_ASKS	"{provider} has to ask you something first. Log in " \
    "there, then try again."
#define TEXT_BUSY	"{provider} cannot log anybody in right now. Try " \
    "again in a few minutes."
#define TEXT_WEAK	"{provider} did not check who you are as strongly as " \
    "is needed here."
#define TEXT_OLD	"Your login at {provider} is too long ago. Log in " \
    "there again."
#define TEXT_NOT_MEANT	"This account of {provider} is not meant for here."

#endif
