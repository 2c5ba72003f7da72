#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Keycloak as a test peer on loopback. No container, no internet but Maven Central.
#   keycloak.sh fetch    mvn brings the dist zip into $CS_KC_CACHE (once)
#   keycloak.sh build    unpack + `kc.sh build` into $CS_KC_WORK   (once per work folder)
#   keycloak.sh start    import realm-corp.json, start, wait until ready, print URL and pids
#   keycloak.sh stop     end what start started, by pid
#   keycloak.sh up       fetch + build + start
# NOTE every environment variable that begins with KC_ is read by Keycloak itself as an option,
# so the knobs here begin with CS_KC_.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
V=${CS_KC_VERSION:-26.7.3}
SHA256=${CS_KC_SHA256-27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f}   # of 26.7.3; empty: no check
CACHE=${CS_KC_CACHE:?a folder for the download}
WORK=${CS_KC_WORK:?a folder for this one}
PORT=${CS_KC_PORT:-18080}          # http
TLSPORT=${CS_KC_TLSPORT:-18443}    # https
MGMT=${CS_KC_MGMT:-19000}          # health, http
SCHEME=${CS_KC_SCHEME:-http}       # which of the two is the issuer: http | https
REALM=${CS_KC_REALM:?the realm to import}
WAIT=${CS_KC_WAIT:-300}
export JAVA_HOME=${CS_KC_JAVA_HOME:-${JAVA_HOME:-/usr/lib/jvm/java-17-openjdk-amd64}}
KC=$WORK/keycloak-$V
ZIP=$CACHE/keycloak-quarkus-dist-$V.zip
BUILD_OPTS=(--db=dev-file --health-enabled=true ${CS_KC_BUILD_OPTS:-})

fetch() {
  [ -f "$ZIP" ] || {
    mkdir -p "$CACHE"
    # its own local repository, so that ~/.m2 doesn't keep a second copy of 177 MB
    MAVEN_OPTS=-Xmx512m mvn -B -ntp -q -Dmaven.repo.local="$CACHE/m2" \
      dependency:copy -Dartifact=org.keycloak:keycloak-quarkus-dist:$V:zip \
      -DoutputDirectory="$CACHE" -Dmdep.useBaseVersion=true >&2
    rm -rf "$CACHE/m2"
  }
  [ -z "$SHA256" ] || echo "$SHA256  $ZIP" | sha256sum -c --quiet >&2
}

keys() {   # throw-away keys: CA + server certificate, SP key/certificate, RP ES256 key + JWKS
  local k=$WORK/keys; mkdir -p "$k"
  # a tree that is kept would have them beyond their end
  [ -f "$k/rp-jwks.json" ] && openssl x509 -noout -checkend 86400 -in "$k/tls.pem" >/dev/null && return
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=countersign test CA" \
    -keyout "$k/ca.key" -out "$k/ca.pem" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj "/CN=127.0.0.1" -keyout "$k/tls.key" -out "$k/tls.csr" 2>/dev/null
  openssl x509 -req -in "$k/tls.csr" -CA "$k/ca.pem" -CAkey "$k/ca.key" -CAcreateserial -days 30 -out "$k/tls.pem" \
    -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") 2>/dev/null
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=sp.example.test" -keyout "$k/sp.key" -out "$k/sp.pem" 2>/dev/null
  openssl ecparam -name prime256v1 -genkey -noout -out "$k/rp.key"
  local xy; xy=$(openssl ec -in "$k/rp.key" -pubout -outform DER 2>/dev/null | tail -c 64 | od -An -v -tx1 | tr -d ' \n')
  b64u() { printf '%s' "$1" | sed 's/../\\x&/g' | xargs -0 printf '%b' | base64 -w0 | tr '+/' '-_' | tr -d =; }
  printf '{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"rp-1","x":"%s","y":"%s"}]}\n' \
    "$(b64u "${xy:0:64}")" "$(b64u "${xy:64}")" > "$k/rp-jwks.json"
}

build() {
  # the marker holds the options it was built with: others mean a new build
  [ -f "$KC/.built" ] && [ "$(cat "$KC/.built")" = "${BUILD_OPTS[*]}" ] && return
  mkdir -p "$WORK"
  [ -d "$KC" ] || unzip -q "$ZIP" -d "$WORK"
  "$KC/bin/kc.sh" build "${BUILD_OPTS[@]}" > "$WORK/build.log" 2>&1 || { cat "$WORK/build.log" >&2; return 1; }
  echo "${BUILD_OPTS[*]}" > "$KC/.built"
}

