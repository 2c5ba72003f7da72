# SPDX-License-Identifier: Apache-2.0
"""Logins by OpenID Connect at a real Keycloak, beside oidc-provider in one
configuration: two providers, each with its own keys and habits."""
import json
import os
import subprocess

import pytest

import saml_idp
from oidc import (SECRET, OidcSite, OpenIdProvider, Visitor, options,
                  pem_key, query)
from servers import run, until
from test_login import told

class Keycloak(saml_idp.Keycloak):
    """The same server with a realm of OpenID clients; there when told."""

    name = "oidc"

    def __init__(self):
        self.clients_made = []
        super().__init__()
        self.issuer = self.entity_id

    def start(self):
        if self.clients_made:
            super().start()

    def realm(self):
        def mapper(kind, claim, **config):
            return {"protocol": "openid-connect", "name": claim,
                    "protocolMapper": "oidc-%s-mapper" % kind, "config": dict(
                        {"claim.name": claim, "id.token.claim": "true"},
                        **config)}
        mappers = [
            mapper("group-membership", "groups", **{"full.path": "false"}),
            mapper("usermodel-realm-role", "realm_access.roles",
                   multivalued="true")]
        realm = super().realm()
        realm["groups"] = [{"name": "staff"}]
        realm["roles"] = {"realm": [{"name": "editor"}]}
        for user in realm["users"]:
            user.update(groups=["/staff"], emailVerified=True,
                        realmRoles=["editor"])
        realm["clients"] = [dict(c, protocolMappers=mappers)
                            for c in self.clients_made]
        return realm

    def client(self, name, callback, **more):
        base = callback.rsplit("/", 1)[0]
        attributes = dict({
            "post.logout.redirect.uris": base + "/logged-out",
            "pkce.code.challenge.method": "S256",
            "frontchannel.logout.session.required": "true"},
            **more.pop("attributes", {}))
        self.clients_made.append(dict({
            "clientId": name, "enabled": True, "protocol": "openid-connect",
            "publicClient": False, "secret": SECRET,
            "standardFlowEnabled": True, "redirectUris": [callback],
            "attributes": attributes}, **more))

    def close(self):
        if self.clients_made:
            super().close()


class Two:
    def __init__(self):
        self.kc, self.op = Keycloak(), OpenIdProvider()
        roles = "[groups, realm_access.roles]"
        self.site = OidcSite({
            "kc": options(self.kc, "kc", provider="keycloak",
                          scope="[profile, email, roles]",
                          groups_claim=roles),
            "kc-fapi": options(
                self.kc, "kc-fapi", client_secret="", scope="[profile]",
                client_key="file:kc.key", dpop="true",
                pushed_requests="always", subject="preferred_username"),
            "other": options(self.op, "other")}, start=False)
        self.site.secret("client.secret", SECRET)
        key = pem_key(self.site.dir / "kc.key", "EC",
                      "ec_paramgen_curve:P-256")
        run("openssl", "req", "-x509", "-key", key, "-subj", "/CN=rp",
            "-days", "3", "-out", self.site.dir / "kc.crt")
        self.kc.client("kc", self.site.callback("kc"))
        self.kc.client(
            "kc-fapi", self.site.callback("kc-fapi"), secret=None,
            clientAuthenticatorType="client-jwt", attributes={
                "use.jwks.url": "false", "use.jwks.string": "true",
                "jwks.string": self.jwks(key),
                "dpop.bound.access.tokens": "true",
                "require.pushed.authorization.requests": "true"})
        self.op.client("other", self.site.callback("other"))
        self.op.start()
        self.kc.start()
        self.site.command("init")
        self.site.start()

    def jwks(self, key):
        """By node, which is there for the other provider."""
        program = ("const c=require('crypto'),f=require('fs');"
                   "const k=c.createPublicKey(f.readFileSync(process.argv[1]"
                   ")).export({format:'jwk'});"
                   "const t=c.createHash('sha256').update(JSON.stringify("
                   "{crv:k.crv,kty:k.kty,x:k.x,y:k.y})).digest('base64url');"
                   "console.log(JSON.stringify({keys:[{...k,kid:t,"
                   "alg:'ES256',use:'sig'}]}))")
        return subprocess.run(
            [self.op.node, "-e", program, str(key)], check=True, text=True,
            stdout=subprocess.PIPE, env=dict(os.environ)).stdout.strip()

    def close(self):
        self.site.close()
        self.op.close()
        self.kc.close()


