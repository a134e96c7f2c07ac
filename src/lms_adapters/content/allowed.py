"""The only HTML that reaches a learner. No script, frame, form, style, id or class, but the language of code."""

INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q",
    "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
})  # fmt: skip
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "caption", "col", "colgroup", "dd", "details", "div",
    "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "hr", "li", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
})  # fmt: skip
MEDIA = frozenset({"audio", "img", "source", "track", "video"})
TAGS = set(INLINE | BLOCKS | MEDIA)

# What goes with all that it holds: not text, or text that makes no sense without the element. Elements that are in
# neither list go and leave their text.
DROPPED = {
    "button", "datalist", "iframe", "math", "noscript", "object", "option", "script", "select", "style",
    "svg", "template", "textarea", "title",
}  # fmt: skip

CELL = {"abbr", "colspan", "headers", "rowspan", "scope"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "audio": {"src"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": CELL,
    "th": CELL,
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"height", "poster", "src", "width"},
}
ALIGNED = {cell: {"align": {"center", "left", "right"}} for cell in ("td", "th")}

# Addresses without a scheme stay as well: our own files are /api/v1/assets/...
SCHEMES = {"asset", "http", "https", "lesson", "mailto"}
ADDRESSES = frozenset({"cite", "data", "href", "poster", "src"})
