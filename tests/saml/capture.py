#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""capture.py PEER FOLDER USER: keep a genuine response of a real provider

PEER is a class of tests/e2e/saml_idp.py, with settings behind it as
SimpleSamlPhp:ENCRYPT=true. It is started for a service of the address that the
unit tests have, somebody logs in there with the request that they make (its ID
is the same each time), and the answer is kept with all that is needed to judge
and to change it: metadata, both sides' keys, the time.
"""
import base64
import datetime
import pathlib
import shutil
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import ssl
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import saml_idp  # noqa: E402
from lxml import etree  # noqa: E402
from samlkit import MORE, key, sign_octets  # noqa: E402

ID = "_6304e695733f775322691af5ebdfdd8ce1539ec1"
BASE = "https://login.example.com/f/factor/"
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
REQUEST = """<samlp:AuthnRequest \
xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="%s" Version="2.0" \
IssueInstant="%s" Destination="%s" AssertionConsumerServiceURL="%sacs" \
ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">\
<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%smetadata\
</saml:Issuer></samlp:AuthnRequest>"""


def sso_url(metadata):
    for e in etree.fromstring(metadata).iter(MD + "SingleSignOnService"):
        if e.get("Binding").endswith("HTTP-Redirect"):
            return e.get("Location")
    raise SystemExit("no SSO by redirect")


def redirect(url, private):
    now = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = (REQUEST % (ID, now, url, BASE, BASE)).encode()
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pack.compress(xml) + pack.flush()
    query = urllib.parse.urlencode(
        [("SAMLRequest", base64.b64encode(packed).decode()),
         ("RelayState", "r"), ("SigAlg", MORE + "rsa-sha256")])
    sig = base64.b64encode(sign_octets(private, "256", query.encode()))
    return "%s%s%s&Signature=%s" % (url, "&" if "?" in url else "?", query,
                                    urllib.parse.quote(sig.decode(), ""))


def start(peer, own):
    name, *settings = peer.split(":")
    made = dict(s.split("=", 1) for s in settings)
    sp = (BASE + "metadata", BASE + "acs", BASE + "slo", own / "sp.crt")
    if name == "Keycloak":
        return saml_idp.Keycloak(sp + (made,))
    return getattr(saml_idp, name)(*sp, **made)


def metadata_of(idp):
    context = ssl.create_default_context(cafile=idp.ca)
    with urllib.request.urlopen(idp.metadata, context=context) as r:
        return r.read()


def main():
    peer, to, user = sys.argv[1:]
    to = pathlib.Path(to)
    to.mkdir(parents=True, exist_ok=True)
    own = pathlib.Path(tempfile.mkdtemp())
    saml_idp.own_keys(own)
    idp = start(peer, own)
    try:
        text = metadata_of(idp)
        url = redirect(sso_url(text), key(own / "sp.key"))
        password = user if "LemonLdap" in peer else user + "pw"
        action, fields = saml_idp.Visitor(idp).sign_in(url, user, password)
        assert action == BASE + "acs", (action, fields)
        (to / "metadata.xml").write_bytes(text)
        (to / "response.xml").write_bytes(
            base64.b64decode(fields["SAMLResponse"]))
        (to / "now").write_text("%d\n" % (time.time() * 1000))
        keys = next(d for d in (idp.dir / "cert", idp.dir)
                    if (d / "idp.key").exists())
        for name in ("idp.key", "idp.crt"):
            shutil.copy(keys / name, to / name)
        for name in ("sp.key", "sp.crt"):
            shutil.copy(own / name, to / name)
    finally:
        idp.close()
        shutil.rmtree(own)


if __name__ == "__main__":
    main()
