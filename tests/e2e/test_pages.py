# SPDX-License-Identifier: Apache-2.0
"""A real browser: Chromium at a desk and on a phone, in both languages.

Each page of the walk is judged (one heading, labels, focus, width, nothing in
the console) and kept as a picture in $CSN_SCREENSHOTS, else below the build.
"""
import base64
import hashlib
import os
import pathlib
import shutil
import tempfile

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from people import Person
from servers import BUILD, Device, until

SHOTS = pathlib.Path(os.environ.get("CSN_SCREENSHOTS",
                                    BUILD / "tests/screenshots"))
SIZES = {"desk": (1280, 900), "phone": (375, 740), "slim": (360, 740),
         "narrow": (320, 640)}
WORDS = {
    "en": {"log_in": "Log in", "wrong": "not right",
           "out": "You are logged out"},
    "ja": {"log_in": "ログイン", "wrong": "違う", "out": "ログアウトしました"},
}
JUDGE = """
const d = document, out = [];
const all = s => [...d.querySelectorAll(s)];
if (all('h1').length !== 1) out.push('headings: ' + all('h1').length);
if (!d.documentElement.lang) out.push('no language');
if (!d.title) out.push('no title');
for (const i of all('input:not([type=hidden]), select'))
  if (!i.labels || i.labels.length === 0) out.push('no label: ' + i.name);
for (const e of all('a, button, input:not([type=hidden])')) {
  const r = e.getBoundingClientRect();
  if (r.width > 0 && r.height > 0 && r.height < 24 &&
      getComputedStyle(e).display !== 'inline')
    out.push('small: ' + e.outerHTML.slice(0, 80) + ' ' + r.height);
  if (r.right > innerWidth + 1) out.push('wide: ' +
      e.outerHTML.slice(0, 80));
}
if (d.documentElement.scrollWidth > innerWidth)
  out.push('scrolls sideways: ' + d.documentElement.scrollWidth);
for (const e of all('[aria-describedby]'))
  if (!d.getElementById(e.getAttribute('aria-describedby')))
    out.push('describes nothing: ' + e.outerHTML.slice(0, 80));
const texts = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
for (let t; (t = texts.nextNode());)
  for (const m of t.data.matchAll(/\\d+年\\d+月\\d+日/g)) {
    const r = d.createRange();
    r.setStart(t, m.index);
    r.setEnd(t, m.index + m[0].length);
    if (new Set([...r.getClientRects()].map(c => c.top)).size > 1)
      out.push('on two lines: ' + m[0]);
  }
if (getComputedStyle(d.body).fontFamily === 'serif' ||
    ![...d.styleSheets].length) out.push('no style');
return out;
"""


def key_hash(certificate):
    """As Chromium is told which key to trust. What it only ignores an error
    of, it keeps nothing of: its cache would not be tried."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    der = key.public_bytes(form.Encoding.DER,
                           form.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Chromium:
    def __init__(self, size, language, script=True, trust=None):
        self.size, self.language = size, language
        self.script = script
        self.profile = tempfile.mkdtemp(prefix="csn-e2e-chromium-")
        o = webdriver.ChromeOptions()
        o.binary_location = "/usr/bin/chromium"
        width, height = SIZES[size]
        for a in ("--headless=new", "--no-sandbox", "--no-proxy-server",
                  "--disable-dev-shm-usage",
                  "--ignore-certificate-errors" if trust is None else
                  "--ignore-certificate-errors-spki-list=" + key_hash(trust),
                  "--disable-gpu", "--disable-component-update",
                  "--user-data-dir=" + self.profile,
                  "--window-size=%d,%d" % (width, height)):
            o.add_argument(a)
        if size != "desk":
            o.add_experimental_option("mobileEmulation", {
                "deviceMetrics": {"width": width, "height": height,
                                  "pixelRatio": 2, "touch": True}})
        prefs = {"intl.accept_languages": language,
                 "credentials_enable_service": False}
        if not script:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        o.add_experimental_option("prefs", prefs)
        o.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        os.environ["NO_PROXY"] = "localhost,127.0.0.1"
        self.driver = webdriver.Chrome(
            options=o, service=Service("/usr/bin/chromedriver"))
        self.shots = 0

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, url):
        self.driver.get(url)

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self):
        return self.one("body").text

    def screen(self):
        name = self.one("body").get_attribute("class") or ""
        return int(name.partition("screen-")[2] or 0)

    def submit(self, **fields):
        for name, value in fields.items():
            field = self.one("[name=%s]" % name)
            field.clear()
            field.send_keys(value)
        self.leave(self.one("form button[type=submit]").click)

    def follow(self, css):
        self.leave(self.one(css).click)

    def leave(self, act):
        """Does what leads to another page, until that one is there whole."""
        self.driver.execute_script("document.csnLeft = true")
        act()
        until("another page", self.arrived)

    def arrived(self):
        try:
            return self.driver.execute_script(
                "return !document.csnLeft && "
                "document.readyState === 'complete'")
        except WebDriverException:      # there is no page just now
            return False

    def judged(self, name):
        """The page is kept, and has no fault."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.shots += 1
        self.driver.save_screenshot(str(SHOTS / ("%s-%s%s-%02d-%s.png" % (
            self.size, self.language, "" if self.script else "-noscript",
            self.shots, name))))
        faults = self.driver.execute_script(JUDGE)
        faults += [e["message"] for e in self.driver.get_log("browser")
                   if e["level"] != "INFO" and
                   "favicon" not in e["message"] and
                   "status of 4" not in e["message"] and
                   "status of 503" not in e["message"]]
        assert faults == [], (name, faults)

    def focused(self, name):
        """The field that is typed into; some time after the page is there."""
        until("%s has the focus" % name, lambda: name ==
              self.driver.switch_to.active_element.get_attribute("name"))


