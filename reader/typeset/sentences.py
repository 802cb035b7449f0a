"""A story sentence by sentence, for reading aloud: where each begins and ends in the text of its part. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reader.model import Position
from reader.patterns import late
from reader.typeset.language import language_of
from reader.typeset.page import Page, Sentence

LONGEST = 500
"""Characters; what is longer is cut where a breath may be drawn, as scripts without full stops need it."""


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
_END = late(
    rf"[.!?…]+[{_CLOSING}]*(?:[ \u00a0\u202f]»(?=[\s.,]|$))?(?=\s|$)"
    rf"|[。！？｡]+[{_CLOSING_WIDE}]*"
    r"|[؟۔।॥։።។။\u037e]+[\"'”’»)\]]*(?=\s|$)"
    r"|(?<=[\u0370-\u03ff]);(?=\s|$)"  # the Greek question mark, as it is typed
    r"|\n"
)
_LAST_WORD = late(r"(?:[^\W\d_]\.)*[^\W_]+$")
# Of all languages together: a word that is one in another language seldom ends a sentence in this one.
_SHORT_FORMS = """
    mr mrs ms dr prof st rev hon gen col lt sgt capt sen rep gov pres jr sr vs etc inc ltd co corp approx dept jan feb
    apr jun jul aug sep oct nov dec al cf ca eg ie bzw usw evtl ggf vgl hr fr tel mio mrd bd jh sog dipl ing mm mme mlle
    mgr boul env éd sra srta dra ud uds av dª sig dott sigg ecc drs mevr dhr nl bijv enz kl osv ул гг тыс млн млрд им
    стр руб
"""
_BEFORE_NUMBERS = "no nr núm num fig vol p pp s art abs pág pag blz str ch chap kap cap sec mar sept"
_SHORTENED, _NUMBERED = frozenset(_SHORT_FORMS.split()), frozenset(_BEFORE_NUMBERS.split())
_WITH_ORDINALS = "de da nb nn no cs sk sl hr hu fi et lv pl is"
_ORDINALS = frozenset(_WITH_ORDINALS.split())
"""Languages that write `3. Mai`."""
_BREATH = late(r"[;:,،、，；]\s?|\s")


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
    last = word[0].rpartition(".")[2].lower()
    if last.isdigit():
        return not (len(last) <= 2 and language.partition("-")[0] in _ORDINALS)
    is_short = "." in word[0] or last in _SHORTENED or (len(last) == 1 and last != "i")
    return not (is_short or (last in _NUMBERED and following.isdigit()))


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
