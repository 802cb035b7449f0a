"""Which lists there are, and how the page is arranged."""

from __future__ import annotations

import pytest

from reader.app import keymap
from reader.app.listing import (
    FRONT_PAGE,
    HISTORY,
    LATER,
    LATEST,
    STARRED,
    UNREAD,
    WATCHED,
    Layout,
    Listing,
    layout_for,
    row_height_for,
)
from reader.app.refreshing import Tally
from reader.app.section_rows import section_rows
from reader.model import Counts, Outcome, SearchCount, Section, SourceCount, StoryFilter, Told
from reader.settings import Keys
from reader.text import EMPTY, SafeText

POLITICS = Section(
    SafeText("Politics"),
    Counts(20, 12),
    True,
    (
        SourceCount(1, SafeText("The Gazette"), Counts(20, 12)),
        SourceCount(2, SafeText("Winds"), Counts(), failing=True),
    ),
)


@pytest.mark.parametrize(
    ("width", "wish", "layout"),
    [
        (300, "auto", "wide"), (120, "auto", "wide"), (119, "auto", "medium"), (80, "auto", "medium"),
        (79, "auto", "narrow"), (20, "auto", "narrow"), (100, "wide", "wide"), (60, "wide", "narrow"),
        (200, "narrow", "narrow"), (70, "medium", "medium"), (40, "medium", "narrow"), (200, "medium", "medium"),
    ],
)  # fmt: skip
def test_layouts(width: int, wish: str, layout: str) -> None:
    assert layout_for(width, wish) == layout


def test_a_publisher_cannot_bury_the_list_in_folders() -> None:
    levels = ["/".join("a" * n) for n in range(1, 51)]
    names = [*levels, *(f"{levels[-1]}/{n}" for n in range(3_000)), "Politics/x//y/ z", "////", "TV / Radio"]
    sections = [Section(SafeText(name), Counts(1, 1)) for name in names]
    rows = section_rows(sections, Counts(), 0, (), ())[5:]
    assert [(row.label, row.count) for row in rows] == [
        *(("a", 3_050), ("Politics/x//y/ z", 1), ("////", 1), ("TV / Radio", 1))
    ]
    opened = section_rows(sections, Counts(), 0, (), set(levels))[5:]
    assert [row.depth for row in opened[:51]] == list(range(51))
    assert len(opened) == len(names)
    assert {row.listing.wanted.section for row in opened if row.listing} == set(names)


def test_section_rows() -> None:
    saved = SearchCount(SafeText("Buses"), "bus fares", 4)
    rows = section_rows([POLITICS], Counts(100, 50, 3, 2), 8, [saved], ())
    assert [(row.label, row.count) for row in rows] == [
        ("Front page", 8), ("Latest", 50), ("Read later", 2), ("Starred", 3), ("", None), ("Buses", 4), ("", None),
        ("Politics", 12),
    ]  # fmt: skip
    assert rows[-1].failing
    opened = section_rows([POLITICS], Counts(), 0, (), {"Politics"})
    assert [(row.label, row.depth, row.failing) for row in opened[-3:]] == [
        ("Politics", 0, False), ("The Gazette", 1, False), ("Winds", 1, True),
    ]  # fmt: skip


def test_what_has_nothing_unread_can_be_left_out() -> None:
    read = Section(
        SafeText("World"),
        Counts(4),
        False,
        (SourceCount(1, SafeText("The Gazette"), Counts(2)), SourceCount(2, SafeText("Winds"), Counts(2))),
    )
    quiet = Section(SafeText("Sport"), Counts(9))

    def labels(unfolded: set[str], *shown: Listing) -> list[str]:
        return [row.label for row in section_rows([POLITICS, quiet, read], Counts(), 0, (), unfolded, shown=shown)][5:]

    assert labels({"Politics", "World"}) == ["Politics", "The Gazette", "2 without news"]
    world = Listing("stories", "World", StoryFilter(section=SafeText("World")))
    assert labels(set(), world) == ["Politics", "World", "1 without news"]
    winds = Listing("stories", "Winds", StoryFilter(section=SafeText("World"), source_id=2, alone=True))
    assert labels({"World"}, winds) == ["Politics", "World", "Winds", "1 without news"]
    assert section_rows([POLITICS], Counts(), 0, (), (), shown=[])[-1].label == "Politics", (
        "nothing is left out, nothing said"
    )


@pytest.mark.parametrize(
    ("layout", "width", "height", "with_excerpts", "without"),
    [
        ("wide", 120, 40, 6, 2), ("medium", 80, 18, 5, 2), ("narrow", 79, 24, 5, 1), ("narrow", 60, 18, 5, 2),
        ("narrow", 79, 9, 1, 1), ("narrow", 40, 9, 2, 2), ("wide", 200, 9, 2, 2),
    ],
)  # fmt: skip
def test_how_many_lines_a_headline_takes(
    layout: Layout, width: int, height: int, with_excerpts: int, without: int
) -> None:
    assert row_height_for(layout, width, height) == with_excerpts
    assert row_height_for(layout, width, height, excerpts=False) == without


def a_section(name: str, unread: int, *sources: SourceCount) -> Section:
    failing = any(source.failing for source in sources)
    return Section(SafeText(name), Counts(unread, unread), failing, sources)


