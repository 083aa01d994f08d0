"""Verifies the DKIM signatures of a message with dkimpy: verify_dkim.py FILE RECORDS, where RECORDS is a file of JSON such as
{"selector._domainkey.example.com": "v=DKIM1; p=..."}. Prints one JSON line per signature.
"""

import json
import sys
from pathlib import Path

import dkim


def main():
    message = Path(sys.argv[1]).read_bytes()
    known = json.loads(Path(sys.argv[2]).read_text())

    def record(name, timeout=5):
        return known.get(name.decode().rstrip("."), "").encode() or None

    count = sum(line.lower().startswith(b"dkim-signature:") for line in message.split(b"\r\n\r\n")[0].split(b"\r\n"))
    for index in range(count):
        verifier = dkim.DKIM(message)
        try:
            right = verifier.verify(index, dnsfunc=record)
        except dkim.DKIMException as error:
            right, reason = False, str(error)
        else:
            reason = ""
        fields = verifier.signature_fields
        headers = [name.strip().lower() for name in fields[b"h"].decode().split(":")]
        told = {
            "result": "pass" if right else "fail",
            "selector": fields[b"s"].decode(),
            "algorithm": fields[b"a"].decode(),
            "headers": headers,
            "comment": reason,
        }
        print(json.dumps(told))


if __name__ == "__main__":
    main()
