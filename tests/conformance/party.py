# SPDX-License-Identifier: Apache-2.0
"""The relying party of a conformance run: countersignd, nginx, an application
and a browser, for one module of the suite."""
import base64
import hashlib
import html
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from oidc import SECRET, OidcSite, Visitor, pem_key  # noqa: E402
from servers import HERE as E2E, Process  # noqa: E402

CLIENT = "countersign"
OVER = ("FINISHED", "INTERRUPTED")      # of a module, as the suite says it
NOBODYS = (22, 23, 24)  # pages for an answer to no login of this browser


class Outcome:
    """What became of a module here: in words, and whether a person got in.
    Out for a reason that the audit log has is a refusal; else it is an
    accident, which proves nothing."""

    def __init__(self, words, inside=False, refused=False):
        self.words, self.inside, self.refused = words, inside, refused


class Again(Exception):
    """What the suite drew by lot this time cannot be answered."""


def said_by_script(text, name):
    """A string of a page's script, as the script has it."""
    raw = html.unescape(re.search(name + " *= *'([^']*)'", text).group(1))
    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\(.)", lambda m: chr(
        int(m[1], 16)) if m[1] else m[2], raw)


def as_browsers_ask(url):
    """What they escape in a query; the rest they leave as it stands."""
    return re.sub(r"[ \"<>']", lambda m: "%%%02X" % ord(m[0]), url)


def is_no_form(url):
    """Whether the query of an address is one that no server can read."""
    query = urllib.parse.urlsplit(url).query
    return bool(re.search("%(?![0-9A-Fa-f]{2})|^[=&]|&(=|&|$)", query))


