#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""capture.py FOLDER METADATA CA USER PASSWORD: keep a genuine response

Logs somebody in at a running identity provider as a browser would, with the
request that the unit tests make (the same ID each time), and keeps the answer
beside the time at which it was made. The folder's files sp.key, sp.crt, idp.key
and `options` are whoever set the provider up's to add.
"""
import base64
import datetime
import html
import http.cookiejar
import pathlib
import re
import ssl
import sys
import time
import urllib.parse
import urllib.request
import zlib

from lxml import etree

ID = "_6304e695733f775322691af5ebdfdd8ce1539ec1"
BASE = "https://login.example.com/f/factor/"
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
REQUEST = """<samlp:AuthnRequest \
xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="%s" Version="2.0" \
IssueInstant="%s" Destination="%s" AssertionConsumerServiceURL="%sacs" \
ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">\
<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%smetadata\
</saml:Issuer><samlp:NameIDPolicy AllowCreate="true" \
Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>\
</samlp:AuthnRequest>"""


def sso_url(metadata):
    for e in etree.fromstring(metadata).iter(MD + "SingleSignOnService"):
        if e.get("Binding").endswith("HTTP-Redirect"):
            return e.get("Location")
    raise SystemExit("no SSO by redirect")


def redirect(url):
    now = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = (REQUEST % (ID, now, url, BASE, BASE)).encode()
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pack.compress(xml) + pack.flush()
    return url + ("&" if "?" in url else "?") + urllib.parse.urlencode(
        {"SAMLRequest": base64.b64encode(packed).decode(),
         "RelayState": "r"})


def fields(page):
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            found[name.group(1)] = html.unescape(
                value.group(1) if value else "")
    return found


def login(url, ca, user, password):
    """The base64 value that the provider's page would post."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(
            context=ssl.create_default_context(cafile=ca)),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with opener.open(redirect(url)) as r:
        page, at = r.read().decode(), r.url
    names = fields(page)
    if "SAMLResponse" not in names:
        action = re.search(r'<form[^>]*action="([^"]*)"', page)
        to = urllib.parse.urljoin(at, html.unescape(action.group(1))
                                  if action else "")
        names.update({"username": user, "password": password,
                      "user": user})
        if "AuthState" in names:
            to = at.split("?")[0]
        body = urllib.parse.urlencode(names).encode()
        with opener.open(to, body) as r:
            page = r.read().decode()
        names = fields(page)
    return names["SAMLResponse"]


def main():
    to, metadata, ca, user, password = sys.argv[1:]
    to = pathlib.Path(to)
    to.mkdir(parents=True, exist_ok=True)
    text = pathlib.Path(metadata).read_bytes()
    value = login(sso_url(text), ca, user, password)
    (to / "metadata.xml").write_bytes(text)
    (to / "response.xml").write_bytes(base64.b64decode(value))
    (to / "now").write_text("%d\n" % (time.time() * 1000))


if __name__ == "__main__":
    main()
