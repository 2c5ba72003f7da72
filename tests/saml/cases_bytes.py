# SPDX-License-Identifier: Apache-2.0
"""Changes of the bytes: base64, encodings, markup that nobody needs, size."""
import re

from lxml import etree

from genuine import case
from samlkit import b64, dump, load, q


def cut_at(data, mark, put, after=False):
    i = data.index(mark) + (len(mark) if after else 0)
    return data[:i] + put + data[i:]


def bytes_cases(g):
    v, x = b64(g.bytes), g.bytes
    for name, bad in (
            ("char", v[:100] + "*" + v[101:]),
            ("blank", v[:100] + " " + v[100:]), ("tab", v[:100] + "\t" +
                                                 v[100:]),
            ("url-alphabet", v[:100] + "-_" + v[102:]),
            ("no-padding", b64(x + b"\n" * (3 - (len(x) + 2) % 3)).rstrip(
                "=")), ("padding-inside", v[:100] + "==" + v[100:]),
            ("unused-bits", b64(b"\0" * 3 + x[:1])[:-3] + "B=="),
            ("empty", ""), ("one", "A")):
        case("base64-" + name, "base64", value=bad)
    case("base64-line-breaks", "GRANT", value="\r\n".join(
        v[i:i + 64] for i in range(0, len(v), 64)))
    case("size-long", "size", value="A" * 400000)
    case("size-xml", "size|base64", xml=x + b" " * (256 << 10))
    for name, bad in (
            ("nul", x.replace(b"alice", b"al\0ce", 1) + b"\0"),
            ("latin1", cut_at(x, b"</", b"\xe4")), ("utf8-overlong",
                                                    cut_at(x, b"</",
                                                           b"\xc0\xaf")),
            ("utf8-surrogate", cut_at(x, b"</", b"\xed\xa0\x80")),
            ("utf16le", b"\xff\xfe" + x.decode().encode("utf-16-le")),
            ("utf16be", b"\xfe\xff" + x.decode().encode("utf-16-be")),
            ("utf32", x.decode().encode("utf-32")),
            ("utf16-bare", x.decode().encode("utf-16-le"))):
        case("encoding-" + name, "encoding", bad)
    body = x[x.index(b"?>") + 2:].lstrip() if x.startswith(b"<?xml") else x
    for e in ("UTF-7", "UTF-16", "ISO-8859-1", "US-ASCII", "EBCDIC-CP-BE",
              "UTF-8 ", "utf8", ""):
        case("encoding-declared-%s" % (e.strip() or "none"), "encoding",
             ('<?xml version="1.0" encoding="%s"?>' % e).encode() + body)
    case("encoding-declared-utf-8", "GRANT",
         b'<?xml version="1.0" encoding="utf-8"?>' + body)
    case("encoding-bom", "GRANT", b"\xef\xbb\xbf" + body)


