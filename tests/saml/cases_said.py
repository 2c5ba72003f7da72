# SPDX-License-Identifier: Apache-2.0
"""What the provider itself says wrongly: each change is signed anew."""
import copy

from lxml import etree

from cases_signature import find, signed_parents
from genuine import case
from samlkit import (
    A, add_signature, cut, EXC, load, P, q, resign, SAML, XENC, XSI)


STATUS = SAML + "status:"


def say(g, name, want, change):
    r = g.copy()
    change(r)
    case("said-" + name, want, g.sign(r))


def attr(path, name, value):
    def change(r):
        e = r if path == "." else r.find(".//" + q(path))
        if value is None:
            e.attrib.pop(name, None)
        else:
            e.set(name, value)
    return change


def text(path, value):
    return lambda r: setattr(r.find(".//" + q(path)), "text", value)


def gone(path):
    return lambda r: cut(r.find(".//" + q(path)))


def twice(path):
    def change(r):
        e = r.find(".//" + q(path))
        e.getparent().insert(list(e.getparent()).index(e),
                             copy.deepcopy(e))
    return change


def add(path, tag, content=None, **attrs):
    def change(r):
        e = etree.SubElement(r if path == "." else r.find(".//" + q(path)),
                             q(tag), **attrs)
        e.text = content
    return change


BAD_TIMES = ("", "now", "2026-11-30", "2026-11-30T12:00:00",
             "2026-11-30T12:00:00+00:00", "2026-13-30T12:00:00Z",
             "2026-11-30 12:00:00Z", "99999-01-01T00:00:00Z",
             "2026-11-30T12:00:00z", "0000-01-01T00:00:00Z",
             "0000-00-00T00:00:00Z", "-2026-11-30T12:00:00Z",
             "+2026-11-30T12:00:00Z", "2026-11-30T12:00:60Z",
             "2026-12-31T23:59:60Z", "2026-11-30T24:00:00Z",
             "2026-11-31T12:00:00Z", "2027-02-29T12:00:00Z",
             "2026-11-30T12:00Z", "2026-11-30T12:00:00.Z",
             "2026-11-30T12:00:00,5Z", "2026-11-30T12:00:00.5",
             "2026-11-30T12:00:00." + "0" * 40 + "Z",
             "2026-11-30T12:00:00-00:00", "2026-11-30T12:00:00ZZ",
             "2026-11-30T12:00:00 Z", "2026-11-30T12:00:00 UTC",
             "2026-W49-1T12:00:00Z", "20261130T120000Z", "1796052880",
             "2026-11-30T12:00:0\u0660Z")


def response_said(g):
    acs = g.root.get("Destination")
    for v in ("1.1", "2.1", "2", "", None):
        say(g, "version-%s" % v, "version", attr(".", "Version", v))
    for name, v in (("other", "https://other.example/acs"),
                    ("http", acs.replace("https:", "http:")),
                    ("slash", acs + "/"), ("upper", acs.upper()),
                    ("query", acs + "?x"), ("host", acs.replace(
                        "login.", "login2.")), ("empty", "")):
        say(g, "destination-" + name, "destination",
            attr(".", "Destination", v))
    say(g, "destination-none", "destination" if g.both else "GRANT",
        attr(".", "Destination", None))
    for name, v in (("other", "_other"), ("none", None), ("empty", ""),
                    ("upper", g.root.get("InResponseTo").upper())):
        say(g, "in-response-to-" + name, "in-response-to",
            attr(".", "InResponseTo", v))
    for name, v in (("other", "https://other.example/"), ("empty", ""),
                    ("slash", g.root.find(q("a:Issuer")).text + "/")):
        say(g, "issuer-" + name, "issuer", text("a:Issuer", v))
    say(g, "issuer-format", "issuer", attr(
        "a:Issuer", "Format", SAML.replace("2.0", "1.1") +
        "nameid-format:emailAddress"))
    say(g, "issuer-format-entity", "GRANT", attr(
        "a:Issuer", "Format", SAML + "nameid-format:entity"))
    say(g, "issuer-none", "issuer" if g.both or g.hidden else "GRANT",
        gone("a:Issuer"))
    say(g, "issue-instant-ahead", "issue-instant",
        attr(".", "IssueInstant", g.at(120)))
    say(g, "issue-instant-none", "issue-instant",
        attr(".", "IssueInstant", None))
    for i, t in enumerate(BAD_TIMES):
        say(g, "issue-instant-bad-%d" % i, "issue-instant",
            attr(".", "IssueInstant", t))
    for code in ("Requester", "Responder", "VersionMismatch", "success",
                 "Success ", "AuthnFailed", ""):
        say(g, "status-%s" % code, "status",
            attr("p:StatusCode", "Value", STATUS + code))
    say(g, "status-none", "status", gone("p:Status"))
    say(g, "status-code-none", "status", gone("p:StatusCode"))
    say(g, "status-value-none", "status", attr("p:StatusCode", "Value",
                                               None))
    say(g, "status-second", "status", add(
        "p:StatusCode", "p:StatusCode", Value=STATUS + "PartialLogout"))
    say(g, "assertion-none", "assertions", gone(
        "a:EncryptedAssertion" if g.hidden else "a:Assertion"))


