/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts.h - every word of this plugin that a person may read
 *
 * English is the key of the translation; po/ja.po has the same ones. {args}
 * are filled in and escaped by the host. A log line is not a text.
 */
#ifndef COUNTERSIGN_TOTP_TEXTS_H
#define COUNTERSIGN_TOTP_TEXTS_H

#define TEXT_CODE	"Code"
#define TEXT_ASK	"Enter the code that your authenticator app shows."
#define TEXT_WRONG	\
    "That code is not right. Enter the code your app shows now."
#define TEXT_REPLAY	"That code has already been used. Wait for the next " \
    "one (at most {s} seconds)."
#define TEXT_SLOW	"The clock of your phone seems to be about {n} " \
    "minutes slow. Turn on automatic time, then enter a new code."
#define TEXT_FAST	"The clock of your phone seems to be about {n} " \
    "minutes fast. Turn on automatic time, then enter a new code."
#define TEXT_DISABLED	"Your authenticator app was disabled after too many " \
    "wrong codes. An administrator can enable it again."

#define TEXT_NONE	"You have removed your authenticator app. Log in " \
    "with a recovery code, or ask {help} for a new start."
#define TEXT_NO_PHONE	"No phone at hand? Use a recovery code"
#define TEXT_USE_APP	"Use the code of your app"
#define TEXT_RECOVERY_CODE "Recovery code"
#define TEXT_RECOVERY_ASK \
    "Enter one of the recovery codes that you have kept."
#define TEXT_RECOVERY_WRONG "That recovery code is not right, or it has " \
    "been used already. Each works once."
#define TEXT_RECOVERY_LEFT "You have {n} recovery codes left."
#define TEXT_RECOVERY_FEW "You have {n} recovery codes left. Make new ones; " \
    "the old ones will then stop working."
#define TEXT_RECOVERY_NEW "Make new codes"
#define TEXT_RECOVERY_CODES "Recovery codes"
#define TEXT_RECOVERY_KEEP "Keep these codes in a safe place. Each works " \
    "once when you do not have your phone. They will not be shown again."
#define TEXT_RECOVERY_KEPT "I have kept them"
#define TEXT_RECOVERY_TICK "Keep these codes first: print them or save them. " \
    "Then tick the box. They will not be shown again."
#define TEXT_RECOVERY_MEANWHILE "New recovery codes were made for this " \
    "account in the meantime. Those of the last page do not work."
#define TEXT_LATER	"Not now"

#define TEXT_ENROL	"Scan this picture with your authenticator app, or " \
    "type the key below into the app. Then enter the code that the app " \
    "shows. If you scanned an earlier picture, delete that entry from the " \
    "app first."
#define TEXT_KEY	"Key"
#define TEXT_ACCOUNT	"Name in the app"
#define TEXT_SETTINGS	"Settings to choose in the app"
#define TEXT_MEANWHILE	"An authenticator app was set up for this account in " \
    "the meantime. Log in again and enter its code."
#define TEXT_TOO_MANY	"Too many wrong codes. Start again to get a new key."

#define TEXT_DEVICE	"Authenticator app"
#define TEXT_OFF	"Disabled after too many wrong codes"
#define TEXT_CODES_LEFT "Recovery codes left"
#define TEXT_NO_CODES	"This site has no recovery codes."
#define TEXT_TEMPORARY	"Temporary code"
#define TEXT_TEMPORARY_ASK "Enter a recovery code that you have kept, or the " \
    "temporary code that the help desk gave you."
#define TEXT_TEMPORARY_HOW "A temporary code is good for 1 to 168 hours and " \
    "1 to 20 uses."
#define TEXT_NO_KEY	"This is no key URI of codes by time with a key of " \
    "16 to 64 bytes (otpauth://totp/...)."
#define TEXT_THERE	"This key is there already."
#define TEXT_NO_PAIR	"These are not two codes of one device that follow " \
    "each other and have not been used."
#define TEXT_NO_NAME	"A name has 1 to 64 bytes of plain text."
#define TEXT_NAME	"Name of the device"
#define TEXT_FULL	"No more devices can be added. Remove one first."
#define TEXT_LAST	"The only device cannot be removed. Add another first."
#define TEXT_UNKNOWN	"There is no such device."

#endif