class Party:
    """A site with one factor, whose address and key are those of its plan."""

    def __init__(self, plan, issuer, ca, known=None):
        lines = dict({
            "issuer": issuer, "client_id": CLIENT, "skew": "10s",
            "client_secret": "file:client.secret"}, **plan["factor"])
        if ca:
            lines["ca"] = "file:%s" % ca
        self.site = OidcSite({"rp": "\n".join(
            "%s: %s" % (k, v) for k, v in lines.items() if v != "")},
            start=False, realms="session: { groups_max_age: 1m }\n")
        self.plan, self.ca, self.issuer = plan, ca, issuer
        self.site.secret("client.secret", SECRET)
        if known:       # registered once: the same address and keys each time
            self.site.port, files = known
            self.site.write()
            for name, text in files.items():
                self.site.secret(name, text.strip())
        elif plan.get("keys"):
            pem_key(self.site.dir / "client.key", "EC",
                    "ec_paramgen_curve:P-256")
            self.certify()

    def certify(self):
        """A certificate of its own, for what is bound to one."""
        key = self.site.dir / "client.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-new", "-key", key, "-days", "30",
             "-subj", "/CN=countersign", "-out", key.with_suffix(".crt")],
            check=True, stderr=subprocess.DEVNULL)

    def known(self):
        """What the suite is told of us, for the parties that follow."""
        files = [self.site.dir / name for name in ("client.key",
                                                   "client.crt")]
        return self.site.port, {f.name: f.read_text() for f in files
                                if f.exists()}

    def jwks(self):
        """Our public key, as our own address would publish it."""
        said = subprocess.run(
            ["openssl", "ec", "-in", str(self.site.dir / "client.key"),
             "-pubout", "-outform", "DER"], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

        def b64(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        key = {"crv": "P-256", "kty": "EC", "x": b64(said[-64:-32]),
               "y": b64(said[-32:])}
        kid = b64(hashlib.sha256(json.dumps(
            key, separators=(",", ":"), sort_keys=True).encode()).digest())
        return {"keys": [dict(key, kid=kid, use="sig", alg="ES256")]}

    def configuration(self, alias):
        """What the suite is told of us. The addresses of a logout that is not
        this plan's are left out: it would send all kinds at once."""
        at = self.site.url("login", "/f/rp/")
        client = {"client_id": CLIENT, "client_secret": SECRET,
                  "redirect_uri": at + "callback"}
        for name, value in self.plan.get("client", {}).items():
            client[name] = value.replace("AT/", at) \
                if isinstance(value, str) else value
        if self.plan.get("keys"):
            client["jwks"] = self.jwks()
            client["certificate"] = self.known()[1]["client.crt"]
        return {"alias": alias, "description": "Countersign",
                "waitTimeoutSeconds": self.plan.get("wait", 5),
                "client": client}

    def register(self, suite):
        """What an administrator does at a provider that has a form for it:
        a party of the suite's static kind never reaches a first request in
        the module of a login from elsewhere (its release 5.2.4 says "Illegal
        test state change: CREATED -> RUNNING" to itself)."""
        client = self.configuration("")["client"]
        suite.ask("GET", self.issuer + ".well-known/openid-configuration")
        made = suite.ask("POST", self.issuer + "register", json.dumps({
            "client_name": "Countersign",
            "redirect_uris": [client["redirect_uri"]],
            "initiate_login_uri": client["initiate_login_uri"],
            "response_types": ["code"], "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_basic"}).encode())
        self.site.factors["rp"] = re.sub(
            "(?m)^client_id: .*", lambda _: "client_id: " + json.dumps(
                made["client_id"]), self.site.factors["rp"])
        self.site.secret("client.secret", made["client_secret"])
        self.site.write()

    def visitor(self):
        v = Visitor(self.site, None)
        if self.ca:
            v.browser.tls.load_verify_locations(self.ca)
        return v

    def start(self):
        """The daemon last: the suite's clock runs from its first request."""
        self.site.command("init")
        self.site.app = Process(self.site.dir / "app.log", "/usr/bin/python3",
                                E2E / "app.py", self.site.dir / "run/app.sock")
        self.site.start_nginx()
        self.site.start_daemon()

    def why(self):
        """The last refusal in the audit log, in its own word, or ''; that
        nobody answered is none."""
        events = self.site.audit(event="plugin:refused")
        why = events[-1]["details"]["why"] if events else ""
        return "" if why.endswith("-unreachable") else why

    def outcome(self, r):
        """Of the page that a login has ended on."""
        inside = r.status == 200 and r.page.screen == 0 and \
            r.url.startswith(self.site.url("desk"))
        why = self.why()
        if inside:
            return Outcome("let in", True)
        if r.page.screen == 11 and self.plan.get("initiate"):
            # it names no page to go on to: the site's own asks for a code
            return Outcome("let in, to the next factor", True)
        if why:
            return Outcome(why, refused=True)
        if r.page.screen in NOBODYS:
            return Outcome("page %d: %s" % (r.page.screen,
                                            r.page.h1.strip()), refused=True)
        return Outcome("ended at %.60s with %d" % (r.url, r.status))

    # -- what a person does ---------------------------------------------

    def onward(self, v, r):
        """Past pages that submit themselves (form_post)."""
        for _ in range(3):
            if r.page.screen != 0 or not r.page.forms:
                break
            r = v.browser.submit(r)
        return r

    def login(self, suite, test):
        v = self.visitor()
        url = self.site.url("desk", "/rp")
        if self.plan.get("initiate"):
            url = suite.sends_to(test)
        r = self.onward(v, v.begin(url))
        outcome = self.outcome(r)
        if outcome.inside and self.plan.get("stay"):
            return self.stay(suite, test, v, r)
        if outcome.inside and self.plan.get("logout"):
            return self.logout(v)
        if outcome.inside and self.plan.get("resource"):
            return self.resource(suite, test)
        return outcome

    def resource(self, suite, test):
        """A module of FAPI ends once its resource has been read, and we read
        no other than userinfo: so once more, with the one for the other.
        All is well until there, and the answer is nobody."""
        url = suite.call("GET", "runner/" + test)["exposed"][
            "accounts_endpoint"]
        self.site.factors["rp"] += "\nuserinfo_endpoint: " + url
        self.site.write()
        self.site.reload()
        v = self.visitor()
        r = v.begin(self.site.url("desk", "/rp"))
        why = self.why()
        return Outcome("let in; the resource: " + why, why == "sub-missing") \
            if r.page.screen else Outcome("the resource let us in")

    def stay(self, suite, test, v, r):
        """Works on, until the session has been renewed or ended."""
        end = time.monotonic() + self.plan["stay"]
        while time.monotonic() < end and r.status == 200 and \
                suite.state(test) not in OVER:
            time.sleep(1)
            r = v.browser.once("GET", r.url)
        time.sleep(3)           # what has been refused ends the session
        if v.browser.once("GET", r.url).status == 200:
            return Outcome("let in, renewed", True)
        return Outcome(self.why() or "the session ended",
                       refused=bool(self.why()))

    def logout(self, v):
        """Ended here, there, and back here; the provider's message to our
        own address has a word of its own in the audit log."""
        desk = self.site.url("desk", "/rp")
        r = v.browser.submit(v.browser.get(self.site.url("login", "/logout")))
        if v.browser.once("GET", desk).status != 302:
            return Outcome("the session goes on after a logout", True)
        if r.page.screen == 4:
            r = v.browser.click(r, "Continue")
        framed = "var iframe" in r.text
        if framed:
            r = self.frame(v, r)
        if r.page.screen != 29:
            return Outcome("the logout ended at %.60s with %d" % (
                r.url, r.status))
        if self.why():
            return Outcome("logged out; the token: " + self.why(),
                           refused=True)
        return Outcome("logged out" + (" by a frame" if framed else ""),
                       True)

    def frame(self, v, r):
        """The suite's page with a frame, as its script would go on."""
        frame, loaded, back = (as_browsers_ask(said_by_script(r.text, of))
                               for of in ("iframe.src", "let url",
                                          "location.href"))
        inner = v.new_browser().once("GET", frame, initiator=r.url,
                                     mode="navigate", site="cross-site")
        if inner.status == 400 and is_no_form(frame):
            raise Again("the suite's address is malformed: " + frame)
        allowed = inner.header("content-security-policy")
        origin = "https://" + urllib.parse.urlsplit(r.url).netloc
        if inner.status != 200 or inner.header("x-frame-options") or \
                origin not in allowed:
            return inner
        v.browser.once("GET", loaded + "?loaded=true", initiator=r.url,
                       mode="cors")
        return v.browser.get(back, initiator=r.url)

    def look(self, suite, test):
        """Metadata and keys are enough: the suite ends with them, so the
        way to the provider is asked for and not taken."""
        suite.wait(test, OVER, 30)
        time.sleep(2)           # the keys follow the metadata
        r = self.leads()
        if r.startswith(self.issuer + "authorize?"):
            return Outcome("knows the way", True)
        return Outcome("leads to %.60s" % r)

    def leads(self):
        """The first address of another host, or that of a page of ours."""
        v, url = self.visitor(), self.site.url("desk", "/rp")
        for _ in range(6):
            r = v.browser.once("GET", url)
            if r.page.screen == 4 and r.page.links:
                return r.page.link("Continue")
            if r.status not in (302, 303, 307):
                return url
            url = urllib.parse.urljoin(url, r.header("location"))
            if url.startswith(self.issuer):
                break
        return url

    def mismatch(self):
        """Nothing of a provider with another name is used. Ended at once,
        since each further look at its metadata comes after the suite's end."""
        end = time.monotonic() + 20
        while "refused: " not in self.site.daemon.said() and \
                time.monotonic() < end:
            time.sleep(0.1)
        r = self.leads()
        self.site.daemon.stop()
        said = re.findall(r"refused: (.*)", self.site.daemon.said())
        if r.startswith(self.issuer) or not said:
            return Outcome("leads to %.60s" % r, True)
        return Outcome(said[0][:70], refused=True)

    def close(self):
        self.site.close()
