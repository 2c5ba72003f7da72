# SPDX-License-Identifier: Apache-2.0
"""Logins and logouts by SAML at a real LemonLDAP::NG."""
import pytest

from saml_idp import LemonLdap, Visitor, form_of
from test_away import start_logout
from test_saml import Saml

pytestmark = pytest.mark.skipif(LemonLdap.why_not() is not None,
                                reason="LemonLDAP: %s" % LemonLdap.why_not())


class AtLemonLdap(Saml):
    def provider(self, *sp, **settings):
        return LemonLdap(*sp, **settings)

    def factor(self):
        return super().factor().replace("idp: simplesamlphp",
                                        "idp: generic").replace(
            "    subject_id: name_id\n", "    name_id_format: email\n")

    def login(self, browser, user="dwho", path="/sole", visitor=None):
        visitor = visitor or Visitor(self.idp)
        action, fields = visitor.sign_in(self.ask(browser, path), user, user)
        assert action == self.acs and "SAMLResponse" in fields, (
            action, fields)
        return self.back(browser, action, fields)


@pytest.fixture(scope="module")
def saml(directory):
    s = AtLemonLdap(directory)
    yield s
    s.close()


@pytest.fixture
def b(saml):
    return saml.new()


def test_there_and_back(saml, b):
    r = saml.login(b)
    assert r.url == saml.site.url("desk", "/sole"), (saml.refused(), r)
    assert "dwho" in r.text, r
    r = saml.login(saml.new(), "rtyler", "/sole/x")
    assert r.url == saml.site.url("desk", "/sole/x") and "rtyler" in r.text


def test_leaving_here(saml, b):
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    r = start_logout(saml, b)
    url = r.page.link("Continue")
    assert url.startswith(saml.idp.base), url
    at, page = visitor.fetch(url)
    if at.startswith(saml.slo):
        r = b.go("GET", at, initiator=saml.idp.base)
    else:
        action, fields = form_of(page)
        assert action == saml.slo, (at, page[:400])
        r = b.go("POST", action, fields, initiator=saml.idp.base)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, (
        saml.refused(), r)
    assert b.once("GET", saml.site.url("desk", "/sole")).status == 302
