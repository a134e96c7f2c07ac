"""The two doors on a real PostgreSQL, and a clock that a test can move."""

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from lms_entrypoints.container import Container
from lms_entrypoints.doors import Ask, Run
from lms_entrypoints.services import Services


class MovedClock:
    """The system's time, moved forward by what a test lets pass."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def pass_time(self, **span: float) -> None:
        self._moved += timedelta(**span)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def run(engine: AsyncEngine, container: Container, clock: MovedClock) -> Run:
    """The application's own, but for the clock."""
    database = copy(container.database())
    database._beside = replace(container.beside(), clock=clock)
    return Run(database)


@pytest.fixture
def ask(services: Services) -> Ask:
    return services.ask
