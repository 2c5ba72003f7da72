# SPDX-License-Identifier: Apache-2.0
"""A company whose people log in at an OpenID provider.

OpenIdProvider is the real one of tests/peers; an OidcSite has a factor for
each of its clients: `desk/NAME` asks for factor NAME, `wiki` for the first one
and then a code, `notes` for the first one alone.
"""
import json
import re
import shutil
import urllib.parse

from browser import Browser
from servers import (BUILD, PEERS, PLACES, WORDS, Device, Process, Site,
                     folder, free_port, run, until)

SECRET = "a-very-long-client-secret-0123456789"

CONFIGURATION = PLACES + WORDS + """\
groups:
  staff: {{ people: staff }}
{realms}
factors:
{factors}
  phone:
    plugin: totp
    label: {{ en: Authenticator app, ja: 認証アプリ }}
    issuer: Example
    window: 2
enrol:
  phone: {{ first_login: true }}
throttle: {{ per_person: 20, per_source: 10000 }}
audit: {{ file: {dir}/audit.json }}
policies:
  - name: open
    match: {{ host: "{open}" }}
    public: true
  - name: wiki
    match: {{ host: "{wiki}" }}
    require:
      - {first} then phone
  - name: notes
    match: {{ host: "{notes}" }}
    require:
      - {first}
{policies}
"""


class OpenIdProvider:
    """tests/peers/oidc-provider.sh, with clients of a test's own."""

    def __init__(self, site_ca=None, **settings):
        self.dir = folder()
        self.port = free_port()
        self.issuer = "https://127.0.0.1:%d" % self.port
        self.settings = dict({"issuer": self.issuer, "clients": []},
                             **settings)
        self.node, self.modules = run(
            "bash", PEERS / "oidc-provider.sh", "install", seconds=600,
            ).stdout.split()
        run("bash", "-c", '. "$1/common.sh"; ca_make "$2"; cert_make "$2" '
            'server /CN=op "subjectAltName=IP:127.0.0.1\n'
            'extendedKeyUsage=serverAuth"', "bash", PEERS, self.dir)
        self.ca = self.dir / "ca.crt"
        self.process = None

    def client(self, name, redirect, **more):
        base = redirect.rsplit("/", 1)[0]
        client = dict({
            "client_id": name, "client_secret": SECRET,
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "redirect_uris": [redirect],
            "post_logout_redirect_uris": [base + "/logged-out"],
            "backchannel_logout_uri": base + "/backchannel-logout",
            "backchannel_logout_session_required": True}, **more)
        self.settings["clients"].append(
            {k: v for k, v in client.items() if v is not None})

    def write(self):
        (self.dir / "settings.json").write_text(json.dumps(self.settings))

    def start(self):
        self.write()
        program = self.modules + "/provider.mjs"
        shutil.copy2(PEERS / "oidc-provider/provider.mjs", program)
        self.process = Process(self.dir / "op.log", self.node, program,
                               self.dir / "settings.json",
                               env={"NODE_NO_WARNINGS": "1"})
        until("the provider answers\n" + self.process.said(), self.answers)

    def answers(self):
        assert self.process.alive(), self.process.said()
        r = run("curl", "-sS", "-o", "/dev/null", "--max-time", "5",
                "--cacert", self.ca,
                self.issuer + "/.well-known/openid-configuration",
                check=False)
        return r.returncode == 0

    def stop(self):
        self.process.stop()
        self.process = None

    def requests(self, path):
        """How often this path was asked for."""
        return len(re.findall(r"^[A-Z]+ %s$" % re.escape(path),
                              (self.dir / "op.log").read_text(), re.M))

    def said(self):
        return (self.dir / "op.log").read_text()

    def close(self):
        if self.process is not None:
            self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class NoDirectory:
    """The base class asks for a directory; here is none."""
    tls_port, ca = 0, ""


