/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - the metrics listener: /metrics, /healthz, /readyz
 */
#ifndef COUNTERSIGN_GATEWAY_HEALTH_H
#define COUNTERSIGN_GATEWAY_HEALTH_H

#include <countersign/host.h>

#include "http.h"

/* An http_handler; arg is the struct csn_gate. */
void health_handle(struct http_exchange *, void *gate);

#endif
