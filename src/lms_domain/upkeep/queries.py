"""Which sums were found wrong, for operators."""

from collections.abc import Mapping

from lms_domain.drifts import DriftKind
from lms_domain.kernel import Actor, Page, PageRequest, Permission
from lms_domain.upkeep.ports import UpkeepReads
from lms_domain.upkeep.views import DriftReport


async def drifts(reads: UpkeepReads, actor: Actor, kind: DriftKind | None, paging: PageRequest) -> Page[DriftReport]:
    actor.must(Permission.OPERATE)
    return await reads.drift_lists.page(kind, paging)


async def drifts_for_operator(reads: UpkeepReads, kind: DriftKind | None, paging: PageRequest) -> Page[DriftReport]:
    return await reads.drift_lists.page(kind, paging)


async def open_drifts(reads: UpkeepReads) -> Mapping[DriftKind, int]:
    """For whoever collects metrics."""
    return await reads.drift_lists.open()
