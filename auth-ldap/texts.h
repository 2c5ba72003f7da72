/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts.h - every word of this plugin that a person may read
 *
 * English is the key of the translation; po/ja.po has the same ones. {args}
 * are filled in and escaped by the host, and translated where they are a text
 * of their own. A log line is not a text.
 */
#ifndef AUTH_LDAP_TEXTS_H
#define AUTH_LDAP_TEXTS_H

#define TEXT_NAME	"Name"
#define TEXT_PASSWORD	"Password"
#define TEXT_WRONG	"The name or password is not right, or the account " \
    "is locked for now. Check Caps Lock, then try again."
#define TEXT_ACCOUNT	"Your password is right, but this account is " \
    "{state}. Please contact {help}."
#define TEXT_DISABLED	"disabled"
#define TEXT_EXPIRED	"expired"
#define TEXT_LOCKED	"locked"

/* where it cannot be changed here */
#define TEXT_TOO_OLD	"Your password is right, but it has expired. Please " \
    "contact {help}."
#define TEXT_FIRST	"Your password is right, but it has to be replaced " \
    "with one of your own first. Please contact {help}."

#define TEXT_CHANGE_EXPIRED "Your password has expired. Choose a new one to " \
    "go on."
#define TEXT_CHANGE_FIRST "Before you go on, replace your first password " \
    "with one of your own."
#define TEXT_CHANGE_SOON "Your password expires in {n} days. You can choose " \
    "a new one now."
#define TEXT_LATER	"Not now"
#define TEXT_OLD	"Present password"
#define TEXT_NEW	"New password"
#define TEXT_AGAIN	"New password, once more"
#define TEXT_RULE_LENGTH "Characters at least"
#define TEXT_RULE_HISTORY "Earlier passwords that cannot be used again"
#define TEXT_RULE_KINDS	"Kinds of characters at least (capital letters, " \
    "small letters, digits, others)"
#define TEXT_OLD_WRONG	"Your present password is not right. Check Caps " \
    "Lock, then try again."
#define TEXT_NOT_SAME	"The two new passwords are not the same. Your old " \
    "password is unchanged."
#define TEXT_UNUSABLE	"The new password has characters that cannot be " \
    "used, or is too long. Your old password is unchanged."
#define TEXT_REFUSED	"The new password was not accepted: {reason}. Your " \
    "old password is unchanged."
#define TEXT_CHANGED	"Your password has been changed. Log in with the " \
    "new one."

/* {reason} */
#define TEXT_WHY_RULES	"it does not meet the directory's rules"
#define TEXT_WHY_SHORT	"it is too short"
#define TEXT_WHY_WEAK	"it is too easy to guess"
#define TEXT_WHY_YOUNG	"the present password is too young to be changed"
#define TEXT_WHY_USED	"it was used before"
#define TEXT_WHY_FORBIDDEN "the directory does not let you change it"

#endif
