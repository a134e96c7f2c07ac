"""Whatever is done to the chain behind our back is found, and the first wrong entry is named."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.audit.chain import AuditKeys, chained, encoded
from lms_domain.audit.model import Entry, Head, Link, Via
from lms_domain.audit.verifying import Anchor, BrokenChain, Verifier
from lms_domain.kernel import Secret, new_id

KEYS = AuditKeys(Secret("a" * 32))
FORGER = AuditKeys(Secret("b" * 32))
START = datetime(2030, 1, 1, tzinfo=UTC)

Chain = tuple[list[Link], Head]
words = st.none() | st.text(max_size=8)
ids = st.none() | st.uuids()
entries = st.builds(
    Entry,
    id=st.uuids(),
    at=st.integers(0, 10**15).map(lambda micros: START + timedelta(microseconds=micros)),
    action=st.text(max_size=8),
    target_kind=st.text(max_size=8),
    target_id=st.uuids(),
    organization_id=ids,
    course_id=ids,
    before=st.text(max_size=8),
    after=st.text(max_size=8),
    via=st.sampled_from(Via),
    operator=words,
    actor_id=ids,
    acting_for_id=ids,
    request_id=words,
    ip=words,
    session_id=ids,
    api_token_id=ids,
    note=st.text(max_size=8),
)
chains = st.lists(entries, min_size=2, max_size=6).map(lambda some: chained(KEYS, Head(), some))


def verify(links: Sequence[Link], head: Head, *, anchor: Anchor | None = None, keys: AuditKeys = KEYS) -> None:
    verifier = Verifier(keys, anchor)
    for link in links:
        verifier.take(link)
    verifier.end(head, rows=len(links))


def broken_at(links: Sequence[Link], head: Head, **known: Any) -> int:
    with pytest.raises(BrokenChain) as broken:
        verify(links, head, **known)
    return broken.value.seq


def an_entry() -> Entry:
    return Entry(id=new_id(), at=START, action="user.changed", target_kind="user", target_id=new_id(), via=Via.HTTP)


def another(value: Any) -> Any:
    """Of the same type, and not the same."""
    match value:
        case None:
            return "x"
        case Via():
            return Via.CLI if value is not Via.CLI else Via.HTTP
        case str():
            return value + " "
        case bytes():
            return value + b" "
        case datetime():
            return value + timedelta(microseconds=1)
        case UUID():
            return UUID(int=value.int ^ 1)
    raise NotImplementedError(type(value))


@given(chains)
def test_what_was_written_is_whole(chain: Chain) -> None:
    verify(*chain)


@given(chains, st.data())
def test_a_changed_field_is_found_whichever_it_is(chain: Chain, data: st.DataObject) -> None:
    links, head = chain
    n = data.draw(st.integers(0, len(links) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(Entry)]))
    entry = links[n].entry
    changed = replace(entry, **{name: another(getattr(entry, name))})
    assert broken_at([*links[:n], replace(links[n], entry=changed), *links[n + 1 :]], head) == n + 1


@given(chains, st.data())
def test_a_changed_hash_is_found(chain: Chain, data: st.DataObject) -> None:
    links, head = chain
    n, bit = data.draw(st.integers(0, len(links) - 1)), data.draw(st.integers(0, 255))
    spoiled = (int.from_bytes(links[n].hash) ^ 1 << bit).to_bytes(32)
    assert broken_at([*links[:n], replace(links[n], hash=spoiled), *links[n + 1 :]], head) == n + 1


@given(chains, st.data())
def test_a_removed_entry_is_found_with_and_without_new_numbers(chain: Chain, data: st.DataObject) -> None:
    links, head = chain
    n = data.draw(st.integers(0, len(links) - 1))
    left = [*links[:n], *links[n + 1 :]]
    assert broken_at(left, head) == n + 1
    numbered = [replace(link, seq=seq) for seq, link in enumerate(left, 1)]
    assert broken_at(numbered, replace(head, seq=len(left))) == min(n + 1, len(left))


@given(chains, entries, st.data())
def test_an_inserted_entry_is_found(chain: Chain, entry: Entry, data: st.DataObject) -> None:
    links, head = chain
    n = data.draw(st.integers(0, len(links)))
    before = Head(seq=n, hash=links[n - 1].hash) if n else Head()
    (forged,), _ = chained(FORGER, before, [entry])
    more = [*links[:n], forged, *links[n:]]
    numbered = [replace(link, seq=seq) for seq, link in enumerate(more, 1)]
    assert broken_at(more, head) == n + 1
    assert broken_at(numbered, replace(head, seq=len(more))) == n + 1
    claimed = replace(forged, key_id=KEYS.current)
    assert broken_at([*links[:n], claimed, *links[n:]], head) == n + 1


@given(chains, st.data())
def test_two_that_changed_places_are_found(chain: Chain, data: st.DataObject) -> None:
    links, head = chain
    one, other = sorted(data.draw(st.sets(st.integers(0, len(links) - 1), min_size=2, max_size=2)))
    swapped = list(links)
    swapped[one], swapped[other] = replace(links[other], seq=one + 1), replace(links[one], seq=other + 1)
    assert broken_at(swapped, head) == one + 1


@given(chains)
def test_the_newest_cannot_be_taken_away_together_with_the_head(chain: Chain) -> None:
    links, head = chain
    left, last = links[:-1], links[-2]
    assert broken_at(left, head) == len(links)
    for seal in (head.seal, b"", last.hash):
        assert broken_at(left, Head(seq=last.seq, hash=last.hash, key_id=last.key_id, seal=seal)) == last.seq
    forged = Head(seq=last.seq, hash=last.hash, key_id=FORGER.current, seal=head.seal)
    assert broken_at(left, forged) == last.seq


@given(chains)
def test_who_brings_back_an_old_head_too_is_found_by_what_was_noted(chain: Chain) -> None:
    links, _ = chain
    kept, old = chained(KEYS, Head(), [link.entry for link in links[:-1]])
    verify(kept, old)
    noted = Anchor(links[-1].seq, links[-1].hash)
    assert broken_at(kept, old, anchor=noted) == links[-1].seq
    _, other = chained(KEYS, old, [an_entry()])
    rewritten, _ = chained(KEYS, old, [an_entry()])
    assert broken_at([*kept, *rewritten], other, anchor=noted) == links[-1].seq


def test_an_emptied_trail_is_found_by_its_head_or_by_what_was_noted() -> None:
    links, head = chained(KEYS, Head(), [an_entry()])
    assert broken_at([], head) == 1
    assert broken_at([], Head(), anchor=Anchor(1, links[0].hash)) == 1
    assert broken_at(links, Head()) == 1


def test_an_older_key_verifies_and_the_new_one_goes_on() -> None:
    links, head = chained(KEYS, Head(), [an_entry(), an_entry()])
    both = AuditKeys(Secret("c" * 32), [Secret("a" * 32)])
    more, head = chained(both, head, [an_entry()])
    verify([*links, *more], head, keys=both)
    assert {link.key_id for link in links} != {link.key_id for link in more}
    assert broken_at([*links, *more], head, keys=AuditKeys(Secret("c" * 32))) == 1


def test_what_went_with_somebody_who_was_erased_is_not_missed() -> None:
    ada, ben = an_entry(), an_entry()
    links, head = chained(KEYS, Head(), [ada, ben])
    (erased, other) = (replace(link, entry=without_details(link.entry)) for link in links)
    who = {ada.target_id: 2}
    verifier = Verifier(KEYS, erased=who)
    for link in (erased, links[1]):
        verifier.take(link)
    verifier.end(head, rows=2)
    for known in ({}, {ben.target_id: 2}, {ada.target_id: 0}):
        with pytest.raises(BrokenChain):
            Verifier(KEYS, erased=known).take(erased)
    again = Verifier(KEYS, erased=who)
    again.take(erased)
    with pytest.raises(BrokenChain):
        again.take(other)


def without_details(entry: Entry) -> Entry:
    return replace(entry, salt=None, ip=None, request_id=None, note="{}")


@given(entries)
def test_an_entry_of_an_older_trail_is_verified_as_it_was_written(entry: Entry) -> None:
    """They had no commitment, and were spelled with all they said."""
    digest = KEYS.hash_of(Head().hash, 1, KEYS.current, entry)
    link = Link(seq=1, entry=entry, key_id=KEYS.current, hash=digest)
    verify([link], Head(seq=1, hash=digest, key_id=KEYS.current, seal=KEYS.seal_of(1, KEYS.current, digest)))
    assert broken_at([replace(link, entry=replace(entry, ip="x"))], Head()) == 1


@given(entries, entries)
def test_two_entries_are_never_spelled_alike(one: Entry, other: Entry) -> None:
    assert (encoded(1, "k", one) == encoded(1, "k", other)) is (one == other)
