/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stick.c - the puppet that is a second factor
 */
#include "puppet.h"

const struct csn_plugin countersign_plugin_1 = {
	PUPPET("stick", CSN_CAP_SECOND),
};
