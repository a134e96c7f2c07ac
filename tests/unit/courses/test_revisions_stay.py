"""Whatever authors do, in whatever order: what learners read changes at a publish, and at nothing else."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.builders import a_draft, a_teacher

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.courses.errors import NotPublishable
from lms_domain.courses.model import Lesson, Section
from lms_domain.courses.outline import Order, SectionOrder
from lms_domain.courses.revision import LessonContent, digest_of
from lms_domain.courses.use_cases import authoring, lessons, outline, publishing, sections
from lms_domain.kernel import Again, LmsError

R = TypeVar("R")
TITLES = st.sampled_from(["A", "B", "C"])


class Authors(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.ports, self.teacher = MemoryPorts(), a_teacher()
        self.numbers: list[int] = []
        self.published: Any = None
        self.ever: set[Any] = set()

    def do(self, work: Awaitable[R]) -> R:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.loop.close()

    @initialize()
    def begin(self) -> None:
        self.course = self.do(a_draft(self.ports, self.teacher, lessons=2)).id

    def all(self, kind: type[Any]) -> list[Any]:
        """In the order in which they were made, the same in every replay; ids of one millisecond sort by chance."""
        return list(self.ports._store[kind].values())

    def as_read(self) -> Any:
        """Everything a learner can read: page, sections, lessons and contents."""
        course = self.do(self.ports.courses.get(self.course))
        if course.published_revision_id is None:
            return None
        revision = self.do(self.ports.revisions.get(course.published_revision_id))
        contents = self.do(self.ports.revisions.contents(revision.id))
        kept = self.do(self.ports.revisions.lessons(revision.id))
        return revision, [(lesson, contents[lesson.content_id]) for lesson in kept]

    @rule(title=TITLES)
    def describe(self, title: str) -> None:
        self.do(authoring.change(self.ports, self.teacher, self.course, {"title": title}))

    @rule(title=TITLES)
    def add_section(self, title: str) -> None:
        self.do(sections.add_section(self.ports, self.teacher, self.course, {"title": title}))

    @rule(data=st.data(), title=TITLES)
    def add_lesson(self, data: st.DataObject, title: str) -> None:
        section = data.draw(st.sampled_from(self.all(Section)))
        values = {"title": title, "content": {"body": title}}
        self.attempt(lessons.add_lesson(self.ports, self.teacher, section.id, values))

    @rule(data=st.data(), title=TITLES)
    def change_lesson(self, data: st.DataObject, title: str) -> None:
        lesson = data.draw(st.sampled_from(self.all(Lesson)))
        values = {"title": title, "content": {"body": title}, "preview": title == "A"}
        self.attempt(lessons.change_lesson(self.ports, self.teacher, lesson.id, values))

    @rule(data=st.data())
    def delete_or_restore_lesson(self, data: st.DataObject) -> None:
        lesson = data.draw(st.sampled_from(self.all(Lesson)))
        act = lessons.delete_lesson if lesson.is_active else lessons.restore_lesson
        self.attempt(act(self.ports, self.teacher, lesson.id))

    @rule(data=st.data())
    def delete_or_restore_section(self, data: st.DataObject) -> None:
        section = data.draw(st.sampled_from(self.all(Section)))
        act = sections.delete_section if section.is_active else sections.restore_section
        self.do(act(self.ports, self.teacher, section.id))

    @rule(data=st.data())
    def rearrange(self, data: st.DataObject) -> None:
        order = self.do(self.ports.drafts.order(self.course))
        places = {each.id: [] for each in order.sections}  # type: ignore[var-annotated]
        if not places:
            return
        for lesson in data.draw(st.permutations([id for each in order.sections for id in each.lessons])):
            places[data.draw(st.sampled_from(list(places)))].append(lesson)
        turned = data.draw(st.permutations(list(places)))
        wanted = Order(
            course_id=self.course,
            sections=tuple(SectionOrder(id=id, lessons=tuple(places[id])) for id in turned),
        )
        self.do(outline.arrange(self.ports, self.teacher, wanted))
        assert self.do(self.ports.drafts.order(self.course)) == wanted

    @rule()
    def publish(self) -> None:
        draft = self.do(self.ports.drafts.of(self.course))
        try:
            line = self.do(publishing.publish(self.ports, self.teacher, self.course))
        except NotPublishable:
            return
        number = line.value.number if isinstance(line, Again) else line.number
        if not isinstance(line, Again):
            self.numbers.append(number)
        self.published = self.as_read()
        read = [(x.lesson_id, x.section_id, x.title, c.content) for x, c in self.published[1]]
        assert read == [(x.id, x.section_id, x.title, x.content) for x in draft.lessons]
        assert number == self.numbers[-1]

    @precondition(lambda self: self.numbers)
    @rule(data=st.data())
    def restore_revision(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.numbers))
        self.do(publishing.restore_revision(self.ports, self.teacher, self.course, number))
        revision = self.do(self.ports.revisions.numbered(self.course, number))
        kept = self.do(self.ports.revisions.lessons(revision.id))
        contents = self.do(self.ports.revisions.contents(revision.id))
        draft = self.do(self.ports.drafts.of(self.course))
        assert [s.section.id for s in draft.sections] == [s.id for s in revision.sections]
        assert [(x.id, x.section_id, x.title, x.content) for x in draft.lessons] == [
            (x.lesson_id, x.section_id, x.title, contents[x.content_id].content) for x in kept
        ]

    @precondition(lambda self: self.published)
    @rule()
    def unpublish(self) -> None:
        self.do(publishing.unpublish(self.ports, self.teacher, self.course))
        self.published = None

    def attempt(self, work: Awaitable[Any]) -> None:
        """Some of what authors try is refused, and then nothing has happened."""
        try:
            self.do(work)
        except LmsError:
            return

    @invariant()
    def learners_read_what_was_published_last(self) -> None:
        if hasattr(self, "course"):
            assert self.as_read() == self.published

    @invariant()
    def numbers_have_no_gap(self) -> None:
        assert self.numbers == list(range(1, len(self.numbers) + 1))

    @invariant()
    def a_content_is_kept_once(self) -> None:
        kept = [(c.lesson_id, c.digest) for c in self.ports._store.get(LessonContent, {}).values()]
        assert len(kept) == len(set(kept))
        assert all(c.digest == digest_of(c.content) for c in self.ports._store.get(LessonContent, {}).values())

    @invariant()
    def lessons_keep_their_ids_for_ever(self) -> None:
        now = {lesson.id for lesson in self.all(Lesson)} if Lesson in self.ports._store else set()
        assert self.ever <= now
        self.ever = now


TestAuthors = Authors.TestCase
TestAuthors.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
