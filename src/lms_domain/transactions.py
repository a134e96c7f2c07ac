"""How a use case may ask to be run when it can do with less than a transaction."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def single_write(use_case: F) -> F:
    """It reads, then writes in one statement that raises Clashed if what it has read was changed meanwhile.

    Such a use case needs neither BEGIN nor COMMIT nor a lock; after a clash it is run again in a transaction that holds
    what it reads.
    """
    use_case.__dict__["single_write"] = True
    return use_case


def is_single_write(use_case: Callable[..., Any]) -> bool:
    return getattr(use_case, "single_write", False) is True
