"""A list of learners that staff put onto a course in one call."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms_domain.kernel import Invalid, Problem, UserId

MOST_ROWS = 10_000
MOST_ROWS_OF_JOB = 100_000
COLUMNS = ("email", "user_id", "expires_at")
LONGEST_CELL = 320  # the longest email address there is


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRow:
    """One learner, by id or by email address. `problem` says what is wrong with the row itself."""

    email: str | None = None
    user_id: UserId | None = None
    expires_at: datetime | None = None
    problem: str | None = None

    @property
    def folded_email(self) -> str | None:
        """As accounts have it; what cannot be an address finds nobody."""
        email = (self.email or "").strip().casefold()
        return email if email and email.isprintable() and len(email) <= LONGEST_CELL else None


def checked(rows: Sequence[RollRow], *, most: int = MOST_ROWS) -> Sequence[RollRow]:
    if not 1 <= len(rows) <= most:
        raise Invalid(Problem("rows", f"must have 1 to {most} rows"))
    return rows


def from_csv(data: bytes, *, most: int = MOST_ROWS) -> list[RollRow]:
    """UTF-8 with a header that names `email` or `user_id`, and `expires_at` if wanted; `,` or `;` between cells."""
    lines = _lines(data)
    header = [name.strip().lower() for name in next(lines, [])]
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or len(set(header)) != len(header) or not {"email", "user_id"} & set(header):
        raise Invalid(Problem("header", f"must name email or user_id, and nothing but {', '.join(COLUMNS)}, each once"))
    rows: list[RollRow] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == most:
            raise Invalid(Problem("rows", f"must have 1 to {most} rows"))
        rows.append(_row(header, cells))
    return rows


def _lines(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(Problem("body", "must be text in UTF-8")) from None
    if "\0" in text:
        raise Invalid(Problem("body", "must not hold NUL characters"))
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Invalid(Problem("body", f"is not CSV: {error}")) from None


def _row(header: list[str], cells: list[str]) -> RollRow:
    if len(cells) > len(header):
        return RollRow(problem=f"has {len(cells)} cells under {len(header)} columns")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return RollRow(problem=f"has a cell longer than {LONGEST_CELL} characters")
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    try:
        return RollRow(
            email=given.get("email"),
            user_id=UserId(UUID(given["user_id"])) if "user_id" in given else None,
            expires_at=_time(given["expires_at"]) if "expires_at" in given else None,
        )
    except ValueError as error:
        return RollRow(problem=str(error))


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("expires_at needs a time zone, such as 2030-01-31T00:00:00Z")
    return time
