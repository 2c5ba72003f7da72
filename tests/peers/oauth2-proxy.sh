#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# oauth2-proxy.sh: the program, built once from the Go module proxy
#
# Prints its path. oauth2-proxy/go.mod pins the versions, go.sum their hashes;
# the program is kept in build/peers (or $CSN_PEER_CACHE). Needs go, of the
# version that go.mod says or one that fetches it (1.21 or later).
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd -P)
cache=${CSN_PEER_CACHE:-$(cd "$here/../.." && pwd -P)/build/peers}
PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || die "go is not installed"

sum=$(cat "$here"/oauth2-proxy/go.* | sha256sum)
dir=$cache/oauth2-proxy-${sum:0:12}
mkdir -p "$dir"
exec 8>"$cache/lock"
flock 8
if [ ! -x "$dir/oauth2-proxy" ]; then
	cp "$here"/oauth2-proxy/go.* "$dir/"
	# modules that cannot be changed could not be removed either
	(cd "$dir" && GOFLAGS='-mod=readonly -modcacherw' GOWORK=off \
	    go build -o new github.com/oauth2-proxy/oauth2-proxy/v7) \
	    >"$dir/go.log" 2>&1 ||
		die "go failed, see $dir/go.log: $(tail -n 1 "$dir/go.log")"
	mv "$dir/new" "$dir/oauth2-proxy"
fi
echo "$dir/oauth2-proxy"
