# SPDX-License-Identifier: Apache-2.0
"""Every way of asking, answering, proving and signing, each by a whole login
at a real provider: oidc-provider with a client for each."""
import pytest

from oidc import (SECRET, OidcSite, OpenIdProvider, Visitor, options,
                  pem_key, query)
from servers import PEERS, run
from test_login import told

RSA = ("RSA", "rsa_keygen_bits:2048")
EC = ("EC", "ec_paramgen_curve:P-256")
EC384 = ("EC", "ec_paramgen_curve:P-384")
ED = ("ED25519",)


class Flows:
    """One provider, one site, a client and a factor for each flow."""

    def __init__(self):
        self.op = OpenIdProvider(dpop_nonce=True)
        self.site = OidcSite({"basic": ""}, start=False)
        self.site.factors.clear()
        self.site.ways = {"asked": "asked where acr urn:example:loa2, "
                          "asked then phone"}
        self.site.secret("client.secret", SECRET)
        self.keys()
        self.secrets()
        self.signatures()
        self.requests()
        self.claims()
        self.by_hand()
        self.site.write()
        self.op.start()
        (self.site.dir / "op-keys.json").write_text(run(
            "curl", "-sS", "--fail", "--cacert", self.op.ca,
            self.op.issuer + "/jwks").stdout)
        self.site.command("init")
        self.site.start()

    def add(self, name, client=None, **lines):
        lines.setdefault("skew", "5s")
        self.site.factors[name] = options(self.op, name, **lines)
        self.op.client(name, self.site.callback(name), **(client or {}))

    def keys(self):
        for name, kind in (("rsa", RSA), ("ec", EC), ("ec384", EC384),
                           ("ed", ED), ("enc-rsa", RSA), ("enc-ec", EC),
                           ("tls", EC)):
            pem_key(self.site.dir / (name + ".key"), *kind)
        run("bash", "-c", '. "$1/common.sh"; cd "$2"; ca_make "$2"; '
            'openssl req -new -key "$3/tls.key" -subj /CN=countersign '
            '-out "$3/tls.csr" && openssl x509 -req -in "$3/tls.csr" '
            '-CA ca.crt -CAkey ca.key -CAcreateserial -days 3 '
            '-out "$3/tls.crt"', "bash", PEERS, self.op.dir, self.site.dir)
        (self.site.dir / "tls.crt").chmod(0o644)
        self.op.settings["client_ca"] = "ca.crt"

    def pem(self, name, alg):
        return {"kid": name, "alg": alg,
                "file": str(self.site.dir / (name + ".key"))}

    def keyed(self, name, key, alg, client=None, **lines):
        """By private_key_jwt."""
        self.add(name, dict({
            "client_secret": None, "pem": self.pem(key, alg),
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": alg}, **(client or {})),
            client_secret="", client_key="file:%s.key" % key,
            client_key_id=key, **lines)

    def secrets(self):
        self.add("basic")
        self.add("post", {"token_endpoint_auth_method":
                          "client_secret_post"},
                 client_auth="client_secret_post")
        self.add("csjwt", {"token_endpoint_auth_method":
                           "client_secret_jwt"},
                 client_auth="client_secret_jwt")
        self.add("public", {"client_secret": None,
                            "token_endpoint_auth_method": "none"},
                 client_secret="")
        self.keyed("pkjwt-rsa", "rsa", "PS256")
        self.keyed("pkjwt-ec", "ec", "ES256")
        self.keyed("pkjwt-ec384", "ec384", "ES384")
        self.keyed("pkjwt-ed", "ed", "EdDSA")
        self.keyed("pkjwt-rs", "rsa", "RS256", client_auth_alg="RS256",
                   client_auth_audience="endpoint")
        tls = {"client_secret": None,
               "token_endpoint_auth_method": "tls_client_auth",
               "tls_client_auth_subject_dn": "CN=countersign"}
        lines = {"client_secret": "", "client_auth": "tls_client_auth",
                 "client_key": "file:tls.key",
                 "client_certificate": "file:tls.crt"}
        self.add("tls", tls, **lines)
        self.add("tls-bound", dict(
            tls, tls_client_certificate_bound_access_tokens=True),
            certificate_bound="true", **lines)

    def signatures(self):
        for name, alg in (("es", "ES256"), ("es384", "ES384"),
                          ("ps", "PS256"), ("ed", "EdDSA"),
                          ("hs", "HS256")):
            self.add(name, {"id_token_signed_response_alg": alg},
                     algorithms=alg)
        for name, key, alg, enc in (
                ("enc-rsa", "enc-rsa", "RSA-OAEP-256", "A256GCM"),
                ("enc-ec", "enc-ec", "ECDH-ES", "A128CBC-HS256"),
                ("enc-rsa-cbc", "enc-rsa", "RSA-OAEP-256",
                 "A256CBC-HS512"),
                ("enc-ec-gcm", "enc-ec", "ECDH-ES", "A128GCM")):
            self.add(name, {
                "enc": self.pem(key, alg),
                "id_token_encrypted_response_alg": alg,
                "id_token_encrypted_response_enc": enc},
                decryption_key="file:%s.key" % key)
        self.add("ui-signed", {"userinfo_signed_response_alg": "PS256"},
                 userinfo="always")
        self.add("ui-enc", {
            "enc": self.pem("enc-rsa", "RSA-OAEP-256"),
            "userinfo_signed_response_alg": "ES256",
            "userinfo_encrypted_response_alg": "RSA-OAEP-256",
            "userinfo_encrypted_response_enc": "A128GCM"},
            decryption_key="file:enc-rsa.key")

    def requests(self):
        self.add("form-post", response_mode="form_post")
        self.add("implicit", {"grant_types": ["implicit"],
                              "response_types": ["id_token"]},
                 response_type="id_token", response_mode="form_post")
        self.add("jarm", {"authorization_signed_response_alg": "PS256"},
                 response_mode="query.jwt")
        self.add("jarm-post", {"authorization_signed_response_alg": "ES256"},
                 response_mode="form_post.jwt")
        self.add("par", {"require_pushed_authorization_requests": True},
                 pushed_requests="always")
        self.add("par-post", {"token_endpoint_auth_method":
                              "client_secret_post"},
                 client_auth="client_secret_post", pushed_requests="always")
        self.keyed("par-pkjwt", "ec", "ES256", pushed_requests="always")
        self.keyed("jar", "ec", "ES256", {
            "request_object_signing_alg": "ES256",
            "require_signed_request_object": True}, signed_requests="true")
        self.keyed("jar-par", "rsa", "PS256", {
            "request_object_signing_alg": "PS256",
            "require_signed_request_object": True,
            "require_pushed_authorization_requests": True},
            signed_requests="true", pushed_requests="always")
        self.keyed("dpop", "ec", "ES256", {"dpop_bound_access_tokens": True},
                   dpop="true")
        self.keyed("fapi", "rsa", "PS256", {
            "id_token_signed_response_alg": "PS256",
            "authorization_signed_response_alg": "PS256",
            "require_signed_request_object": True,
            "require_pushed_authorization_requests": True,
            "dpop_bound_access_tokens": True},
            algorithms="PS256", pushed_requests="always",
            signed_requests="true", response_mode="query.jwt", dpop="true")

    def claims(self):
        self.add("nested", groups_claim="realm_access.roles",
                 provider="keycloak")
        self.add("mail", subject="email", strip_domain="example.test",
                 attributes="{ org: realm_access.roles }")
        self.add("other-domain", subject="email", strip_domain="example.org")
        self.add("unverified", subject="email")
        self.op.settings["claims"] = {"ursula": {"email_verified": False}}
        self.add("require", require="{ groups: [staff, admins] }")
        self.add("require-not", require="{ hd: example.org }")
        self.add("strong", acr_values="['urn:example:loa2']",
                 require_acr="true")
        self.add("asked", acr_values="['urn:example:loa2']")
        self.op.settings["acr"] = {"anna": "urn:example:loa2",
                                   "bert": "urn:example:loa1"}
        self.add("fresh", max_age="1h")
        self.add("prompt", prompt="login")
        self.add("none", prompt="none")
        self.add("never", userinfo="never", subject="sub")
        self.add("extra", parameters="{ display: touch }",
                 claims="'{\"id_token\":{\"email\":null}}'")

    def by_hand(self):
        """Nothing is looked up: endpoints and keys as written."""
        at = {"discovery": "false",
              "authorization_endpoint": self.op.issuer + "/auth",
              "token_endpoint": self.op.issuer + "/token",
              "userinfo_endpoint": self.op.issuer + "/me"}
        self.add("by-hand", jwks_uri=self.op.issuer + "/jwks", **at)
        self.add("by-file", jwks="file:op-keys.json", **at)

    def close(self):
        self.site.close()
        self.op.close()


@pytest.fixture(scope="module")
def flows():
    f = Flows()
    yield f
    f.close()


@pytest.fixture
def site(flows):
    return flows.site


def at(flows, name, person="alice"):
    """A login by this factor: where it ends, with the way there."""
    v = Visitor(flows.site, flows.op, person)
    return v, v.login(flows.site.url("desk", "/" + name))


GOOD = ["basic", "post", "csjwt", "public", "pkjwt-rsa", "pkjwt-ec",
        "pkjwt-ec384", "pkjwt-ed", "pkjwt-rs", "tls", "tls-bound",
        "es", "es384", "ps", "ed", "hs", "enc-rsa", "enc-ec", "enc-rsa-cbc",
        "enc-ec-gcm", "ui-signed", "ui-enc", "form-post", "jarm", "jarm-post", "par", "par-post", "par-pkjwt",
        "jar", "jar-par", "dpop", "fapi", "require", "fresh", "prompt", "extra",
        "by-hand", "by-file"]


@pytest.mark.parametrize("name", GOOD)
def test_login_by(flows, site, name):
    _, r = at(flows, name)
    rq = told(r)
    assert r.url == site.url("desk", "/" + name), r
    assert rq["one"]["remote-user"] == "alice"
    assert rq["one"]["remote-groups"].split(",") == [
        "staff", "group-of-alice"], rq["one"]
    assert rq["one"]["remote-email"] == "alice@example.test"


def test_by_hand_nothing_is_looked_up():
    """Not even when the site starts: keys from a file, endpoints as
    written."""
    op = OpenIdProvider()
    op.client("by-file", "https://login.example/f/by-file/callback")
    op.start()
    site = None
    try:
        keys = run("curl", "-sS", "--fail", "--cacert", op.ca,
                   op.issuer + "/jwks").stdout
        site = OidcSite({"by-file": options(
            op, "by-file", discovery="false", jwks="file:op-keys.json",
            authorization_endpoint=op.issuer + "/auth",
            token_endpoint=op.issuer + "/token")}, start=False)
        (site.dir / "op-keys.json").write_text(keys)
        site.secret("client.secret", SECRET)
        asked = {p: op.requests(p) for p in (
            "/.well-known/openid-configuration", "/jwks")}
        site.command("init")
        site.start()
        r = Visitor(site, op).begin(site.url("desk", "/by-file"))
        assert r.url.startswith(op.issuer) or "/auth?" in str(r.went), r
        assert {p: op.requests(p) for p in asked} == asked
    finally:
        if site is not None:
            site.close()
        op.close()


def test_requests_do_not_travel_in_the_open(flows, site):
    """Pushed: a reference and who asks. Signed: all within one text."""
    for name, there in (("par", {"client_id", "request_uri"}),
                        ("fapi", {"client_id", "request_uri"}),
                        ("jar", {"client_id", "request", "response_type",
                                 "scope"})):
        v = Visitor(site, flows.op)
        r = v.begin(site.url("desk", "/" + name))
        url = next(u for u in [*r.went, r.url] if "/auth?" in u)
        assert set(query(url)) == there, url


def test_implicit(flows, site):
    """No access token, no userinfo: what the ID token says."""
    _, r = at(flows, "implicit")
    assert told(r)["one"]["remote-user"] == "alice", r


def test_nested_groups(flows, site):
    _, r = at(flows, "nested")
    rq = told(r)["one"]
    assert rq["remote-user"] == "alice" and \
        rq["remote-groups"] == "staff,role-of-alice", rq


def test_mail_as_a_name(flows, site):
    _, r = at(flows, "mail")
    assert told(r)["one"]["remote-user"] == "alice"


def refused(flows, name, person="alice"):
    """The page, and the one word in the audit log."""
    v, r = at(flows, name, person)
    assert r.status == 403 and r.page.screen in (16, 27), r
    assert v.browser.once("GET", flows.site.url(
        "desk", "/" + name)).status == 302
    e = flows.site.audit(event="plugin:refused", factor=name)[-1]
    assert e["reference"] == r.page.reference, (e, r)
    return r, e["details"]["why"]


def test_name_of_another_domain(flows):
    r, why = refused(flows, "other-domain")
    assert why == "subject-other-domain" and r.page.screen == 16
    assert "op" in r.page.text or "other-domain" in r.page.text


def test_mail_that_nobody_verified(flows):
    _, why = refused(flows, "unverified", "ursula")
    assert why == "email-not-verified"
    _, r = at(flows, "unverified", "alice")
    assert told(r)["one"]["remote-user"] == "alice@example.test"


def test_required_claim_is_missing(flows):
    _, why = refused(flows, "require-not")
    assert why == "required-claim"


def test_acr_that_was_not_given(flows):
    """The provider's login has no such context."""
    r, why = refused(flows, "strong")
    assert why in ("acr-missing", "acr-wrong")
    assert "strongly" in r.page.text


def test_acr_opens_the_shorter_way(flows, site):
    """acr_values is asked for, not demanded: who has it needs no code, and
    who has another or none is asked for one."""
    v = Visitor(site, flows.op)
    asked = query(next(u for u in v.begin(site.url("desk", "/asked")).went
                       if "/auth?" in u))
    assert asked["acr_values"] == "urn:example:loa2"
    assert "essential" not in asked.get("claims", "")
    for person, code in ("anna", False), ("bert", True), ("carl", True):
        v, r = at(flows, "asked", person)
        assert (r.page.screen == 11) == code, r
        if code:
            assert v.browser.once(
                "GET", site.url("desk", "/asked")).status == 302
            r = v.enrol(r)
        assert r.url == site.url("desk", "/asked"), r
        assert told(r)["one"]["remote-user"] == person
    # demanded, it is refused what another is
    _, r = at(flows, "strong", "anna")
    assert told(r)["one"]["remote-user"] == "anna"
    assert refused(flows, "strong", "bert")[1] == "acr-wrong"


def test_prompt_none_without_a_session(flows):
    """The provider says login_required, at once."""
    r, why = refused(flows, "none")
    assert why == "provider-refused" and "Log in there" in r.page.text
    e = flows.site.audit(event="plugin:refused", factor="none")[-1]
    assert e["details"]["detail"] == "login_required"
    # the operator's command has both lines, the plugin's and ours
    said = flows.site.json("why", r.page.reference)
    assert e in said and {x["event"] for x in said} == {
        "plugin:refused", "login-denied"}, said


def test_without_userinfo(flows):
    """What the ID token lacks is not there: no groups."""
    before = flows.op.requests("/me")
    _, r = at(flows, "never")
    assert told(r)["one"]["remote-user"] == "alice"
    assert not told(r)["one"].get("remote-groups")
    assert flows.op.requests("/me") == before


def test_prompt_asks_again(flows, site):
    """The provider's session is enough, but with prompt: login."""
    for name, asks in (("basic", False), ("prompt", True)):
        v, r = at(flows, name)
        assert told(r)["one"]["remote-user"] == "alice"
        b = v.browser
        b.jar = {h: j for h, j in b.jar.items() if h == "127.0.0.1"}
        r = v.begin(site.url("desk", "/" + name))
        assert v.at_provider(r) == asks, r


def test_parameters_of_the_request(flows, site):
    v = Visitor(site, flows.op, language="ja")
    r = v.begin(site.url("desk", "/extra"))
    asked = query(next(u for u in r.went if "/auth?" in u))
    assert asked["display"] == "touch" and asked["ui_locales"] == "ja"
    assert asked["claims"] == '{"id_token":{"email":null}}'
    r = v.begin(site.url("desk", "/fresh"))
    assert query(next(u for u in r.went if "/auth?" in u))["max_age"] == \
        "3600"


def test_our_keys_are_published(flows, site):
    v = Visitor(site, flows.op)
    r = v.browser.once("GET", site.url("login", "/f/fapi/keys"))
    assert r.status == 200 and '"kty":"RSA"' in r.text, r
    assert '"d"' not in r.text and '"p"' not in r.text
    r = v.browser.once("GET", site.url("login", "/f/basic/keys"))
    assert r.status == 200 and r.text == '{"keys":[]}', r


def test_countersign_test(flows, site):
    """What to register, in words to copy."""
    said = site.command("test", "fapi")
    text = said.stdout + said.stderr
    assert "register at the provider: redirect URI " + \
        site.callback("fapi") in text, text
    assert "backchannel-logout" in text and "private_key_jwt" in text
    assert "the provider answers" in text


def test_explain_factor(flows, site):
    said = site.command("factor", "nested").stdout
    assert "provider: keycloak" in said and "preferred_username" in said
