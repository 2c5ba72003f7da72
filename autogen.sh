#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes ./configure from a checkout. Needs autoconf, automake, libtool and
# pkg-config. One at a time: two in one checkout would cut each other's files.
set -e
cd "$(dirname "$0")"
if command -v flock >/dev/null && [ -z "$CSN_AUTOGEN" ]; then
	mkdir -p build
	CSN_AUTOGEN=1 exec flock build/autogen.lock ./autogen.sh "$@"
fi
exec autoreconf --install --force "$@"