TREE = [
    a_section("Arts/Books", 1),
    a_section("Politics", 12),
    a_section("Technology", 3, SourceCount(1, SafeText("Chips"), Counts(3, 3))),
    a_section("Technology Today", 2),
    a_section("technology/BSD", 5, SourceCount(2, SafeText("Puffin"), Counts(5, 5), failing=True)),
    a_section("Technology/Linux/Distributions", 4),
    a_section("Technology/Linux/Kernel", 6),
    a_section("TV / Radio", 7),
]


def test_sections_lie_within_sections_and_their_counts_add_up() -> None:
    def told(*unfolded: str) -> list[tuple[str, int | None, int]]:
        rows = section_rows(TREE, Counts(), 0, (), unfolded)[5:]
        return [(row.label, row.count, row.depth) for row in rows]

    closed = [
        ("Arts/Books", 1, 0),
        ("Politics", 12, 0),
        ("Technology", 18, 0),
        ("Technology Today", 2, 0),
        ("TV / Radio", 7, 0),
    ]
    assert told() == closed
    opened = told("Technology")
    assert opened[:3] == closed[:3]
    assert opened[3:6] == [("BSD", 5, 1), ("Linux", 10, 1), ("Chips", 3, 1)]
    assert sum(count for _, count, depth in opened if depth == 1 and count) == 18
    assert told("Technology", "Technology/Linux")[5:7] == [("Distributions", 4, 2), ("Kernel", 6, 2)]
    assert told("Technology", "technology/BSD")[4] == ("Puffin", 5, 2)
    rows = section_rows(TREE, Counts(), 0, (), ("Technology",))
    assert [row.label for row in rows if row.failing] == ["BSD"], "what is open tells it at what failed"
    linux, chips = rows[9], rows[10]
    assert linux.listing == Listing("stories", "Technology/Linux", StoryFilter(section=SafeText("Technology/Linux")))
    assert chips.listing is not None
    assert chips.listing.wanted == StoryFilter(section=SafeText("Technology"), source_id=1, alone=True)


def test_a_section_in_use_keeps_those_that_it_lies_in() -> None:
    tree = [a_section("Technology/Linux", 0), a_section("Technology/BSD", 0), a_section("World", 0)]
    kernel = Listing("stories", "x", StoryFilter(section=SafeText("Technology/Linux")))
    for unfolded, labels in ((), ["Technology"]), (("Technology",), ["Technology", "Linux"]):
        rows = section_rows(tree, Counts(), 0, (), unfolded, shown=[kernel])[5:]
        assert [row.label for row in rows] == [*labels, "1 without news"]


def test_lists_are_opened_in_the_view_that_is_wanted() -> None:
    assert FRONT_PAGE.opened_as("unread").heading == "Front page · unread"
    assert Listing("search", "Buses", StoryFilter(query="bus")).opened_as("unread").filter.unread
    assert LATEST.opened_as("all") == LATEST
    for kept in (STARRED, LATER, WATCHED, HISTORY, UNREAD, Listing("stories", "sea", StoryFilter(tag=SafeText("sea")))):
        assert kept.opened_as("unread") == kept


def test_views_go_round() -> None:
    listing = Listing("stories", "Politics", StoryFilter(section=SafeText("Politics")))
    assert listing.filter == listing.wanted
    unread = listing.with_next_view()
    assert unread.filter == StoryFilter(section=SafeText("Politics"), unread=True)
    assert unread.heading == "Politics · unread"
    assert unread.empty(str.upper) == "Nothing unread in Politics."
    assert unread.with_next_view().filter.starred
    assert unread.with_next_view().with_next_view() == listing


@pytest.mark.parametrize(
    "listing", [FRONT_PAGE, LATEST, UNREAD, STARRED, Listing("search", "x", StoryFilter(query="y"))]
)
def test_empty_lists_say_so_in_a_sentence(listing: Listing) -> None:
    assert listing.empty(keymap.build(Keys()).shown).endswith(".")


def outcome(title: str, **changes: object) -> Outcome:
    return Outcome(1, SafeText(title), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        ([], "Nothing new."),
        ([outcome("A", new=1)], "1 new story."),
        ([outcome("A", new=11), outcome("B", new=1, updated=2)], "12 new stories, 2 updated."),
        (
            [outcome("A", new=3), outcome("The Gazette", error=SafeText("did not answer"))],
            "3 new stories. The Gazette: did not answer.",
        ),
        (
            [outcome(name, error=SafeText("x")) for name in "ABCDE"],
            "Nothing new. 5 sources failed: A, B and 3 others. e says why.",
        ),
        ([outcome("A", offline=True, error=SafeText("x"))], "You are offline; reading from the cache."),
        ([outcome("A", skipped=True)], "Another Broadsheet is looking for news already."),
    ],
)
def test_what_a_refresh_says(outcomes: list[Outcome], says: str) -> None:
    tally = Tally()
    for one in outcomes:
        tally.add(one)
    assert tally.says("e") == says


def test_what_was_to_be_told_is_added_up_over_the_sources() -> None:
    tally = Tally()
    for number, count in ((1, 2), (2, 3)):
        told = Told(SafeText("Tides"), count, number, SafeText(f"Headline {number}"))
        tally.add(Outcome(number, SafeText("Gazette"), new=count, told=(told,)))
    tally.add(Outcome(3, SafeText("Herald"), told=(Told(EMPTY, 1, 9, SafeText("Bridge reopens")),)))
    assert tally.notices() == (
        ("Tides: 5 new stories", "Headline 2"),
        ("1 watched story was revised", "Bridge reopens"),
    )