@pytest.fixture
def chromium():
    made = []

    def make(*args, **more):
        made.append(Chromium(*args, **more))
        return made[-1]
    yield make
    for c in made:
        c.close()


@pytest.mark.parametrize("size,language,script", [
    ("desk", "en", True), ("desk", "ja", True), ("phone", "en", True),
    ("phone", "ja", True), ("narrow", "ja", True), ("desk", "en", False)])
def test_walk(site, directory, chromium, size, language, script):
    c = chromium(size, language, script)
    words = WORDS[language]
    p = Person(site, next(directory.fresh), "pw-u")
    c.open(site.url("wiki", "/walk"))
    assert c.screen() == 2 and c.one("html").get_attribute(
        "lang") == language
    assert words["log_in"] in c.one("h1").text
    c.focused("username")
    c.judged("password")
    c.submit(username=p.name, password="wrong")
    assert c.screen() == 2 and words["wrong"] in c.text()
    assert c.one("[name=username]").get_attribute("value") == p.name
    c.focused("password")
    c.judged("password-wrong")
    c.submit(username=p.name, password=p.password)
    assert c.screen() == 11, c.text()
    assert c.one("svg[role=img]").size["width"] >= 120
    c.judged("enrol")
    key = c.one(".key").text.replace(" ", "").replace("\n", "")
    device = Device(key)
    c.submit(code=device.wrong())
    assert c.screen() == 11 and c.one(".key").text.replace(
        " ", "").replace("\n", "") == key
    c.judged("enrol-wrong")
    c.submit(code=device.code())
    assert c.driver.current_url == site.url("wiki", "/walk"), c.text()
    assert '"remote-user"' in c.text().lower() and p.name in c.text()
    c.open(site.url("desk", "/second"))
    assert p.name in c.text() and '"path": "/second"' in c.text()
    c.open(site.url("desk", "/staff"))
    assert c.screen() == 19 and p.name in c.text()
    c.judged("no-access")
    c.open(site.url("login"))
    assert c.screen() == 20
    c.judged("landing")
    c.open(site.url("login", "/logout"))
    c.judged("log-out")
    c.submit()
    assert c.screen() == 29 and words["out"] in c.text()
    c.judged("logged-out")
    c.open(site.url("wiki"))
    c.submit(username=p.name, password=p.password)
    assert c.screen() == 6
    c.focused("code")
    c.judged("code")
    c.submit(code=device.wrong())
    assert c.screen() == 6
    c.judged("code-wrong")
    c.submit(code=device.code())
    assert c.driver.current_url == site.url("wiki"), c.text()


