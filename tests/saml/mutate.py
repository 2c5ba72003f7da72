#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py FOLDER: a genuine response, changed in every way that must fail

Prints a line for each case: its name, what must come of it (the name of the
rule that refuses it; several by `|`; or GRANT for a legal change), and the
base64 value that is posted. Changes marked `signed` are signed anew with the
provider's own key, so that nothing but the rule is in their way.
"""
import sys

import cases_bytes
import cases_hidden
import cases_said
import cases_shape
import cases_signature
import cases_wrap
from genuine import CASES, Genuine


BYTES = (cases_bytes.bytes_cases, cases_bytes.markup_cases,
         cases_bytes.size_cases, cases_bytes.form_cases)
SHAPE = (cases_shape.structure_cases, cases_shape.id_cases,
         cases_wrap.wrapping_response, cases_wrap.wrapping_assertion)
SIGNATURE = (cases_signature.strip_cases,
             cases_signature.form_of_signature_cases,
             cases_signature.void_cases, cases_signature.stranger_cases,
             cases_signature.unsigned_changes)
SAID = (cases_said.response_said, cases_said.other_namespace,
        cases_said.legal)
# what stands in an assertion that is not encrypted
INSIDE = (cases_said.confirmation_said, cases_said.two_confirmations,
          cases_said.several_confirmations,
          cases_said.conditions_said, cases_said.authn_said,
          cases_said.person_said)


def main():
    g = Genuine(sys.argv[1])
    for make in BYTES + SHAPE + SIGNATURE + SAID + (
            cases_hidden.encryption_cases,) + (() if g.hidden else INSIDE):
        make(g)
    for name, want, value in CASES:
        print("%s\t%s\t%s" % (name, want, value.replace("\r", "%0D")
                              .replace("\n", "%0A").replace("\t", "%09")))


if __name__ == "__main__":
    main()
