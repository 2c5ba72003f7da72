/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - telling systemd that the service is up (sd_notify(3), by hand)
 */
#ifndef COUNTERSIGN_GATEWAY_NOTIFY_H
#define COUNTERSIGN_GATEWAY_NOTIFY_H

/* Remembers $NOTIFY_SOCKET; before the environment is cleared. */
void notify_init(void);
/* "READY=1", "RELOADING=1", "STOPPING=1"; nothing without a socket. */
void notify(const char *state);

#endif