def other_namespace(g):
    """What is demanded, as an attribute of a namespace, which is another."""
    for path, name, want in (
            (".", "Version", "version"), (".", "InResponseTo",
                                          "in-response-to"),
            (".", "IssueInstant", "issue-instant"),
            ("p:StatusCode", "Value", "status")):
        say(g, "namespaced-" + name, want, namespaced(path, name))
    if g.both:
        say(g, "namespaced-Destination", "destination",
            namespaced(".", "Destination"))
    if g.hidden:
        return
    d = "a:SubjectConfirmationData"
    for path, name, want in (
            (d, "Recipient", "confirmation"),
            (d, "InResponseTo", "confirmation"),
            (d, "NotOnOrAfter", "confirmation"),
            ("a:SubjectConfirmation", "Method", "confirmation"),
            ("a:AuthnStatement", "AuthnInstant", "authn-instant"),
            ("a:Attribute", "Name", "attribute")):
        say(g, "namespaced-%s-in" % name, want, namespaced(path, name))


def namespaced(path, name):
    def change(r):
        e = r if path == "." else r.find(".//" + q(path))
        e.set("{%s}%s" % (P, name), e.attrib.pop(name))
    return change


def confirmation_said(g):
    c, d = "a:SubjectConfirmation", "a:SubjectConfirmationData"
    cm = SAML + "cm:"
    want = "confirmation"
    for m in ("holder-of-key", "sender-vouches", "Bearer", ""):
        say(g, "method-%s" % m, want, attr(c, "Method", cm + m))
    say(g, "method-none", want, attr(c, "Method", None))
    acs = g.root.get("Destination")
    for name, v in (("other", "https://other.example/acs"), ("none", None),
                    ("http", acs.replace("https:", "http:")),
                    ("slash", acs + "/"), ("empty", "")):
        say(g, "recipient-" + name, want, attr(d, "Recipient", v))
    for name, v in (("past", g.at(-61)), ("none", None), ("long-past",
                                                          "1970-01-01T"
                                                          "00:00:00Z")):
        say(g, "confirmation-until-" + name, want,
            attr(d, "NotOnOrAfter", v))
    for i, t in enumerate(BAD_TIMES):
        say(g, "confirmation-until-bad-%d" % i, want,
            attr(d, "NotOnOrAfter", t))
    say(g, "confirmation-from", want, attr(d, "NotBefore", g.at(-600)))
    for name, v in (("other", "_other"), ("none", None), ("empty", "")):
        say(g, "confirmation-answers-" + name, want,
            attr(d, "InResponseTo", v))
    say(g, "confirmation-data-none", want, gone(d))
    say(g, "confirmation-data-twice", want, twice(d))
    say(g, "confirmation-none", want, gone(c))
    say(g, "subject-none", want, gone("a:Subject"))
    say(g, "subject-twice", want, twice("a:Subject"))


def two_confirmations(g):
    def change(r):
        twice("a:SubjectConfirmation")(r)
        attr("a:SubjectConfirmation", "Method",
             SAML + "cm:holder-of-key")(r)
    say(g, "confirmation-one-of-two", "GRANT", change)


