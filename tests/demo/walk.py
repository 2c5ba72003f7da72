#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""walk.py CA PORT PARTNER_CA IDP_CA - the demo, walked without a person

PARTNER_CA is empty where the demo does without the partner. Says each step in
a line. A surprise ends it with status 1, what was expected
and what came.
"""
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from browser import Browser  # noqa: E402
from saml_idp import SimpleSamlPhp, Visitor  # noqa: E402

CA, PORT, PARTNER_CA, IDP_CA = sys.argv[1:5]
LOGIN, WIKI, DESK = ("https://%s.demo.localhost:%s/" % (n, PORT)
                     for n in ("login", "wiki", "desk"))


class Surprise(Exception):
    pass


def step(text):
    print("  " + text, flush=True)


def expect(what, good, response):
    if not good:
        raise Surprise("expected: %s\ncame: %s %d %s\n%s" % (
            what, response.url, response.status,
            response.header("location"), response.page.text[:800]))


def told(response, part):
    """What the application was told about the person."""
    m = re.search(r'<dd id="%s">([^<]*)</dd>' % part, response.text)
    return m.group(1) if m else ""


def oathtool(secret, at):
    return subprocess.run(
        ["oathtool", "--totp", "-b", "-N", "@%d" % at, secret], check=True,
        stdout=subprocess.PIPE, text=True).stdout.strip()


def settled():
    """The present half minute, with time left in it for a request."""
    if time.time() % 30 > 26:
        step("(waiting for the next half minute)")
        time.sleep(30 - time.time() % 30)
    return time.time()


def wrong_code(secret):
    now = int(time.time())
    right = {oathtool(secret, now + 30 * i) for i in range(-4, 5)}
    return next(c for c in ("%06d" % i for i in range(99)) if c not in right)


def log_in(browser, url, name, password):
    r = browser.get(url)
    if r.page.screen == 1:      # the wiki may have two ways in
        r = browser.click(r, "Company password")
    expect("the page that asks for name and password", r.status == 200 and
           r.page.screen == 2 and r.url.startswith(LOGIN), r)
    return browser.submit(r, {"username": name, "password": password})


def first_login(browser):
    r = log_in(browser, WIKI, "mary", "not-her-password")
    expect("the same page, saying that it is not right",
           r.page.screen == 2 and "alert" in r.page.roles, r)
    step("a wrong password is refused in words")
    r = log_in(browser, WIKI, "mary", "garden-gate-7")
    expect("the page that sets up an authenticator app",
           r.page.screen == 11 and len(r.page.key) >= 26, r)
    step("the right one leads to the set-up of an authenticator app")
    secret = r.page.key
    r = browser.submit(r, {"code": wrong_code(secret)})
    expect("the same key after a wrong code", r.page.screen == 11 and
           r.page.key == secret and "alert" in r.page.roles, r)
    step("a wrong code is refused, and the key on the page stays the same")
    # the code of the half minute before: the present one is for later
    r = browser.submit(r, {"code": oathtool(secret, settled() - 30)})
    expect("the wiki greets Mary Major", r.url == WIKI and
           "hello, Mary Major" in r.text, r)
    expect("her groups in the wiki", told(r, "groups").split(", ") ==
           ["company", "helpdesk"], r)
    expect("no cookie of ours in the wiki", told(r, "cookies") == "-", r)
    step("the right code: the wiki greets her by name: %s, groups %s" % (
        told(r, "user"), told(r, "groups")))
    return secret


def second_application(browser):
    r = browser.get(DESK)
    expect("the help desk greets Mary Major without asking anything",
           r.url == DESK and "hello, Mary Major" in r.text, r)
    step("the second application greets her without a new login")


def log_out(browser):
    r = browser.click(browser.get(WIKI), "Log out")
    expect("the page that says that she is logged out",
           r.page.screen == 29 and r.status == 200, r)
    r = browser.get(WIKI)
    expect("a login page at the wiki", r.page.screen ==
           (1 if PARTNER_CA else 2), r)
    r = browser.get(DESK)
    expect("a login page at the help desk", r.page.screen == 2, r)
    step("logged out: both applications ask for a login again")


def again_with_a_code(browser, secret):
    r = log_in(browser, DESK, "mary", "garden-gate-7")
    expect("the page that asks for a code", r.page.screen == 6, r)
    code = oathtool(secret, settled())
    r = browser.submit(r, {"code": code})
    expect("the help desk greets Mary Major", r.url == DESK and
           "hello, Mary Major" in r.text, r)
    step("logged in again with a code")
    return code


def replayed(code):
    other = Browser(CA)
    r = log_in(other, WIKI, "mary", "garden-gate-7")
    expect("the page that asks for a code", r.page.screen == 6, r)
    r = other.submit(r, {"code": code})
    expect("the page that says that the code was used before",
           r.page.screen == 6 and "already been used" in r.page.text, r)
    r = other.once("GET", WIKI)
    expect("no session in that browser", r.status == 302, r)
    step("the same code in another browser is refused")


def at_the_partner(browser, r):
    """The provider's pages: a name with any password, then consent."""
    for _ in range(4):
        fields = {n for f in r.page.forms for n, _ in f.fields}
        if r.page.screen != 0 or not fields:
            return r
        r = browser.submit(r, {"login": "mary", "password": "any"}
                           if "login" in fields else ())
    return r


