# SPDX-License-Identifier: Apache-2.0
"""One browser, two addresses: application and login see it in different
networks (dual stack, split DNS, a VPN for one of them). Its policy is the one
of the application's request, and it is never sent around in circles."""
import pytest

from browser import Browser

LAN, HOME = "127.0.0.2", "127.0.0.1"
POLICIES = """
  - match: {{ host: "{desk}", under: /less, network: lan }}
    require: [ corp ]
  - match: {{ host: "{desk}", under: /less }}
    require: [ corp then phone ]
  - match: {{ host: "{desk}", under: /more, network: lan }}
    require: [ corp then phone ]
  - match: {{ host: "{desk}", under: /more }}
    require: [ corp ]
  - match: {{ host: "{desk}", under: /lan }}
    require: [ corp then phone where network lan ]
"""


class DualStack(Browser):
    """Another source address at the login's host than elsewhere."""

    def connect(self, netloc, timeout=40):
        self.source = self.at_login if netloc.startswith("login.") else \
            self.at_app
        return super().connect(netloc, timeout)


@pytest.fixture(scope="module")
def site(directory):
    from servers import Site
    s = Site(directory, start=False)
    s.write(lambda t: t.replace(
        "networks:\n", "networks:\n  lan: %s\n" % LAN).replace(
        "policies:\n", "policies:\n" + POLICIES.format(desk=s.host("desk")),
        1))
    s.command("init")
    s.start()
    yield s
    s.close()


@pytest.fixture
def enrolled(site, somebody):
    p = somebody(site)
    p.login()
    return p


def from_two(person, at_app, at_login):
    b = DualStack(str(person.site.ca))
    b.at_app, b.at_login = at_app, at_login
    return b


@pytest.mark.parametrize("path,at_app,at_login,code", [
    ("/less", LAN, HOME, False), ("/less", HOME, LAN, True),
    ("/more", LAN, HOME, True), ("/more", HOME, LAN, False),
    ("/less", LAN, LAN, False), ("/more", LAN, LAN, True)])
def test_policy_of_the_application(site, enrolled, path, at_app, at_login,
                                   code):
    b = from_two(enrolled, at_app, at_login)
    url = site.url("desk", path + "/x?y=1")
    r = enrolled.type_password(enrolled.ask(url, b), browser=b)
    assert (r.page.screen == 6) == code, r
    if code:
        r = enrolled.type_code(r, browser=b)
    assert r.status == 200 and r.url == url, r
    # and again, with nothing asked; the session is as good as it says
    assert b.get(url).url == url
    # what the other address asks for is asked there
    b.at_app = LAN if at_app == HOME else HOME
    r = b.get(url)
    if r.page.screen in (6, 17):
        r = enrolled.type_code(r, browser=b)
    assert r.status == 200 and r.url == url, r


def test_network_of_one_only(site, enrolled):
    """A guard that holds at one of the two: refused, and told why."""
    for lang, words in (("en", "different networks"),
                        ("ja", "別々のネットワーク")):
        b = from_two(enrolled, LAN, HOME)
        b.language = lang
        url = site.url("desk", "/lan/x")
        r = enrolled.type_password(enrolled.ask(url, b), browser=b)
        if r.page.screen in (6, 17):
            r = enrolled.type_code(r, browser=b)
        assert r.status == 403 and words in r.page.text, r
        assert r.page.reference and url in r.text, r
        assert site.audit(reference=r.page.reference)
    b.at_login = LAN
    r = enrolled.type_password(enrolled.ask(url, b), browser=b)
    if r.page.screen in (6, 17):
        r = enrolled.type_code(r, browser=b)
    assert r.status == 200 and r.url == url, r
