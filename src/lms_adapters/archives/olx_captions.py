"""Captions of OLX videos: WebVTT is taken as it is, SubRip (.srt) becomes WebVTT, which is what browsers play."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

from lms_adapters.archives.documents import Documents, DocumentTooLarge
from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_files import StaticFiles, file_name
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import from_json, is_language, line, plain

TIME = r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3}))?"
TIMES = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?")
CUE = re.compile(r"\d+|.*-->.*|WEBVTT.*")
MARKUP = re.compile(r"<(/?)([biu])>|<[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)  # the rest is fonts and places
MOST_CAPTIONS = 50
LONGEST_TRANSCRIPT = 100_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    language: str
    asset: str
    text: str  # as the archive has it

    @property
    def transcript(self) -> str:
        """What is said, for readers and for the search."""
        lines = (text.strip() for text in self.text[: LONGEST_TRANSCRIPT * 4].splitlines())
        said = " ".join(text for text in lines if not CUE.fullmatch(text))
        return plain(" ".join(unescape(MARKUP.sub("", said)).split()))[:LONGEST_TRANSCRIPT]


class CaptionReader:
    def __init__(self, documents: Documents, files: StaticFiles, ledger: Ledger) -> None:
        self._documents = documents
        self._files = files
        self._ledger = ledger

    def tracks(self, block: Block) -> list[Track]:
        tracks: list[Track] = []
        for language, name in sorted(_said(block).items()):
            member = self._files.find(file_name(name) or name)
            if member is None or not is_language(language):
                why = "are not in the archive"
            elif not member.lower().endswith((".srt", ".vtt")):
                why = "are in a format that is not read"
            elif len(tracks) == MOST_CAPTIONS:
                why = f"are beyond the first {MOST_CAPTIONS}"
            else:
                try:
                    tracks.append(self._track(language, member))
                except (DocumentTooLarge, NoCues) as error:
                    why = f"are {error}"
                else:
                    continue
            self._ledger.taken_without(block, f"its captions {line(name)!r} {why}")
        return tracks

    def _track(self, language: str, member: str) -> Track:
        text = self._documents.text(member)
        if member.lower().endswith(".vtt"):
            return Track(language=language, asset=self._files.take(member), text=text)
        return Track(language=language, asset=self._files.take_as(member, ".vtt", webvtt(text).encode()), text=text)


class NoCues(ValueError):
    """The captions say nothing at any time."""


def _said(block: Block) -> dict[str, str]:
    """Names of files by their languages."""
    said = from_json(block.attributes.get("transcripts"))
    tracks = {str(key): str(value) for key, value in said.items()} if isinstance(said, dict) else {}
    tracks |= {e.get("language", ""): e.get("src", "") for e in block.element.iter("transcript") if e.get("src")}
    if block.attributes.get("sub"):
        tracks.setdefault("en", f"subs_{block.attributes['sub']}.srt.sjson")
    return tracks


def webvtt(srt: str) -> str:
    """SubRip as WebVTT (W3C, 4.1). Cues that end before they begin are dropped; raises NoCues where none is left."""
    cues = [f"{_clock(start)} --> {_clock(end)}\n{text}\n" for start, end, text in _cues(srt) if start < end and text]
    if not cues:
        raise NoCues("without a single line that has a time")
    return "\n".join(["WEBVTT\n", *cues])


def _cues(srt: str) -> Iterator[tuple[int, int, str]]:
    """Beginning and end in milliseconds, and the text. Numbers and blank lines between cues may be missing."""
    times: tuple[int, int] | None = None
    lines: list[str] = []
    for each in [*srt.splitlines(), ""]:
        match = TIMES.fullmatch(each) if "-->" in each else None
        if match and lines and lines[-1].isdecimal():
            lines.pop()  # the number of this cue, with no blank line before it
        if times and (match or not each.strip()):
            yield *times, "\n".join(lines)
            times = None
        if match:
            times, lines = (_milliseconds(*match.groups()[:4]), _milliseconds(*match.groups()[4:])), []
        elif times and (text := _cue_line(each)):  # a line that became empty would end the cue
            lines.append(text)


def _milliseconds(hours: str, minutes: str, seconds: str, fraction: str | None) -> int:
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _cue_line(text: str) -> str:
    """Bold, italic and underlined stay; everything else is text."""
    parts, end = [], 0
    for match in MARKUP.finditer(text):
        parts.append(escape(unescape(text[end : match.start()]), quote=False))
        parts.append(f"<{match[1]}{match[2].lower()}>" if match[2] else "")
        end = match.end()
    return plain("".join([*parts, escape(unescape(text[end:]), quote=False)]).strip())
