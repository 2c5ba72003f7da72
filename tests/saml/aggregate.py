#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""aggregate.py [FOLDER?]N?HOW: the metadata of a federation of N entities

Half of them identity providers, half services, with two keys each, signed by
the key beside the captured answers. HOW: good, or what is wrong with it.
"""
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric import rsa

from samlkit import P, SAML, add_signature, dump, key, load

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "simplesamlphp"
MD = SAML + "metadata"
KEY = """<md:KeyDescriptor%s><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/\
xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate>\
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"""
IDP = """<md:EntityDescriptor entityID="https://idp%d.example.org/">\
<md:IDPSSODescriptor protocolSupportEnumeration="%s"><md:Extensions>\
<ui:UIInfo xmlns:ui="urn:oasis:names:tc:SAML:metadata:ui"><ui:DisplayName \
xml:lang="en">University %d</ui:DisplayName></ui:UIInfo><ui:DiscoHints \
xmlns:ui="urn:oasis:names:tc:SAML:metadata:ui"><ui:DomainHint>u%d.example.org\
</ui:DomainHint></ui:DiscoHints><s:Scope regexp="false" xmlns:s="urn:mace:\
shibboleth:metadata:1.0">u%d.example.org</s:Scope></md:Extensions>%s<md:SingleSignOnService \
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


def text(n, how):
    keys = certificates()
    parts = []
    for i in range(n // 2):
        parts.append(IDP % (i, P, i, i, i, keys, i))
        parts.append(SP % (i, P, keys, i))
    if how == "twice":
        parts.append(IDP % (3, P, 3, 3, 3, keys, 3))
    until = "2020-01-01T00:00:00Z" if how == "expired" else \
        "2026-12-24T00:00:00Z"
    return ('<md:EntitiesDescriptor xmlns:md="%s" ID="_all" Name="urn:fed" '
            'validUntil="%s" cacheDuration="PT1H"><!-- a federation -->'
            '<?pi x?>%s</md:EntitiesDescriptor>' % (
                MD, until, "".join(parts)))


def main():
    n, how = sys.argv[1].split("?")[-2:]
    data = text(int(n), how)
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