start() {
  [ ! -f "$WORK/kc.pid" ] || ! kill -0 "$(cat "$WORK/kc.pid")" 2>/dev/null || { echo "already running, pid $(cat "$WORK/kc.pid")" >&2; return 1; }
  keys
  local k=$WORK/keys issuer
  # import skips a realm that exists (IGNORE_EXISTING): a changed file needs a new database
  [ -n "${CS_KC_KEEP_DB:-}" ] || rm -rf "$KC/data/h2"
  mkdir -p "$KC/data/import"; cp "$REALM" "$KC/data/import/realm-corp.json"
  # ${NAME:default} in the realm file is replaced from the environment, as text: quotes must come escaped
  export CS_SP_CERT CS_RP_JWKS
  CS_SP_CERT=$(grep -v -e '-----' "$k/sp.pem" | tr -d '\n')
  CS_RP_JWKS=$(tr -d '\n' < "$k/rp-jwks.json" | sed 's/"/\\"/g')
  if [ "$SCHEME" = https ]; then issuer=https://127.0.0.1:$TLSPORT; else issuer=http://127.0.0.1:$PORT; fi
  export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=admin-pw
  export JAVA_OPTS_KC_HEAP=${CS_KC_HEAP:--Xms64m -Xmx768m}
  export JAVA_OPTS_APPEND=${CS_KC_JAVA_OPTS--XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1}
  if [ -n "${CS_KC_NAMES:-}" ]; then   # relying sides that it asks itself
    echo "127.0.0.1 localhost $(hostname) $CS_KC_NAMES" > "$WORK/hosts"
    JAVA_OPTS_APPEND="$JAVA_OPTS_APPEND -Djdk.net.hosts.file=$WORK/hosts"
  fi
  nohup "$KC/bin/kc.sh" start --optimized --import-realm --cache=local \
    --http-enabled=true --http-host=127.0.0.1 --http-port="$PORT" \
    --https-port="$TLSPORT" --https-certificate-file="$k/tls.pem" --https-certificate-key-file="$k/tls.key" \
    --http-management-port="$MGMT" --http-management-scheme=http \
    --hostname="$issuer" --truststore-paths="$k/ca.pem" \
    --log-console-color=false --log-level=INFO,io.smallrye.health:ERROR \
    ${CS_KC_START_OPTS:-} \
    > "$WORK/kc.log" 2>&1 < /dev/null &
  echo $! > "$WORK/kc.pid"
  local t0=$SECONDS
  until curl -fs -o /dev/null "http://127.0.0.1:$MGMT/health/ready" &&
        curl -fs -o /dev/null "http://127.0.0.1:$PORT/realms/corp/.well-known/openid-configuration"; do
    kill -0 "$(cat "$WORK/kc.pid")" 2>/dev/null || { echo "Keycloak ended:" >&2; tail -40 "$WORK/kc.log" >&2; return 1; }
    [ $((SECONDS - t0)) -lt "$WAIT" ] || { echo "not ready in ${WAIT}s" >&2; tail -40 "$WORK/kc.log" >&2; stop; return 1; }
    sleep 0.3
  done
  pgrep -P "$(cat "$WORK/kc.pid")" java > "$WORK/java.pid" || cp "$WORK/kc.pid" "$WORK/java.pid"
  echo "issuer=$issuer/realms/corp"
  echo "admin=$issuer/admin"
  echo "pid=$(cat "$WORK/kc.pid")"
  echo "java_pid=$(cat "$WORK/java.pid")"
  echo "keys=$k"
  echo "ready_after=$((SECONDS - t0))s"
}

stop() {
  [ -f "$WORK/kc.pid" ] || return 0
  local p; p=$(cat "$WORK/kc.pid")
  kill -TERM "$p" 2>/dev/null || { rm -f "$WORK/kc.pid"; return 0; }   # kc.sh hands TERM on to its java child
  for _ in $(seq 1 150); do kill -0 "$p" 2>/dev/null || break; sleep 0.2; done
  if kill -0 "$p" 2>/dev/null; then kill -KILL "$(cat "$WORK/java.pid")" "$p" 2>/dev/null || true; fi
  rm -f "$WORK/kc.pid" "$WORK/java.pid"
}

case "${1:-up}" in
  fetch) fetch ;;
  build) build ;;
  start) start ;;
  stop) stop ;;
  up) fetch; build; start ;;
  *) sed -n '2,10p' "$0"; exit 2 ;;
esac
