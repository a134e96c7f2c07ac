"""What operators see of upkeep."""

from dataclasses import dataclass
from datetime import datetime

from lms_domain.upkeep.model import Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport(Drift):
    """`found_at`: when it was first found; `seen_at`: when last, with these numbers."""

    found_at: datetime
    seen_at: datetime
