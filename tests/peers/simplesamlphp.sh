#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# simplesamlphp.sh start|stop|status DIR - a SAML 2.0 identity provider
#
# Packages: simplesamlphp php-cli php-xml php-sqlite3 php-mbstring php-curl
#           python3 openssl curl   (install with --no-install-recommends)
# Settings (environment):
#   PORT=9444 HTTP_PORT=19444     TLS in front, plain behind
#   SP_ENTITY_ID=https://127.0.0.1:9440/saml/metadata
#   SP_ACS=https://127.0.0.1:9440/saml/acs  SP_SLO=https://127.0.0.1:9440/saml/slo
#   SP_CERT=FILE                  the relying side's certificate; made if unset
#   SP_METADATA=FILE              the relying side as its own metadata tell,
#                                 in place of the four above
#   SIGN_RESPONSE=true SIGN_ASSERTION=true ENCRYPT=false
#   VALIDATE_REQUEST=true         refuse unsigned AuthnRequests
#   NEXT=false                    tell DIR/cert/new.crt ahead, as its next key
. "$(dirname "$0")/common.sh"

[ $# -eq 2 ] || usage
port=${PORT:-9444} http_port=${HTTP_PORT:-19444}
idp=https://127.0.0.1:$port/simplesaml
sp_id=${SP_ENTITY_ID:-https://127.0.0.1:9440/saml/metadata}
sp_acs=${SP_ACS:-https://127.0.0.1:9440/saml/acs}
sp_slo=${SP_SLO:-https://127.0.0.1:9440/saml/slo}
saml=urn:oasis:names:tc:SAML:2.0

pem_body() { grep -v -- ----- "$1" | tr -d '\n'; }

configure() {
	cat > "$dir/config/config.php" <<X
<?php
require '/etc/simplesamlphp/config.php';
\$config = array_merge(\$config, [
	'baseurlpath' => '$idp/',
	'certdir' => '$dir/cert/', 'loggingdir' => '$dir/log/',
	'datadir' => '$dir/data/', 'tempdir' => '$dir/tmp',
	'metadatadir' => '$dir/metadata/',
	'metadata.sources' => [['type' => 'flatfile']],
	'secretsalt' => 'test-salt-test-salt-test-salt',
	'auth.adminpassword' => 'test-admin-password',
	'enable.saml20-idp' => true,
	'module.enable' => ['exampleauth' => true, 'core' => true,
		'saml' => true],
	'logging.handler' => 'file', 'errorreporting' => false,
	'logging.level' => SimpleSAML\Logger::DEBUG, 'debug' => ['saml' => true],
	'store.type' => 'sql', 'store.sql.dsn' => 'sqlite:$dir/data/store.sq3',
	'session.cookie.secure' => true, 'session.cookie.samesite' => 'None',
	'timezone' => 'UTC', 'enable.http_post' => false,
	'statistics.out' => [],
]);
X
	cat > "$dir/config/authsources.php" <<'X'
<?php
$config = [
	'admin' => ['core:AdminPassword'],
	'users' => ['exampleauth:UserPass',
		'alice:alicepw' => ['uid' => ['alice'],
			'mail' => ['alice@example.org'],
			'displayName' => ["\u{c4}lice <&> \u{dc}nicode"],
			'eduPersonAffiliation' => ['member', 'staff']],
		'bob:bobpw' => ['uid' => ['bob'],
			'mail' => ['bob@example.org'],
			'eduPersonAffiliation' => ['member']],
	],
];
X
	local next=
	[ "${NEXT:-false}" = false ] ||
		next="'new_privatekey' => 'new.key', 'new_certificate' => 'new.crt',"
	cat > "$dir/metadata/saml20-idp-hosted.php" <<X
<?php
\$metadata['__DYNAMIC:1__'] = [
	'host' => '__DEFAULT__', 'auth' => 'users',
	'privatekey' => 'idp.key', 'certificate' => 'idp.crt',
	$next
	'SingleSignOnServiceBinding' => [
		'$saml:bindings:HTTP-Redirect', '$saml:bindings:HTTP-POST'],
	'saml20.sendartifact' => true, 'saml20.ecp' => true,
	'signature.algorithm' =>
		'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
	'validate.authnrequest' => ${VALIDATE_REQUEST:-true},
	'sign.logout' => true, 'validate.logout' => true,
	'NameIDFormat' => ['$saml:nameid-format:transient',
		'$saml:nameid-format:persistent'],
	'attributes.NameFormat' => '$saml:attrname-format:basic',
	'authproc' => [3 => ['class' => 'saml:PersistentNameID',
		'attribute' => 'uid']],
];
X
	cat > "$dir/metadata/saml20-sp-remote.php" <<X
<?php
\$metadata['$sp_id'] = [
	'AssertionConsumerService' => [
		['index' => 0, 'isDefault' => true, 'Location' => '$sp_acs',
			'Binding' => '$saml:bindings:HTTP-POST'],
		['index' => 1, 'Location' => '$sp_acs',
			'Binding' => '$saml:bindings:HTTP-Artifact']],
	'SingleLogoutService' => [
		['Binding' => '$saml:bindings:HTTP-Redirect',
			'Location' => '$sp_slo']],
	'keys' => [['type' => 'X509Certificate', 'signing' => true,
		'encryption' => true,
		'X509Certificate' => '$(pem_body "$sp_cert")']],
	'saml20.sign.response' => ${SIGN_RESPONSE:-true},
	'saml20.sign.assertion' => ${SIGN_ASSERTION:-true},
	'assertion.encryption' => ${ENCRYPT:-false},
	'attributes.NameFormat' => '$saml:attrname-format:basic',
	'simplesaml.nameidattribute' => 'uid',
];
X
	[ -z "${SP_METADATA:-}" ] || sp_read
}

# By its own reader, as its administration converts metadata; the settings that
# no metadata tell are those of before.
sp_read() {
	SIMPLESAMLPHP_CONFIG_DIR=$dir/config php -- "$SP_METADATA" \
	    "$dir/metadata/saml20-sp-remote.php" <<'X'
<?php
require '/usr/share/simplesamlphp/lib/_autoload.php';
include $argv[2];
$sp = SimpleSAML\Metadata\SAMLParser::parseFile($argv[1])->getMetadata20SP();
$own = array_intersect_key(reset($metadata), array_flip(['saml20.sign.response',
	'saml20.sign.assertion', 'assertion.encryption',
	'attributes.NameFormat', 'simplesaml.nameidattribute']));
file_put_contents($argv[2], "<?php\n\$metadata[" .
	var_export($sp['entityid'], true) . '] = ' .
	var_export($own + $sp, true) . ";\n");
X
}

start() {
	need php python3 openssl curl
	[ -d /usr/share/simplesamlphp/www ] || die "simplesamlphp is not installed"
	if alive "$dir/php.pid"; then die "already running in $dir"; fi
	mkdir -p "$dir"/{config,metadata,log,data,tmp,docroot,cert}
	ln -sfn /usr/share/simplesamlphp/www "$dir/docroot/simplesaml"
	tls_make "$dir"
	rsa_make "$dir/cert" idp
	sp_cert=${SP_CERT:-$dir/sp.crt}
	[ -n "${SP_CERT:-}" ] || rsa_make "$dir" sp
	configure
	export SIMPLESAMLPHP_CONFIG_DIR=$dir/config PHP_CLI_SERVER_WORKERS=2
	setsid php -d display_errors=0 -S "127.0.0.1:$http_port" \
	    -t "$dir/docroot" > "$dir/php.log" 2>&1 < /dev/null &
	echo $! > "$dir/php.pid"
	tls_front "$dir" "127.0.0.1:$port" "127.0.0.1:$http_port"
	wait_for 60 curl -sSf --max-time 5 --cacert "$dir/ca.crt" \
	    -o "$dir/idp-metadata.xml" "$idp/saml2/idp/metadata.php" ||
		die "no metadata, see $dir/php.log"
	cat <<X
pid       $(cat "$dir/php.pid") $(cat "$dir/tls-front.pid")
metadata  $idp/saml2/idp/metadata.php   copy: $dir/idp-metadata.xml
ca        $dir/ca.crt
sp        $sp_id   certificate $sp_cert
users     alice alicepw, bob bobpw
begin     $idp/saml2/idp/SSOService.php?spentityid=...   (IdP-initiated)
X
}

# nobody of a session runs: one that has ended keeps no port
session_over() { ! ps -o stat= -s "$1" | grep -qv '^Z'; }

# php keeps worker processes: end the whole group that setsid made, and wait for
# all of it, or the next one finds the port taken
stop() {
	local pid
	stop_pid "$dir/tls-front.pid"
	[ -s "$dir/php.pid" ] || return 0
	pid=$(cat "$dir/php.pid")
	kill -- "-$pid" 2>/dev/null || :
	wait_for 5 session_over "$pid" || kill -9 -- "-$pid" 2>/dev/null || :
	rm -f "$dir/php.pid"
}

case $1 in
start)	dir=$(abs_dir "$2"); start ;;
stop)	dir=$(abs_dir "$2"); stop ;;
status)	dir=$(abs_dir "$2"); alive "$dir/php.pid" ;;
*)	usage ;;
esac
