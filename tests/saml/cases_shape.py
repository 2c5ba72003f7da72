# SPDX-License-Identifier: Apache-2.0
"""Changes of the structure: elements, text, IDs where they have no place."""
import copy

from lxml import etree

from genuine import any_signature, assertion, case
from samlkit import A, dump, load, P, q


def structure_cases(g):
    evil = "<x xmlns='urn:evil'/>"
    n = 0
    for e in g.root.iter():
        inside = [a for a in e.iterancestors()]
        if e.tag in (q("p:Extensions"), q("a:Advice")):
            continue
        r = g.copy()
        there = r.find(g.root.getroottree().getelementpath(e)) \
            if inside else r
        there.insert(0, load(evil))
        case("element-in-%s-%d" % (etree.QName(e).localname, n),
             "structure", r)
        r = g.copy()
        there = r.find(g.root.getroottree().getelementpath(e)) \
            if inside else r
        leaf = len(e) == 0
        if not leaf:
            there[0].tail = (there[0].tail or "") + "text"
            case("text-in-%s-%d" % (etree.QName(e).localname, n),
                 "structure", r)
        n += 1
    for name, tag in (("Assertion", "p:Assertion"), ("Response",
                                                     "a:Response")):
        r = g.copy()
        if name == "Assertion" and g.hidden:
            continue
        for e in r.iter("{%s}%s" % (P if tag[0] == "a" else A, name)):
            e.tag = q(tag)
        case("namespace-" + name, "structure|root", r)
    for name in ("LogoutRequest", "LogoutResponse", "ArtifactResponse",
                 "AuthnRequest", "response", "Responses"):
        r = g.copy()
        r.tag = "{%s}%s" % (P, name)
        case("root-" + name, "root", r)
    r = g.copy()
    r.tag = "Response"
    case("root-without-namespace", "root", r)
    case("root-assertion", "root", load(dump(assertion(g))))
    extensions = etree.Element(q("p:Extensions"))
    for what, e in (("assertion", assertion(g)), ("signature",
                                                  any_signature(g))):
        for shell in (False, True):
            r, x = g.copy(), copy.deepcopy(extensions)
            box = etree.SubElement(x, "{urn:x}x") if shell else x
            box.append(copy.deepcopy(e))
            r.insert(1, x)
            case("extensions-%s-%d" % (what, shell), "structure|id", r)
    r = g.copy()
    r.append(copy.deepcopy(r.find(q("p:Status"))))
    case("status-twice", "status" if not g.both else "signature", r)


def id_cases(g):
    i = g.root.get("ID")
    for name, new in (("digit", "1" + i), ("blank", i + " x"),
                      ("empty", ""), ("colon", "a:" + i),
                      ("quote", i + "'"), ("umlaut", i + "\u00e4"),
                      ("long", "_" + "a" * 300), ("dash", "-" + i)):
        r = g.copy()
        r.set("ID", new)
        case("id-" + name, "id", r)
    r = g.copy()
    del r.attrib["ID"]
    case("id-none", "id", r)
    n = 0
    for e in g.root.iter():
        if e.tag in (q("p:Response"), q("a:Assertion")):
            continue
        for attr in ("ID", "id", "{http://www.w3.org/XML/1998/namespace}id"):
            if n > 24:
                break
            r = g.copy()
            r.find(g.root.getroottree().getelementpath(e)).set(attr, "_x")
            case("id-on-%s-%d" % (etree.QName(e).localname, n), "id", r)
            n += 1
    a = g.root.find(q("a:Assertion"))
    if a is not None:
        for name, new in (("same", i), ("upper", i.upper()),
                          ("lower", i.lower())):
            r = g.copy()
            r.find(q("a:Assertion")).set("ID", new)
            case("id-collision-" + name, "id", r)
    r = g.copy()
    r.find(".//" + q("d:Signature")).set("Id", i)
    case("id-collision-signature", "id", r)
    # a second one, which another parser might take for the first
    for name, attr in (("lower", "id"), ("mixed", "Id"), ("odd", "iD"),
                       ("protocol", "{%s}ID" % P), ("foreign", "{urn:x}ID"),
                       ("xml", "{http://www.w3.org/XML/1998/namespace}id")):
        for e in (g.root, g.root.find(q("a:Assertion"))):
            if e is None:
                continue
            r = g.copy()
            there = r if e is g.root else r.find(q("a:Assertion"))
            there.set(attr, "_evil")
            case("id-second-%s-%s" % (name, etree.QName(e).localname), "id",
                 r)
