#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""person_cases.py FOLDER: the genuine response about other people

Prints a line for each case: its name, options ("name value", a MAP's "name
key: value", with bars between), what must come of it (the name of a rule, or
"subject, id, groups; attributes" as the test writes them), and the base64 value
that is posted.
"""
import sys

from lxml import etree

from genuine import Genuine
from samlkit import A, SAML, b64, dump, q

FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:"
FORMAT2 = SAML + "nameid-format:"


def person(g, name_id="opaque", form=FORMAT2 + "persistent", **attributes):
    """Signed by the provider, as all that it says is."""
    r = g.copy()
    a = r.find(q("a:Assertion"))
    n = a.find(q("a:Subject")).find(q("a:NameID"))
    n.text = name_id
    n.attrib.pop("Format", None)
    if form:
        n.set("Format", form)
    s = a.find(q("a:AttributeStatement"))
    for old in list(s):
        s.remove(old)
    for name, values in (attributes or {"uid": ["alice"]}).items():
        e = etree.SubElement(s, "{%s}Attribute" % A, Name=name)
        for v in values:
            etree.SubElement(e, "{%s}AttributeValue" % A).text = v
    return b64(dump(g.sign(r)))


def names(g, case):
    by = "subject name_id|subject_id name_id"
    for form in ("persistent", "transient", "entity", "kerberos"):
        case("name-" + form, by, {
            "transient": "subject", "persistent": "opaque, opaque, -; uid=al"
        }.get(form, "opaque, , -; uid=al"), person(
            g, form=FORMAT2 + form, uid=["al"]))
    for form in ("emailAddress", "unspecified"):
        case("name-" + form, by, "a@b.example, , -; uid=al", person(
            g, "a@b.example", FORMAT + form, uid=["al"]))
    case("name-without-format", by, "who, , -; uid=al",
         person(g, "who", None, uid=["al"]))
    case("name-transient-accepted", by + "|transient_subject accepted",
         "opaque, , -; uid=al",
         person(g, form=FORMAT2 + "transient", uid=["al"]))
    # longer than a logout could find again, and not what counts
    case("name-longest", "subject uid", "al, , -; uid=al",
         person(g, "a" * 70000, uid=["al"]))
    # the name is not what counts: a changing one does no harm
    case("attribute-beside-transient", "subject uid", "al, , -; uid=al",
         person(g, form=FORMAT2 + "transient", uid=["al"]))
    # a name is compared as it stands: with a blank it would be another's
    for padded in ("al ", " al", "al\n", "\tal"):
        at = "%x" % ord(padded.strip("al"))
        case("name-blank-" + at + padded[:1].strip(), by, "subject",
             person(g, padded, uid=["al"]))
        case("attribute-blank-" + at + padded[:1].strip(), "subject uid",
             "attribute", person(g, uid=[padded]))
        case("group-blank-" + at + padded[:1].strip(),
             "subject uid|group_attribute groups", "attribute",
             person(g, uid=["al"], groups=[padded]))
        case("id-blank-" + at + padded[:1].strip(),
             "subject uid|subject_id name_id", "subject",
             person(g, padded, uid=["al"]))
    case("blank-elsewhere", "subject uid", "al, , -; cn=Al uid=al",
         person(g, "opaque", FORMAT2 + "transient", uid=["al"],
                cn=[" Al\n"]))
    case("id-by-attribute", "subject uid|subject_id key",
         "al, k-1, -; key=k-1 uid=al", person(g, key=["k-1"], uid=["al"]))
    case("id-two", "subject uid|subject_id key",
         "al, , -; key=k-1 key=k-2 uid=al",
         person(g, key=["k-1", "k-2"], uid=["al"]))
    case("id-transient", "subject uid|subject_id name_id",
         "al, , -; uid=al",
         person(g, form=FORMAT2 + "transient", uid=["al"]))


def look_alikes(g, case):
    """Told apart by Name alone; of one Name they are one, in any format."""
    uri = SAML + "attrname-format:uri"
    basic = SAML + "attrname-format:basic"

    def said(*attributes):
        r = g.copy()
        s = r.find(q("a:Assertion")).find(q("a:AttributeStatement"))
        for old in list(s):
            s.remove(old)
        for how, value in attributes:
            e = etree.SubElement(s, "{%s}Attribute" % A, how)
            etree.SubElement(e, "{%s}AttributeValue" % A).text = value
        return b64(dump(g.sign(r)))
    friendly = {"Name": "urn:x", "FriendlyName": "uid"}
    by = "subject uid|group_attribute uid"
    case("friendly-name", "subject uid", "subject", said((friendly, "root")))
    case("friendly-name-beside", by, "al, , [al]; uid=al urn:x=root", said(
        (friendly, "root"), ({"Name": "uid"}, "al")))
    for first, second in ((uri, basic), (basic, uri), (None, uri)):
        two = [{"Name": "uid", "NameFormat": f} if f else {"Name": "uid"}
               for f in (first, second)]
        case("formats", "subject uid", "subject", said(
            (two[0], "al"), (two[1], "root")))
    for name, want in (("UID", "UID=root uid=al"),
                       ("u\u0456d", "uid=al u\u0456d=root")):
        case("spelt-" + name, by, "al, , [al]; " + want, said(
            ({"Name": name}, "root"), ({"Name": "uid"}, "al")))


def domains(g, case):
    by = "subject uid|strip_domain CORP"
    for value, want in (
            ("CORP\\alice", "alice"), ("corp\\alice", "alice"),
            ("alice@corp", "alice"), ("alice@CORP", "alice"),
            ("OTHER\\alice", None), ("alice@other", None), ("alice", None),
            ("CORP\\", None), ("@CORP", None), ("CORP\\OTHER\\a", None),
            ("OTHER\\a@CORP", None), ("a@other@CORP", None),
            ("CORP\\a@other", None), ("CORPX\\alice", None)):
        case("domain-" + value, by, "subject" if want is None else
             "%s, , -; uid=%s" % (want, value), person(g, uid=[value]))


def groups(g, case):
    by = "subject uid|group_attribute groups|attributes none"
    p = {"uid": ["al"]}
    none = by + "|missing_groups none"
    # not told is not none: a guard behind not would hold for everybody
    case("groups-not-told", by, "al, , -; ", person(g, **p))
    case("groups-not-told-unknown", by + "|missing_groups unknown",
         "al, , -; ", person(g, **p))
    case("groups-not-told-none", none, "al, , []; ", person(g, **p))
    case("groups-nowhere-to-be", "subject uid|attributes none", "al, , -; ",
         person(g, groups=["a"], **p))
    for how in by, none:
        case("groups-no-value", how, "al, , []; ",
             person(g, groups=[], **p))
        case("groups-empty", how, "al, , []; ",
             person(g, groups=[""], **p))
        case("groups-one-of-two", how, "al, , [a]; ",
             person(g, groups=["", "a"], **p))
        # a link to the list is neither silence nor an empty list
        case("groups-elsewhere", how, "attribute", person(g, **p, **{
            "http://schemas.microsoft.com/claims/groups.link": ["x"]}))
    case("groups-every-value", by, "al, , [a][b][c d]; ",
         person(g, groups=["a", "b", "c d"], **p))
    case("groups-of-another-name", by, "al, , -; ",
         person(g, Groups=["a"], **p))
    case("groups-as-they-are", by, "al, , [CN=a,OU=b]; ",
         person(g, groups=["CN=a,OU=b"], **p))
    for dn, leaf in (("CN=a,OU=b", "a"), ("CN=a\\,b,OU=c", "a,b"),
                     ("plain", "plain"), ("CN=a+UID=b,OU=c", "a"),
                     ("=a", "=a"), ("CN=", "CN=")):
        case("leaf-" + dn, by + "|group_leaf true", "al, , [%s]; " % leaf,
             person(g, groups=[dn], **p))
    case("groups-long", by, "attribute",
         person(g, groups=["a" * 1025], **p))


def attributes(g, case):
    p = {"uid": ["al"], "urn:oid:1": ["x", "y"], "other": ["z"]}
    case("all-values", "subject uid", "al, , -; other=z uid=al urn:oid:1=x "
         "urn:oid:1=y", person(g, **p))
    case("only-these", "subject uid|attributes urn:oid:1|attributes other",
         "al, , -; other=z urn:oid:1=x urn:oid:1=y", person(g, **p))
    case("short-names", "subject uid|attributes urn:oid:1|"
         "attribute_names one: urn:oid:1",
         "al, , -; one=x one=y", person(g, **p))
    by = "subject uid|attributes none|display_name cn|mail m"
    case("name-and-mail", by, "al, , -; mail=a@b name=A L",
         person(g, uid=["al"], cn=["A L", "B"], m=["a@b", "c@d"]))
    # what a person may write about themselves does not pass for it
    case("not-mapped", "subject uid|display_name cn|mail m",
         "al, , -; cn=A m=a@b mail=a@b name=A uid=al",
         person(g, uid=["al"], cn=["A"], m=["a@b"], name=["root"],
                mail=["root@b"]))


def contexts(g, case):
    """The genuine one is a password's, over TLS or not."""
    is_ = g.root.findtext(".//" + q("a:AuthnContextClassRef"))
    p = person(g, uid=["al"])
    by = "subject uid|attributes none|authn_context_comparison %s" \
        "|authn_context %s|authn_context %s"
    for how in ("exact", "minimum", "maximum", "better"):
        case(how + "-first", by % (how, is_, "urn:other"),
             "authn-context" if how == "better" else "al, , -; ", p)
        case(how + "-last", by % (how, "urn:other", is_), "al, , -; ", p)
        case(how + "-none", by % (how, "urn:other", "urn:another"),
             "authn-context", p)


def sessions(g, case):
    """How long it lasts there: one that is let in is not over here."""
    for seconds in (28800, 1, 0, -59):
        r = g.copy()
        r.find(".//" + q("a:AuthnStatement")).set("SessionNotOnOrAfter",
                                                  g.at(seconds))
        case("session-%d" % seconds, "subject uid|attributes none",
             "alice, , -; ", b64(dump(g.sign(r))))


def main():
    g = Genuine(sys.argv[1])

    def case(name, options, want, value):
        print("\t".join((name, options, want, value)))
    for make in (names, look_alikes, domains, groups, attributes, contexts,
                 sessions):
        make(g, case)


if __name__ == "__main__":
    main()
