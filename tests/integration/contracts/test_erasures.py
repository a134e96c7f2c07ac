"""What any adapter promises of erasing somebody. Runs on memory and PostgreSQL alike."""

import pytest
from tests.builders import a_learner, a_published_course, a_reader, a_teacher, registered

from lms_domain.courses.reviews import NotEnrolled, ReviewLine
from lms_domain.courses.use_cases import reviewing
from lms_domain.idempotency import Answer, Attempt
from lms_domain.identity.events import ErasureCompleted, UserErased, UserEvent
from lms_domain.identity.model import Credential
from lms_domain.identity.tickets import MOST_AN_HOUR
from lms_domain.identity.use_cases import erase_again, erase_as_asked, register_again
from lms_domain.kernel import Actor, Secret, UserId
from lms_domain.ports import AllPorts, Database


@pytest.fixture
async def ada(database: Database) -> Actor:
    """On a course, and far enough to review it."""
    async with database.begin() as ports:
        course = await a_published_course(ports, await registered(ports, a_teacher()), lessons=5)
        made, now = await a_reader(ports, course.id), ports.clock.now()
        await ports.credentials.add(Credential(user_id=made.id, password_hash=Secret("hash"), changed_at=now))
        return made


async def reviewed(database: Database, who: Actor) -> ReviewLine:
    async with database.begin() as ports:
        [enrollment] = await ports.enrollments.open_of(who.id)
        course_id = (await ports.enrollments.get(enrollment)).course_id
        return await reviewing.review(ports, who, course_id, rating=4, body="Buzz")


async def erased(ports: AllPorts, user_id: UserId) -> UserErased:
    erasure = await erase_as_asked(ports, user_id, by=user_id)
    return UserErased(at=erasure.erased_at, user_id=user_id, by=user_id, erasure_id=erasure.id)


async def kept(database: Database, scope: str, *people: UserId) -> Attempt:
    attempt = Attempt(scope=scope, key=f"key of {people}", digest=b"d")
    async with database.begin() as ports:
        answer = Answer(digest=b"d", status=201, body=b"sealed", people=people)
        await ports.answers.keep(attempt, answer, now=ports.clock.now())
    return attempt


async def test_answers_go_with_whoever_got_them_and_with_whom_they_tell_of(database: Database, ada: Actor) -> None:
    async with database.begin() as ports:
        ben = await registered(ports, a_learner())
    theirs = [
        await kept(database, str(ada.id)),
        await kept(database, f"{ada.id} {ben.id}"),
        await kept(database, "anonymous 192.0.2.7", ada.id),
        await kept(database, str(ben.id), ben.id, ada.id),
    ]
    others = [await kept(database, str(ben.id)), await kept(database, "anonymous 192.0.2.7", ben.id)]
    async with database.begin() as ports:
        await erased(ports, ada.id)
        assert [await ports.answers.begin(each) for each in theirs] == [None] * 4
        assert None not in [await ports.answers.begin(each) for each in others]


async def test_who_was_erased_reviews_nothing(database: Database, ada: Actor) -> None:
    review = await reviewed(database, ada)
    async with database.begin() as ports:
        await erased(ports, ada.id)
    async with database.begin() as ports:
        with pytest.raises(NotEnrolled):
            await reviewing.change_review(ports, ada, review.id, {"body": "Buzz again"})
        assert (await ports.reviews.get(review.id)).body == ""


async def test_erasing_once_more_is_harmless(database: Database, ada: Actor) -> None:
    review = await reviewed(database, ada)
    async with database.begin() as ports:
        event = await erased(ports, ada.id)
    for _ in range(2):
        async with database.begin() as ports:
            before = (
                await ports.users.get(ada.id),
                await ports.erasures.of(ada.id),
                await ports.reviews.get(review.id),
            )
            await erase_again(ports, event)
            user = await ports.users.get(ada.id)
            user.version -= 1
            assert (user, await ports.erasures.of(ada.id), await ports.reviews.get(review.id)) == before
            [told] = [each for each in ports.events if isinstance(each, ErasureCompleted)]
            assert told.erasure_id == event.erasure_id


async def test_of_whoever_is_registered_again_an_answer_tells_however_often(database: Database) -> None:
    """Also when no letter about it is sent any more."""
    async with database.begin() as ports:
        ada = await registered(ports, a_learner())
        email = (await ports.users.get(ada.id)).email
    for _ in range(MOST_AN_HOUR + 1):
        async with database.begin() as ports:
            await register_again(ports, email=email, full_name="Ada")
            assert [each.user_id for each in ports.events if isinstance(each, UserEvent)] == [ada.id]
