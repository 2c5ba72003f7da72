#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py NAME FOLDER: every changed message as a seed for fuzz-NAME

Fills FOLDER with what mutate.py, logout_cases.py, soap_cases.py and
metadata_cases.py make, each once, as the fuzzer takes it. What is long for its
length's sake is left to the tests, for a fuzzer would change nothing else.
"""
import base64
import binascii
import hashlib
import pathlib
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = ("simplesamlphp", "simplesamlphp-assertion",
           "simplesamlphp-encrypted", "keycloak", "lemonldap")
LONGEST = 65536


def lines(script, folder):
    made = subprocess.run([sys.executable, "-B", HERE / script, HERE / folder],
                          stdout=subprocess.PIPE, check=True, text=True)
    return [line.split("\t") for line in made.stdout.splitlines()]


def plain(text):
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return None


def gate():
    for folder in FOLDERS:
        for _, _, value in lines("mutate.py", folder):
            yield plain(urllib.parse.unquote(value))
    for _, _, _, how, text in lines("logout_cases.py", FOLDERS[0]):
        if how == "BODY":
            yield plain(text)
        elif how == "POST":
            for value in dict(urllib.parse.parse_qsl(text)).values():
                yield plain(value)
    for line in lines("soap_cases.py", "lemonldap"):
        yield plain(line[4])


def bind():
    for _, _, value in lines("mutate.py", FOLDERS[0]):
        yield urllib.parse.unquote(value).encode()
    for _, _, _, how, text in lines("logout_cases.py", FOLDERS[0]):
        if how == "GET":
            yield text.encode()


def metadata():
    for line in lines("metadata_cases.py", FOLDERS[0]):
        yield plain(line[3])


def main():
    make = {"saml-gate": gate, "saml-bind": bind, "saml-metadata": metadata}
    to = pathlib.Path(sys.argv[2])
    to.mkdir(parents=True, exist_ok=True)
    for old in to.iterdir():
        old.unlink()
    for seed in make[sys.argv[1]]():
        if seed and len(seed) <= LONGEST:
            (to / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)
    print("%d seeds" % len(list(to.iterdir())))


if __name__ == "__main__":
    main()
