#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# samba.sh start|stop|status DIR - a real Active Directory: Samba's, one DC
#
# Packages: samba-ad-dc samba-ad-provision samba-dsdb-modules
#           samba-vfs-modules python3-samba ldap-utils openssl
# Needs root: the ports cannot be changed (53 88 389 464 636 3268 3269). It
# binds ADDR only; in a network namespace of its own it is in nobody's way.
# DIR must be on a file system with security xattrs (ext4, xfs, overlay).
# Settings (environment):
#   ADDR=127.0.0.2
. "$(dirname "$0")/common.sh"

[ $# -eq 2 ] || die "usage: samba.sh start|stop|status DIR"
PATH=$PATH:/usr/sbin
addr=${ADDR:-127.0.0.2}
realm=AD.EXAMPLE.COM base=DC=ad,DC=example,DC=com

provision() {
	samba-tool domain provision --realm=$realm --domain=AD \
	    --server-role=dc --dns-backend=SAMBA_INTERNAL \
	    --adminpass=Passw0rd.Admin --use-rfc2307 --targetdir="$dir" \
	    --host-name=dc1 --host-ip="$addr" \
	    --option="interfaces=$addr/8" \
	    --option='bind interfaces only=yes' > "$dir/set-up.log" 2>&1 ||
		die "provisioning failed, see $dir/set-up.log"
	mkdir -p "$dir/tls"
	tls_make "$dir/tls" \
	    "DNS:dc1.ad.example.com,DNS:ad.example.com,IP:$addr"
	sed -i '/^\[global\]/a\
\tserver services = ldap, kdc, cldap, dns\
\ttls enabled = yes\
\ttls certfile = '"$dir"'/tls/server.crt\
\ttls keyfile = '"$dir"'/tls/server.key\
\ttls cafile = '"$dir"'/tls/ca.crt\
\tpid directory = '"$dir"'\
\tdisable netbios = yes\
\told password allowed period = 0\
\tldap server require strong auth = allow_sasl_over_tls\
\tload printers = no' "$dir/etc/smb.conf"
	/usr/bin/python3 "$(dirname "$0")/samba-people.py" "$dir" \
	    >> "$dir/set-up.log" 2>&1 ||
		die "making people failed, see $dir/set-up.log"
	samba-tool domain exportkeytab "$dir/svc.keytab" \
	    --principal=svc@$realm -s "$dir/etc/smb.conf" \
	    >> "$dir/set-up.log" 2>&1 ||
		die "no keytab, see $dir/set-up.log"
	base64 "$dir/svc.keytab" > "$dir/svc.keytab.b64"
}

up() {
	ldapsearch -x -LLL -H "ldap://$addr" -s base -b '' \
	    defaultNamingContext | grep -q "$base"
}

start() {
	need samba samba-tool ldapsearch openssl
	[ "$(id -u)" -eq 0 ] || die "needs root for the ports below 1024"
	if alive "$dir/samba.pid"; then die "already running in $dir"; fi
	[ -s "$dir/private/sam.ldb" ] || provision
	setsid samba -i -M single -s "$dir/etc/smb.conf" --debuglevel=1 \
	    > "$dir/samba.log" 2>&1 < /dev/null &
	echo $! > "$dir/samba.pid"
	wait_for 200 up || die "samba did not answer, see $dir/samba.log"
	cat <<X
pid       $(cat "$dir/samba.pid")
ldap      ldap://$addr    (StartTLS; clear binds are refused)
ldaps     ldaps://$addr   global catalogue ldaps://$addr:3269
name      dc1.ad.example.com   DNS and Kerberos on $addr too
ca        $dir/tls/ca.crt
service   svc@ad.example.com  Pw.svc.12345   or $dir/svc.keytab
users     alice@ad.example.com  Pw.alice.12345   and so on
X
}

case $1 in
start)	dir=$(abs_dir "$2"); start ;;
stop)	dir=$(abs_dir "$2"); stop_pid "$dir/samba.pid" ;;
status)	dir=$(abs_dir "$2"); alive "$dir/samba.pid" ;;
*)	die "usage: samba.sh start|stop|status DIR" ;;
esac
