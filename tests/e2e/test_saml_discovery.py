# SPDX-License-Identifier: Apache-2.0
"""Which of several providers: by a link, by a mail domain, by buttons, by a
search, each up to a login at a real SimpleSAMLphp and a real LemonLDAP::NG
that are members of a federation. What the two know of us is what our own
metadata say."""
import urllib.parse

import pytest

from browser import Browser
from saml_idp import (
    LemonLdap, SimpleSamlPhp, Visitor, by_schema, own_keys)
from saml_site import request_of
from servers import Site, until
from test_away import to_provider
from test_saml_federation import DATA, FACTOR, Federation

pytestmark = pytest.mark.skipif(LemonLdap.why_not() is not None,
                                reason="LemonLDAP: %s" % LemonLdap.why_not())
MORE = """\
    subject: mail
    certificate: file:{data}/sp.crt
    next_certificate: file:{data}/next.crt
    send_hint: true
    sign_metadata: true
    requested_attributes: [ mail, "urn:oid:0.9.2342.19200300.100.1.3" ]
    contact: it@example.com
    organisation: Ex & ample
"""
POLICY = """\
  - name: fed
    match: {{ host: "{host}", under: /fed }}
    require:
      - partner
"""


class Member:
    """One of its providers, and somebody there."""

    def __init__(self, idp, domain, user, password):
        self.idp, self.domain = idp, domain
        self.user, self.password = user, password
        self.mail = "%s@%s" % (user, domain)
        self.name = "The " + domain

    def answer(self, url, visitor=None):
        return (visitor or Visitor(self.idp)).sign_in(
            url, self.user, self.password)


class Federated:
    """A site in the federation of two real providers and 300 others."""

    def __init__(self, directory):
        self.site = Site(directory, start=False)
        self.open = [self.site.close]
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        own_keys(self.site.dir)
        own_keys(self.site.dir, "next")
        base = "https://%s/f/partner/" % self.site.host("login")
        self.link, self.acs = base + "login", base + "acs"
        sp = (base + "metadata", self.acs, base + "slo",
              self.site.dir / "sp.crt")
        self.members = [
            Member(SimpleSamlPhp(*sp), "example.org", "alice", "alicepw"),
            Member(LemonLdap(*sp), "badwolf.org", "dwho", "dwho")]
        self.open += [m.idp.close for m in self.members]
        self.fed = Federation(300, self.told())
        self.open.append(self.fed.close)
        self.write()
        self.site.command("init")
        self.introduce()
        self.site.start()
        until("the metadata", self.page)

    def told(self):
        """(file, domain) of each provider's metadata."""
        for m in self.members:
            path = m.idp.dir / "told.xml"
            path.write_text(Visitor(m.idp).fetch(m.idp.metadata)[1])
            yield path, m.domain

    def write(self, edit=lambda text: text):
        self.site.write(
            corp="\n    realm: corp", factors=edit((FACTOR + MORE).format(
                url=self.fed.url, certificate=DATA / "idp.crt",
                ca=self.fed.dir / "ca.crt", data=self.site.dir)),
            policies=POLICY.format(host=self.site.host("desk")))

    def introduce(self):
        """To the providers: by our metadata, and by nothing else."""
        ours = self.site.dir / "ours.xml"
        told = self.site.command("saml-metadata", "partner").stdout
        by_schema(told)
        ours.write_text(told)
        for m in self.members:
            m.idp.set(SP_METADATA=str(ours))

    def page(self, browser=None):
        """Where people choose."""
        b = browser or self.new()
        r = b.get(self.site.url("desk", "/fed/deep?x=1"))
        return r if r.page.forms and "search" in r.page.form.inputs else None

    def new(self):
        return Browser(str(self.site.ca))

    def close(self):
        for end in reversed(self.open):
            end()


@pytest.fixture(scope="module")
def fed(directory):
    f = Federated(directory)
    yield f
    f.close()


@pytest.fixture(params=["SimpleSAMLphp", "LemonLDAP"])
def member(request, fed):
    return fed.members[request.param == "LemonLDAP"]


@pytest.fixture
def b(fed):
    return fed.new()


def linked(fed, b, member, **query):
    """Where the link leads, if it does to that member."""
    return to_provider(b, fed.link + "?" + urllib.parse.urlencode(query),
                       member.idp)


def named(url):
    """Whom the request is about, if it says so."""
    return request_of(url)[0].findtext("{*}Subject/{*}NameID")


def let_in(fed, b, member, url, target="/fed/deep?x=1"):
    """Signed in there, and back where they wanted to be."""
    assert url.startswith(member.idp.base), url
    action, fields = member.answer(url)
    assert action == fed.acs and "SAMLResponse" in fields, (action, fields)
    r = b.go("POST", action, fields, initiator=member.idp.base + "/")
    assert r.status == 200 and member.mail in r.text, r
    assert r.url == fed.site.url("desk", target), r


def test_by_link(fed, b, member):
    target = fed.site.url("desk", "/fed/there?y=%26")
    url = linked(fed, b, member, entityID=member.idp.entity_id,
                 target=target, isPassive="true")
    assert named(url) is None           # the link names no person
    assert request_of(url)[0].get("IsPassive") in (None, "false")
    let_in(fed, b, member, url, "/fed/there?y=%26")


