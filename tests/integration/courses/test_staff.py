"""Who writes, runs and assists a course, over HTTP."""

from uuid import uuid4

from tests.integration.school import School, a_draft


async def test_an_owner_decides_who_is_on_the_staff(school: School) -> None:
    owner, other = await school.teacher(), await school.learner()
    course = await a_draft(owner)
    path = f"/courses/{course.id}/staff/{other.id}"
    assert (await owner.json("PUT", path, {"role": "assistant"}))["role"] == "assistant"
    line = await owner.json("GET", path)
    assert (line["full_name"], line["role"], line["added_by"]) == ("Ada 0", "assistant", str(owner.id))
    assert [each["role"] for each in await owner.json("GET", f"/courses/{course.id}/staff")] == ["owner", "assistant"]

    assert (await other.json("GET", f"/lessons/{course.lessons[0]}"))["state"] == "draft"
    assert await other.refused("PATCH", f"/courses/{course.id}", {"title": "x"}) == (403, "forbidden")
    await owner.json("PUT", path, {"role": "instructor"})
    assert (await other.json("PATCH", f"/courses/{course.id}", {"title": "x"}))["title"] == "x"
    assert await other.refused("PUT", path, {"role": "owner"}) == (403, "forbidden")

    assert (await owner.ask("DELETE", path)).status_code == 204
    assert await owner.refused("DELETE", path) == (404, "not_found")
    assert await other.refused("GET", f"/courses/{course.id}") == (404, "not_found")


async def test_whoever_is_put_on_the_staff_keeps_their_address_to_themselves(school: School) -> None:
    owner, other, member = await school.teacher(), await school.learner(), await school.learner()
    organization = await school.organization(instructor=owner, student=member)
    course = await a_draft(owner, organization_id=str(organization))
    for who in (other, member):
        await owner.json("PUT", f"/courses/{course.id}/staff/{who.id}", {"role": "assistant"})
    shown = {line["user_id"]: line["email"] for line in await owner.json("GET", f"/courses/{course.id}/staff")}
    assert shown[str(other.id)] is None
    assert {bool(shown[str(who.id)]) for who in (owner, member)} == {True}
    assert (await owner.json("GET", f"/courses/{course.id}/staff/{other.id}"))["email"] is None


async def test_the_last_owner_stays(school: School) -> None:
    owner, other = await school.teacher(), await school.learner()
    course = await a_draft(owner)
    mine, theirs = (f"/courses/{course.id}/staff/{who.id}" for who in (owner, other))
    assert await owner.refused("DELETE", mine) == (409, "last_owner")
    assert await owner.refused("PUT", mine, {"role": "instructor"}) == (409, "last_owner")
    assert (await owner.json("PUT", mine, {"role": "owner"}))["role"] == "owner"
    await owner.json("PUT", theirs, {"role": "owner"})
    assert (await owner.ask("DELETE", mine)).status_code == 204
    assert await other.refused("DELETE", theirs) == (409, "last_owner")


async def test_staff_may_leave(school: School) -> None:
    owner, other = await school.teacher(), await school.learner()
    course = await a_draft(owner)
    for role in ("instructor", "assistant"):
        path = f"/courses/{course.id}/staff/{other.id}"
        await owner.json("PUT", path, {"role": role})
        assert (await other.ask("DELETE", path)).status_code == 204


async def test_nobody_unknown_comes_onto_the_staff(school: School) -> None:
    owner = await school.teacher()
    course = await a_draft(owner)
    path = f"/courses/{course.id}/staff/{uuid4()}"
    assert await owner.refused("PUT", path, {"role": "owner"}) == (404, "no_such_user")
    assert (await owner.ask("PUT", path, {"role": "king"})).status_code == 422
    assert await owner.refused("GET", path) == (404, "not_found")


async def test_the_admin_of_the_organization_and_of_the_instance_edit_every_course_in_it(school: School) -> None:
    writer, boss, admin = await school.learner(), await school.learner(), await school.admin()
    place = await school.organization(instructor=writer, admin=boss)
    course = await a_draft(writer, organization_id=str(place))
    for who in (boss, admin):
        assert (await who.json("PATCH", f"/courses/{course.id}", {"summary": str(who.id)}))["summary"] == str(who.id)
        assert (await who.json("PUT", f"/courses/{course.id}/staff/{boss.id}", {"role": "instructor"}))["role"]