def several_confirmations(g):
    """What each lacks another has: none of them fits."""
    c, d = "a:SubjectConfirmation", "a:SubjectConfirmationData"
    key = SAML + "cm:holder-of-key"
    lack = {"recipient": attr(d, "Recipient", "https://other.example/acs"),
            "over": attr(d, "NotOnOrAfter", g.at(-61)),
            "other-question": attr(d, "InResponseTo", "_other"),
            "no-question": attr(d, "InResponseTo", None),
            "early": attr(d, "NotBefore", g.at(-600)),
            "method": attr(c, "Method", key)}
    for first in lack:
        for second in lack:
            if first == second:
                continue
            def change(r):
                twice(c)(r)
                lack[first](r)
                # the other one is the first of the document then
                s = r.find(".//" + q("a:Subject"))
                e = s.findall(q(c))
                s.insert(list(s).index(e[0]), e[1])
                lack[second](r)
            say(g, "confirmations-%s-%s" % (first, second), "confirmation",
                change)


def conditions_said(g):
    c, ar = "a:Conditions", "a:AudienceRestriction"
    say(g, "conditions-none", "conditions", gone(c))
    say(g, "conditions-twice", "conditions", twice(c))
    say(g, "conditions-ahead", "not-before", attr(c, "NotBefore", g.at(61)))
    say(g, "conditions-within-skew", "GRANT", lambda r: (
        attr(c, "NotBefore", g.at(59))(r),
        attr(c, "NotOnOrAfter", g.at(300))(r)))
    say(g, "conditions-over", "not-on-or-after",
        attr(c, "NotOnOrAfter", g.at(-61)))
    say(g, "conditions-over-within-skew", "GRANT", lambda r: (
        attr(c, "NotBefore", g.at(-300))(r),
        attr(c, "NotOnOrAfter", g.at(-29))(r)))
    def inverted(r):
        attr(c, "NotBefore", g.at(30))(r)
        attr(c, "NotOnOrAfter", g.at(20))(r)
    say(g, "conditions-inverted", "conditions", inverted)
    say(g, "conditions-untimed", "GRANT", lambda r: (
        attr(c, "NotBefore", None)(r), attr(c, "NotOnOrAfter", None)(r)))
    say(g, "conditions-year-9999", "GRANT",
        attr(c, "NotOnOrAfter", "9999-12-31T23:59:59Z"))
    say(g, "conditions-fraction", "GRANT",
        attr(c, "NotOnOrAfter", g.at(300)[:-1] + ".1234567Z"))
    for i, t in enumerate(BAD_TIMES):
        say(g, "conditions-from-bad-%d" % i, "conditions",
            attr(c, "NotBefore", t))
        say(g, "conditions-until-bad-%d" % i, "conditions",
            attr(c, "NotOnOrAfter", t))
    say(g, "audience-none", "audience", gone(ar))
    say(g, "audience-empty", "audience", gone("a:Audience"))
    for name, v in (("other", "https://other.example/"), ("blank", ""),
                    ("prefix", "https://login.example.com/f/factor/meta"),
                    ("suffix", "https://login.example.com/f/factor/"
                     "metadata2"), ("upper", "HTTPS://LOGIN.EXAMPLE.COM/F/"
                                    "FACTOR/METADATA")):
        say(g, "audience-" + name, "audience", text("a:Audience", v))
    def second(r):
        twice(ar)(r)
        text("a:Audience", "https://other.example/")(r)
    say(g, "audience-second-restriction", "audience", second)
    say(g, "audience-one-of-two", "GRANT", lambda r: (
        twice("a:Audience")(r), text("a:Audience", "urn:other")(r)))
    say(g, "condition-unknown", "conditions", add(c, "a:Condition"))
    say(g, "condition-one-time-use", "GRANT", add(c, "a:OneTimeUse"))
    say(g, "condition-proxy", "GRANT", add(c, "a:ProxyRestriction"))


def authn_said(g):
    s = "a:AuthnStatement"
    say(g, "authn-none", "authn-statement", gone(s))
    say(g, "authn-twice", "authn-statement", twice(s))
    say(g, "authn-context-none", "authn-statement", gone("a:AuthnContext"))
    say(g, "authn-context-twice", "authn-statement",
        twice("a:AuthnContext"))
    say(g, "authn-class-twice", "authn-statement",
        twice("a:AuthnContextClassRef"))
    say(g, "authn-instant-ahead", "authn-instant",
        attr(s, "AuthnInstant", g.at(120)))
    say(g, "authn-instant-none", "authn-instant",
        attr(s, "AuthnInstant", None))
    say(g, "authn-instant-old", "GRANT",
        attr(s, "AuthnInstant", g.at(-36000)))
    for i, t in enumerate(BAD_TIMES):
        say(g, "authn-instant-bad-%d" % i, "authn-instant",
            attr(s, "AuthnInstant", t))
        say(g, "session-until-bad-%d" % i, "session-not-on-or-after",
            attr(s, "SessionNotOnOrAfter", t))
    say(g, "session-over", "session-not-on-or-after",
        attr(s, "SessionNotOnOrAfter", g.at(-61)))
    say(g, "session-untimed", "GRANT", attr(s, "SessionNotOnOrAfter", None))