DOCTYPES = (
    ("empty", "<!DOCTYPE x>"), ("subset", "<!DOCTYPE x []>"),
    ("external", '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">'),
    ("public", '<!DOCTYPE x PUBLIC "-//x//" "file:///etc/passwd">'),
    ("entity", '<!DOCTYPE x [<!ENTITY e "alice">]>'),
    ("file", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    ("parameter", '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://192.0.2.1/">'
     "%e;]>"),
    ("bomb", "<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>" + "".join(
        "<!ENTITY a%d '%s'>" % (i + 1, ("&a%d;" % i) * 10)
        for i in range(9)) + "]>"),
    ("quadratic", "<!DOCTYPE x [<!ENTITY a '%s'>]>" % ("a" * 50000)),
    ("attlist", "<!DOCTYPE x [<!ATTLIST x ID ID #IMPLIED>]>"),
    ("default", '<!DOCTYPE x [<!ATTLIST x Version CDATA "2.0">]>'))


def markup_cases(g):
    x = g.bytes
    start = x.index(b"<", x.index(b"?>") + 2 if x.startswith(b"<?xml")
                    else 0)
    for name, text in DOCTYPES:
        case("doctype-" + name, "doctype",
             x[:start] + text.encode() + x[start:])
    case("doctype-behind", "doctype", x + b"<!DOCTYPE x>")
    case("doctype-inside", "doctype", cut_at(x, b"</", b"<!DOCTYPE x>"))
    case("doctype-cdata", "doctype", cut_at(x, b"</", b"<![CDATA[x]]>"))
    # in the text and between the elements of every kind there is
    places = {m.group(1): m.start() for m in re.finditer(
        rb"</([A-Za-z0-9:]+)>", x)}
    for kind, put in (("comment", b"<!-- x -->"),
                      ("processing-instruction", b"<?x y?>")):
        case("%s-before" % kind, kind, x[:start] + put + x[start:])
        case("%s-behind" % kind, kind, x + put)
        for tag, i in sorted(places.items()):
            case("%s-in-%s" % (kind, tag.decode()), kind,
                 x[:i] + put + x[i:])
    case("processing-instruction-stylesheet", "processing-instruction",
         x[:start] + b'<?xml-stylesheet href="http://192.0.2.1/"?>' +
         x[start:])
    case("processing-instruction-declaration-late",
         "processing-instruction", b" <?xml version='1.0'?>" + x[start:])


def size_cases(g):
    deep = "".join("<n>" for _ in range(40)) + "</n>" * 40

    def put(text):
        r = g.copy()
        e = etree.SubElement(r, q("p:Extensions"))
        r.remove(e)
        r.insert(1, e)
        e.append(load(text))
        return r
    case("depth-40", "depth", put("<x xmlns='urn:x'>%s</x>" % deep))
    case("depth-1000", "depth", dump(put("<x xmlns='urn:x'/>")).replace(
        b'<x xmlns="urn:x"/>', b"<y>" * 1000 + b"</y>" * 1000))
    case("depth-100000", "depth", b"<a>" * 60000)
    case("elements", "elements", put("<x xmlns='urn:x'>%s</x>" %
                                     ("<n/>" * 20001)))
    case("attributes", "attributes", put("<x xmlns='urn:x' %s/>" % " ".join(
        'a%d=""' % i for i in range(51))))
    # what its canonical form would be: 700 MB, and 1 GB
    wide = "<x xmlns='urn:x' xmlns:z='urn:%s'>%%s</x>" % ("z" * 110000)
    case("namespaces-elements", "namespaces", put(wide % ("<z:n/>" * 6500)))
    case("namespaces-attributes", "namespaces", put(wide % (
        "<n z:a=''/>" * 4000)))
    nest = "".join("<n %s>" % " ".join("xmlns:p%d_%d='urn:%d:%d'" % (i, k, i, k)
                                       for k in range(40))
                   for i in range(20)) + "<n/>" * 8000 + "</n>" * 20
    case("namespaces-around", "namespaces", put("<x xmlns='urn:x'>%s</x>" %
                                                nest))
    # few are declared, but inclusive canonicalisation looks each of them up
    # at each element: a second of work for a signature of nobody's
    few = "".join("<n %s>" % " ".join("xmlns:p%d_%d='u:%d:%d'" % (i, k, i, k)
                                      for k in range(45)) for i in range(2))
    for name, n in (("often", 19000), ("often-enough", 3000)):
        r = put("<x xmlns='urn:x'>%s</x>" % (few + "<n/>" * n + "</n>" * 2))
        for e in r.xpath("//*[local-name() = 'Transform'][2] | "
                         "//*[local-name() = 'Assertion']/"
                         "*[local-name() = 'Signature']"):
            e.getparent().remove(e)
        case("namespaces-" + name, "namespaces", r)
    case("attributes-xmlns", "attributes", put("<x %s/>" % " ".join(
        'xmlns:a%d="urn:%d"' % (i, i) for i in range(51))))



def form_cases(g):
    x = g.bytes
    for part in (1, 10, 25, 50, 75, 90, 99):
        case("cut-at-%d-percent" % part, "well-formed",
             x[:len(x) * part // 100])
    for name, bad in (
            ("second-root", x + b"<x/>"), ("text-behind", x + b"x"),
            ("text-before", b"x" + x), ("entity", cut_at(x, b"</", b"&x;")),
            ("amp", cut_at(x, b"</", b"&")), ("char-ref-nul",
                                              cut_at(x, b"</", b"&#0;")),
            ("char-ref-long", cut_at(x, b"</", b"&#x110000;")),
            ("attribute-twice", x.replace(b' Version="2.0"',
                                          b' Version="2.0" Version="2.0"',
                                          1)),
            ("prefix-unbound", x.replace(b' Version="2.0"',
                                         b' no:Version="2.0"', 1)),
            ("tag-unclosed", x.rstrip()[:-1]), ("end-only", b"</x>"),
            ("control", cut_at(x, b"</", b"\x01")), ("empty", b" "),
            ("no-markup", b"alice")):
        case("well-formed-" + name, "well-formed", bad)
