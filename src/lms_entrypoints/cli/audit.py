"""`lms audit`: whether the audit trail is what was written."""

import re

import click

from lms_domain.audit import queries
from lms_domain.audit.verifying import Anchor, BrokenChain, Verifier
from lms_entrypoints.cli.work import with_services
from lms_entrypoints.services import Services

BATCH = 1000  # entries in memory at a time
NOTED = re.compile(r"([1-9]\d{0,18}):([0-9a-f]{64})")


class AnchorType(click.ParamType[Anchor]):
    name = "NUMBER:HASH"

    def convert(self, value: str | Anchor, param: click.Parameter | None, ctx: click.Context | None) -> Anchor:
        if isinstance(value, Anchor):
            return value
        found = NOTED.fullmatch(value)
        if found is None:
            self.fail("as an earlier run printed it: the number of an entry, a colon, its hash.", param, ctx)
        return Anchor(int(found[1]), bytes.fromhex(found[2]))


@click.group()
def audit() -> None:
    """The audit trail: who did what."""


@audit.command()
@click.option("--noted", type=AnchorType(), help="What an earlier run printed: the trail must still go through it.")
def verify(noted: Anchor | None) -> None:
    """Read the whole trail and find any entry that was altered, removed or inserted. Exit code 1 if there is one.

    Note what it prints outside the database, and give it to a later run.
    """

    async def work(services: Services) -> str:
        return await verified(services, noted)

    try:
        tip = with_services(work)
    except BrokenChain as broken:
        raise click.ClickException(str(broken)) from None
    click.echo(tip)


async def verified(services: Services, noted: Anchor | None = None) -> str:
    """Entries that are written meanwhile are verified as far as the head was when this began. Raises BrokenChain."""
    tip = await services.ask(queries.tip)
    erased = await services.ask(queries.erased)
    verifier, last = Verifier(services.audit_keys, noted, erased=erased), None
    while verifier.seq < tip.head.seq and (links := await services.ask(queries.links, last, BATCH)):
        for link in links:
            if link.seq <= tip.head.seq:
                verifier.take(link)
        last = links[-1].seq
    verifier.end(tip.head, rows=tip.rows)
    if not verifier.seq:
        return "The audit trail has no entries."
    return f"The audit trail is whole, up to {verifier.seq}:{verifier.hash.hex()}"
