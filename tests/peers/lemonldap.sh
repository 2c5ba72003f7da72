#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lemonldap.sh start|stop|status DIR - LemonLDAP::NG as OpenID and SAML provider
#
# Packages (install with --no-install-recommends):
#   liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server liblasso-perl
#   libplack-perl libio-string-perl libmime-tools-perl libxml-simple-perl
#   libxml-libxml-perl libxml-libxslt-perl libgd-securityimage-perl
#   libimage-magick-perl libstring-random-perl libemail-sender-perl
#   libconvert-pem-perl libhash-merge-simple-perl python3 openssl curl
# A missing Perl module shows as "Initialization failed" in DIR/llng.log.
# Worth having: aud as an array, azp, at_hash; its SAML is lasso.
# Settings (environment):
#   PORT=9446 HTTP_PORT=19446
#   RP_BASE=https://127.0.0.1:9440  REDIRECT_URI=$RP_BASE/callback
#   CLIENT_SECRET=...
#   SP_METADATA=FILE       a SAML relying side to know
#   SIGN_SSO=1             0: of the assertion only
#   ENCRYPT=none           or nameid, or assertion
#   SITE_CA=FILE           of a relying side that it asks by SOAP; whatever its
#                          name, it is on this machine
. "$(dirname "$0")/common.sh"