@pytest.fixture(scope="module")
def two():
    t = Two()
    yield t
    t.close()


@pytest.fixture
def site(two):
    return two.site


class Person(Visitor):
    """With a name and a password at Keycloak."""

    def at_provider(self, r):
        return r.url.startswith(self.provider.base)

    def through(self, r, name=None, browser=None):
        b = browser or self.browser
        if self.at_provider(r):
            form = next(f for f in r.page.forms if "username" in f.inputs)
            assert form.action, r
            r = b.go("POST", form.action, {
                "username": name or self.name,
                "password": (name or self.name) + "pw"}, initiator=r.url)
        return r


def test_login(two, site):
    """Groups, and roles that are nested; iss in the answer."""
    v = Person(site, two.kc, "alice")
    r = v.login(site.url("desk", "/kc/x"))
    assert r.url == site.url("desk", "/kc/x"), r
    rq = told(r)["one"]
    assert rq["remote-user"] == "alice"
    assert rq["remote-email"] == "alice@example.com"
    assert {"staff", "editor"} <= set(rq["remote-groups"].split(",")), rq


def test_pushed_and_bound(two, site):
    """private_key_jwt by the key's thumbprint, PAR, DPoP."""
    v = Person(site, two.kc, "bob")
    r = v.begin(site.url("desk", "/kc-fapi"))
    url = next(u for u in [*r.went, r.url] if "openid-connect/auth" in u)
    assert set(query(url)) == {"client_id", "request_uri"}
    r = v.through(r)
    assert r.url == site.url("desk", "/kc-fapi") and \
        told(r)["one"]["remote-user"] == "bob", r


def test_leaving(two, site):
    """With the hint Keycloak asks nothing and comes back."""
    v = Person(site, two.kc, "alice")
    v.login(site.url("desk", "/kc"))
    r = v.browser.get(site.url("login", "/logout"))
    r = v.browser.submit(r)
    assert r.page.link("Continue").startswith(two.kc.issuer), r
    r = v.browser.click(r, "Continue")
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, r
    assert v.at_provider(v.begin(site.url("desk", "/kc")))


def test_two_providers_are_not_mixed_up(two, site):
    """An answer of one at the address of the other: nothing is spent, and
    nobody gets in; each on its own works."""
    v = Person(site, two.kc, "bob")
    r = v.begin(site.url("desk", "/kc"))
    form = next(f for f in r.page.forms if "username" in f.inputs)
    r = v.browser.once("POST", form.action, {
        "username": "bob", "password": "bobpw"}, initiator=r.url)
    back = r.header("location")
    assert back.startswith(site.callback("kc")), r
    asked = two.op.requests("/token")
    got = v.browser.once("GET", back.replace("/f/kc/", "/f/other/"))
    assert got.page.screen in (23, 34), got
    assert two.op.requests("/token") == asked
    w = Visitor(site, two.op, "bob")
    r = w.login(site.url("desk", "/other"))
    assert told(r)["one"]["remote-user"] == "bob"
    r = v.browser.get(back)
    assert r.url == site.url("desk", "/kc"), r


def test_keys_are_changed(two, site):
    """A new key by Keycloak's own administration, used at once: one fetch."""
    base = two.kc.base
    curl = ["curl", "-sS", "--fail", "--cacert", str(two.kc.ca)]
    token = json.loads(run(*curl, "-d", "grant_type=password", "-d",
                           "client_id=admin-cli", "-d", "username=admin",
                           "-d", "password=admin-pw", base +
                           "/realms/master/protocol/openid-connect/token"
                           ).stdout)["access_token"]
    run(*curl, "-H", "Authorization: Bearer " + token, "-H",
        "Content-Type: application/json", "-d", json.dumps({
            "name": "newer", "providerId": "rsa-generated", "providerType":
            "org.keycloak.keys.KeyProvider", "config": {
                "priority": ["500"], "enabled": ["true"],
                "active": ["true"], "algorithm": ["RS256"]}}),
        base + "/admin/realms/oidc/components")
    v = Person(site, two.kc, "alice")
    r = v.login(site.url("desk", "/kc"))
    assert told(r)["one"]["remote-user"] == "alice"


def test_countersign_test(two, site):
    until("it answers", lambda: "the provider answers" in
          site.command("test", "kc").stdout)
