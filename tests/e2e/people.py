# SPDX-License-Identifier: Apache-2.0
"""A person with a name, a password, a phone, and a browser."""
from browser import Browser
from servers import Device


class Person:
    def __init__(self, site, name, password, **browser):
        self.site, self.name, self.password = site, name, password
        self.device = None
        self.browser = self.new_browser(**browser)

    def new_browser(self, **more):
        return Browser(str(self.site.ca), **more)

    # -- the steps of a login -------------------------------------------

    def ask(self, url, browser=None):
        """The page that asks for name and password."""
        r = (browser or self.browser).get(url)
        assert r.status == 200 and r.page.screen == 2, r
        return r

    def type_password(self, page, password=None, name=None, browser=None):
        return (browser or self.browser).submit(
            page, {"username": name or self.name,
                   "password": password or self.password})

    def type_code(self, page, code=None, browser=None):
        return (browser or self.browser).submit(
            page, {"code": code or self.device.code()})

    def enrol(self, page, browser=None):
        """From the page with the key on."""
        assert page.page.screen == 11, page
        self.device = Device(page.page.key, self.site.period)
        return self.type_code(page, browser=browser)

    def login(self, url=None, browser=None):
        """All of it, the first time with enrolment. Returns what the
        application answered."""
        url = url or self.site.url("wiki")
        r = self.type_password(self.ask(url, browser), browser=browser)
        if r.page.screen == 11:
            r = self.enrol(r, browser)
        elif r.page.screen in (6, 17):
            r = self.type_code(r, browser=browser)
        assert r.url == url and r.status == 200, r
        return r
