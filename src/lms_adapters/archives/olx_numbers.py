"""Numbers of OLX problems: `600`, `1/3`, `5%`, `2.5k`, and ranges such as `[5, 7)`."""

import math
import re
from typing import Any
from xml.etree.ElementTree import Element

NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*([%kMGTcmunp]?)")
RANGE = re.compile(r"([\[(])([^,]+),([^,]+)([\])])")
SUFFIXES = {
    "": 1, "%": 0.01, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12,
}  # fmt: skip
# Where a problem says nothing, Open edX forgives a thousandth of a percent, for rounding.
DEFAULT = {"kind": "percent", "value": 0.001}


def number(text: str) -> float | None:
    """None where it is something that would have to be calculated, other than one fraction."""
    above, slash, below = text.strip().partition("/")
    value = _plain(above)
    if not slash or value is None:
        return value
    divisor = _plain(below)
    return _finite(value / divisor) if divisor else None


def _plain(text: str) -> float | None:
    match = NUMBER.fullmatch(text.strip())
    return _finite(float(match[1]) * SUFFIXES[match[2]]) if match else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def number_or_range(text: str) -> float | dict[str, Any] | None:
    """A range is `{"from", "to", "includes_from", "includes_to"}`."""
    match = RANGE.fullmatch(text.strip())
    if match is None:
        return number(text)
    low, high = number(match[2]), number(match[3])
    if low is None or high is None or low > high:
        return None
    return {"from": low, "to": high, "includes_from": match[1] == "[", "includes_to": match[4] == "]"}


def tolerance(response: Element) -> dict[str, Any]:
    """`{"kind": "absolute" | "percent", "value"}`."""
    said = [param.get("default", "") for param in response.iter("responseparam") if param.get("type") == "tolerance"]
    said += [response.get("tolerance", "")]
    for text in said:
        percent = text.strip().endswith("%")
        value = number(text.strip().rstrip("%"))
        if value is not None and value >= 0:
            return {"kind": "percent" if percent else "absolute", "value": value}
    return dict(DEFAULT)
