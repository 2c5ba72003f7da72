#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scope_cases.py FOLDER: the genuine response, about groups with a domain

The subject's domain is the provider's own, example.org; another's is
lemon.example, and `domains` of the test's options gives given.example to that
other, ours.example to this one. Prints a line for each: the group, GRANT or the
rule that refuses it, and the base64 value that is posted.
"""
import sys

from genuine import Genuine
from person_cases import person

GROUPS = (
    ("staff", "GRANT"), ("member@example.org", "GRANT"),
    ("member@EXAMPLE.org", "GRANT"), ("member@ours.example", "GRANT"),
    ("member@nobodys.example", "GRANT"), ("list@sub.lemon.example", "GRANT"),
    ("at@", "GRANT"), ("@", "GRANT"),
    ("member@lemon.example", "scope"), ("member@LEMON.example", "scope"),
    ("@lemon.example", "scope"), ("a@example.org@lemon.example", "scope"),
    ("member@given.example", "scope"))


def main():
    g = Genuine(sys.argv[1])
    for group, want in GROUPS:
        print("\t".join((group, want, person(
            g, uid=["alice@example.org"], groups=["staff", group]))))


if __name__ == "__main__":
    main()