def test_other_pages(make_site, directory, chromium):
    """What one sees when something is wrong."""
    for size, language in (("phone", "ja"), ("desk", "en")):
        site = make_site(throttle="{ per_person: 2, per_source: 1000 }",
                         enrol="link")
        c = chromium(size, language)
        p = Person(site, next(directory.fresh), "pw-u")
        c.open(site.url("wiki"))
        c.submit(username=p.name, password=p.password)
        assert c.screen() == 14, c.text()
        c.judged("not-enrolled")
        c.open(site.url("login", "/enrol/" + "A" * 22))
        assert c.screen() == 13
        c.judged("set-up-link")
        c.open(site.url("login", "/nothing"))
        assert c.screen() == 34
        c.judged("not-found")
        c.open(site.url("wiki"))
        for _ in range(3):
            if c.screen() == 2:
                c.submit(username="alice", password="wrong")
        assert c.screen() == 25, c.text()
        c.judged("throttled")
        c.open(site.url("desk", "/closed"))
        assert c.screen() == 19
        c.judged("closed")
        site.daemon.stop()
        c.open(site.url("wiki"))
        assert "ログインできない" in c.text()
        c.judged("unavailable")


CONTRAST = """
const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(
  x => { x /= 255; return x <= .03928 ? x / 12.92 :
  Math.pow((x + .055) / 1.055, 2.4); });
  return .2126 * r + .7152 * g + .0722 * b; };
const behind = e => { for (; e; e = e.parentElement) {
  const c = getComputedStyle(e).backgroundColor;
  if (!/rgba\\(.*, 0\\)|transparent/.test(c)) return c; }
  return arguments[0]; };
const out = [];
for (const e of document.querySelectorAll('h1, p, label, a, button, span')) {
  if (!e.textContent.trim() || !e.getClientRects().length) continue;
  const a = lum(getComputedStyle(e).color), b = lum(behind(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) out.push(e.outerHTML.slice(0, 70) + ' ' + ratio);
}
return out;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(site, directory, chromium, scheme):
    """WCAG 2.2 1.4.3, in both schemes; the dark one is dark."""
    c = chromium("desk", "en")
    c.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}]})
    canvas = "rgb(255, 255, 255)" if scheme == "light" else "rgb(0, 0, 0)"
    p = Person(site, next(directory.fresh), "pw-u")
    for name, fields in (("password", None), ("wrong", {
            "username": p.name, "password": "wrong"}), ("enrol", {
                "username": p.name, "password": p.password})):
        if fields is None:
            c.open(site.url("wiki"))
        else:
            c.submit(**fields)
        c.judged("%s-%s" % (scheme, name))
        assert c.driver.execute_script(CONTRAST, canvas) == []
    back = c.driver.execute_script(
        "return getComputedStyle(document.body).backgroundColor + "
        "getComputedStyle(document.documentElement).backgroundColor")
    assert ("rgb(2" in back) == (scheme == "light"), back


def test_back_and_reload(site, directory, chromium):
    """The browser's own buttons, with its own cache and its own repeats."""
    c = chromium("desk", "en")
    p = Person(site, next(directory.fresh), "pw-u")
    c.open(site.url("wiki", "/here"))
    c.submit(username=p.name, password=p.password)
    key = c.one(".key").text
    c.driver.refresh()
    assert c.screen() == 11 and c.one(".key").text == key, c.text()
    c.submit(code=Device(key.replace(" ", "")).code())
    assert c.driver.current_url == site.url("wiki", "/here")
    c.driver.refresh()
    assert p.name in c.text()
    c.driver.back()
    # to a page that was the answer to a form: where the browser asks whether
    # to send it again, that is what happens
    if "ERR_CACHE_MISS" in c.text():
        c.driver.refresh()
    if c.driver.current_url != site.url("wiki", "/here"):
        assert c.screen() in (11, 20, 21), c.text()
        c.open(site.url("wiki", "/here"))
    assert p.name in c.text()


def test_back_from_the_application(site, directory, chromium):
    """Back never ends at the browser's question whether to send a password
    again, and a page that is old by then leads straight on."""
    c = chromium("desk", "en", trust=site.dir / "site.crt")
    p = Person(site, next(directory.fresh), "pw-u")
    p.login()
    c.open(site.url("wiki", "/here"))
    c.submit(username=p.name, password=p.password)
    assert c.screen() == 6, c.text()
    c.submit(code=p.device.code())
    assert c.driver.current_url == site.url("wiki", "/here")
    c.driver.back()
    assert "ERR_CACHE_MISS" not in c.text() and c.screen() == 6, c.text()
    c.submit(code=p.device.code())
    assert c.driver.current_url == site.url("wiki", "/here"), c.text()
    assert p.name in c.text()