def person_said(g):
    say(g, "name-none", "GRANT", gone("a:NameID"))
    say(g, "name-twice", "subject", twice("a:NameID"))
    v = "a:AttributeValue"
    def uid(values):
        def change(r):
            for e in r.iter(q("a:Attribute")):
                if e.get("Name") == "uid":
                    for old in list(e):
                        e.remove(old)
                    for t in values:
                        etree.SubElement(e, q(v)).text = t
        return change
    say(g, "uid-none", "subject", uid([]))
    say(g, "uid-empty", "subject", uid([""]))
    say(g, "uid-two", "subject", uid(["alice", "mallory"]))
    say(g, "uid-control", "subject", uid(["ali\u0085ce"]))
    say(g, "uid-bidi", "subject", uid(["ali\u202ece"]))
    say(g, "uid-newline", "subject", uid(["ali\nce"]))
    say(g, "uid-long", "subject", uid(["a" * 256]))
    say(g, "uid-entities", "GRANT", uid(["<alice & \"co\">"]))
    # as it stands: with blanks around it, it is another name (Core 1.3.1)
    say(g, "uid-padded", "attribute", uid(["  alice\n "]))
    say(g, "attribute-nameless", "attribute", attr("a:Attribute", "Name",
                                                   None))
    say(g, "attribute-name-empty", "attribute", attr("a:Attribute", "Name",
                                                     ""))
    say(g, "attribute-value-long", "attribute", text(v, "a" * 4097))
    def many(r):
        e = r.find(".//" + q("a:AttributeStatement"))
        for i in range(251):
            a = etree.SubElement(e, q("a:Attribute"), Name="x%d" % i)
            etree.SubElement(a, q(v)).text = "x"
    say(g, "attribute-many", "attribute", many)
    def name_id(r):
        e = etree.SubElement(r.find(".//" + q("a:AttributeStatement")),
                             q("a:Attribute"), Name="targeted")
        etree.SubElement(etree.SubElement(e, q(v)), q("a:NameID")).text = \
            "opaque"
    say(g, "attribute-name-id", "GRANT", name_id)
    say(g, "attribute-nil", "GRANT", lambda r: etree.SubElement(
        etree.SubElement(r.find(".//" + q("a:AttributeStatement")),
                         q("a:Attribute"), Name="nil"), q(v)).set(
                             "{%s}nil" % XSI, "true"))
    say(g, "overage", "attribute", lambda r: setattr(etree.SubElement(
        etree.SubElement(r.find(".//" + q("a:AttributeStatement")), q(
            "a:Attribute"), Name="http://schemas.microsoft.com/claims/"
                         "groups.link"), q(v)), "text", "https://x"))


def legal(g):
    say(g, "extensions-foreign", "GRANT", lambda r: r.insert(1, load(
        "<p:Extensions xmlns:p='%s'><k xmlns='urn:k' MessageSigningKeyId="
        "'x'>y</k></p:Extensions>" % P)))
    say(g, "consent", "GRANT", attr(".", "Consent", SAML + "consent:prior"))
    if g.hidden:
        return
    say(g, "advice-foreign", "GRANT", lambda r: r.find(
        ".//" + q("a:Conditions")).addnext(load(
            "<a:Advice xmlns:a='%s'><k xmlns='urn:k'/></a:Advice>" % A)))
    for name in ("384", "512"):
        r = g.copy()
        for parent in reversed(signed_parents(r)):
            add_signature(parent, g.key, name, XENC + "sha512")
        case("signed-sha" + name, "GRANT", r)
    r = g.copy()
    for parent in reversed(signed_parents(r)):
        add_signature(parent, g.key, exclusive=False)
    case("signed-enveloped-alone", "GRANT", r)
    r = g.copy()
    for parent in reversed(signed_parents(r)):
        s = add_signature(parent, g.key)
        etree.SubElement(find(s, "Transforms")[-1],
                         "{%s}InclusiveNamespaces" % EXC,
                         PrefixList="xs xsi")
        resign(parent, g.key)
    case("signed-prefix-list", "GRANT", r)
