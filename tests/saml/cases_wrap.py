# SPDX-License-Identifier: Apache-2.0
"""Signature wrapping: Somorovsky and others, "On Breaking SAML", 2012."""
import copy

from lxml import etree

from genuine import assertion, case
from samlkit import cut, q, unsigned


def evil_of(a):
    e = copy.deepcopy(a)
    e.set("ID", "_evil")
    for n in e.iter(q("a:NameID")):
        n.text = "mallory"
    for n in e.iter(q("a:AttributeValue")):
        n.text = "mallory"
    return e


def wrapping_response(g):
    """XSW1, XSW2 and relatives: the signature is of the Response."""
    if not g.both:
        return
    want = "structure|signature-reference|signature-place|id|assertions|" \
        "unsigned|signature|signature-form"
    for name in ("before", "behind", "in-signature", "in-extensions",
                 "in-object", "in-status", "same-id", "no-id"):
        whole = g.copy()
        fake = evil_of(whole)
        fake.set("ID", "_evil2")
        s = fake.find(q("d:Signature"))
        inner = unsigned(whole)
        if name == "before":
            fake.insert(0, inner)
        elif name == "behind":
            fake.append(inner)
        elif name == "in-signature":
            s.append(inner)
        elif name == "in-extensions":
            x = etree.Element(q("p:Extensions"))
            x.append(inner)
            fake.insert(1, x)
        elif name == "in-object":
            o = etree.SubElement(s, q("d:Object"))
            o.append(inner)
        elif name == "in-status":
            fake.find(q("p:Status")).append(inner)
        elif name == "same-id":
            fake.set("ID", whole.get("ID"))
            fake.append(inner)
        else:
            del fake.attrib["ID"]
            fake.append(inner)
        case("xsw-response-" + name, want, fake)


def wrapping_assertion(g):
    """XSW3 to XSW8 and relatives: the signature is of the assertion."""
    want = "structure|assertions|id|signature-reference|signature-place|" \
        "unsigned|signature|signature-form"
    good = assertion(g)
    for both in (False, True):
        base = g.copy()
        if not both and base.find(q("d:Signature")) is not None:
            base = unsigned(base)
        for name in ("first", "last", "child", "parent", "in-signature",
                     "in-object", "in-extensions", "in-advice", "in-subject",
                     "in-confirmation-data", "in-attribute-value",
                     "signature-moved", "signature-both", "same-id",
                     "case-id", "no-id", "encrypted-beside"):
            case("xsw-assertion-%s%s" % (name, "-both" if both else ""),
                 want, wrapped(base, good, name))


def wrapped(base, good, name):
    r = copy.deepcopy(base)
    old = r.find(q("a:Assertion"))
    if old is None:
        old = r.find(q("a:EncryptedAssertion"))
    at = list(r).index(old)
    r.remove(old)
    good = copy.deepcopy(good)
    evil = evil_of(good)
    cut(evil.find(q("d:Signature")))
    if name == "first":
        r.insert(at, evil)
        r.append(good)
    elif name == "last":
        r.insert(at, good)
        r.append(evil)
    elif name == "child":
        evil.append(good)
        r.append(evil)
    elif name == "parent":
        good.append(evil)
        r.append(good)
    elif name in ("in-signature", "in-object"):
        s = copy.deepcopy(good.find(q("d:Signature")))
        cut(good.find(q("d:Signature")))
        box = etree.SubElement(s, q("d:Object")) if name == "in-object" \
            else s
        box.append(good)
        evil.insert(1, s)
        r.append(evil)
    elif name == "in-extensions":
        x = etree.Element(q("p:Extensions"))
        x.append(good)
        r.insert(1, x)
        s = copy.deepcopy(good.find(q("d:Signature")))
        evil.insert(1, s)
        r.append(evil)
    elif name in ("in-advice", "in-subject", "in-confirmation-data",
                  "in-attribute-value"):
        s = copy.deepcopy(good.find(q("d:Signature")))
        cut(good.find(q("d:Signature")))
        evil.insert(1, s)
        box = {"in-advice": lambda: etree.SubElement(evil, q("a:Advice")),
               "in-subject": lambda: evil.find(q("a:Subject")),
               "in-confirmation-data": lambda: evil.find(
                   ".//" + q("a:SubjectConfirmationData")),
               "in-attribute-value": lambda: evil.find(
                   ".//" + q("a:AttributeValue"))}[name]()
        box.append(good)
        r.append(evil)
    elif name == "signature-moved":
        s = copy.deepcopy(good.find(q("d:Signature")))
        evil.insert(1, s)
        r.append(evil)
    elif name == "signature-both":
        s = good.find(q("d:Signature"))
        evil.insert(1, copy.deepcopy(s))
        r.append(evil)
        r.append(good)
    elif name in ("same-id", "case-id"):
        i = good.get("ID")
        evil.set("ID", i if name == "same-id" else i.swapcase())
        r.append(evil)
        r.append(good)
    elif name == "no-id":
        del evil.attrib["ID"]
        evil.insert(1, copy.deepcopy(good.find(q("d:Signature"))))
        r.append(evil)
    else:
        r.append(evil)
        e = etree.SubElement(r, q("a:EncryptedAssertion"))
        etree.SubElement(e, q("x:EncryptedData"))
    return r
