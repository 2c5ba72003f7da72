# SPDX-License-Identifier: Apache-2.0
"""Single logout by SOAP: a real LemonLDAP::NG in both directions, and a real
Keycloak whose administrator ends a session. No browser is asked for anything;
what ends on one node ends on the other."""
import concurrent.futures
import datetime
import html
import json
import re
import time
import urllib.parse

import pytest

import raw
from saml_idp import LemonLdap, Visitor
from servers import BUILD, SANITIZED, Process, data, free_port, plugins, until
from test_away import start_logout
from test_saml_keycloak import AtKeycloak
from test_saml_lemonldap import AtLemonLdap


class Node:
    """A second countersignd on the site's store, asked past nginx."""

    def __init__(self, site):
        self.site, self.dir = site, site.dir / "run2"
        self.dir.mkdir(mode=0o711)
        self.metrics = free_port()
        conf = site.dir / "node2.yml"
        conf.write_text(
            site.conf.read_text().replace("/run/", "/run2/").replace(
                "127.0.0.1:%d" % site.metrics,
                "127.0.0.1:%d" % self.metrics).replace(
                    "audit.json", "audit2.json"))
        conf.chmod(0o600)
        self.process = Process(
            site.dir / "node2.log", BUILD / "gateway/countersignd", "-c",
            conf, "--plugins", plugins(), "--data", data(),
            env=dict(SANITIZED, TZ="UTC"))
        until("the second node", (self.dir / "check.sock").exists)

    def lets_in(self, browser, path="/sole"):
        host = self.site.host("desk")
        status = raw.unix(self.dir / "check.sock", raw.head("GET", "/check", [
            ("Host", "check"), ("X-Original-URL", self.site.url("desk", path)),
            ("X-Original-Method", "GET"), ("X-Real-IP", "127.0.0.1"),
            ("Cookie", browser.cookie_line(host))])).status
        assert status in (200, 401), status
        return status == 200

    def post(self, url, fields, site="cross-site"):
        """A form of another site's, without any cookie of ours."""
        parts = urllib.parse.urlsplit(url)
        body = urllib.parse.urlencode(fields).encode()
        return raw.unix(self.dir / "pages.sock", raw.head(
            "POST", parts.path, [
                ("Host", parts.netloc), ("X-Real-IP", "127.0.0.1"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", str(len(body))),
                ("Sec-Fetch-Site", site),
                ("Sec-Fetch-Mode", "navigate")], body))

    def rules(self):
        """Of what this node refused."""
        lines = (self.site.dir / "audit2.json").read_text().splitlines()
        return [e["details"]["rule"] for e in map(json.loads, lines)
                if e["event"] == "plugin:refused"]

    def close(self):
        self.process.stop()


def ends(saml, node, browser, path="/sole"):
    """On both nodes: how long after the moment when we were told."""
    until("the session is over", lambda: browser.once(
        "GET", saml.site.url("desk", path)).status == 302)
    until("it is on the other node", lambda: not node.lets_in(browser, path))
    seen = time.time()
    told = until("the event", lambda: saml.site.audit(
        event="sessions-ended-by-provider"))[-1]
    return seen - datetime.datetime.fromisoformat(
        told["time"].replace("Z", "+00:00")).timestamp()


class BySoap(AtLemonLdap):
    more = "    logout_binding: soap\n"

    def provider(self, *sp, **settings):
        return LemonLdap(*sp, SITE_CA=str(self.site.ca))


@pytest.fixture(scope="module")
def saml(directory):
    if LemonLdap.why_not():
        pytest.skip("LemonLDAP: %s" % LemonLdap.why_not())
    s = BySoap(directory)
    yield s
    s.close()


@pytest.fixture(scope="module")
def node(saml):
    n = Node(saml.site)
    yield n
    n.close()


def signed_in(saml, visitor):
    """Does the provider answer without asking for a password?"""
    _, fields = visitor.sign_in(saml.ask(saml.new()))
    return "SAMLResponse" in fields


def test_leaving_here(saml, b):
    """Its session is over when our page says so, and it was not the browser
    that brought it about."""
    visitor, other = Visitor(saml.idp), Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    saml.login(saml.new(), "rtyler", visitor=other)
    assert signed_in(saml, visitor)
    r = start_logout(saml, b)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, (
        saml.refused(), saml.site.daemon.said()[-2000:], r)
    assert saml.site.audit(event="provider-logout", reason="confirmed")
    assert b.once("GET", saml.site.url("desk", "/sole")).status == 302
    assert not signed_in(saml, visitor)
    assert signed_in(saml, other)


def test_leaving_here_while_it_is_down(saml, b):
    """The session here is over all the same, and the page says more."""
    saml.login(b)
    saml.idp.stop()
    try:
        r = start_logout(saml, b)
        assert r.page.screen == 29 and "did not confirm" in r.page.text, r
        assert b.once("GET", saml.site.url("desk", "/sole")).status == 302
    finally:
        saml.idp.start()


def test_a_session_that_it_does_not_know(saml, b):
    """It answers with an error: nothing was confirmed."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    for f in (saml.idp.dir / "saml").glob("*"):
        if f.is_file():
            f.unlink()
    r = start_logout(saml, b)
    assert r.page.screen == 29 and "did not confirm" in r.page.text, r
    assert saml.site.audit(event="provider-logout", reason="not confirmed")


def portal_logout(saml, visitor):
    """What the image there does: it asks us, and says how that went."""
    _, page = visitor.fetch(saml.idp.base + "/?logout=1")
    at, _ = visitor.fetch(html.unescape(re.search(
        r'<img[^>]* src="([^"]*relaySingleLogoutSOAP[^"]*)"',
        page).group(1)))
    return at


def test_the_provider_ends_it(saml, node):
    """Everywhere within a second, of three tries on a busy machine in one."""
    saml.idp.describe("SOAP")
    saml.idp.set()
    bystander, took = saml.new(), []
    saml.login(bystander, "rtyler")
    with concurrent.futures.ThreadPoolExecutor(1) as aside:
        while not took or (len(took) < 3 and min(took) >= 1.0):
            visitor, b = Visitor(saml.idp), saml.new()
            saml.login(b, visitor=visitor)
            assert node.lets_in(b) and node.lets_in(bystander)
            at = aside.submit(portal_logout, saml, visitor)
            took.append(ends(saml, node, b))
            assert at.result(30).endswith("/ok.png"), (
                at.result(), saml.refused(), saml.idp.said()[-999:])
    assert min(took) < 1.0, took
    assert saml.site.audit(event="plugin:logout-by-provider")
    assert node.lets_in(bystander)


# ----------------------------------------------------------------------


class KeycloakBySoap(AtKeycloak):
    """Only `gcm` is told by SOAP; `partner` waits for a browser."""

    def clients(self, certificate):
        self.lines = {}
        return {"partner": (certificate, {}), "gcm": (certificate, {
            "saml_single_logout_service_url_soap":
                self.slo.replace("/f/partner/slo", "/f/gcm/soap")})}

    def provider(self, *sp):
        idp = super().provider(*sp)
        idp.server.certify(self.site)
        return idp


@pytest.fixture(scope="module")
def keycloak(directory):
    s = KeycloakBySoap(directory)
    yield s
    s.close()


def test_its_administrator_ends_it(keycloak):
    saml, b, bystander = keycloak, keycloak.new(), keycloak.new()
    node = Node(saml.site)
    try:
        for browser, user in ((b, "alice"), (bystander, "bob")):
            action, fields = Visitor(saml.idp).sign_in(
                saml.ask(browser, "/gcm"), user, user + "pw")
            r = saml.back(browser, action, fields)
            assert r.status == 200 and user in r.text, (saml.refused(), r)
        assert node.lets_in(b, "/gcm") and node.lets_in(bystander, "/gcm")
        saml.idp.log_out("alice")
        ends(saml, node, b, "/gcm")
        assert node.lets_in(bystander, "/gcm")
    finally:
        node.close()
