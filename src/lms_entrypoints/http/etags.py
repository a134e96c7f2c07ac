"""ETags: `"3-9oQ2..."` is the version, which If-Match asks for, and a fingerprint of the answer, for If-None-Match.

The version alone would not do for If-None-Match: an answer also says what has no part in the version (seats left, a
rating, one's own progress), and not the same to everybody.
"""

import base64
import hashlib
import re

from lms_domain.kernel import Invalid, Problem

# RFC 9110 §8.8.3: any visible character but the quote, a comma among them.
ENTITY_TAG = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
OURS = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[A-Za-z0-9_-]{16})?"')


def etag_of(version: int, body: bytes) -> str:
    """96 bits of SHA-256: nobody gains by making two answers of their own alike."""
    fingerprint = base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:12]).decode()
    return f'"{version}-{fingerprint}"'


def version_in(if_match: str | None) -> int | None:
    """The version that the caller has read, or None where any will do. A bare version, `"3"`, is good as well.

    So is a tag that a proxy has made weak when it compressed the answer: the version is what counts, not the bytes.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    match = OURS.fullmatch(if_match.strip())
    if match is None:
        raise Invalid(Problem("If-Match", 'one ETag as this API answers it, such as "3", or *'))
    return int(match[1])


def is_known(etag: bytes, if_none_match: bytes) -> bool:
    """Whether the caller has this one already, by weak comparison (RFC 9110 §8.8.3.2, §13.1.2)."""
    if if_none_match.strip() == b"*":
        return True
    tag = ENTITY_TAG.fullmatch(etag)
    return tag is not None and tag[1] in ENTITY_TAG.findall(if_none_match)
