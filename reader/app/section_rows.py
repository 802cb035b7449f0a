"""The rows of the section list: standing lists, saved searches, and the sections as a tree with their sources. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct, field

from reader.app.listing import FRONT_PAGE, LATER, LATEST, STARRED, Listing
from reader.model import Counts, SearchCount, Section, StoryFilter
from reader.nesting import folded, lies_in, path_of
from reader.text import SafeText

NO_SECTION = "Unsorted"
"""Stories without a section of their own."""


class SectionRow(Struct, frozen=True):
    """A row of the section list; without a listing it is a space, or a word about what is not shown."""

    label: str = ""
    listing: Listing | None = None
    count: int | None = None
    more: bool = False
    """There are at least so many."""
    depth: int = 0
    section: str | None = None
    """The section that this row opens and closes."""
    unfolded: bool = False
    failing: bool = False

    def is_for(self, listing: Listing | None) -> bool:
        """Whether it stands for that list, in whatever view."""
        mine = self.listing
        return mine is not None and listing is not None and (mine.kind, mine.wanted) == (listing.kind, listing.wanted)

    def holds(self, listing: Listing) -> bool:
        """Whether it stands for that list, or for a section that this lies in."""
        inner = listing.wanted.section
        return self.is_for(listing) or (
            self.section is not None
            and inner is not None
            and listing.kind == "stories"
            and lies_in(inner, self.section)
        )


class Branch(Struct, gc=False):
    """A section with those that lie in it. There may be thousands and no cycles, hence no garbage collection."""

    name: SafeText
    """Whole, as a filter has it."""
    label: str
    """What is to be told of it where it stands."""
    own: Section | None = None
    """None where only those within it have stories."""
    parts: dict[bytes, Branch] = field(default_factory=dict)

    @property
    def listing(self) -> Listing:
        """Its stories, and those of all within it."""
        return Listing("stories", self.name or NO_SECTION, StoryFilter(section=self.name))

    @property
    def sections(self) -> list[Section]:
        """Itself and those within it, as far as they have stories."""
        own = [self.own] if self.own is not None else []
        return own + [section for part in self.parts.values() for section in part.sections] if self.parts else own


def tree(sections: Iterable[Section]) -> list[Branch]:
    """The sections as they lie in each other, in their order.

    What holds nothing but one other section is told in one row with it: so a name that only happens to have a slash
    looks as its publisher wrote it.
    """
    roots: dict[bytes, Branch] = {}
    for section in sections:
        level, end = roots, -1
        for step in path_of(section.name):
            key, end = folded(step), end + 1 + len(step)
            # Thousands of names of thirty levels share most of these, hence no Branch for nothing.
            branch = level.get(key) or level.setdefault(key, Branch(SafeText(section.name[:end]), step or NO_SECTION))
            level = branch.parts
        branch.own, branch.name = section, section.name
    return [_shortened(branch) for branch in roots.values()]


def _shortened(branch: Branch) -> Branch:
    while branch.own is None and len(branch.parts) == 1:
        (part,) = branch.parts.values()
        part.label = f"{branch.label}/{part.label}"
        branch = part
    if branch.parts:
        branch.parts = {key: _shortened(part) for key, part in branch.parts.items()}
    return branch


def branches(roots: Iterable[Branch]) -> Iterator[Branch]:
    """All of them, each before those within it."""
    for branch in roots:
        yield branch
        yield from branches(branch.parts.values())


def section_rows(
    sections: Sequence[Section],
    totals: Counts,
    front_page_unread: int,
    searches: Sequence[SearchCount],
    unfolded: Collection[str],
    *,
    shown: Collection[Listing] | None = None,
) -> tuple[SectionRow, ...]:
    """The whole list, with what lies in the sections that are open.

    With `shown`, sections and sources that have nothing unread are left out, but for these lists and what they lie in.
    """
    rows = [
        SectionRow("Front page", FRONT_PAGE, front_page_unread),
        SectionRow("Latest", LATEST, totals.unread),
        SectionRow("Read later", LATER, totals.later),
        SectionRow("Starred", STARRED, totals.starred),
    ]
    if searches:
        rows.append(SectionRow())
        rows += [
            SectionRow(
                saved.name, Listing("search", saved.name, StoryFilter(query=saved.query)), saved.unread, more=saved.more
            )
            for saved in searches
        ]
    if sections:
        rows.append(SectionRow())
    left_out = 0
    for branch in tree(sections):
        its = list(_rows_of(branch, unfolded, 0))
        kept = its if shown is None else [row for row in its if row.count or any(map(row.holds, shown))]
        left_out += not kept
        rows += kept
    if left_out:
        rows.append(SectionRow(f"{left_out:,} without news"))
    return tuple(rows)


def _rows_of(branch: Branch, unfolded: Collection[str], depth: int) -> Iterator[SectionRow]:
    """A section; when it is open, the sections in it and then the sources of its own stories."""
    every, opened = branch.sections, branch.name in unfolded
    yield SectionRow(
        branch.label,
        branch.listing,
        sum(section.counts.unread for section in every),
        depth=depth,
        section=branch.name,
        unfolded=opened,
        failing=not opened and any(section.failing for section in every),
    )
    if not opened:
        return
    for part in branch.parts.values():
        yield from _rows_of(part, unfolded, depth + 1)
    for source in branch.own.sources if branch.own else ():
        wanted = StoryFilter(section=branch.name, source_id=source.source_id, alone=True)
        yield SectionRow(
            source.title,
            Listing("stories", source.title, wanted),
            source.counts.unread,
            depth=depth + 1,
            failing=source.failing,
        )
