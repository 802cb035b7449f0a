"""A story sentence by sentence, for reading aloud: where each begins and ends in the text of its part. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from reader.model import Position
from reader.typeset.language import language_of
from reader.typeset.page import Page

LONGEST = 500
"""Characters; what is longer is cut where a breath may be drawn, as scripts without full stops need it."""


class Sentence(NamedTuple):
    """A stretch of the text of one part."""

    part: int
    start: int
    end: int


def sentences(page: Page, start: Position = Position()) -> Iterator[Sentence]:  # noqa: B008 (frozen)
    """The sentences from the one at `start` on, part by part as they are asked for; code is left out."""
    language = language_of(page.story)
    for part in range(max(0, start.block), page.parts):
        if page.is_code(part):
            continue
        for low, high in spoken(page.text(part), language):
            if part > start.block or high > start.character:
                yield Sentence(part, low, high)


_CLOSING = "\"'”’“»«›‹)\\]"
_CLOSING_WIDE = "」』）】〉》〕”’"
_END = re.compile(
    rf"[.!?…]+[{_CLOSING}]*(?:[ \u00a0\u202f]»(?=[\s.,]|$))?(?=\s|$)"
    rf"|[。！？｡]+[{_CLOSING_WIDE}]*"
    r"|[؟۔।॥։።។။\u037e]+[\"'”’»)\]]*(?=\s|$)"
    r"|(?<=[\u0370-\u03ff]);(?=\s|$)"  # the Greek question mark, as it is typed
    r"|\n"
)
_LAST_WORD = re.compile(r"(?:[^\W\d_]\.)*[^\W_]+$")
# Of all languages together: a word that is one in another language seldom ends a sentence in this one.
_SHORTENED = frozenset(
    """mr mrs ms dr prof st rev hon gen col lt sgt capt sen rep gov pres jr sr vs etc inc ltd co corp no vol fig approx
    est dept jan feb mar apr jun jul aug sep sept oct nov dec al cf ca eg ie
    nr bzw usw evtl ggf vgl str hr fr tel mio mrd abs bd jh sog dipl ing st
    m mm mme mlle mgr art av boul ex env p pp éd sra srta dra ud uds av pág núm dª sig dott sigg ecc
    drs mevr dhr blz nl bijv enz o.a tj st kl bl.a m.fl osv ул г гг тыс млн млрд им стр см др руб""".split()
)
_ORDINALS = frozenset("de da nb nn no cs sk sl hr hu fi et lv pl is".split())
"""Languages that write `3. Mai`."""
_BREATH = re.compile(r"[;:,،、，；]\s?|\s")


def spoken(text: str, language: str = "") -> Iterator[tuple[int, int]]:
    """Beginning and end of each sentence of a text, without the white space around it."""
    begin = 0
    for end in _END.finditer(text):
        if end[0] != "\n" and not _is_end(text, end, language):
            continue
        yield from _breaths(text, begin, end.end())
        begin = end.end()
    yield from _breaths(text, begin, len(text))


def _is_end(text: str, end: re.Match[str], language: str) -> bool:
    """Whether a sentence ends at these marks, and not only a short form, an ordinal, or what somebody said."""
    following = text[end.end() : end.end() + 40].lstrip()[:1]
    if following.islower() or following in ("–", "—"):
        return False
    marks = end[0]
    if marks[-1] in _CLOSING_WIDE and "\u3041" <= following <= "\u309f" and not text[end.end()].isspace():
        return False  # 「…。」と言った
    if marks != ".":
        return True
    word = _LAST_WORD.search(text, max(0, end.start() - 30), end.start())
    if word is None:
        return True
    last = word[0].rpartition(".")[2]
    if last.isdigit():
        return not (len(last) <= 2 and language.partition("-")[0] in _ORDINALS)
    return not (word[0].lower() in _SHORTENED or (len(last) == 1 and last != "I") or "." in word[0])


def _breaths(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch without white space around it; in pieces where it is very long; nothing where nothing is said."""
    while end - start > LONGEST:
        pauses = [pause.end() for pause in _BREATH.finditer(text, start + LONGEST // 2, start + LONGEST)]
        cut = pauses[-1] if pauses else start + LONGEST
        yield from _breaths(text, start, cut)
        start = cut
    piece = text[start:end]
    if any(map(str.isalnum, piece)):
        low = start + len(piece) - len(piece.lstrip())
        yield low, low + len(piece.strip())
