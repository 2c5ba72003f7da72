# SPDX-License-Identifier: Apache-2.0
"""A browser that costs little: kept connections, cookies, forms, redirects.

It goes where a server sends it, until it has the page it wants. It trusts the
servers that it measures and must never be used for anything else.
"""
import html
import http.client
import re
import ssl
import urllib.parse

MOST = 16          # addresses in a row
TIME_S = 120        # of a crowded machine


class Lost(Exception):
    pass


class Client:
    """`plain`: hosts with their ports that speak plain HTTP, though their
    addresses begin with https, as behind something that ends TLS."""

    def __init__(self, plain, ca=None):
        self.plain = set(plain)
        self.tls = ssl.create_default_context(
            cafile=str(ca)) if ca else None
        self.jar, self.open = {}, {}

    def forget(self):
        """Sessions there, not that at the provider."""
        for netloc in self.plain:
            self.jar.pop(netloc, None)

    def connection(self, url):
        netloc = url.netloc
        if netloc not in self.open:
            port = url.port or 80
            if url.scheme == "http" or netloc in self.plain:
                c = http.client.HTTPConnection("127.0.0.1", port,
                                               timeout=TIME_S)
            else:
                c = http.client.HTTPSConnection("127.0.0.1", port,
                                                timeout=TIME_S,
                                                context=self.tls)
            self.open[netloc] = c
        return self.open[netloc]

    def cookie_line(self, netloc):
        return "; ".join("%s=%s" % c
                         for c in self.jar.get(netloc, {}).items())

    def headers(self, url, initiator, form):
        h = {"Host": url.netloc, "User-Agent": "Mozilla/5.0 (X11; Linux "
             "x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
             "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
             "Accept-Language": "en", "Sec-Fetch-Dest": "document",
             "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
        if initiator:
            a = urllib.parse.urlsplit(initiator)
            same = a[:2] == url[:2]
            h["Sec-Fetch-Site"] = "same-origin" if same else "cross-site"
            if form is not None:
                h["Origin"] = "%s://%s" % a[:2]
        if form is not None:
            h["Content-Type"] = "application/x-www-form-urlencoded"
        line = self.cookie_line(url.netloc)
        if line:
            h["Cookie"] = line
        return h

    def keep(self, netloc, lines):
        jar = self.jar.setdefault(netloc, {})
        for line in lines:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.strip().partition("=")
            if re.search(r"max-age=0\b|expires=[^;]*\b1970\b", attributes,
                         re.I):
                jar.pop(name, None)
            else:
                jar[name] = value

    def ask(self, address, form=None, initiator=None):
        """(status, address to go on to, text)"""
        url = urllib.parse.urlsplit(address)
        target = (url.path or "/") + ("?" + url.query if url.query else "")
        body = None if form is None else urllib.parse.urlencode(form)
        headers = self.headers(url, initiator, form)
        for fresh in (False, True):
            c = self.connection(url)
            try:
                c.request("GET" if form is None else "POST", target, body,
                          headers)
                r = c.getresponse()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                c.close()       # it had waited too long for the next one
                if fresh:
                    raise
        text = r.read().decode("utf-8", "replace")
        self.keep(url.netloc, r.headers.get_all("Set-Cookie") or ())
        to = r.headers.get("Location")
        return r.status, to and urllib.parse.urljoin(address, to), text

    def walk(self, address, wanted, meet=None, name="alice",
             password="alicepw"):
        """To the page with the wanted text, as somebody who is asked for a
        name once. meet() is called on the way to the provider, and on the way
        back."""
        form, initiator, here = None, None, True
        for _ in range(MOST):
            there = urllib.parse.urlsplit(address).netloc in self.plain
            if meet is not None and there != here:
                meet()
            here = there
            status, to, text = self.ask(address, form, initiator)
            if to is not None:
                address, form, initiator = to, None, address
                continue
            if status in (200, 202) and wanted in text:
                return address
            address, form, initiator = self.onward(address, text, name,
                                                   password, status)
        raise Lost("%s leads nowhere" % address)

    @staticmethod
    def onward(address, text, name, password, status):
        link = re.search(r'<a[^>]*href="([^"]*)"[^>]*>\s*Continue', text)
        found = re.search(r"<form[^>]*>", text)
        if found is None and link is None:
            raise Lost("%s: status %d: %s" % (address, status, text[:2000]))
        if found is None:
            return urllib.parse.urljoin(
                address, html.unescape(link.group(1))), None, address
        action = re.search(r'action="([^"]*)"', found.group(0))
        fields = {}
        for tag in re.findall(r"<input[^>]*>", text):
            key = re.search(r'name="([^"]*)"', tag)
            value = re.search(r'value="([^"]*)"', tag)
            if key:
                fields[key.group(1)] = html.unescape(
                    value.group(1) if value else "")
        for key in ("login", "username"):
            if key in fields:
                fields.update({key: name, "password": password})
        to = urllib.parse.urljoin(address, html.unescape(
            action.group(1)) if action else "")
        if "AuthState" in fields:       # its page wants it in the form only
            to = to.split("?")[0]
        return to, fields, address
