"""Reads our NDEF messages with `ndeflib`: JSON in, JSON out.

Input: an array of {"name", "message"}, the message in hexadecimal. Output: an object,
name -> the records, each with its type and its payload in hexadecimal.
"""

import json
import sys

import ndef


def records(message: bytes) -> list[dict[str, str]]:
    return [
        {"type": record.type, "name": record.name, "payload": record.data.hex()}
        for record in ndef.message_decoder(message, errors="strict")
    ]


if __name__ == "__main__":
    jobs = json.load(sys.stdin)
    answers = {job["name"]: records(bytes.fromhex(job["message"])) for job in jobs}
    json.dump(answers, sys.stdout)
