# SPDX-License-Identifier: Apache-2.0
"""A browser of a few lines: cookies, forms, redirects, what Fetch says.

It keeps cookies as RFC 6265bis says and fails where a server's cookie breaks
the rules of its own prefix. It runs no script and loads no picture.
"""
import html.parser
import http.client
import re
import socket
import ssl
import urllib.parse

ORDER = ("none", "same-origin", "same-site", "cross-site")


class Form:
    def __init__(self, action, method):
        self.action, self.method = action, method
        self.fields = []        # (name, value) as they would be sent
        self.inputs = {}        # name: attributes
        self.buttons = []       # attributes and "text"


class Page(html.parser.HTMLParser):
    """What a person sees of a page: headings, texts, forms, links."""

    VOID = {"input", "meta", "link", "img", "br", "hr", "path"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.classes = [], [], {}
        self.roles, self.html, self.body = {}, {}, {}
        self.title = self.h1 = self.text = ""
        self.open, self.catch = [], []
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "html":
            self.html = a
        elif tag == "body":
            self.body = a
        elif tag == "form":
            self.forms.append(Form(a.get("action"), a.get("method")))
        elif tag == "input" and self.forms:
            self.forms[-1].inputs[a.get("name")] = a
            if a.get("type") not in ("radio", "checkbox"):
                self.forms[-1].fields.append(
                    (a.get("name"), a.get("value", "")))
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(a)
            self.catch.append((len(self.open), a))
        elif tag == "a":
            self.links.append(a)
            self.catch.append((len(self.open), a))
        if tag not in self.VOID:
            self.open.append((tag, a))
            for name in a.get("class", "").split():
                self.classes.setdefault(name, "")
            if "role" in a:
                self.roles.setdefault(a["role"], "")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self.open:
            last = self.open.pop()[0]
            if last == tag:
                break
        self.catch = [c for c in self.catch if c[0] < len(self.open)]

    def handle_data(self, data):
        tags = [t for t, _ in self.open]
        if "title" in tags:
            self.title += data
            return
        if "style" in tags:
            return
        if "h1" in tags:
            self.h1 += data
        for _, a in self.open:
            for name in a.get("class", "").split():
                self.classes[name] += data
            if "role" in a:
                self.roles[a["role"]] += data
        for _, a in self.catch:
            a["text"] = a.get("text", "") + data
        self.text += data

    @property
    def screen(self):
        """The number of docs' table of screens, or 0: no page of ours."""
        m = re.search(r"\bscreen-(\d+)", self.body.get("class", ""))
        return int(m.group(1)) if m else 0

    @property
    def form(self):
        assert len(self.forms) == 1, "one form: %s" % self.text
        return self.forms[0]

    @property
    def reference(self):
        m = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b",
                      self.classes.get("reference", ""))
        return m.group(0) if m else ""

    @property
    def key(self):
        """The secret of an enrolment page, without its blanks."""
        return self.classes.get("key", "").replace(" ", "")

    def link(self, text):
        found = [a for a in self.links if text in a.get("text", "")]
        assert len(found) == 1, "a link %r: %s" % (
            text, [a.get("text") for a in self.links])
        return found[0]["href"]


class Response:
    def __init__(self, url, status, headers, body):
        self.url, self.status = url, status
        self.headers, self.body = headers, body
        self.went = []          # addresses on the way here

    def header(self, name, default=""):
        return ", ".join(v for n, v in self.headers
                         if n.lower() == name.lower()) or default

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def page(self):
        return Page(self.text)

    def __repr__(self):
        return "<%d %s %s %s>" % (self.status, self.url,
                                  self.header("location"),
                                  " ".join(self.text.split())[:600])


class Cookie:
    def __init__(self, host, line):
        first, *rest = [p.strip() for p in line.split(";")]
        self.host = host
        self.name, _, self.value = first.partition("=")
        attrs = dict((k.strip().lower(), v) for k, _, v in
                     (p.partition("=") for p in rest))
        self.attrs = attrs
        self.gone = attrs.get("max-age") == "0"
        self.same_site = attrs.get("samesite", "Lax")
        if not host.startswith("127."):     # a provider's own are its own
            assert "secure" in attrs and "httponly" in attrs, line
        if self.name.startswith("__Host-"):
            assert attrs.get("path") == "/" and "domain" not in attrs, line


def site_of(host):
    return ".".join(host.split(":")[0].split(".")[-2:])


def relation(initiator, url):
    """Sec-Fetch-Site of one hop."""
    if initiator is None:
        return "none"
    a, b = urllib.parse.urlsplit(initiator), urllib.parse.urlsplit(url)
    if (a.scheme, a.netloc) == (b.scheme, b.netloc):
        return "same-origin"
    if a.scheme == b.scheme and site_of(a.netloc) == site_of(b.netloc):
        return "same-site"
    return "cross-site"