class OidcSite(Site):
    TEXT = CONFIGURATION
    ways = {}           # of a factor's policy, instead of the factor alone

    def __init__(self, factors, realm="people", realms="", start=True):
        """factors: {name: YAML lines}, each without its indentation."""
        self.factors, self.realm = factors, realm
        self.realms = realms
        super().__init__(NoDirectory(), start=start)

    def write(self, edit=None, **settings):
        names = list(self.factors)
        factors = "".join(
            "  %s:\n    plugin: oidc\n    realm: %s\n%s" % (
                name, self.realm, "".join(
                    "    %s\n" % line for line in text.strip().split("\n")))
            for name, text in self.factors.items())
        policies = "".join(
            "  - name: desk-%s\n    match: { host: \"%s\", under: /%s }\n"
            "    require: [ %s ]\n" % (
                name, self.host("desk"), name, self.ways.get(name, name))
            for name in names)
        self.settings.update(factors=factors, policies=policies,
                             first=names[0], realms=self.realms)
        super().write(edit, **settings)

    def secret(self, name, text):
        (self.dir / name).write_text(text + "\n")
        (self.dir / name).chmod(0o600)

    def callback(self, name):
        return self.url("login", "/f/%s/callback" % name)


def options(op, client, **more):
    """The usual lines of a factor; others as keywords, "" leaves one out."""
    lines = {"issuer": op.issuer, "ca": "file:%s" % op.ca,
             "client_id": client, "client_secret": "file:client.secret",
             "scope": "[profile, email, groups]"}
    lines.update(more)
    return "\n".join("%s: %s" % (k, v) for k, v in lines.items() if v != "")


class Visitor:
    """A browser, and a name at the provider."""

    def __init__(self, site, provider, name="alice", **browser):
        self.site, self.provider, self.name = site, provider, name
        self.browser = self.new_browser(**browser)
        self.device = None

    def new_browser(self, **more):
        b = Browser(str(self.site.ca), **more)
        if self.provider is not None:
            b.tls.load_verify_locations(str(self.provider.ca))
        return b

    def at_provider(self, r):
        return self.provider is not None and \
            r.url.startswith(self.provider.issuer + "/")

    def through(self, r, name=None, browser=None):
        """The provider's pages, one after the other, until it has sent the
        browser back."""
        b = browser or self.browser
        for _ in range(6):
            if not self.at_provider(r):
                return r
            forms = [f for f in r.page.forms if f.action]
            assert len(forms) == 1, r
            fields = {n for n, _ in forms[0].fields}
            if "login" in fields:
                r = b.submit(r, {"login": name or self.name,
                                 "password": "any"})
            else:
                r = b.submit(r)
        raise AssertionError("the provider asks and asks: %r" % r)

    def begin(self, url, browser=None):
        """The first page that is not one of waiting."""
        b = browser or self.browser
        r = [b.get(url)]

        def waited():
            if r[0].page.screen == 5:
                r[0] = b.submit(r[0])
            return r[0].page.screen != 5
        until("the way to the provider is known", waited)
        return self.onward(r[0], b)

    @staticmethod
    def onward(r, browser):
        """Past a page that leads on to the provider: what a browser does by
        itself."""
        if r.page.screen != 4:
            return r
        if r.page.forms:
            return browser.submit(r)
        return browser.click(r, "Continue")

    def login(self, url, name=None, browser=None):
        b = browser or self.browser
        return self.through(self.begin(url, b), name, b)

    def enrol(self, r):
        assert r.page.screen == 11, r
        self.device = Device(r.page.key)
        return self.browser.submit(r, {"code": self.device.code()})


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def pem_key(path, *kind):
    """A private key in PEM: pem_key(p, "EC", "ec_paramgen_curve:P-256")."""
    argv = ["openssl", "genpkey", "-algorithm", kind[0], "-out", path]
    for option in kind[1:]:
        argv += ["-pkeyopt", option]
    run(*argv)
    path.chmod(0o600)
    return path


__all__ = ["BUILD", "OidcSite", "OpenIdProvider", "SECRET", "Visitor",
           "options", "pem_key", "query"]