def by_the_partner(secret, last):
    browser = Browser(CA)
    browser.tls.load_verify_locations(PARTNER_CA)
    r = browser.click(browser.get(WIKI), "Partner account")
    while r.page.screen == 5:   # its metadata are on their way
        time.sleep(0.5)
        r = browser.submit(r)
    if r.page.screen == 4:
        r = browser.click(r, "Continue")
    expect("the provider's login page", r.page.screen == 0 and
           "/interaction/" in r.url, r)
    r = at_the_partner(browser, r)
    expect("the page that asks for a code, after the supplier's login",
           r.page.screen == 6 and r.url.startswith(LOGIN), r)
    while oathtool(secret, settled()) == last:
        time.sleep(1)
    r = browser.submit(r, {"code": oathtool(secret, settled())})
    expect("the wiki greets Mary Major", r.url == WIKI and
           "hello, Mary Major" in r.text, r)
    expect("her groups are the company's", "company" in
           told(r, "groups").split(", "), r)
    step("a second way in: her account at an OpenID provider, then the code")


def not_allowed(browser):
    r = log_in(browser, DESK, "jorge", "silver-lake-9")
    expect("the page that sets up an authenticator app",
           r.page.screen == 11, r)
    r = browser.submit(r, {"code": oathtool(r.page.key, settled())})
    expect("a page that says no to jorge, with a reference",
           r.status == 403 and r.page.screen == 19 and r.page.reference, r)
    step("jorge is not of the help desk: refused, reference " +
         r.page.reference)


class Supplier:
    """The other company's identity provider, as a visitor sees it."""

    ca, answer = IDP_CA, SimpleSamlPhp.answer

    def __init__(self, url):
        self.base = "/".join(url.split("/")[:3])


def of_another_company(browser):
    """Until the supplier's metadata is there the login is told to wait."""
    url = WIKI + "suppliers"
    for _ in range(60):
        r = browser.once("GET", url)
        while r.status in (302, 303) and "/saml2/" not in \
                r.header("location"):
            r = browser.once("GET", urllib.parse.urljoin(
                r.url, r.header("location")))
        if r.status in (302, 303):
            break
        time.sleep(0.5)
    expect("a redirect to the supplier's identity provider",
           r.status in (302, 303), r)
    at = r.header("location")
    supplier = Supplier(at)
    action, fields = Visitor(supplier).sign_in(at, "alice", "alicepw")
    r = browser.go("POST", action, fields, initiator=supplier.base)
    expect("the page that sets up an authenticator app",
           r.page.screen == 11, r)
    r = browser.submit(r, {"code": oathtool(r.page.key, settled())})
    expect("the wiki greets alice", r.url == url and "alice" in r.text, r)
    step("alice of another company came in by SAML, then by a code")


def main():
    browser = Browser(CA)
    secret = first_login(browser)
    second_application(browser)
    log_out(browser)
    code = again_with_a_code(browser, secret)
    replayed(code)
    if PARTNER_CA:
        by_the_partner(secret, code)
    else:
        step("(without the partner, as DEMO_PARTNER=no has it)")
    not_allowed(Browser(CA))
    of_another_company(Browser(CA))


try:
    main()
except (Surprise, AssertionError, OSError,
        subprocess.CalledProcessError) as e:
    sys.exit("A surprise.\n%s: %s" % (type(e).__name__, e))
