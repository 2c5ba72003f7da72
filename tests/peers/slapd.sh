#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# slapd.sh start|resume|stop|status DIR - OpenLDAP: TLS, memberOf, ppolicy
#
# start makes the data anew; resume starts on what is there.
# Packages: slapd ldap-utils openssl
# Settings (environment):
#   PORT=3389 TLS_PORT=3636   listeners on 127.0.0.1
#   USERS=20                  extra plain users u00000...
#   DB_MAX=268435456          bytes that the data may take
#   MORE=                     an LDIF file to load besides, from the first
. "$(dirname "$0")/common.sh"

[ $# -eq 2 ] || die "usage: slapd.sh start|resume|stop|status DIR"
PATH=$PATH:/usr/sbin
port=${PORT:-3389} tls_port=${TLS_PORT:-3636} users=${USERS:-20}
base=dc=example,dc=com

config_ldif() {
	cat <<X
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: $dir/slapd.pid
olcArgsFile: $dir/slapd.args
olcThreads: 4
olcTLSCACertificateFile: $dir/tls/ca.crt
olcTLSCertificateFile: $dir/tls/server.crt
olcTLSCertificateKeyFile: $dir/tls/server.key
olcTLSVerifyClient: allow
olcAuthzRegexp: {0}"^cn=gateway,o=countersign$" "cn=svc,$base"
olcAuthzRegexp: {1}"^gidNumber=$(id -g)\\+uidNumber=$(id -u),cn=peercred,cn=external,cn=auth$" "cn=svc,$base"

dn: cn=module{0},cn=config
objectClass: olcModuleList
cn: module{0}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: refint
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif
include: file:///etc/ldap/schema/nis.ldif

dn: olcDatabase={-1}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {-1}frontend
olcAccess: to dn.base="" by * read
olcAccess: to dn.base="cn=Subschema" by * read

dn: olcDatabase={0}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {0}config
olcRootDN: cn=config
olcRootPW: config

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: $base
olcRootDN: cn=admin,$base
olcRootPW: admin
olcDbDirectory: $dir/db
olcDbMaxSize: ${DB_MAX:-268435456}
olcDbNoSync: TRUE
olcDbIndex: objectClass eq
olcDbIndex: uid,mail,cn,member,memberOf,memberUid eq
olcSizeLimit: size.soft=500 size.hard=1000 size.prtotal=unlimited
olcAccess: to attrs=userPassword by self write
  by dn.exact="cn=svc,$base" write by anonymous auth by * none
olcAccess: to * by users read by * none

dn: olcDatabase={2}monitor,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMonitorConfig
olcDatabase: {2}monitor
olcAccess: to * by dn.exact="cn=admin,$base" read by * none

dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: {0}memberof
olcMemberOfRefint: TRUE

dn: olcOverlay={1}ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: {1}ppolicy
olcPPolicyDefault: cn=default,ou=policies,$base
olcPPolicyUseLockout: TRUE
olcPPolicyHashCleartext: TRUE

dn: olcOverlay={2}refint,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcRefintConfig
olcOverlay: {2}refint
olcRefintAttribute: member
olcRefintNothing: cn=admin,$base
X
}

person() {	# person UID HASH [LINES...]
	cat <<X
dn: uid=$1,ou=people,$base
objectClass: inetOrgPerson
uid: $1
cn: User $1
sn: $1
givenName: G
mail: $1@example.com
userPassword: $2
X
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@"
	echo
}

user() {	# user UID [LINES...]: password pw-UID
	local uid=$1
	shift
	person "$uid" "$(slappasswd -s "pw-$uid")" "$@"
}

policy() {	# policy NAME LINES...
	printf 'dn: cn=%s,ou=policies,%s\nobjectClass: device\n' "$1" "$base"
	printf 'objectClass: pwdPolicy\ncn: %s\npwdAttribute: userPassword\n' "$1"
	shift
	printf '%s\n' "$@" ''
}

ago() { date -u -d "@$(($(date +%s) - $1))" +%Y%m%d%H%M%SZ; }

tree_ldif() {
	local i
	cat <<X
dn: $base
objectClass: dcObject
objectClass: organization
o: Example
dc: example

X
	for i in people groups policies; do
		printf 'dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n' \
		    $i $base $i
	done
	printf 'dn: cn=svc,%s\nobjectClass: organizationalRole\n' "$base"
	printf 'objectClass: simpleSecurityObject\ncn: svc\n'
	printf 'userPassword: %s\n\n' "$(slappasswd -s svcpw)"
}

policies_ldif() {
	policy default 'pwdLockout: FALSE'
	policy lock3 'pwdLockout: TRUE' 'pwdMaxFailure: 3' \
	    'pwdLockoutDuration: 300'
	policy exp 'pwdMaxAge: 86400' 'pwdExpireWarning: 43200' \
	    'pwdGraceAuthNLimit: 0'
	policy grace 'pwdMaxAge: 86400' 'pwdExpireWarning: 43200' \
	    'pwdGraceAuthNLimit: 2'
	policy must 'pwdMustChange: TRUE' 'pwdAllowUserChange: TRUE'
	policy nochange 'pwdMustChange: TRUE' 'pwdAllowUserChange: FALSE'
	policy rules 'pwdMinLength: 10' 'pwdCheckQuality: 2' 'pwdInHistory: 3' \
	    'pwdMustChange: TRUE' 'pwdMaxAge: 86400' \
	    'pwdExpireWarning: 43200' 'pwdGraceAuthNLimit: 0'
}

# a user for each row of the password policy: what a bind may say
policy_users_ldif() {
	local pol="pwdPolicySubentry: cn"
	user lockable "$pol=lock3,ou=policies,$base"
	user locked "$pol=lock3,ou=policies,$base" \
	    'pwdAccountLockedTime: 000001010000Z'
	user expired "$pol=exp,ou=policies,$base" \
	    "pwdChangedTime: $(ago 259200)"
	user warning "$pol=exp,ou=policies,$base" \
	    "pwdChangedTime: $(ago 82800)"
	user graced "$pol=grace,ou=policies,$base" \
	    "pwdChangedTime: $(ago 259200)"
	user mustchange "$pol=must,ou=policies,$base" 'pwdReset: TRUE'
	# those who change theirs
	user change-must "$pol=rules,ou=policies,$base" 'pwdReset: TRUE'
	user change-old "$pol=rules,ou=policies,$base" \
	    "pwdChangedTime: $(ago 259200)"
	user change-soon "$pol=rules,ou=policies,$base" \
	    "pwdChangedTime: $(ago 82800)"
	user change-grace "$pol=grace,ou=policies,$base" \
	    "pwdChangedTime: $(ago 259200)"
}

users_ldif() {
	local i hash
	user alice 'displayName: Alice Liddell' 'jpegPhoto:: AAECAwQ='
	user bob
	user carol
	user admin
	user dup1 'uid: twin'		# two entries answer to uid=twin
	user dup2 'uid: twin'
	cat <<X
dn: cn=Odd\\2C Name \\2B \\22x\\22\\3D\\23,ou=people,$base
objectClass: inetOrgPerson
cn: Odd, Name + "x"=#
sn: Odd
uid: odd(*)\\x
userPassword: $(slappasswd -s pw-odd)

dn: ou=elsewhere,$base
objectClass: organizationalUnit
ou: elsewhere

dn: uid=wanda,ou=elsewhere,$base
objectClass: inetOrgPerson
uid: wanda
cn: Wanda
sn: W
userPassword: $(slappasswd -s pw-wanda)

dn: cn=wanda,ou=people,$base
objectClass: alias
objectClass: extensibleObject
cn: wanda
aliasedObjectName: uid=wanda,ou=elsewhere,$base

dn: ou=staff,$base
objectClass: alias
objectClass: extensibleObject
ou: staff
aliasedObjectName: ou=people,$base

dn: ou=remote,$base
objectClass: referral
objectClass: extensibleObject
ou: remote
ref: ldap://127.0.0.1:3399/ou=remote,$base

X
	hash=$(slappasswd -s pw-u)	# one hash for all: quick to load
	for ((i = 0; i < users; i++)); do
		person "$(printf u%05d $i)" "$hash"
	done
}

group() {	# group NAME MEMBER-DN...
	printf 'dn: cn=%s,ou=groups,%s\nobjectClass: groupOfNames\ncn: %s\n' \
	    "$1" "$base" "$1"
	shift
	printf 'member: %s\n' "$@"
	echo
}

# loaded over LDAP: the memberOf overlay does nothing under slapadd
groups_ldif() {
	local p=ou=people,$base g=ou=groups,$base i
	group staff "uid=alice,$p" "uid=bob,$p"
	group inner "uid=alice,$p"
	group middle "cn=inner,$g"
	group outer "cn=middle,$g"
	group loop-a "cn=loop-b,$g" "uid=bob,$p"
	group loop-b "cn=loop-a,$g"
	group deep-0 "uid=carol,$p"	# twelve levels: more than is walked
	for ((i = 1; i < 12; i++)); do
		group deep-$i "cn=deep-$((i - 1)),$g"
	done
	printf 'dn: cn=unix,%s\nobjectClass: posixGroup\ncn: unix\n' "$g"
	printf 'gidNumber: 5000\nmemberUid: alice\n\n'
}

run() {
	local urls="ldap://127.0.0.1:$port ldaps://127.0.0.1:$tls_port"

	# the path of a socket is short
	[ ${#dir} -gt 90 ] ||
		urls="$urls ldapi://$(printf %s "$dir/ldapi" | sed 's|/|%2F|g')"
	slapd -F "$dir/conf" -h "$urls"
	wait_for 60 ldapwhoami -x -H "ldap://127.0.0.1:$port" ||
		die "slapd did not answer"
}

start() {
	need slapd slapadd slappasswd ldapadd ldapwhoami openssl
	if alive "$dir/slapd.pid"; then die "already running in $dir"; fi
	rm -rf "$dir/db" "$dir/conf"
	mkdir -p "$dir/db" "$dir/conf" "$dir/tls"
	tls_make "$dir/tls"
	cert_make "$dir/tls" wrong '/CN=other.example' \
	    'subjectAltName=DNS:other.example'
	cert_make "$dir/tls" client '/O=countersign/CN=gateway' \
	    'extendedKeyUsage=clientAuth'
	config_ldif > "$dir/config.ldif"
	{ tree_ldif; policies_ldif; users_ldif; policy_users_ldif; } \
	    > "$dir/users.ldif"
	groups_ldif > "$dir/groups.ldif"
	slapadd -n 0 -F "$dir/conf" -l "$dir/config.ldif"
	slapadd -q -n 1 -F "$dir/conf" -l "$dir/users.ldif"
	[ -z "${MORE-}" ] || slapadd -q -n 1 -F "$dir/conf" -l "$MORE"
	run
	ldapadd -x -H "ldap://127.0.0.1:$port" -D "cn=admin,$base" -w admin \
	    -f "$dir/groups.ldif" > "$dir/groups.log"
	cat <<X
pid       $(cat "$dir/slapd.pid")
ldap      ldap://127.0.0.1:$port   (StartTLS)
ldaps     ldaps://127.0.0.1:$tls_port
ca        $dir/tls/ca.crt
service   cn=svc,$base  svcpw      (or SASL EXTERNAL: $dir/tls/client.crt, or your own user on $dir/ldapi)
users     uid=alice,ou=people,$base  pw-alice   and so on
X
}

dir=$(abs_dir "$2")
case $1 in
start)	start ;;
resume)	run ;;
stop)	stop_pid "$dir/slapd.pid" ;;
status)	alive "$dir/slapd.pid" ;;
*)	die "usage: slapd.sh start|resume|stop|status DIR" ;;
esac
