"""A stored field has one name, on the dataclass and in the table."""

from dataclasses import fields
from typing import Any

import pytest

import lms_adapters.postgres.database  # noqa: F401 (registers every repository)
from lms_adapters.postgres.base import PgRepository


def repositories() -> list[Any]:
    return [kind for kind in PgRepository.__subclasses__() if hasattr(kind, "table")]


@pytest.mark.parametrize("repository", repositories())
def test_columns_mirror_fields(repository: Any) -> None:
    assert {f.name for f in fields(repository.entity)} == set(repository.table.c.keys())
