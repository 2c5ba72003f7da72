#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""aggregate.py [FOLDER?]N?HOW [FILE DOMAIN]...: a federation of N entities

Half of them identity providers, half services, with two keys each, signed by
the key beside the captured answers. HOW: good at their time, today, or what is
wrong with it. Each FILE is the metadata of one more member, whose people are
of DOMAIN. HOW is alone: of the first member alone, as a query service answers.
"""
import pathlib
import sys
import time

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from samlkit import P, SAML, add_signature, cut, dump, key, load, q

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "simplesamlphp"
MD = SAML + "metadata"
KEY = """<md:KeyDescriptor%s><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/\
xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate>\
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"""
OF_IT = """<md:Extensions xmlns:md="%(md)s"><ui:UIInfo xmlns:ui="%(ui)s">\
<ui:DisplayName xml:lang="en">%(name)s</ui:DisplayName></ui:UIInfo>\
<ui:DiscoHints xmlns:ui="%(ui)s"><ui:DomainHint>%(domain)s</ui:DomainHint>\
</ui:DiscoHints><s:Scope regexp="false" xmlns:s="urn:mace:shibboleth:metadata\
:1.0">%(domain)s</s:Scope></md:Extensions>"""
IDP = """<md:EntityDescriptor entityID="https://idp%d.example.org/">\
<md:IDPSSODescriptor protocolSupportEnumeration="%s">%s%s\
<md:SingleSignOnService \
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" \
Location="https://idp%d.example.org/sso"/></md:IDPSSODescriptor>\
</md:EntityDescriptor>"""
SP = """<md:EntityDescriptor entityID="https://sp%d.example.org/">\
<md:SPSSODescriptor protocolSupportEnumeration="%s">%s\
<md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:\
bindings:HTTP-POST" Location="https://sp%d.example.org/acs"/>\
</md:SPSSODescriptor></md:EntityDescriptor>"""


def certificates():
    own = "".join(line for line in (DATA / "idp.crt").read_text().split("\n")
                  if "-----" not in line)
    other = "".join(line for line in (DATA / "sp.crt").read_text().split("\n")
                    if "-----" not in line)
    return (KEY % (' use="signing"', own)) + (KEY % ("", other))


def of_it(name, domain):
    """What a federation's operator says of a member."""
    return OF_IT % {"md": MD, "ui": "urn:oasis:names:tc:SAML:metadata:ui",
                    "name": name, "domain": domain}


def idp(i, keys):
    return IDP % (i, P, of_it("University %d" % i, "u%d.example.org" % i),
                  keys, i)


def member(data, domain):
    """A provider's own metadata, as the operator passes it on."""
    root = load(data)
    for s in root.findall(q("d:Signature")):
        cut(s)
    role = root.find("{%s}IDPSSODescriptor" % MD)
    for old in role.findall("{%s}Extensions" % MD):
        cut(old)
    role.insert(0, etree.fromstring(of_it("The %s" % domain, domain)))
    return dump(root).decode()


def alone(data, domain):
    root = load(member(data, domain).encode())
    root.set("ID", "_all")
    return dump(root).decode()


def text(n, how, members=()):
    keys = certificates()
    parts = [member(pathlib.Path(f).read_bytes(), d) for f, d in members]
    for i in range(n // 2):
        parts.append(idp(i, keys))
        parts.append(SP % (i, P, keys, i))
    if how == "twice":
        parts.append(idp(3, keys))
    if how == "rogue":      # says of itself what is another's, or two say
        for i, hint in ((0, "u4.example.org"), (1, "both.example"),
                        (2, "both.example"), (6, "u5.example.org")):
            parts[2 * i] = parts[2 * i].replace(
                "Hint>u%d.example.org<" % i, "Hint>%s<" % hint)
        parts[10] = parts[10].replace(      # and idp5 has ended
            " ", ' validUntil="2020-01-01T00:00:00Z" ', 1)
    if how == "hasty":
        for e in ("EntityDescriptor", "IDPSSODescriptor"):
            parts[0] = parts[0].replace(e, e + ' cacheDuration="PT1S"', 1)
    until = "2020-01-01T00:00:00Z" if how == "expired" else \
        "2026-12-24T00:00:00Z" if how != "today" else time.strftime(
            "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 14 * 86400))
    return ('<md:EntitiesDescriptor xmlns:md="%s" ID="_all" Name="urn:fed" '
            'validUntil="%s" cacheDuration="PT1H"><!-- a federation -->'
            '<?pi x?>%s</md:EntitiesDescriptor>' % (
                MD, until, "".join(parts)))


def main():
    n, how = sys.argv[1].split("?")[-2:]
    members = list(zip(sys.argv[2::2], sys.argv[3::2]))
    data = alone(pathlib.Path(members[0][0]).read_bytes(), members[0][1]) \
        if how == "alone" else text(int(n), how, members)
    if how != "unsigned":
        root = load(data.encode())
        signer = rsa.generate_private_key(65537, 2048) \
            if how == "stranger" else key(DATA / "idp.key")
        s = add_signature(root, signer)
        root.remove(s)
        root.insert(0, s)
        if how == "wrapped":
            root[-1].set("ID", "_ALL")
        data = dump(root).decode()
    if how == "changed":
        data = data.replace("https://idp5.example.org/sso",
                            "https://evil.example.org/sso")
    sys.stdout.write(data)


if __name__ == "__main__":
    main()
