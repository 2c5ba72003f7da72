#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ecdsa_cases.py FOLDER: the genuine response, signed by keys other than RSA

None of the providers that these messages are from can do that. Prints a line
for each case: its name, what must come of it (GRANT, or the name of the rule),
the provider's certificates as PEM whose lines end in a bar, and the base64
value that is posted.
"""
import datetime
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from lxml import etree

from genuine import Genuine
from samlkit import (
    add_signature, b64, c14n, certificate, cut, DS, dump, MORE, q,
    sign_octets)

CURVES = {"256": ec.SECP256R1(), "384": ec.SECP384R1(), "521": ec.SECP521R1()}
EDDSA = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"


def made(key):
    """A certificate of it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
    start = datetime.datetime(2026, 1, 1)
    return x509.CertificateBuilder().subject_name(name).issuer_name(
        name).public_key(key.public_key()).serial_number(1).not_valid_before(
            start).not_valid_after(start.replace(year=2036)).sign(
                key, hashes.SHA256())


def line(name, want, certificates, root):
    pem = "".join(c.public_bytes(serialization.Encoding.PEM).decode()
                  for c in certificates)
    print("\t".join((name, want, pem.replace("\n", "|"), b64(dump(root)))))


def signed(g, key, where, hash_name="256"):
    r = g.copy()
    for s in list(r.iter(q("d:Signature"))):
        cut(s)
    if "assertion" in where:
        add_signature(r.find(q("a:Assertion")), key, hash_name)
    if "response" in where:
        add_signature(r, key, hash_name)
    return r


def changed(g, key, change):
    """The value is another one than the key made; `change` has its octets."""
    r = signed(g, key, ("response",))
    v = r.find(q("d:Signature")).find(q("d:SignatureValue"))
    v.text = b64(change(sign_octets(key, "256", c14n(
        r.find(q("d:Signature")).find(q("d:SignedInfo"))))))
    return r


def by_method(g, key, uri, sign):
    r = signed(g, key, ("response",))
    s = r.find(q("d:Signature"))
    info = s.find(q("d:SignedInfo"))
    info.find(q("d:SignatureMethod")).set("Algorithm", uri)
    s.find(q("d:SignatureValue")).text = b64(sign(c14n(info)))
    return r


def good(g, keys):
    for bits, key in keys.items():
        own = "512" if bits == "521" else bits
        for where in (("response",), ("assertion",),
                      ("assertion", "response")):
            line("%s-%s" % (bits, "+".join(where)), "GRANT", [made(key)],
                 signed(g, key, where, own))
    key = keys["256"]
    line("of-another-hash", "GRANT", [made(key)],
         signed(g, key, ("response",), "512"))
    rsa = certificate(g.dir / "idp.crt")
    line("roll-over-before", "GRANT", [rsa, made(key)], g.root)
    line("roll-over-after", "GRANT", [rsa, made(key)],
         signed(g, key, ("response",)))


def bad(g, keys):
    key = keys["256"]
    own = [made(key)]
    other = ec.generate_private_key(CURVES["256"])
    line("stranger", "signature", own, signed(g, other, ("response",)))
    line("of-rsa", "signature", own, g.root)
    line("curve-of-another", "signature", [made(keys["384"])],
         signed(g, key, ("response",)))

    def der(v):
        return utils.encode_dss_signature(int.from_bytes(v[:32], "big"),
                                          int.from_bytes(v[32:], "big"))
    for name, change in (
            ("der", der), ("swapped", lambda v: v[32:] + v[:32]),
            ("short", lambda v: v[:-1]), ("long", lambda v: v + b"\0"),
            ("padded", lambda v: b"\0" + v[:32] + b"\0" + v[32:]),
            ("zeros", lambda v: bytes(64)), ("empty", lambda v: b""),
            ("r-zero", lambda v: bytes(32) + v[32:]),
            ("s-zero", lambda v: v[:32] + bytes(32)),
            ("ones", lambda v: b"\xff" * 64)):
        line("value-" + name, "signature|signature-form", own,
             changed(g, key, change))
    line("sha1", "signature-algorithm", own, by_method(
        g, key, MORE + "ecdsa-sha1", lambda b: sign_octets(key, "1", b)))
    line("hmac-with-the-key", "signature-algorithm", own, by_method(
        g, key, DS + "hmac-sha1", lambda b: bytes(20)))
    ed = ed25519.Ed25519PrivateKey.generate()
    line("ed25519", "signature-algorithm", own,
         by_method(g, key, EDDSA, ed.sign))


def main():
    g = Genuine(sys.argv[1])
    keys = {b: ec.generate_private_key(c) for b, c in CURVES.items()}
    good(g, keys)
    bad(g, keys)


if __name__ == "__main__":
    main()
