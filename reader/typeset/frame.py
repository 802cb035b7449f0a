"""What stands above and below the body of a story: kicker, dates, headline, dek, byline; where the rest is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from reader.blocks import Figure, figure_caption, parse_block, plain
from reader.model import Enclosure, Story, TextKind
from reader.text import NO_URL, SafeText, SafeUrl, host_of, reading_minutes
from reader.typeset.lines import EMPTY_LINE, Flow, Hyphenate, Line, Look, Span, cells, set_flow
from reader.typeset.plates import Plate, PlateFor, PlateRow, Plates, captions_alone
from reader.typeset.setting import UNICODE, Glyphs, Wide

MAX_HEADLINE = 3
"""Lines."""
MAX_DEK = 4
"""Lines."""
MAX_ELSEWHERE = 3
"""Names of other sources, the last of which may be a number of them."""
_TIED = "\u00a0"  # a blank that does not let the line break


class Manner(Struct, frozen=True):
    """How a story is to be set, beside its width."""

    numbers: bool = False
    """Number the links."""
    from_cache: bool = False
    """Say that this is what the cache holds, because there is no network."""
    iso_dates: bool = False
    glyphs: Glyphs = UNICODE
    wide: Wide = "wrap"
    """What becomes of tables and code that are too wide."""
    hyphenate: Hyphenate | None = None
    """How words of the story's language are divided."""
    justify: bool = False
    """Blanks between the words until lines are full."""
    plates: Plates | None = None
    """How pictures are set; None for their captions alone."""


class Frame(Struct, frozen=True):
    """A part that is not Markdown: its lines, its text (offsets count in it), and its links."""

    lines: tuple[Line, ...] = ()
    text: str = ""
    links: tuple[tuple[SafeUrl, str], ...] = ()
    cut: tuple[tuple[str, SafeText], ...] = ()
    """What did not fit in its lines, by name."""


class _Framer:
    """Sets text under text, counting characters and links as `blocks.plain` and `blocks.links` would."""

    def __init__(self, width: int, manner: Manner, first_link: int) -> None:
        self.width = width
        self.manner = manner
        self.first_link = first_link
        self.lines: list[Line] = []
        self.texts: list[str] = []
        self.links: list[tuple[SafeUrl, str]] = []
        self.offset = 0

    def add(self, *parts: tuple[str, Look], most: int = 0, url: SafeUrl = NO_URL) -> bool:
        """One paragraph; with `url` its last part leads there. Whether it had to be cut."""
        pieces: list[Span] = []
        for at, (text, look) in enumerate(parts):
            link = 0
            if url and at == len(parts) - 1:
                self.links.append((url, text))
                link = len(self.links)
            pieces.append(Span(text, look, link, self.offset))
            self.offset += len(text)
        if url and self.manner.numbers:
            pieces.append(Span(f"[{self.first_link + len(self.links) - 1}]", Look.ACCENT, len(self.links)))
        self.texts.append("".join(text for text, _ in parts))
        self.offset += 1
        lines, was_cut = set_flow(Flow(pieces), self.width, most=most)
        self.lines += lines
        return was_cut

    def hang(self, plate: Plate, caption: str, url: SafeUrl) -> None:
        """A picture and what stands under it."""
        start, link = self.offset, len(self.links) + 1
        self.lines += [Line((), start, PlateRow(plate, row, link)) for row in range(plate.rows)]
        if caption or self.manner.numbers:
            self.add((caption, Look.MUTED), url=url)
        else:
            self.links.append((url, "Picture"))

    def gap(self) -> None:
        """An empty line, once."""
        if self.lines and self.lines[-1].spans:
            self.lines.append(EMPTY_LINE)

    def frame(self, cut: Sequence[tuple[str, SafeText]] = ()) -> Frame:
        """All there is."""
        return Frame(tuple(self.lines), "\n".join(self.texts), tuple(self.links), tuple(cut))


def head(
    story: Story, chunks: Sequence[str], width: int, manner: Manner, plate_for: PlateFor = captions_alone
) -> Frame:
    """Everything above the body, without the empty line that follows it."""
    framer = _Framer(width, manner, 1)
    kicker = story.section.upper()
    room = width - cells(f"{kicker} · {story.source}")
    framer.add(
        (f"{kicker} · " if kicker else "", Look.ACCENT | Look.BOLD),
        (story.source, Look.ACCENT),
        (states(story, room, manner), Look.MUTED),
    )
    dates = dateline(story, manner)
    if cells(dates) > width:
        dates = dateline(story, manner, short=True)
    framer.add((dates, Look.MUTED))
    framer.gap()
    cut: list[tuple[str, SafeText]] = []
    if framer.add((story.title, Look.HEADLINE | Look.BOLD), most=MAX_HEADLINE):
        cut.append(("Headline", story.title))
    if story.summary and not repeats(story.summary, chunks):
        framer.gap()
        if framer.add((story.summary, Look.ITALIC | Look.MUTED), most=MAX_DEK):
            cut.append(("Summary", story.summary))
    if story.authors:
        framer.gap()
        framer.add((byline(story), Look.MUTED))
    if story.also_in:
        if not story.authors:
            framer.gap()
        framer.add((elsewhere(story), Look.MUTED))
    picture = story.picture
    if picture and picture.url and picture.url not in story.markdown[:20_000]:
        caption = "".join(run.text for run in figure_caption(Figure(picture.url, picture.alt, picture.caption)))
        framer.gap()
        if plate := plate_for(picture.url, width, (picture.width or 0, picture.height or 0)):
            framer.hang(plate, caption, picture.url)
        elif caption:
            framer.add((_sign(manner), Look.ACCENT), (f"Picture: {caption}", Look.MUTED), url=picture.url)
        else:
            framer.add((_sign(manner), Look.ACCENT), ("Picture", Look.MUTED), url=picture.url)
    return framer.frame(cut)


