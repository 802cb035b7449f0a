"""Books and pages: valid by epubcheck's rules whatever a story holds, and nothing in them is active or loaded."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as parser
from msgspec.structs import replace
from PIL import Image

from reader.errors import ParseError, ReaderError
from reader.export.epub import write_epub
from reader.export.markup import href, picture_urls, story_markup
from reader.export.page import html_page
from reader.model import Article, Item, Picture, State, Story, TextKind
from reader.pictures import read_picture
from reader.reprint import reprinted
from reader.text import SafeText, SafeUrl, safe_block, safe_text, safe_url
from tests.bookcheck import faults

NOON = datetime(2026, 9, 19, 12, tzinfo=UTC)
PNG = SafeUrl("https://gazette.example/pier.png")
LEAD = SafeUrl("https://gazette.example/lead.jpg")
PICTURES = {
    PNG: ("image/png", b"\x89PNG one"),
    SafeUrl("https://other.example/the-same.png"): ("image/png", b"\x89PNG one"),
    LEAD: ("image/jpeg", b"\xff\xd8 two"),
    SafeUrl("https://away.example/p.webp"): ("image/webp", b"RIFF"),
    SafeUrl("https://gazette.example/evil"): ("image/svg+xml", b"<svg onload='x'/>"),
}
BODY = f"""First[^1] and again[^1], [a **link** in two](https://a.example/x?y[]=1&z=100%&q=%41#f).

Then `<code>`, ~~gone~~[^none].

![The *pier*]({PNG} "A caption & more")

[![](https://other.example/the-same.png)](https://a.example/)

![Not at hand](https://away.example/p.webp)

![](https://gazette.example/evil)

# A crosshead

> Someone said:
>
> - one[^a]
>   1. deep
> - two

3. three
4. four

   with a paragraph

| left | right |
|:-----|------:|
| a    | ***b***  |

```html
<script>alert(1)</script>
```

---

[^1]: The first note, with [a link](https://n.example/).

[^a]: Another.

[^1]: The first once more.
"""


def a_story(number: int, title: str, section: str = "Politics", body: str = BODY, **item: object) -> Story:
    return Story(
        id=number,
        source_id=2,
        source=SafeText("The Gazette & Sons"),
        section=safe_text(section),
        item=Item(
            title=safe_text(title),
            summary=safe_text("A <dek> & more."),
            authors=SafeText("Ann Other"),
            url=safe_url("https://gazette.example/a?b[]=%zz&c=1"),
            language=SafeText("en-gb"),
            published_at=NOON,
            markdown=safe_block(body),
            text=TextKind.FULL,
            picture=Picture(LEAD, caption=SafeText("The lead")),
            **item,  # type: ignore[arg-type]
        ),
        article=None,
        state=State(),
        first_seen_at=NOON,
        fetched_at=NOON,
        words=9,
    )


EDITION = [
    a_story(7, 'A <b>"headline"</b> &amp; ]]> more'),
    a_story(8, "Second", "World & <Asia>"),
    a_story(9, "Third"),
    replace(
        a_story(10, "A page", "", "Nothing."), article=Article(markdown=SafeText("De tekst."), language=SafeText("nl"))
    ),
]


def book(stories: list[Story], title: str = "Broadsheet: <all> & more") -> bytes:
    file = io.BytesIO()
    write_epub(file, stories, title, PICTURES.get, NOON)
    return file.getvalue()


def test_an_edition_is_a_valid_book() -> None:
    data = book([*EDITION, EDITION[0]])
    assert faults(data) == []
    files = ZipFile(io.BytesIO(data))
    texts = [name for name in files.namelist() if name.startswith("OEBPS/text/")]
    assert texts == [f"OEBPS/text/s{number}.xhtml" for number in (7, 8, 9, 10)], "the same story once"
    pictures = [name.rpartition(".")[2] for name in files.namelist() if "pictures/" in name]
    assert sorted(pictures) == ["jpg", "png"], "the same picture once, and no other kind than is kept"
    package = files.read("OEBPS/package.opf").decode()
    assert re.findall(r'itemref idref="(\w+)"', package) == ["nav", "s7", "s9", "s8", "s10"], "by section"
    assert "<dc:language>en-gb</dc:language>" in package
    assert "2026-09-19T12:00:00Z" in package
    navigation = files.read("OEBPS/nav.xhtml").decode()
    assert "<span>World &amp; &lt;Asia&gt;</span>" in navigation
    assert "A &lt;b&gt;&quot;headline&quot;&lt;/b&gt; &amp;amp; ]]&gt; more" in navigation
    assert 'lang="nl"' in files.read("OEBPS/text/s10.xhtml").decode()


def test_the_pictures_of_a_story_are_those_that_it_shows() -> None:
    urls = [
        "https://gazette.example/lead.jpg",
        PNG,
        "https://other.example/the-same.png",
        "https://away.example/p.webp",
    ]
    assert list(picture_urls(EDITION[0])) == [*urls, "https://gazette.example/evil"]
    assert list(picture_urls(replace(EDITION[3], item=Item(title=SafeText("T"))))) == []


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "image/jpeg"), ("RGBA", "image/png")])
def test_a_picture_that_books_do_not_show_is_printed_anew(mode: str, kind: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (9, 5)).save(file, "WEBP")
    media_type, data = reprinted(file.getvalue())
    assert (media_type, read_picture(data).media_type, Image.open(io.BytesIO(data)).size) == (kind, kind, (9, 5))
    with pytest.raises(ParseError):
        reprinted(file.getvalue()[:30])


def test_a_book_of_nothing_is_none() -> None:
    with pytest.raises(ReaderError, match="no story"):
        book([])


def test_notes_lead_there_and_back() -> None:
    tree = etree.fromstring(f'<x xmlns:epub="e">{story_markup(EDITION[0], lambda _: "", epub=True)}</x>')
    marks = [(a.get("id"), a.get("href")) for a in tree.iter("a") if a.get("role") == "doc-noteref"]
    assert marks == [("s7-r1", "#s7-n1"), (None, "#s7-n1"), ("s7-r2", "#s7-n2")]
    notes = [(note.get("id"), [a.get("href") for a in note.iter("a")][:1]) for note in tree.iter("aside")]
    assert notes == [("s7-n1", ["#s7-r1"]), ("s7-n2", ["#s7-r2"]), (None, [])]
    assert "".join(tree.itertext()).count("[none]") == 1


def test_a_picture_that_is_not_at_hand_is_a_link_to_it() -> None:
    markup = story_markup(EDITION[0], lambda url: "p.png" if url == PNG else "")
    assert '<p class="note"><a href="https://away.example/p.webp">Picture: Not at hand</a></p>' in markup
    assert '<img src="p.png" alt="The pier"/><figcaption>A caption &amp; more</figcaption>' in markup
    assert "The lead" not in markup, "a lead picture is shown or not there"


@pytest.mark.parametrize(
    ("url", "valid"),
    [
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/%zz?a[]=%41#x[1]", "https://a.example/%25zz?a%5B%5D=%41#x%5B1%5D"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_addresses_are_valid_ones(url: str, valid: str) -> None:
    assert href(safe_url(url)) == valid


def test_a_page_stands_alone() -> None:
    page = html_page(EDITION, "<Edition> & more", PICTURES.get)
    tree = parser.document_fromstring(page)
    allowed = (
        "html head meta title style body nav p ol li a article header h1 h2 figure img figcaption blockquote ul table"
    )
    allowed += " thead tbody tr th td pre code hr aside sup em strong s br"
    assert {str(node.tag) for node in tree.iter()} <= set(allowed.split())
    sources = [node.get("src") for node in tree.iter("img")]
    assert {source[:16] for source in sources} == {"data:image/png;b", "data:image/jpeg;", "data:image/webp;"}
    assert not [
        name for node in tree.iter() for name in node.attrib if name.startswith("on") or name in ("style", "srcset")
    ]
    policy = tree.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert "@media print" in page
    assert not re.search(r"url\(|@import", page)
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert {a.get("href")[1:] for a in tree.iter("a") if a.get("href").startswith("#")} <= set(ids)
    assert "There are no stories" in html_page([], "None", PICTURES.get)


MARKS = st.text(st.sampled_from("ab <>&\"'`*_[]()!#-=|~\\^:.\n\t1&#x0;]]>\u202e\u200b\x1b日"), max_size=60)


@given(MARKS, MARKS, st.text(max_size=20))
@settings(max_examples=120, deadline=None)
def test_whatever_a_story_holds_the_book_is_valid(title: str, body: str, section: str) -> None:
    story = a_story(1, title or "x", section, f"{body}\n\n[^1]: {title}\n\n![{title}]({PNG} '{section}')")
    data = book(
        [
            replace(
                story,
                source=safe_text(section),
                item=replace(story.item, title=safe_text(title or "x") or SafeText("…")),
            )
        ]
    )
    assert faults(data) == []


BREAKS = {
    "mimetype is not the first": lambda files: dict(sorted(files.items())),
    "not well-formed": lambda files: {**files, "OEBPS/text/s7.xhtml": b"<html>"},
    "listed and there are not the same": lambda files: {**files, "OEBPS/stray.txt": b""},
    "leads nowhere": lambda files: _changed(files, b'src="../pictures/', b'src="https://x.example/'),
    "has no such place": lambda files: _changed(files, b'id="s7-n1"', b'id="s7-n9"'),
    "is there 2 times": lambda files: _changed(files, b'id="s7-n2"', b'id="s7-n1"'),
    "<script>": lambda files: _changed(files, b"<hr/>", b"<script/>"),
    "attribute onclick": lambda files: _changed(files, b"<hr/>", b'<hr onclick="x"/>'),
    "the address": lambda files: _changed(files, b'href="https://n.example/"', b'href="javascript:x"'),
    "order of the book": lambda files: _changed(
        files, b'idref="s9"/>\n<itemref idref="s8"', b'idref="s8"/>\n<itemref idref="s9"'
    ),
    "dcterms:modified": lambda files: _changed(files, b"12:00:00Z", b"12:00"),
    "another identifier": lambda files: _changed(files, b'"dtb:uid" content="', b'"dtb:uid" content="x'),
}  # fmt: skip


def _changed(files: dict[str, bytes], old: bytes, new: bytes) -> dict[str, bytes]:
    return {name: data.replace(old, new) for name, data in files.items()}


@pytest.mark.parametrize("says", BREAKS)
def test_the_checker_sees_what_is_wrong(says: str) -> None:
    whole = ZipFile(io.BytesIO(book(EDITION)))
    broken = io.BytesIO()
    with ZipFile(broken, "w") as archive:
        for name, data in BREAKS[says]({name: whole.read(name) for name in whole.namelist()}).items():
            archive.writestr(name, data)
    assert any(says in fault for fault in faults(broken.getvalue()))
