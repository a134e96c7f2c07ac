"""What is left of HTML and Markdown after they were cleaned."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.archives.samples import HTML

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\nscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="evil.swf"></object><embed src="evil.swf">',
    '<form action="https://evil.example"><input name=q><button>Go</button></form>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<style>body{background:url(javascript:alert(1))}</style>",
    '<p style="position:fixed;top:0">x</p>',
    '<div id="x" class="y" data-z="1" onclick="alert(1)">x</div>',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<video src="x" onloadstart=alert(1)><source onerror=alert(1)></video>',
    "<details open ontoggle=alert(1)>x</details>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<template><script>alert(1)</script></template>",
    '<a href="https://x" target="_blank" ping="https://evil.example">x</a>',
    "[x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    '"><script>alert(1)</script>',
]
TAGS = re.compile(
    "script|style|iframe|object|embed|form|input|button|svg|math|meta|base|link|template|noscript", re.IGNORECASE
)
ATTRIBUTES = re.compile(r"on\w+|style|class|id|srcdoc|action|ping|target|data-.*")
SCHEMES = re.compile(r"\s*(javascript|vbscript|data):", re.IGNORECASE)


class Dangers(HTMLParser):
    """What a browser would act on, as opposed to what merely stands in a text or a title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] if TAGS.fullmatch(tag) else []
        self.found += [name for name, _ in attrs if ATTRIBUTES.fullmatch(name)]
        self.found += [value for name, value in attrs if name in {"href", "src"} and value and SCHEMES.match(value)]

    def handle_endtag(self, tag: str) -> None:
        self.found += [tag] if TAGS.fullmatch(tag) else []


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.startswith("<") and "script:" not in attack])
def test_an_attack_is_seen(attack: str) -> None:
    assert Dangers(attack.removeprefix("<!--[if IE]>")).found


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_runs_is_left(attack: str) -> None:
    for wrapped in (attack, f"<p>{attack}</p>", f"<div><table><tr><td>{attack}", f"text\n\n{attack}\n"):
        assert not Dangers(HTML.sanitize_html(wrapped)).found
        assert not Dangers(HTML.markdown_to_html(wrapped)).found


@given(st.text(st.sampled_from("<>/=\"' abonclickscriptjv:&#;!-\n`[]()*_|"), max_size=80), st.sampled_from(ATTACKS))
def test_nothing_that_runs_is_left_of_any_text(noise: str, attack: str) -> None:
    for html in (HTML.sanitize_html(noise + attack), HTML.markdown_to_html(noise + attack)):
        assert not Dangers(html).found
        assert HTML.sanitize_html(html) == html  # nothing more to clean, so that cleaning twice is safe


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/api/v1/assets/0123/a.png" rel="noopener noreferrer">file</a>',
        '<img src="/api/v1/assets/0123/a.png" alt="A" width="10" height="20">',
        '<img src="asset:a.png">',
        '<a href="mailto:a@example.org" rel="noopener noreferrer">mail</a>',
        '<table><thead><tr><th align="right" scope="col">A</th></tr></thead></table>',
        '<figure><img src="https://example.org/a.png"><figcaption>A</figcaption></figure>',
        '<pre><code class="language-python">x &lt; 1\n</code></pre>',
        "<details><summary>More</summary><p>Text</p></details>",
        '<video src="asset:a.mp4" controls=""></video>',
        "<h2>H<sub>2</sub>O \\(x^2\\)</h2>",
        '<p lang="ar" dir="rtl">مرحبا</p>',
    ],
)
def test_what_a_lesson_needs_stays(html: str) -> None:
    assert HTML.sanitize_html(html) == html


def test_markdown_has_tables_strikethrough_and_code() -> None:
    html = HTML.markdown_to_html("# T\n\n| a | b |\n|---|--:|\n| ~~1~~ | `2` |\n\n```python\nx<1\n```\n")
    assert '<th align="right">b</th>' in html
    assert "<del>1</del>" in html
    assert '<code class="language-python">x&lt;1' in html


def test_markdown_may_hold_html() -> None:
    assert HTML.markdown_to_html('<div>\n<b onclick="x">*a*</b>\n</div>\n\n*b*').split() == [
        "<div>", "<b>*a*</b>", "</div>", "<p><em>b</em></p>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<b>Two</b></p><p>Three</p>", "OneTwo Three"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("a<br>b<hr>c", "a b c"),
        ("<td>a</td><td>b</td>", "ab"),  # no table, no cells
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x &lt; y &amp;amp; z&nbsp;!", "x < y &amp; z !"),
        ("<script>a</script><style>b</style>c<!-- d -->", "c"),
        ('<p title="a > b">c</p>', "c"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_reads(html: str, text: str) -> None:
    assert HTML.plain_text(html) == text


def test_addresses_are_told_and_may_be_replaced() -> None:
    told: list[tuple[str, str, str]] = []

    def rewrite(tag: str, attribute: str, address: str) -> str | None:
        told.append((tag, attribute, address))
        return None if address == "/gone" else "asset:new"

    html = HTML.sanitize_html(
        '<img src=" /a b.png "><a href="/gone">x</a><iframe src="/frame"></iframe>', rewrite=rewrite
    )
    assert html == '<img src="asset:new"><a rel="noopener noreferrer">x</a>'
    assert told == [("img", "src", "/a b.png"), ("a", "href", "/gone"), ("iframe", "src", "/frame")]


def test_ordinary_nesting_stays() -> None:
    html = "<div>" * 100 + "x" + "</div>" * 100 + "<p>a</p>" * 20_000
    assert HTML.sanitize_html(html) == html