def tail(story: Story, cut: Sequence[tuple[str, SafeText]], first_link: int, width: int, manner: Manner) -> Frame:
    """What is to be said below the body: files, where the rest of the story is, what was too long for the head."""
    framer = _Framer(width, manner, first_link)
    for name, text in cut:
        framer.gap()
        framer.add((f"{name}: ", Look.MUTED | Look.BOLD), (text, Look.MUTED))
    for enclosure in story.item.enclosures:
        framer.gap()
        framer.add((_sign(manner), Look.ACCENT), (_enclosure(enclosure), Look.MUTED), url=enclosure.url)
    if story.text is not TextKind.FULL:
        framer.gap()
        says = "This is all that the feed gives." if story.markdown or story.summary else "The feed gives no text."
        if story.url:
            where = f"The whole story is at{_TIED}"
            framer.add((f"{says} {where}", Look.MUTED), (host_of(story.url), Look.MUTED | Look.LINK), url=story.url)
        else:
            framer.add((says, Look.MUTED))
    return framer.frame()


def dateline(story: Story, manner: Manner, *, short: bool = False) -> str:
    """`19 September 2024 · updated 20 Sep · 5 min · full text`, and the reader's tags.

    Its blanks keep their words together, so that a line breaks after a dot only; `short` writes the month as `Sep`.
    """
    parts: list[str] = []
    published, updated = story.published_at, story.updated_at
    if published:
        parts.append(_day(published, manner, short=short))
    if updated and published and abs((updated - published).total_seconds()) >= 3600 and updated > published:
        parts.append(f"updated {_short_day(updated, published, manner)}")
    elif updated and not published:
        parts.append(f"updated {_day(updated, manner, short=short)}")
    if story.words:
        parts.append(f"{reading_minutes(story.words)} min")
    parts.append(provenance(story, from_cache=manner.from_cache))
    parts += [f"#{tag}" for tag in story.state.tags]
    return f"{_TIED}· ".join(part.replace(" ", _TIED) for part in parts)


def states(story: Story, room: int, manner: Manner) -> str:
    """What the reader did with the story, to stand behind the source: in words, in marks, or not at all.

    Never more than there is room for: a key that marks the story must not move its text.
    """
    named = [name for name, on in (("starred", story.state.starred), ("read later", story.state.later)) if on]
    marks = [
        mark for mark, on in zip(manner.glyphs.states, (story.state.starred, story.state.later), strict=True) if on
    ]
    for said in ("".join(f" · {name}" for name in named), "".join(f" {mark}" for mark in marks)):
        if cells(said) <= room:
            return said
    return ""


def provenance(story: Story, *, from_cache: bool = False) -> str:
    """How much of the story this is, and where it comes from."""
    what = {TextKind.FULL: "full text", TextKind.TEASER: "teaser only", TextKind.NONE: "headline only"}[story.text]
    return f"{what}, from cache" if from_cache else what


def byline(story: Story) -> str:
    """`By Ann Other`, in English; in other languages the names alone; "" where there is none."""
    names = story.authors
    if not names:
        return ""
    english = (story.item.language or "en").startswith("en")
    return f"By {names}" if english and not names.lower().startswith("by ") else names


def elsewhere(story: Story) -> str:
    """`Also in The Gazette and The Courier`, or `The Gazette, The Courier and 3 others`; "" where it is in no other."""
    names = list(dict.fromkeys(telling.source for telling in story.also_in))
    if len(names) > MAX_ELSEWHERE:
        names[MAX_ELSEWHERE - 1 :] = [SafeText(f"{len(names) - MAX_ELSEWHERE + 1} others")]
    return f"Also in {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}" if names else ""


def _day(moment: datetime, manner: Manner, *, short: bool) -> str:
    here = moment.astimezone()
    if manner.iso_dates:
        return here.strftime("%Y-%m-%d" if short else "%Y-%m-%d %H:%M")
    return f"{here.day} {here.strftime('%b' if short else '%B')} {here.year}"


def _short_day(moment: datetime, after: datetime, manner: Manner) -> str:
    """The day, as short as it can be said beside another; the time where the day is the same."""
    here, there = moment.astimezone(), after.astimezone()
    if here.date() == there.date():
        return f"{here.hour}:{here.minute:02}"
    if manner.iso_dates:
        return here.strftime("%Y-%m-%d")
    day = f"{here.day} {here.strftime('%b')}"
    return day if here.year == there.year else f"{day} {here.year}"


def repeats(dek: str, chunks: Sequence[str]) -> bool:
    """Whether the body begins with the dek, as with feeds that make one out of the other."""
    wanted = " ".join(dek.removesuffix("…").removesuffix("...").split()).rstrip(" .")
    for chunk in chunks[:2]:
        block = parse_block(chunk)
        if isinstance(block, Figure):
            continue
        return bool(wanted) and " ".join(plain(block).split()).startswith(wanted)
    return False


def _sign(manner: Manner) -> str:
    return f"{manner.glyphs.picture} " if manner.glyphs.picture else ""


def _enclosure(enclosure: Enclosure) -> str:
    kind = {"audio": "Recording", "video": "Film", "image": "Picture"}.get(
        enclosure.media_type.partition("/")[0], "File"
    )
    size = enclosure.size_bytes
    told = [
        enclosure.media_type,
        f"{size / 1e6:.1f} MB" if size and size > 50_000 else "",
        f"at {host_of(enclosure.url)}",
    ]
    return f"{kind}: {', '.join(part for part in told if part)}"
