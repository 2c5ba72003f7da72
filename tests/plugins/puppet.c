/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puppet.c - the puppet that names people
 */
#include "puppet.h"

const struct csn_plugin countersign_plugin_1 = {
	PUPPET("puppet", CSN_CAP_IDENTITY),
};
