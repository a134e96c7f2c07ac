"""What reading an archive asks of the sanitizer; the content adapter has it."""

from collections.abc import Callable
from typing import Protocol

# tag, attribute and address in, the address to write instead out; None takes the attribute away.
Rewrite = Callable[[str, str, str], str | None]


class Markup(Protocol):
    def sanitize_html(self, html: str, /, *, rewrite: Rewrite) -> str:
        """`rewrite` is also told the addresses in what is about to be taken out, such as frames."""

    def plain_text(self, html: str, /) -> str: ...
