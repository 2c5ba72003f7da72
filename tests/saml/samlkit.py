# SPDX-License-Identifier: Apache-2.0
"""What makes and changes SAML messages in tests: signing, encrypting, copying.

Only for tests: it signs with the throw-away keys that lie beside the captured
messages, so that a change can be one that the provider itself made.
"""
import base64
import copy
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding as pad, \
    serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:"
P, A = SAML + "protocol", SAML + "assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NS = {"p": P, "a": A, "d": DS, "x": XENC, "y": XENC11}
HASHES = {"1": hashes.SHA1(), "256": hashes.SHA256(),
          "384": hashes.SHA384(), "512": hashes.SHA512()}
DIGESTS = {DS + "sha1": "1", XENC + "sha256": "256",
           MORE + "sha384": "384", XENC + "sha512": "512"}


def q(name):
    prefix, _, local = name.partition(":")
    return "{%s}%s" % (NS[prefix], local)


def load(data):
    return etree.fromstring(data, etree.XMLParser(
        resolve_entities=False, no_network=True))


def dump(root):
    return etree.tostring(root)


def c14n(element, exclusive=True, comments=False, prefixes=None):
    return etree.tostring(element, method="c14n", exclusive=exclusive,
                          with_comments=comments,
                          inclusive_ns_prefixes=prefixes)


def digest(name, data):
    h = hashes.Hash(HASHES[name])
    h.update(data)
    return h.finalize()


def key(path):
    return serialization.load_pem_private_key(
        pathlib.Path(path).read_bytes(), None)


def certificate(path):
    return x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes())


def b64(data):
    return base64.b64encode(data).decode()


def unsigned(element):
    """A copy without the element's own signature."""
    c = copy.deepcopy(element)
    s = c.find(q("d:Signature"))
    if s is not None:
        cut(s)
    return c


def cut(e):
    """Takes an element out and leaves the text behind it."""
    parent, before = e.getparent(), e.getprevious()
    if e.tail:
        if before is not None:
            before.tail = (before.tail or "") + e.tail
        else:
            parent.text = (parent.text or "") + e.tail
    e.tail = None
    parent.remove(e)


def sign_octets(private, name, octets):
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(
            private.sign(octets, ec.ECDSA(HASHES[name])))
        n = (private.curve.key_size + 7) // 8
        return r.to_bytes(n, "big") + s.to_bytes(n, "big")
    return private.sign(octets, padding.PKCS1v15(), HASHES[name])


def method_uri(private, name):
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return MORE + "ecdsa-sha" + name
    return (DS if name == "1" else MORE) + "rsa-sha" + name


def add_signature(element, private, name="256", digest_uri=None,
                  exclusive=True):
    """An enveloped signature behind the Issuer, replacing one that is there."""
    old = element.find(q("d:Signature"))
    if old is not None:
        cut(old)
    s = etree.Element(q("d:Signature"), nsmap={"ds": DS})
    info = etree.SubElement(s, q("d:SignedInfo"))
    etree.SubElement(info, q("d:CanonicalizationMethod"), Algorithm=EXC)
    etree.SubElement(info, q("d:SignatureMethod"),
                     Algorithm=method_uri(private, name))
    ref = etree.SubElement(info, q("d:Reference"),
                           URI="#" + element.get("ID", ""))
    t = etree.SubElement(ref, q("d:Transforms"))
    etree.SubElement(t, q("d:Transform"), Algorithm=ENVELOPED)
    if exclusive:
        etree.SubElement(t, q("d:Transform"), Algorithm=EXC)
    etree.SubElement(ref, q("d:DigestMethod"),
                     Algorithm=digest_uri or XENC + "sha256")
    etree.SubElement(ref, q("d:DigestValue"))
    etree.SubElement(s, q("d:SignatureValue"))
    issuer = element.find(q("a:Issuer"))
    element.insert(0 if issuer is None else list(element).index(issuer) + 1,
                   s)
    resign(element, private)
    return s


