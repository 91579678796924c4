"""Plain text: what came from an address or was typed, made harmless before it is shown as Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:^&])")
_BRACKETS = re.compile(r"([\[\]<!])")
_LINKS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_JOINER = "\u2060"  # invisible; Streamlit makes links of bare addresses even where the Markdown is escaped


def unlinked(text: str) -> str:
    """`text` of the core's own sentences: no link, image or HTML in what they quote."""
    return _LINKS.sub(_JOINER, _BRACKETS.sub(r"\\\1", text))


def harmless(text: str) -> str:
    """`text` of a visitor: every special character of Markdown escaped, nothing unprintable, no links."""
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return _SPECIAL.sub(r"\\\1", _LINKS.sub(_JOINER, printable))
