"""Stories as a book: EPUB 3, with what readers of EPUB 2 look for beside it.

mimetype                     first, and stored (OCF 3.2, section 3.3)
META-INF/container.xml       OCF 3.2, section 2.5.1
OEBPS/package.opf            EPUB Packages 3.2, section 3
OEBPS/nav.xhtml, toc.ncx     the table of contents, by section, in two forms
OEBPS/text/s7.xhtml          a story each, with their pictures in OEBPS/pictures/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from msgspec import Struct

from reader.errors import ReaderError
from reader.export.markup import EXTENSIONS, STYLE, PictureOf, language, story_markup
from reader.model import Story
from reader.text import SafeText, SafeUrl

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTAINER = f"""{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_CORE = EXTENSIONS.keys() - {"image/webp"}
"""EPUB 3.2, Core Media Types; WebP became one with 3.3, and many readers are older."""


class _Chapter(Struct, frozen=True):
    """A story in the book."""

    id: int
    title: SafeText
    section: SafeText
    language: str

    @property
    def file(self) -> str:
        return f"text/s{self.id}.xhtml"


class _Book:
    """The archive while it is written, and what its lists will have to name."""

    def __init__(self, archive: ZipFile, picture_of: PictureOf, now: datetime) -> None:
        self._archive = archive
        self._picture_of = picture_of
        self._date = max(now.astimezone(UTC).timetuple()[:6], (1980, 1, 1, 0, 0, 0))  # what a ZIP file can say
        self._sources: dict[SafeUrl, str] = {}
        self.pictures: dict[str, str] = {}
        """Media types by file."""
        self.chapters: list[_Chapter] = []
        self._ids: set[int] = set()

    def put(self, name: str, data: str | bytes, how: int = ZIP_DEFLATED) -> None:
        """One file."""
        entry = ZipInfo(name, self._date)
        entry.external_attr = 0o644 << 16
        self._archive.writestr(entry, data, how)

    def add(self, story: Story) -> None:
        """One story with its pictures; the same again is left out."""
        if story.id in self._ids:
            return
        self._ids.add(story.id)
        chapter = _Chapter(story.id, story.title, story.section, language(story))
        body = story_markup(story, self._source_of, epub=True)
        page = _xhtml(story.title, f"<body>\n{body}\n</body>", chapter.language or "en", style="../style.css")
        self.put(f"OEBPS/{chapter.file}", page)
        self.chapters.append(chapter)

    def _source_of(self, url: SafeUrl) -> str:
        """Where the picture is, as seen from a story; it is put there when it is first asked for."""
        if url not in self._sources:
            picture = self._picture_of(url)
            self._sources[url] = f"../{self._hang(*picture)}" if picture and picture[0] in _CORE else ""
        return self._sources[url]

    def _hang(self, media_type: str, data: bytes) -> str:
        name = f"pictures/{blake2b(data, digest_size=10).hexdigest()}.{EXTENSIONS[media_type]}"
        if name not in self.pictures:
            self.put(f"OEBPS/{name}", data, ZIP_STORED)
            self.pictures[name] = media_type
        return name

    def sections(self) -> dict[SafeText, list[_Chapter]]:
        """The chapters in the book's order: sections as they first occurred."""
        sections: dict[SafeText, list[_Chapter]] = {}
        for chapter in self.chapters:
            sections.setdefault(chapter.section, []).append(chapter)
        return sections


def write_epub(file: BinaryIO, stories: Iterable[Story], title: str, picture_of: PictureOf, now: datetime) -> None:
    """Write the book. Raises ReaderError when there is no story to put into it."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        book = _Book(archive, picture_of, now)
        book.put("mimetype", "application/epub+zip", ZIP_STORED)
        book.put("META-INF/container.xml", _CONTAINER)
        book.put("OEBPS/style.css", STYLE)
        for story in stories:
            book.add(story)
        if not book.chapters:
            raise ReaderError("There is no story to put into a book.")
        named = " ".join(str(chapter.id) for chapter in book.chapters)
        identifier = uuid5(NAMESPACE_URL, f"broadsheet:{title}:{now.timestamp():.0f}:{named}").urn
        spoken = Counter(chapter.language for chapter in book.chapters if chapter.language).most_common(1)
        book.put("OEBPS/nav.xhtml", _navigation(book, title))
        book.put("OEBPS/toc.ncx", _ncx(book, title, identifier))
        book.put("OEBPS/package.opf", _package(book, title, identifier, spoken[0][0] if spoken else "en", now))


def _xhtml(title: str, body: str, spoken: str, *, style: str) -> str:
    return (
        f"{_XML}<!DOCTYPE html>\n"
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
        f' lang="{spoken}" xml:lang="{spoken}">\n'
        f'<head>\n<title>{escape(title) or "…"}</title>\n<link rel="stylesheet" type="text/css" href="{style}"/>\n'
        f"</head>\n{body}\n</html>\n"
    )


def _navigation(book: _Book, title: str) -> str:
    """EPUB Packages 3.2, section 5: nested lists, of which each entry is a link or a heading over further ones."""
    entries = []
    for section, chapters in book.sections().items():
        links = "".join(f'<li><a href="{chapter.file}">{escape(chapter.title)}</a></li>\n' for chapter in chapters)
        entries.append(f"<li><span>{escape(section)}</span>\n<ol>\n{links}</ol></li>" if section else links)
    contents = "\n".join(entries)
    body = f'<body>\n<nav epub:type="toc" id="toc">\n<h1>{escape(title)}</h1>\n<ol>\n{contents}\n</ol>\n</nav>\n</body>'
    return _xhtml(title, body, "en", style="style.css")


def _ncx(book: _Book, title: str, identifier: str) -> str:
    """The same for readers of EPUB 2 (NCX 2005-1), where a section's entry leads to its first story."""

    def point(name: str, label: str, target: str, inner: str = "") -> str:
        return (
            f'<navPoint id="{name}"><navLabel><text>{escape(label)}</text></navLabel>'
            f'<content src="{target}"/>{inner}</navPoint>\n'
        )

    points = []
    for number, (section, chapters) in enumerate(book.sections().items(), 1):
        inner = "".join(point(f"c{chapter.id}", chapter.title, chapter.file) for chapter in chapters)
        points.append(point(f"section{number}", section, chapters[0].file, f"\n{inner}") if section else inner)
    return (
        f'{_XML}<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">\n'
        f'<head><meta name="dtb:uid" content="{identifier}"/><meta name="dtb:depth" content="2"/></head>\n'
        f"<docTitle><text>{escape(title)}</text></docTitle>\n<navMap>\n{''.join(points)}</navMap>\n</ncx>\n"
    )


def _package(book: _Book, title: str, identifier: str, spoken: str, now: datetime) -> str:
    chapters = [chapter for chapters in book.sections().values() for chapter in chapters]
    items = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
        '<item id="style" href="style.css" media-type="text/css"/>',
        *(
            f'<item id="s{chapter.id}" href="{chapter.file}" media-type="application/xhtml+xml"/>'
            for chapter in chapters
        ),
        *(
            f'<item id="p{number}" href="{name}" media-type="{media_type}"/>'
            for number, (name, media_type) in enumerate(book.pictures.items(), 1)
        ),
    ]
    spine = ['<itemref idref="nav"/>', *(f'<itemref idref="s{chapter.id}"/>' for chapter in chapters)]
    modified = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        f'{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">',
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">',
        f'<dc:identifier id="id">{identifier}</dc:identifier>',
        f"<dc:title>{escape(title)}</dc:title>",
        f"<dc:language>{spoken}</dc:language>",
        "<dc:creator>Broadsheet</dc:creator>",
        f"<dc:date>{modified[:10]}</dc:date>",
        f'<meta property="dcterms:modified">{modified}</meta>',
        "</metadata>",
        "<manifest>",
        *items,
        "</manifest>",
        '<spine toc="ncx">',
        *spine,
        "</spine>",
        "</package>",
        "",
    ]
    return "\n".join(lines)
