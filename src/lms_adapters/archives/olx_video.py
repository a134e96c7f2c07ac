"""OLX videos: where they are played from, and the files that come with them."""

import re
from collections.abc import Iterator
from typing import Any

from lms_adapters.archives.documents import Documents
from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_captions import CaptionReader, Track
from lms_adapters.archives.olx_files import StaticFiles, file_name, is_active
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import from_json, line, seconds, texts_in
from lms_domain.courses.package import PackedLesson

YOUTUBE_ID = re.compile(r"[\w-]{11}")
WEB = re.compile(r"https?://[^\s/?#\\<>\"']+[^\s<>\"']*", re.IGNORECASE)
WATCHED_PERCENT = 80
LONGEST_VIDEO = 86_400  # seconds
LONGEST_ADDRESS = 1_000


class VideoReader:
    def __init__(self, documents: Documents, files: StaticFiles, ledger: Ledger, language: str) -> None:
        self._captions = CaptionReader(documents, files, ledger)
        self._files = files
        self._ledger = ledger
        self._language = language

    def lessons(self, block: Block, title: str, metadata: dict[str, Any]) -> Iterator[PackedLesson]:
        """The video, and after it the files that are offered with it."""
        urls = self._urls(block)
        if not urls:
            self._ledger.left_out(block, "it can be played from no address; its files lie on the other platform")
            return
        tracks = self._captions.tracks(block)
        captions = [{"language": track.language, "url": f"asset:{track.asset}"} for track in tracks]
        content = {"url": urls[0], "sources": urls[1:], "captions": captions}
        if transcript := self._transcript(tracks):
            content["transcript"] = transcript
        duration = _duration(block)
        rule = {"kind": "watched_share", "percent": WATCHED_PERCENT} if duration else {"kind": "viewed"}
        yield PackedLesson(
            key=f"video/{block.name}", title=title, kind="video", content=content, completion_rule=rule,
            duration_seconds=duration, metadata=metadata | _details(block),
        )  # fmt: skip
        yield from self._handouts(block, title, metadata)

    def _urls(self, block: Block) -> list[str]:
        youtube = _youtube_id(block)
        start = seconds(block.attributes.get("start_time"))
        at = f"&t={start}s" if start else ""
        urls = [f"https://www.youtube.com/watch?v={youtube}{at}"] if youtube else []
        sources = [element.get("src", "") for element in block.element.iter("source")]
        for source in [*sources, *texts_in(from_json(block.attributes.get("html5_sources")))]:
            name = file_name(source.strip())
            member = self._files.find(name) if name else None
            if member and not is_active(member):
                urls.append(f"asset:{self._files.take(member)}")
            elif WEB.fullmatch(source.strip()) and len(source) <= LONGEST_ADDRESS:
                urls.append(source.strip())
        return list(dict.fromkeys(urls))[:20]

    def _transcript(self, tracks: list[Track]) -> str:
        """In the language of the course, or else in the first one."""
        for track in sorted(tracks, key=lambda track: track.language != self._language):
            if transcript := track.transcript:
                return transcript
        return ""

    def _handouts(self, block: Block, title: str, metadata: dict[str, Any]) -> Iterator[PackedLesson]:
        for what in ("handout", "track"):
            address = block.attributes.get(what)
            if not address:
                continue
            name = file_name(address)
            member = self._files.find(name) if name else None
            if member is None or is_active(member):
                self._ledger.taken_without(block, f"its {what} {line(address)!r} is not in the archive")
                continue
            asset = self._files.take(member)
            yield PackedLesson(
                key=f"{what}/{block.name}", title=line(f"{title}: {member.rpartition('/')[2]}"), kind="file",
                content={"url": f"asset:{asset}", "name": asset, "size": self._files.size(member)},
                required=False, metadata=metadata,
            )  # fmt: skip


def _youtube_id(block: Block) -> str | None:
    """`youtube` lists `speed:id` pairs; older courses have only that."""
    pairs = dict(pair.partition(":")[::2] for pair in block.attributes.get("youtube", "").split(","))
    for id in (block.attributes.get("youtube_id_1_0", ""), pairs.get("1.00", ""), pairs.get("1.0", "")):
        if YOUTUBE_ID.fullmatch(id.strip()):
            return id.strip()
    return None


def _duration(block: Block) -> int | None:
    """In seconds; many exports write 0 for a video that lies elsewhere."""
    for element in block.element.iter("video_asset"):
        try:
            duration = round(float(element.get("duration", "0")))
        except (ValueError, OverflowError):
            return None
        return duration if 1 <= duration <= LONGEST_VIDEO else None
    return None


def _details(block: Block) -> dict[str, Any]:
    youtube = _youtube_id(block)
    details: dict[str, Any] = {"provider": "youtube", "youtube_id": youtube} if youtube else {"provider": "file"}
    for name in ("start_time", "end_time"):
        if at := seconds(block.attributes.get(name)):
            details[name.replace("time", "seconds")] = at
    return details
