"""On which terms learners come onto a course by themselves, and on which their staff may put them there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lms_domain.enrollments import errors
from lms_domain.enrollments.codes import as_stored
from lms_domain.enrollments.course import Offer, Terms
from lms_domain.enrollments.model import Enrollment, Entry, Source
from lms_domain.kernel import Actor, Event, NotFound, Problem
from lms_domain.turnstile import Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a learner says with the request. `waitlist`: wait for a seat if there is none."""

    code: str | None = None
    waitlist: bool = False

    @property
    def stored_code(self) -> str | None:
        return None if self.code is None else as_stored(self.code)


def is_settled(mine: Enrollment | None, wish: Wish, now: datetime) -> bool:
    """Nothing is left to do, unless a code is to renew an access that has ended."""
    if mine is None or not mine.is_active:
        return False
    return wish.code is None or not (mine.status.has_seat and mine.is_expired(now))


def by_oneself(offer: Offer, actor: Actor, wish: Wish, *, now: datetime) -> Entry:
    """A code opens priced and members-only courses; the window, the prerequisites and the seats hold for everybody."""
    _must_be_seen(offer, actor)
    if not offer.terms.is_open:
        raise errors.CourseNotOpen(status=offer.sight.status)
    _must_be_welcome(offer, actor, wish, now)
    if offer.enrollment is None or not offer.enrollment.is_active:
        _must_be_in_time(offer.terms, now)
        if offer.missing:
            raise errors.PrerequisitesMissing(missing=list(offer.missing))
    if offer.code is None:
        return Entry(source=Source.SELF, by=actor.id)
    offer.code.must_be_good(now)
    return Entry(source=Source.CODE, by=actor.id, code_id=offer.code.id)


def take_place(
    enrollment: Enrollment, offer: Offer, taken: Counters, entry: Entry, *, may_wait: bool, now: datetime
) -> Iterator[Event]:
    """Onto a seat, or onto the waitlist if that is wanted. A seat that somebody waits for is not free."""
    seats = offer.terms.seats
    if seats is None or taken.seats_taken + taken.waitlisted < seats:
        yield from enrollment.enter(entry, offer.measure, access_until=offer.terms.access_until(now), now=now)
    elif may_wait:
        yield from enrollment.wait(entry, now=now)
    else:
        raise errors.CourseIsFull(seats=seats, waitlist=True)


def _must_be_seen(offer: Offer, actor: Actor) -> None:
    """A code, or having been let in before, shows a published course to somebody who is no member."""
    mine = offer.enrollment
    invited = offer.code is not None or _was_let_in(mine)
    if not (offer.sight.is_seen_by(actor) or (invited and offer.sight.is_active and offer.terms.is_open)):
        raise NotFound(entity="Course", id=offer.sight.id)


def _must_be_welcome(offer: Offer, actor: Actor, wish: Wish, now: datetime) -> None:
    mine, runs_it = offer.enrollment, offer.sight.is_run_by(actor)
    if mine and mine.dropped_by not in {None, actor.id} and not runs_it:
        raise errors.RemovedByStaff
    if wish.code is not None and offer.code is None:
        raise errors.UnknownCode(Problem("code", "is not a code of this course"))
    if offer.code is not None:
        return
    if mine and mine.is_expired(now):
        raise errors.AccessExpired(expires_at=mine.expires_at)
    if offer.terms.price_amount is not None and not (runs_it or _was_let_in(mine)):
        price = {"amount": offer.terms.price_amount, "currency": offer.terms.price_currency}
        raise errors.PaymentRequired(price=price)


def _was_let_in(mine: Enrollment | None) -> bool:
    return mine is not None and mine.source is not Source.SELF


def _must_be_in_time(terms: Terms, now: datetime) -> None:
    if terms.opens_at is not None and now < terms.opens_at:
        raise errors.EnrollmentNotYetOpen(opens_at=terms.opens_at)
    if terms.closes_at is not None and now >= terms.closes_at:
        raise errors.EnrollmentClosed(closed_at=terms.closes_at)
