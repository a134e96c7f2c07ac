"""Captions of Open edX videos: SubRip becomes WebVTT, and what cannot be played is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.archives.samples import Content, an_olx_course, opened, reasons

from lms_adapters.archives.limits import Limits
from lms_adapters.archives.olx_captions import MOST_CAPTIONS, NoCues, webvtt
from lms_domain.courses.package import CoursePackage

SRT = "1\n00:00:00,000 --> 00:00:02,500\nHello\n\n2\n00:00:02,500 --> 01:00:04,000\nBye\n"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\nHello\n\n00:00:02.500 --> 01:00:04.000\nBye\n"


@pytest.mark.parametrize(
    "srt",
    [
        SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        SRT.replace("1\n", "0\n", 1),
        SRT.replace(",", "."),
        SRT.replace("2\n00", "00"),  # no numbers
        SRT.replace("\n\n", "\n"),  # no blank lines
        SRT.replace("\n\n", "\n\n\n \n"),
        SRT.replace("02,500\n", "02,500 X1:10 X2:20 Y1:1 Y2:2\n"),
        SRT.replace("Hello", "{\\an8}<font color='red'>Hello</font>\n<br>"),
        SRT + "\n3\n00:00:09,000 --> 00:00:08,000\nends before it begins\n",
        SRT + "\n3\n00:00:09,000 --> 00:00:10,000\n\n",
        "about this file\n\n" + SRT,
    ],
)
def test_subrip_becomes_webvtt_however_it_was_written(srt: str) -> None:
    assert webvtt(srt) == VTT


@pytest.mark.parametrize(
    ("line", "cue"),
    [
        ("<i>a</i> <B>b</B> <u>c</u>", "<i>a</i> <b>b</b> <u>c</u>"),
        ("x < y & z", "x &lt; y &amp; z"),
        ("we&#39;re &amp; you", "we're &amp; you"),
        ("one --> two", "one --&gt; two"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("first\nsecond", "first\nsecond"),
        ("NOTE no comment", "NOTE no comment"),
    ],
)
def test_only_simple_markup_of_a_caption_stays(line: str, cue: str) -> None:
    assert webvtt(SRT.replace("Hello", line)) == VTT.replace("Hello", cue)


@given(st.text(st.sampled_from("0123:,->\n\r <>i&{}\\x \x0b\x85\u2028"), max_size=60))
def test_whatever_the_captions_say_their_cues_stay_apart(text: str) -> None:
    blocks = webvtt(SRT + "\n" + text).rstrip("\n").split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert all(block.count("-->") == 1 and "-->" in block.splitlines()[0] for block in blocks[1:])


@pytest.mark.parametrize("text", ["", "hello", "1\n\n2", "00:00:01 --> never\nx"])
def test_captions_without_times_are_none(text: str) -> None:
    with pytest.raises(NoCues):
        webvtt(text)


def film(tmp_path: Path, attributes: str, files: dict[str, Content], limits: Limits | None = None) -> CoursePackage:
    video = f'<video url_name="film" youtube_id_1_0="abcdefghijk" {attributes}/>'
    path = an_olx_course(tmp_path, video, files={f"course/static/{name}": data for name, data in files.items()})
    with opened(path, limits) as archive:
        for asset in archive.package.assets:
            held = b"".join(archive.read(asset))
            assert len(held) == asset.size
            assert (held[:6], asset.media_type) == (b"WEBVTT", "text/vtt")
        return archive.package


def test_the_file_of_the_captions_is_webvtt(tmp_path: Path) -> None:
    said = """transcripts='{"de": "film-de.SRT", "en": "film-en.vtt"}'"""
    package = film(tmp_path, said, {"film-de.SRT": SRT, "film-en.vtt": VTT})
    [lesson] = package.lessons
    assert lesson.content["captions"] == [
        {"language": "de", "url": "asset:film-de.vtt"},
        {"language": "en", "url": "asset:film-en.vtt"},
    ]
    assert lesson.content["transcript"] == "Hello Bye"
    assert package.omissions == ()


def test_captions_that_come_to_the_same_name_stay_two(tmp_path: Path) -> None:
    said = """transcripts='{"de": "film.srt", "en": "film.vtt"}'"""
    package = film(tmp_path, said, {"film.srt": SRT, "film.vtt": VTT.replace("Bye", "See you")})
    assert len({asset.name for asset in package.assets}) == len({asset.sha256 for asset in package.assets}) == 2


def test_captions_may_be_offered_as_they_were_written_too(tmp_path: Path) -> None:
    video = (
        '<video url_name="film" youtube_id_1_0="abcdefghijk" track="/static/a.srt"><transcript language="en" '
        'src="a.srt"/></video>'
    )
    path = an_olx_course(tmp_path, video, files={"course/static/a.srt": SRT})
    with opened(path) as archive:
        held = {asset.name: b"".join(archive.read(asset)).decode() for asset in archive.package.assets}
    assert held == {"a.srt": SRT, "a.vtt": VTT}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "Its captions 'a.srt' are not in the archive."),
        ({"a.srt": "hello"}, "Its captions 'a.srt' are without a single line that has a time."),
        ({"a.srt": SRT + " " * 9_000}, "Its captions 'a.srt' are larger than 0 MiB."),
    ],
)
def test_captions_that_cannot_be_taken_are_told(tmp_path: Path, files: dict[str, Content], why: str) -> None:
    package = film(tmp_path, """transcripts='{"en": "a.srt"}'""", files, Limits(document_bytes=9_000))
    [lesson] = package.lessons
    assert lesson.content["captions"] == []
    assert reasons(package)["film"] == why


def test_captions_in_the_format_of_old_courses_are_told(tmp_path: Path) -> None:
    package = film(tmp_path, 'sub="abc"', {"subs_abc.srt.sjson": '{"start": [0], "end": [1], "text": ["x"]}'})
    assert reasons(package)["film"] == "Its captions 'subs_abc.srt.sjson' are in a format that is not read."


def test_captions_in_too_many_languages_are_told(tmp_path: Path) -> None:
    tags = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"][: MOST_CAPTIONS + 1]
    said = ", ".join(f'"{tag}": "{tag}.srt"' for tag in tags)
    package = film(tmp_path, f"transcripts='{{{said}}}'", {f"{tag}.srt": SRT for tag in tags})
    [lesson] = package.lessons
    assert len(lesson.content["captions"]) == MOST_CAPTIONS
    assert "beyond the first 50" in reasons(package)["film"]
