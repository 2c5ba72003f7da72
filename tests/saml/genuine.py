# SPDX-License-Identifier: Apache-2.0
"""A captured response, its keys, and the list of cases made from it."""
import copy
import datetime
import pathlib

from samlkit import b64, certificate, dump, key, load, q, resign


CASES = []


def case(name, want, xml=None, value=None):
    if value is None:
        value = b64(xml if isinstance(xml, bytes) else dump(xml))
    CASES.append((name, want, value))


class Genuine:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.bytes = (self.dir / "response.xml").read_bytes()
        self.key = key(self.dir / "idp.key")
        self.sp = certificate(self.dir / "sp.crt").public_key()
        self.now = int((self.dir / "now").read_text()) / 1000
        self.root = load(self.bytes)
        self.hidden = self.root.find(q("a:EncryptedAssertion")) is not None
        self.both = self.root.find(q("d:Signature")) is not None

    def copy(self):
        return copy.deepcopy(self.root)

    def sign(self, root):
        """Every signature that is there, the inner one first."""
        for e in list(root.iter(q("a:Assertion"))) + [root]:
            if e.find(q("d:Signature")) is not None:
                resign(e, self.key)
        return root

    def at(self, seconds):
        t = datetime.datetime.utcfromtimestamp(self.now + seconds)
        return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(g):
    """One in the clear: the genuine one, or one of the same make."""
    a = g.root.find(q("a:Assertion"))
    if a is not None:
        return copy.deepcopy(a)
    plain = (g.dir.parent / "simplesamlphp/response.xml").read_bytes()
    return copy.deepcopy(load(plain).find(q("a:Assertion")))


def any_signature(g):
    return copy.deepcopy(g.root.find(".//" + q("d:Signature")))