[ $# -eq 2 ] || usage
port=${PORT:-9446} http_port=${HTTP_PORT:-19446}
url=https://127.0.0.1:$port
psgi=/usr/share/lemonldap-ng/portal/htdocs/index.psgi

configure() {
	mkdir -p "$dir"/{conf,cache,sessions/lock,psessions/lock,saml/lock,oidc/lock}
	export RP=${RP_BASE:-https://127.0.0.1:9440}
	export REDIRECT=${REDIRECT_URI:-$RP/callback}
	export SECRET=${CLIENT_SECRET:-a-very-long-client-secret-0123456789}
	LLNG_DIR=$dir LLNG_URL=$url python3 <<'X'
import json, os

e = os.environ
d, url, rp = e["LLNG_DIR"], e["LLNG_URL"], e["RP"]
key, cert = open(d + "/idp.key").read(), open(d + "/idp.crt").read()
c = json.load(open("/var/lib/lemonldap-ng/conf/lmConf-1.json"))


def files(name):
    return {"Directory": f"{d}/{name}", "LockDirectory": f"{d}/{name}/lock",
            "generateModule":
            "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}


for kind, name in (("global", "sessions"), ("persistent", "psessions"),
                   ("saml", "saml"), ("oidc", "oidc")):
    c[kind + "Storage"] = "Apache::Session::File"
    c[kind + "StorageOptions"] = files(name)
c.update(
    portal=url + "/", domain="127.0.0.1", cookieName="lemonldap",
    securedCookie=1, cfgNum=1, key="0123456789abcdef", requireToken=0,
    localSessionStorageOptions={
        "cache_depth": 3, "cache_root": d + "/cache",
        "default_expires_in": 600, "directory_umask": "007",
        "namespace": "s"},
    locationRules={"127.0.0.1": {"default": "accept"}},
    exportedHeaders={"127.0.0.1": {}}, authentication="Demo",
    userDB="Same", captcha_login_enabled=0, captcha_mail_enabled=0,
    captcha_register_enabled=0, portalDisplayRegister=0,
    portalDisplayResetPassword=0,
    # OpenID Connect
    issuerDBOpenIDConnectActivation=1, issuerDBOpenIDConnectRule=1,
    issuerDBOpenIDConnectPath="^/oauth2/", oidcServiceMetaDataIssuer=url,
    oidcServicePrivateKeySig=key, oidcServicePublicKeySig=cert,
    oidcServiceKeyIdSig="llng1", oidcServiceAllowAuthorizationCodeFlow=1,
    oidcRPMetaDataOptions={"rp": {
        "oidcRPMetaDataOptionsClientID": "basic",
        "oidcRPMetaDataOptionsClientSecret": e["SECRET"],
        "oidcRPMetaDataOptionsRedirectUris": e["REDIRECT"],
        "oidcRPMetaDataOptionsPostLogoutRedirectUris": rp + "/logged-out",
        "oidcRPMetaDataOptionsBypassConsent": 1,
        "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
        "oidcRPMetaDataOptionsUserIDAttr": "uid"}},
    oidcRPMetaDataExportedVars={"rp": {
        "name": "cn", "email": "mail", "preferred_username": "uid"}},
)
sp = e.get("SP_METADATA")
if sp:
    c.update(
        # a whole URL: the default "#PORTAL#saml/metadata" loses its slash
        issuerDBSAMLActivation=1, samlEntityID=url + "/saml/metadata",
        samlServicePrivateKeySig=key, samlServicePublicKeySig=cert,
        samlServiceSignatureMethod="RSA_SHA256",
        samlSPMetaDataXML={"sp": {"samlSPMetaDataXML": open(sp).read()}},
        samlSPMetaDataOptions={"sp": {
            "samlSPMetaDataOptionsNameIDFormat": "email",
            "samlSPMetaDataOptionsSignSSOMessage":
            int(e.get("SIGN_SSO", "1")),
            "samlSPMetaDataOptionsCheckSSOMessageSignature": 1,
            "samlSPMetaDataOptionsSignSLOMessage": 1,
            "samlSPMetaDataOptionsCheckSLOMessageSignature": 1,
            "samlSPMetaDataOptionsEncryptionMode": e.get("ENCRYPT", "none"),
            "samlSPMetaDataOptionsSignatureMethod": "RSA_SHA256"}},
        samlSPMetaDataExportedAttributes={"sp": {
            a: f"1;{n};urn:oasis:names:tc:SAML:2.0:attrname-format:basic;"
            for a, n in (("uid", "uid"), ("mail", "mail"))}},
    )
json.dump(c, open(d + "/conf/lmConf-1.json", "w"), indent=1)
open(d + "/llng.ini", "w").write(f"""[all]
logLevel = warn
checkTime = 600
[configuration]
type = File
dirName = {d}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'c', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '{d}/cache', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
[handler]
status = 0
""")
X
}

start() {
	need plackup python3 openssl curl
	[ -s "$psgi" ] || die "liblemonldap-ng-portal-perl is not installed"
	if alive "$dir/llng.pid"; then die "already running in $dir"; fi
	tls_make "$dir"
	rsa_make "$dir" idp
	configure
	export LLNG_DEFAULTCONFFILE=$dir/llng.ini HTTPS=on
	if [ -n "${SITE_CA:-}" ]; then
		PERL5LIB=$(cd "$(dirname "$0")" && pwd)
		export PERL5LIB PERL5OPT=-Mloopback
		export PERL_LWP_SSL_CA_FILE=$SITE_CA
	fi
	# its own cwd: the portal drops files where it stands
	(cd "$dir" && exec setsid plackup -s HTTP::Server::PSGI \
	    --host 127.0.0.1 --port "$http_port" "$psgi") \
	    > "$dir/llng.log" 2>&1 < /dev/null &
	echo $! > "$dir/llng.pid"
	tls_front "$dir" "127.0.0.1:$port" "127.0.0.1:$http_port"
	wait_for 60 curl -sSf --max-time 5 --cacert "$dir/ca.crt" -o /dev/null \
	    "$url/.well-known/openid-configuration" ||
		die "no discovery document, see $dir/llng.log"
	cat <<X
pid       $(cat "$dir/llng.pid") $(cat "$dir/tls-front.pid")
issuer    $url
client    basic $SECRET   redirect $REDIRECT
saml      ${SP_METADATA:+$url/saml/metadata}
ca        $dir/ca.crt
user      dwho dwho
X
}

case $1 in
start)	dir=$(abs_dir "$2"); start ;;
stop)	dir=$(abs_dir "$2")
	stop_pid "$dir/tls-front.pid"; stop_pid "$dir/llng.pid" ;;
status)	dir=$(abs_dir "$2"); alive "$dir/llng.pid" ;;
*)	usage ;;
esac