class Browser:
    def __init__(self, ca, language="en", source="127.0.0.1",
                 agent="e2e", dial=None):
        self.tls = ssl.create_default_context(cafile=ca)
        self.jar = {}           # host: {name: Cookie}
        self.language, self.source, self.agent = language, source, agent
        # Names under .localhost are this machine (RFC 6761), whatever the
        # resolver says.
        self.dial = dial or "127.0.0.1"

    # -- cookies --------------------------------------------------------

    def cookies(self, host):
        return self.jar.setdefault(host.split(":")[0], {})

    def cookie_line(self, host, cross_post=False):
        return "; ".join("%s=%s" % (c.name, c.value)
                         for c in self.cookies(host).values()
                         if not cross_post or c.same_site == "None")

    def keep(self, host, lines):
        jar = self.cookies(host)
        for line in lines:
            c = Cookie(host, line)
            if c.gone:
                jar.pop(c.name, None)
            else:
                jar[c.name] = c

    def copy(self):
        """The same browser as it is now: its cookies rolled back later."""
        b = Browser.__new__(Browser)
        b.__dict__.update(self.__dict__)
        b.jar = {h: dict(j) for h, j in self.jar.items()}
        return b

    # -- requests -------------------------------------------------------

    def connect(self, netloc, timeout=40):
        host, _, port = netloc.partition(":")
        raw = socket.create_connection((self.dial, int(port or 443)), timeout,
                                       source_address=(self.source, 0))
        return self.tls.wrap_socket(raw, server_hostname=host)

    def fetch_headers(self, method, url, initiator, mode, site):
        parts = urllib.parse.urlsplit(url)
        headers = {"Host": parts.netloc, "User-Agent": self.agent,
                   "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
                   "Accept-Language": self.language,
                   "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode,
                   "Sec-Fetch-Dest": "document" if mode == "navigate"
                   else "empty"}
        if mode == "navigate":
            headers["Sec-Fetch-User"] = "?1"
        line = self.cookie_line(parts.netloc,
                                method != "GET" and site == "cross-site")
        if line:
            headers["Cookie"] = line
        if method not in ("GET", "HEAD") and initiator:
            headers["Origin"] = "%s://%s" % urllib.parse.urlsplit(
                initiator)[:2]
        return headers

    def once(self, method, url, body=None, headers=None, initiator=None,
             mode="navigate", site=None):
        """One request, no redirect followed. A header of None is left out,
        one with a list is sent once per value."""
        parts = urllib.parse.urlsplit(url)
        assert parts.scheme == "https", url
        h = self.fetch_headers(method, url, initiator, mode,
                               site or relation(initiator, url))
        if body is not None and not isinstance(body, bytes):
            body = urllib.parse.urlencode(body).encode()
            h["Content-Type"] = "application/x-www-form-urlencoded"
        if body is not None:
            h["Content-Length"] = str(len(body))
        h.update(headers or {})
        # its own would read all certificates of the system, each time
        conn = http.client.HTTPSConnection(parts.netloc, context=self.tls)
        conn.sock = self.connect(parts.netloc)
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        conn.putrequest(method, target, skip_host=True,
                        skip_accept_encoding=True)
        for name, value in h.items():
            for v in value if isinstance(value, list) else [value]:
                if v is not None:
                    conn.putheader(name, v)
        try:
            conn.endheaders(body)
        except (BrokenPipeError, ConnectionResetError):
            pass                # it has answered before it read all
        r = conn.getresponse()
        data = r.read()
        conn.close()
        self.keep(parts.netloc, [v for n, v in r.getheaders()
                                 if n.lower() == "set-cookie"])
        return Response(url, r.status, r.getheaders(), data)

    def go(self, method, url, body=None, headers=None, initiator=None,
           most=12):
        """A navigation: redirects are followed to the page at their end."""
        went, site = [], "none"
        for _ in range(most):
            now = relation(initiator, url)
            site = max(site, now, key=ORDER.index)
            r = self.once(method, url, body, headers, initiator, site=site)
            went.append(url)
            if r.status not in (301, 302, 303, 307):
                r.went = went
                return r
            url = urllib.parse.urljoin(url, r.header("location"))
            if r.status != 307:
                method, body = "GET", None
        raise AssertionError("too many redirects: %s" % went)

    def get(self, url, **more):
        return self.go("GET", url, **more)

    def click(self, response, text):
        """A link of the page, by its words."""
        url = urllib.parse.urljoin(response.url, response.page.link(text))
        return self.go("GET", url, initiator=response.url)

    def filled(self, response, fields, button=None):
        """Where the page's form goes and what it says when it is sent."""
        form = response.page.form
        values, given = [], dict(fields)
        for name, value in form.fields:
            values.append((name, given.pop(name, value)))
        for name in [n for n in given if form.inputs.get(
                n, {}).get("type") == "checkbox"]:
            values.append((name, given.pop(name)))
        assert not given, "no such field: %s" % given
        if button is not None:
            found = [b for b in form.buttons if button in b.get("text", "")]
            assert len(found) == 1, "a button %r" % button
            values.append((found[0]["name"], found[0]["value"]))
        return urllib.parse.urljoin(response.url, form.action), values

    def submit(self, response, fields=(), button=None, **more):
        url, values = self.filled(response, fields, button)
        return self.go("POST", url, values, initiator=response.url, **more)
