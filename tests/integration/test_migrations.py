"""The migrations go up, down and up again, and make the tables that the code describes."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text
from tests.integration.postgres_server import TestRun, admin, database_of

from lms_adapters.postgres.migrate import all_tables, downgrade, upgrade


@pytest.fixture
def empty_url(database_url: str, test_run: TestRun) -> Iterator[str]:
    name = f"{test_run.database}_empty"
    admin(database_url, f"CREATE DATABASE {name}")
    yield database_of(database_url, name)
    admin(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_up_down_and_up_again(empty_url: str) -> None:
    upgrade(empty_url)
    assert set(all_tables().tables) <= tables(empty_url)
    downgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}
    upgrade(empty_url)


def test_what_was_stored_before_a_migration_is_there_after_it(empty_url: str) -> None:
    """A school of the first migration: each step up and down keeps its rows, and gives new columns a value."""
    upgrade(empty_url, "0001")
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(A_SCHOOL))
    for step, to in ((upgrade, "head"), (downgrade, "0001"), (upgrade, "head")):
        step(empty_url, to)
        with engine.connect() as connection:
            kept = connection.execute(text("select full_name, role from memberships join users u on u.id = user_id"))
            assert [tuple(row) for row in kept] == [("Ada", "student")]
    with engine.connect() as connection:
        assert connection.execute(text("select version from memberships")).scalar_one() == 1
        assert connection.execute(text("select accepted_at = added_at from memberships")).scalar_one() is True


def test_who_was_erased_before_is_rid_of_what_was_under_way(empty_url: str) -> None:
    upgrade(empty_url, "0019")
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(AN_ERASURE))
    upgrade(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from sign_ins")).scalar_one() == 0
        assert connection.execute(text("select seq from audit_details order by seq")).scalars().all() == [1, 4]


# Entries: somebody else's; two of the erasure; and one behind it, which `lms audit verify` would miss.
AN_ERASURE = """
    insert into users (id, email, full_name, roles, locale, timezone, bio, metadata, is_active, created_at, updated_at,
        version)
    values ('00000000-0000-0000-0000-000000000002', 'x@erased.invalid', 'Erased user', '[]', 'en', 'UTC', '', '{}',
        false, now(), now(), 1);
    insert into erasures select id, id, now(), 'owner', '{}' from users;
    insert into sign_ins (id, user_id, outcome, ip, user_agent, at)
    select id, id, 'locked', '::1', '', now() from users;
    insert into audit_entries (seq, id, at, action, target_kind, target_id, actor_id, before, after, via, key_id, hash)
    select n, gen_random_uuid(), now(), case n when 3 then 'user.erased' else 'session.ended' end, 'user', u.id,
        case n when 1 then gen_random_uuid() else u.id end, '{}', '{}', 'http', '', ''
    from users u, generate_series(1, 4) n;
    insert into audit_details (seq, salt, ip, note) select seq, '', '::1', '{}' from audit_entries;
"""
A_SCHOOL = """
    insert into users (id, email, full_name, roles, locale, timezone, bio, metadata, is_active, created_at, updated_at,
        version)
    values ('00000000-0000-0000-0000-000000000002', 'ada@example.org', 'Ada', '["student"]', 'en', 'UTC', '', '{}',
        true, now(), now(), 1);
    insert into memberships (organization_id, user_id, role, added_at)
    select o.id, u.id, 'student', now() from organizations o, users u;
"""


def test_the_migrated_database_equals_the_tables_of_the_code(empty_url: str) -> None:
    upgrade(empty_url)
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, all_tables()) == []


def test_the_default_organization_is_there_from_the_first_migration(empty_url: str) -> None:
    upgrade(empty_url)
    engine = create_engine(empty_url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text("select slug, is_default from organizations")).all()
    assert [tuple(row) for row in rows] == [("default", True)]
