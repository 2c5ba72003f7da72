# SPDX-License-Identifier: Apache-2.0
"""Real SAML identity providers for the tests, and a person at their pages.

The person's side is plain HTTP: each provider has a cookie jar and a CA of its
own, as another site has.
"""
import html
import http.cookiejar
import re
import shutil
import ssl
import urllib.parse
import urllib.request

from servers import PEERS, folder, free_port, run


def own_keys(to, name="sp"):
    """A key pair of ours, as PEM files."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes",
        "-days", "30", "-subj", "/CN=" + name, "-keyout",
        to / (name + ".key"), "-out", to / (name + ".crt"))
    (to / (name + ".key")).chmod(0o600)


def form_of(page):
    """(action, fields) of a page's first form."""
    form = re.search(r"<form[^>]*>", page)
    action = re.search(r'action="([^"]*)"', form.group(0)) if form else None
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = html.unescape(
                value.group(1) if value else "")
    return html.unescape(action.group(1)) if action else "", fields


class Visitor:
    """A person's browser at a provider; a new one is signed in nowhere."""

    class Stop(urllib.request.HTTPRedirectHandler):
        """Redirects are followed as long as they stay at the provider."""

        def __init__(self, base):
            self.base = base

        def redirect_request(self, req, fp, code, msg, headers, newurl):
            if not newurl.startswith(self.base):
                return None
            return super().redirect_request(req, fp, code, msg, headers,
                                            newurl)

    def __init__(self, idp):
        self.idp = idp
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=idp.ca)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            self.Stop(idp.base))

    def fetch(self, url, fields=None):
        """(address, text); the address is another site's when the provider
        sent the browser away."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self.opener.open(url, data, timeout=30) as r:
                return r.url, r.read().decode()
        except urllib.error.HTTPError as e:
            if e.code in (302, 303, 307):
                return e.headers["Location"], ""
            return e.url, e.read().decode()

    def sign_in(self, url, user=None, password=None, fields=None):
        """From the request's address to the form that goes back: (action,
        fields). Without a name nobody is asked for."""
        at, page = self.fetch(url, fields)
        action, names = form_of(page)
        if user and "SAMLResponse" not in names and "SAMLart" not in at:
            at, page = self.fetch(*self.idp.answer(at, action, names, user,
                                                   password))
            action, names = form_of(page)
        return (action, names) if names else (at, {})


class SimpleSamlPhp:
    def __init__(self, entity_id, acs, slo, certificate, **settings):
        self.dir = folder()
        self.port, self.back = free_port(), free_port()
        self.base = "https://127.0.0.1:%d" % self.port
        self.url = self.base + "/simplesaml/saml2/idp/"
        self.metadata = self.url + "metadata.php"
        self.entity_id = self.metadata
        self.ca = self.dir / "ca.crt"
        self.env = dict({"PORT": str(self.port), "HTTP_PORT": str(self.back),
                         "SP_ENTITY_ID": entity_id, "SP_ACS": acs,
                         "SP_SLO": slo, "SP_CERT": str(certificate)},
                        **settings)
        self.start()

    def start(self):
        run("bash", PEERS / "simplesamlphp.sh", "start", self.dir,
            env=self.env)

    def stop(self):
        run("bash", PEERS / "simplesamlphp.sh", "stop", self.dir)

    def set(self, **settings):
        self.stop()
        self.env.update(settings)
        self.start()

    def answer(self, at, action, names, user, password):
        """The login page wants its AuthState back, at the page's address."""
        return at.split("?")[0], dict(names, username=user,
                                      password=password)

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