def resign(element, private):
    """Computes the element's own signature anew, in the form it has."""
    s = element.find(q("d:Signature"))
    ref = s.find(".//" + q("d:Reference"))
    name = DIGESTS.get(ref.find(q("d:DigestMethod")).get("Algorithm"), "256")
    last = ref.findall(".//" + q("d:Transform"))
    exclusive = any((t.get("Algorithm") or "").startswith(EXC) for t in last)
    prefixes = ref.find(".//{%s}InclusiveNamespaces" % EXC)
    rest = in_place_without(element, s)
    data = c14n(rest, exclusive,
                prefixes=prefixes.get("PrefixList").split()
                if prefixes is not None else None)
    ref.find(q("d:DigestValue")).text = b64(digest(name, data))
    resign_info(s, private)


def in_place_without(element, signature):
    """The element in a copy of the whole document, its signature cut out."""
    root = copy.deepcopy(element.getroottree().getroot())
    path = element.getroottree().getelementpath(element)
    there = root if path == "." else root.find(path)
    index = list(element).index(signature)
    cut(there[index])
    return there


def resign_info(s, private):
    info = s.find(q("d:SignedInfo"))
    uri = info.find(q("d:SignatureMethod")).get("Algorithm")
    name = uri.rpartition("-sha")[2]
    if name not in HASHES:
        name = "256"
    s.find(q("d:SignatureValue")).text = b64(
        sign_octets(private, name, c14n(info)))


# ----------------------------------------------------------------------

GCM = {128: XENC11 + "aes128-gcm", 192: XENC11 + "aes192-gcm",
       256: XENC11 + "aes256-gcm"}
CBC = {128: XENC + "aes128-cbc", 192: XENC + "aes192-cbc",
       256: XENC + "aes256-cbc"}
OAEP_DIGEST = {"1": DS + "sha1", "256": XENC + "sha256",
               "384": MORE + "sha384", "512": XENC + "sha512"}


def seal(plain, bits, gcm=True):
    secret = os.urandom(bits // 8)
    if gcm:
        iv = os.urandom(12)
        return secret, iv + AESGCM(secret).encrypt(iv, plain, None)
    iv = os.urandom(16)
    p = pad.PKCS7(128).padder()
    e = Cipher(algorithms.AES(secret), modes.CBC(iv)).encryptor()
    return secret, iv + e.update(p.update(plain) + p.finalize()) + \
        e.finalize()


def encrypted(plain, recipient, tag="EncryptedAssertion", bits=256, gcm=True,
              oaep="256", mgf="1", new=False, beside=False, uri=None,
              key_uri=None, spoil=None):
    """An element around plain text for the recipient's public key."""
    secret, data = seal(plain, bits, gcm)
    if spoil:
        data = spoil(data)
    wrapped = recipient.encrypt(secret, padding.OAEP(
        padding.MGF1(HASHES[mgf]), HASHES[oaep], None))
    outer = etree.Element("{%s}%s" % (A, tag), nsmap={"saml": A})
    box = etree.SubElement(outer, q("x:EncryptedData"),
                           nsmap={"xenc": XENC}, Type=XENC + "Element")
    etree.SubElement(box, q("x:EncryptionMethod"),
                     Algorithm=(GCM if gcm else CBC)[bits]
                     if uri is None else uri)
    k = etree.Element(q("x:EncryptedKey"), nsmap={"xenc": XENC})
    m = etree.SubElement(k, q("x:EncryptionMethod"), Algorithm=(
        XENC11 + "rsa-oaep" if new else XENC + "rsa-oaep-mgf1p")
        if key_uri is None else key_uri)
    if oaep != "1":
        etree.SubElement(m, q("d:DigestMethod"), nsmap={"ds": DS},
                         Algorithm=OAEP_DIGEST[oaep])
    if new:
        etree.SubElement(m, q("y:MGF"), nsmap={"xenc11": XENC11},
                         Algorithm=XENC11 + "mgf1sha" + mgf)
    value(k, wrapped)
    if beside:
        value(box, data)
        outer.append(k)
    else:
        info = etree.SubElement(box, q("d:KeyInfo"), nsmap={"ds": DS})
        info.append(k)
        value(box, data)
    return outer


def value(parent, data):
    d = etree.SubElement(parent, q("x:CipherData"))
    etree.SubElement(d, q("x:CipherValue")).text = b64(data)
