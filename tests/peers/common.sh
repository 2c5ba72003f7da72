# SPDX-License-Identifier: Apache-2.0
# common.sh - sourced by the peer scripts: certificates, waiting, stopping.
# Every peer keeps all that it writes under the folder it is given.
# shellcheck shell=bash

set -eu
umask 077

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

usage() { die "usage: ${0##*/} start|stop|status DIR"; }

need() {	# need PROGRAM...: refuse early, with the missing name
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null 2>&1 || die "$p is not installed"
	done
}

abs_dir() { mkdir -p "$1" && (cd "$1" && pwd -P); }

# ca_make DIR: one throw-away CA per folder, kept if it is there already
ca_make() {
	[ -s "$1/ca.crt" ] && return 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
	    -nodes -days 90 -subj '/CN=Countersign test CA' \
	    -addext keyUsage=critical,keyCertSign,cRLSign \
	    -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null
}

# cert_make DIR NAME SUBJECT EXTENSIONS: NAME.key and NAME.crt by that CA
cert_make() {
	[ -s "$1/$2.crt" ] && return 0
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "$3" -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null
	printf '%s\n' "$4" > "$1/$2.ext"
	openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.crt" \
	    -CAkey "$1/ca.key" -CAcreateserial -days "${DAYS:-90}" \
	    -extfile "$1/$2.ext" -out "$1/$2.crt" 2>/dev/null
	rm -f "$1/$2.csr" "$1/$2.ext"
}

# tls_make DIR [SAN]: CA and a server certificate for loopback
tls_make() {
	ca_make "$1"
	cert_make "$1" server '/CN=localhost' \
	    "subjectAltName=${2:-DNS:localhost,IP:127.0.0.1}
extendedKeyUsage=serverAuth"
}

# rsa_make DIR NAME: self-signed RSA pair, for signing tokens or assertions
rsa_make() {
	[ -s "$1/$2.crt" ] && return 0
	openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days 90 \
	    -subj "/CN=$2" -keyout "$1/$2.key" -out "$1/$2.crt" 2>/dev/null
}

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# stop_pid PIDFILE: TERM, then KILL after five seconds; only this one process
stop_pid() {
	local pid
	[ -s "$1" ] || return 0
	pid=$(cat "$1")
	if kill "$pid" 2>/dev/null; then
		wait_for 5 not_running "$pid" || kill -9 "$pid" 2>/dev/null || :
	fi
	rm -f "$1"
}
# one that ended but is not waited for yet (by a slow init) has ended
not_running() {
	! kill -0 "$1" 2>/dev/null || grep -qs '^State:.Z' "/proc/$1/status"
}

# tls_front DIR LISTEN TARGET: TLS in front of a peer that speaks only HTTP
tls_front() {
	setsid python3 "$HERE/tls-front.py" "$2" "$3" "$1/server.crt" \
	    "$1/server.key" > "$1/tls-front.log" 2>&1 < /dev/null &
	echo $! > "$1/tls-front.pid"
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
