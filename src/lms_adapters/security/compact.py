"""The written form of a token, read strictly: what is not as we write it is not ours."""

import base64
import json
import re
from typing import Any

from jwt import DecodeError

LONGEST_TOKEN = 4096  # with RSA of 8192 bits and the longest issuer and audience it is 3200
LONGEST_HEADER = 256
PART = re.compile(r"[A-Za-z0-9_-]+")
# Nothing but these: no jku, jwk, x5u or x5c that brings a key along, no crit or b64 that changes what is signed.
FIELDS = {"alg", "kid", "typ"}


def header_of(token: str) -> dict[str, str]:
    """Of a JWS in compact form (RFC 7515 §7.1), its signature not looked at. Raises DecodeError."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3 or len(parts[0]) > LONGEST_HEADER:  # noqa: PLR2004 (by definition)
        raise DecodeError("not three parts of a bearable length")
    first, _, _ = map(_decoded, parts)
    header = _object(first)
    if set(header) != FIELDS or not all(isinstance(value, str) for value in header.values()):
        raise DecodeError("not the header of an access token")
    return header


def payload_of(token: str) -> dict[str, Any]:
    """Of one whose signature was found good. Raises DecodeError."""
    return _object(_decoded(token.split(".")[1]))


def _object(data: bytes) -> dict[str, Any]:
    """JSON as RFC 8259 wants it between strangers: one encoding, no name twice, no number that is none."""
    try:
        found = json.loads(data.decode(), object_pairs_hook=_each_once, parse_constant=_refused)
    except ValueError:
        raise DecodeError("not readable") from None
    if not isinstance(found, dict):
        raise DecodeError("not an object")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DecodeError("a name that is there twice")
    return found


def _refused(name: str) -> None:
    raise DecodeError(f"{name} is no number")


def _decoded(part: str) -> bytes:
    """Base64url in its one right spelling: Python's decoder would skip strange characters and ignore spare bits."""
    if not PART.fullmatch(part):
        raise DecodeError("not base64url")
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise DecodeError("not the right spelling")
    return data