def test_by_link_to_a_domain(fed, b, member):
    url = linked(fed, b, member, login_hint=member.mail,
                 target=fed.site.url("desk", "/fed/deep?x=1"))
    assert named(url) == member.mail
    let_in(fed, b, member, url)


def test_by_link_to_the_login_page(fed, b, member):
    """As other factors are linked to: `with` and `hint`."""
    url = to_provider(b, fed.site.url("login", "/login?") +
                      urllib.parse.urlencode({
                          "with": "partner", "hint": member.idp.entity_id}),
                      member.idp)
    action, fields = member.answer(url)
    r = b.go("POST", action, fields, initiator=member.idp.base + "/")
    assert r.status == 200, r
    r = b.get(fed.site.url("desk", "/fed"))
    assert r.status == 200 and member.mail in r.text, r


def pressed(b, page, fields, button=None):
    """Where the page leads then."""
    url, values = b.filled(page, fields, button)
    return b.once("POST", url, values, initiator=page.url).page.link(
        "Continue")


def test_by_mail_address_on_the_page(fed, b, member):
    url = pressed(b, fed.page(b), {"search": member.mail})
    assert named(url) == member.mail
    let_in(fed, b, member, url)


def test_by_search(fed, b, member):
    r = b.submit(fed.page(b), {"search": member.domain})
    url = pressed(b, r, {}, member.name)
    assert named(url) is None
    let_in(fed, b, member, url)


def test_by_button(fed, b, member):
    """Two to choose from: no search is needed."""
    whole = fed.fed.make(0, fed.told())
    fed.site.reload()
    try:
        def chosen():
            r = b.get(fed.site.url("desk", "/fed/deep?x=1"))
            names = [x["text"] for x in r.page.form.buttons] \
                if r.page.forms else []
            return r if [m.name for m in fed.members
                         if m.name in names] == [
                             m.name for m in fed.members] else None
        let_in(fed, b, member, pressed(
            b, until("the metadata", chosen), {}, member.name))
    finally:
        fed.fed.serve(whole)
        fed.site.reload()
        until("the metadata", fed.page)


def test_links_lead_nowhere_else(fed, b):
    """An unknown provider is a page to choose on; a strange target is none."""
    at = fed.site.url("desk", "/fed/deep?x=1")
    r = b.get(fed.link + "?" + urllib.parse.urlencode({
        "entityID": "https://evil.example/", "target": at}))
    assert r.url.startswith(fed.site.url("login")) and \
        "search" in r.page.form.inputs, r
    for target in ("https://evil.example/", "http://" + at[8:],
                   "//evil.example/", "javascript:x"):
        r = b.once("GET", fed.link + "?" + urllib.parse.urlencode({
            "entityID": fed.members[0].idp.entity_id, "target": target}))
        assert r.status in (400, 500) and not r.header("location"), r
    r = b.once("GET", fed.link + "?login_hint=a%00b")
    assert r.status == 400, r


def test_each_names_its_own_people(fed, b):
    """The other's domain is not its to name."""
    ssp, lemon = fed.members
    whole = fed.fed.make(0, zip((path for path, _ in fed.told()),
                                (lemon.domain, ssp.domain)))
    fed.site.reload()
    try:
        def swapped():
            try:
                return linked(fed, b, ssp, login_hint="x@" + lemon.domain)
            except (AssertionError, OSError):   # still at the other one
                return None
        action, fields = ssp.answer(until("the metadata", swapped))
        r = b.go("POST", action, fields, initiator=ssp.idp.base + "/")
        assert r.status == 403, r
        assert fed.site.audit(event="plugin:refused")[-1]["details"][
            "rule"] == "scope"
    finally:
        fed.fed.serve(whole)
        fed.site.reload()
        until("the metadata", fed.page)


def test_one_by_a_query_service(fed, b):
    """MDQ: the one of the configuration is asked for, and it alone."""
    ssp = fed.members[0]
    fed.fed.answer_for(ssp.idp.entity_id, next(fed.told()))
    fed.write(lambda text: text.replace(
        "metadata: %s/all.xml" % fed.fed.url,
        "metadata_query: %s/\n    idp_entity_id: %s" % (
            fed.fed.url, ssp.idp.entity_id)))
    assert "error" not in fed.site.reload()
    try:
        def asked():
            try:
                return to_provider(b, fed.site.url("desk", "/fed/deep?x=1"),
                                   ssp.idp)
            except AssertionError:
                return None
        let_in(fed, b, ssp, until("the metadata", asked))
    finally:
        fed.write()
        fed.site.reload()
        until("the metadata", fed.page)


def test_our_own_key_rolls_over(fed, b):
    """To the one that our metadata told ahead: nobody there need know."""
    own = fed.site.dir
    for name in ("sp.key", "sp.crt"):
        (own / name.replace("sp", "next")).rename(own / name)
    own_keys(own, "next")
    fed.site.reload()
    until("the metadata", fed.page)
    for member in fed.members:
        let_in(fed, b, member, linked(
            fed, b, member, entityID=member.idp.entity_id,
            target=fed.site.url("desk", "/fed/deep?x=1")))
        b = fed.new()
