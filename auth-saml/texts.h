/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * texts.h - what people read, in English; the keys of the catalogue
 *
 * They must never say which rule a message broke: that is in the audit log.
 */
#ifndef AUTH_SAML_TEXTS_H
#define AUTH_SAML_TEXTS_H

#define TEXT_REFUSED "The answer of your sign-in service was not accepted. " \
	"Please try again."
#define TEXT_UNAVAILABLE "Your sign-in service cannot be reached right now. " \
	"Please try again in a few minutes."
#define TEXT_REPLAYED "This answer of your sign-in service was already used. " \
	"Please sign in again."
#define TEXT_TIMES "The answer of your sign-in service came too late or too " \
	"early. Please try again."
#define TEXT_SUBJECT "Your sign-in service did not say who you are in the " \
	"way that is needed here."
#define TEXT_WAIT "Your sign-in service is being looked up. This takes a " \
	"moment."
#define TEXT_CHOOSE "Choose where you want to sign in"
#define TEXT_SEARCH "Name of your organisation"
#define TEXT_NOT_FOUND "No organisation of that name was found."
#define TEXT_AUTHN_FAILED "Your sign-in service says that signing in failed."
#define TEXT_NO_PASSIVE "Your sign-in service needs to ask you something, " \
	"which was not allowed."
#define TEXT_NO_CONTEXT "Your sign-in service cannot sign you in in the way " \
	"that is demanded here."
#define TEXT_DENIED "Your sign-in service refuses to sign you in here."
#define TEXT_UNKNOWN_PERSON "Your sign-in service does not know you."
#define TEXT_NAME_POLICY "Your sign-in service cannot name you in the form " \
	"that is asked for here."
#define TEXT_NO_IDP "Your sign-in service found nobody who could sign you in."
#define TEXT_UNSUPPORTED "Your sign-in service does not understand the " \
	"request that was sent to it."
#define TEXT_REQUESTER "Your sign-in service refuses the request that was " \
	"sent to it."
#define TEXT_RESPONDER "Your sign-in service has a problem of its own."

#endif
