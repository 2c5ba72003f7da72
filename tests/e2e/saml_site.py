# SPDX-License-Identifier: Apache-2.0
"""Sites whose people log in by SAML. A test's module says by SITE which of
these classes, or which of its own, its fixture `saml` makes."""
import base64
import urllib.parse
import zlib

from browser import Browser
from saml_idp import Keycloak, SimpleSamlPhp, Visitor, by_schema, own_keys
from servers import Site, until
from state import rows
from test_away import to_provider

FACTOR = """\
  {name}:
    plugin: saml
    realm: partner
    label: {{ en: The partner }}
    idp: simplesamlphp
    metadata: {metadata}
    ca: file:{ca}
    signing_key: file:sp.key
    certificate: file:sp.crt
    subject: uid
    subject_id: name_id
"""
POLICIES = """\
  - name: sole
    match: {{ host: "{host}", under: /sole }}
    require:
      - partner
  - name: both
    match: {{ host: "{host}", under: /both }}
    require:
      - partner then phone
  - name: fresh
    match: {{ host: "{host}", under: /anew }}
    require:
      - partner
    fresh: {{ partner: 60s }}
"""
POLICY = """\
  - name: {name}
    match: {{ host: "{host}", under: /{name} }}
    require:
      - {name}
"""


class Saml:
    """A site whose factor `partner` is a SimpleSAMLphp."""

    def __init__(self, directory, more="", **settings):
        self.site = Site(directory, start=False)
        own_keys(self.site.dir)
        base = "https://%s/f/partner/" % self.site.host("login")
        self.acs, self.slo = base + "acs", base + "slo"
        self.idp = self.provider(base + "metadata", self.acs, self.slo,
                                 self.site.dir / "sp.crt", **settings)
        try:
            self.write(more)
            self.site.command("init")
            self.site.start()
            until("the metadata", self.known)
        except BaseException:
            self.close()        # nobody else would end what runs
            raise

    def provider(self, *sp, **settings):
        return SimpleSamlPhp(*sp, **settings)

    def factor(self):
        return FACTOR.format(name="partner", metadata=self.idp.metadata,
                             ca=self.idp.ca)

    def write(self, more=""):
        self.site.write(
            corp="\n    realm: corp", factors=self.factor() + more,
            policies=POLICIES.format(host=self.site.host("desk")))

    def close(self):
        self.site.close()
        self.idp.close()

    def new(self):
        return Browser(str(self.site.ca))

    def known(self):
        """The metadata was fetched: no login is told to wait."""
        try:
            return self.ask(self.new())
        except (AssertionError, ConnectionError):
            return None

    def refetch(self):
        """Reloads, until the provider's metadata were fetched anew."""
        def kept():
            return {k: v for k, v in rows(self.site).items()
                    if "partner" in k and k.endswith("metadata")}
        before = kept()
        assert before
        self.site.reload()
        until("new metadata", lambda: kept() != before)

    def ask(self, browser, path="/sole"):
        """The address at the provider that the browser is sent to."""
        return to_provider(browser, self.site.url("desk", path), self.idp_at())

    def idp_at(self):
        class At:
            url = self.idp.base
        return At

    def back(self, browser, action, fields):
        """What nobody asked for a page of ours sends on by itself."""
        r = browser.go("POST", action, fields, initiator=self.idp.base + "/")
        again = [form.action for form in r.page.forms] == [action]
        return browser.submit(r) if again else r

    def login(self, browser, user="alice", path="/sole", visitor=None):
        visitor = visitor or Visitor(self.idp)
        action, fields = visitor.sign_in(self.ask(browser, path), user,
                                         user + "pw")
        assert action == self.acs and "SAMLResponse" in fields, (
            action, fields)
        return self.back(browser, action, fields)

    def refused(self):
        """The rule of the last message that was refused."""
        events = self.site.audit(event="plugin:refused")
        return events[-1]["details"]["rule"] if events else None


def request_of(url):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    return by_schema(zlib.decompress(base64.b64decode(
        query["SAMLRequest"][0]), -15)), query


class ManyClients(Saml):
    """A factor for each of many clients of one Keycloak, so that it starts
    once; `partner` is one of them, the policy of the others is their path."""

    def clients(self, certificate):
        """Ours and the client's settings, by the factor's name."""
        raise NotImplementedError

    def provider(self, entity_id, acs, slo, certificate):
        self.named = self.clients(certificate)
        return Keycloak(*(
            tuple(u.replace("/f/partner/", "/f/%s/" % name)
                  for u in (entity_id, acs, slo)) + client
            for name, client in self.named.items()))

    def one(self, name, text):
        """The factor of that name, from what is written for all."""
        return text

    def factor(self):
        text = super().factor().replace("idp: simplesamlphp", "idp: keycloak")
        text = text.replace("    subject_id: name_id\n", "")
        return "".join(self.one(n, text.replace("  partner:", "  %s:" % n))
                       for n in self.named)

    def write(self, more=""):
        super().write(more)
        self.site.write(policies=self.site.settings["policies"] + "".join(
            POLICY.format(host=self.site.host("desk"), name=n)
            for n in self.named if n != "partner"))
