"""ETags: what is made of a version and an answer, and what a caller may send back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.kernel import Invalid
from lms_entrypoints.http.conditional import conditional
from lms_entrypoints.http.etags import etag_of, is_known, version_in
from lms_entrypoints.http.wire import Message, Receive, Scope, Send

TAG = b'"3-abc"'


@given(st.integers(0, 999_999_999), st.binary())
def test_a_tag_says_its_version_and_is_known_by_itself(version: int, body: bytes) -> None:
    tag = etag_of(version, body)
    assert version_in(tag) == version
    assert is_known(tag.encode(), tag.encode())
    assert not is_known(etag_of(version, body + b"x").encode(), tag.encode())
    assert not is_known(etag_of(version + 1, body).encode(), tag.encode())


@pytest.mark.parametrize(("header", "version"), [(None, None), ("*", None), (' "7" ', 7), ('"07"', 7), ('W/"3"', 3)])
def test_a_bare_version_is_good_for_if_match_and_a_star_is_any(header: str | None, version: int | None) -> None:
    assert version_in(header) == version


@pytest.mark.parametrize("header", ["", "3", '"x"', 'w/"3"', '"1", "2"', '"3-short"', '"٣"', '"3-' + "x" * 17 + '"'])
def test_what_is_no_tag_of_ours_is_refused_by_name(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        version_in(header)
    assert [problem.field for problem in refused.value.problems] == ["If-Match"]


@pytest.mark.parametrize(
    "header",
    [
        TAG,
        b"*",
        b" * ",
        b"W/" + TAG,
        b'"other", ' + TAG,
        TAG + b',"other"',
        b'"with,comma",W/' + TAG + b' , "last"',
        b", , " + TAG,  # RFC 9110 §5.6.1.2: empty elements are passed over
        b'"\xff", ' + TAG,
    ],
)
def test_lists_stars_and_weak_tags_are_understood(header: bytes) -> None:
    assert is_known(TAG, header)
    assert is_known(b"W/" + TAG, header)


@pytest.mark.parametrize(
    "header", [b"", b"3-abc", b'"3-abd"', b'"3-ab"', b'"3-ABC"', b'w/"x"', b'"*"', b'"', b'""', b"W/"]
)
def test_what_is_another_tag_or_none_is_not_known(header: bytes) -> None:
    assert not is_known(TAG, header)


async def answered(method: str, status: int, given: list[bytes], pieces: int = 2) -> list[Message]:
    """By an app that answers TAG, in several pieces."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"ETag", TAG), (b"Content-Type", b"text/plain"), (b"cache-control", b"private")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in range(pieces):
            await send({"type": "http.response.body", "body": b"x", "more_body": piece < pieces - 1})

    async def receive() -> Message:
        return {"type": "http.request"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    lines = [(b"if-none-match", value) for value in given]
    await conditional(app)({"type": "http", "method": method, "headers": lines}, receive, send)
    return sent


@pytest.mark.parametrize("given", [[TAG], [b"*"], [b'"other"', b"W/" + TAG]])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_known_is_not_sent_again(method: str, given: list[bytes]) -> None:
    start, body = await answered(method, 200, given)
    assert (start["status"], start["headers"]) == (304, [(b"etag", TAG), (b"cache-control", b"private")])
    assert body == {"type": "http.response.body", "body": b""}


@pytest.mark.parametrize(
    ("method", "status", "given"),
    [("GET", 200, []), ("GET", 200, [b'"other"']), ("GET", 404, [b"*"]), ("PATCH", 200, [TAG]), ("POST", 201, [b"*"])],
)
async def test_everything_else_is_sent_as_it_is(method: str, status: int, given: list[bytes]) -> None:
    start, *body = await answered(method, status, given)
    assert (start["status"], len(start["headers"]), len(body)) == (status, 3, 2)
