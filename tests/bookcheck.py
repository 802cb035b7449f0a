"""The rules of EPUB 3 that a book of ours can break, after epubcheck's: what is wrong with a book, in sentences."""

from __future__ import annotations

import io
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from zipfile import ZIP_STORED, ZipFile

from lxml import etree

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
NCX = "{http://www.daisy.org/z3986/2005/ncx/}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
XML = "{http://www.w3.org/XML/1998/namespace}"
BLOCKS = frozenset(
    (
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre", "figure", "aside", "hr"),
        *("article", "header", "nav"),
    )
)
INLINES = frozenset(("a", "em", "strong", "s", "code", "sup", "br", "img", "span"))
PARTS = frozenset(("html", "head", "title", "link", "body", "li", "thead", "tbody", "tr", "th", "td", "figcaption"))
ATTRIBUTES = frozenset(
    ("id", "class", "href", "src", "alt", "lang", "dir", "role", "start", "rel", "type", EPUB_TYPE, f"{XML}lang")
)
MEDIA = {
    "xhtml": "application/xhtml+xml",
    "ncx": "application/x-dtbncx+xml",
    "css": "text/css",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
}
_PART = r"(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
URL = re.compile(rf"(?:https?://[\w.~:@\[\]-]+|mailto:){_PART}(?:#{_PART})?", re.A)
NAME = re.compile(r"[A-Za-z_][\w.-]*", re.A)
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
MODIFIED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def faults(data: bytes) -> list[str]:
    """All that is wrong; [] for a valid book."""
    return list(_Book(data).check())


def _tree(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


class _Book:
    def __init__(self, data: bytes) -> None:
        self.data = data
        archive = ZipFile(io.BytesIO(data))
        self.entries = archive.infolist()
        self.files = {entry.filename: archive.read(entry) for entry in self.entries}
        self.ids: dict[str, set[str]] = {}

    def check(self) -> Iterator[str]:
        yield from self.container()
        package = _tree(self.files["OEBPS/package.opf"])
        self.package = package
        yield from self.metadata()
        yield from self.manifest()
        pages = [item for item in self.items.values() if item.get("media-type") == MEDIA["xhtml"]]
        trees = {}
        for item in pages:
            name = f"OEBPS/{item.get('href')}"
            try:
                trees[name] = _tree(self.files[name])
            except etree.XMLSyntaxError as error:
                yield f"{name} is not well-formed: {error}"
        for name, tree in trees.items():
            found = [node.get("id") for node in tree.iter() if node.get("id")]
            self.ids[name] = set(found)
            yield from (f"{name}: the id {one} is there {n} times" for one, n in Counter(found).items() if n > 1)
            yield from (f"{name}: {one} is no id" for one in found if not NAME.fullmatch(one))
        for name, tree in trees.items():
            yield from self.page(name, tree)
        yield from self.contents(trees["OEBPS/nav.xhtml"])
        yield from self.ncx()
        yield from ("the style loads something" for _ in re.findall(rb"url\(|@import", self.files["OEBPS/style.css"]))

    def container(self) -> Iterator[str]:
        first = self.entries[0]
        if (first.filename, first.compress_type, first.extra) != ("mimetype", ZIP_STORED, b""):
            yield "mimetype is not the first file, stored and without extra fields"
        if self.data[30:58] != b"mimetypeapplication/epub+zip":
            yield "mimetype does not stand where it has to"
        names = [entry.filename for entry in self.entries]
        yield from (f"{name} is there twice" for name, n in Counter(names).items() if n > 1)
        yield from (f"{name} is no name for a file" for name in names if not re.fullmatch(r"[\w./-]+", name, re.A))
        roots = _tree(self.files["META-INF/container.xml"]).findall(".//{*}rootfile")
        if [root.get("full-path") for root in roots] != ["OEBPS/package.opf"]:
            yield "the container names no package"

    def metadata(self) -> Iterator[str]:
        package = self.package
        self.identifier = package.find(f".//{DC}identifier[@id='{package.get('unique-identifier')}']").text
        if not self.identifier or package.get("version") != "3.0":
            yield "the package has no identifier or no version"
        for name in ("title", "language"):
            if not (package.findtext(f".//{DC}{name}") or "").strip():
                yield f"there is no dc:{name}"
        if not LANGUAGE.fullmatch(package.findtext(f".//{DC}language")):
            yield "the language is none"
        modified = [meta.text for meta in package.iter(f"{OPF}meta") if meta.get("property") == "dcterms:modified"]
        if len(modified) != 1 or not MODIFIED.fullmatch(modified[0]):
            yield "dcterms:modified is not there once, as it has to be written"

    def manifest(self) -> Iterator[str]:
        listed = list(self.package.iter(f"{OPF}item"))
        self.items = {item.get("id"): item for item in listed}
        hrefs = [item.get("href") for item in listed]
        if len(self.items) < len(listed) or len(set(hrefs)) < len(hrefs):
            yield "an id or a file is listed twice"
        there = {name for name in self.files if name.startswith("OEBPS/")} - {"OEBPS/package.opf"}
        if there != {f"OEBPS/{href}" for href in hrefs}:
            yield f"listed and there are not the same: {there ^ {f'OEBPS/{href}' for href in hrefs}}"
        for item in listed:
            if item.get("media-type") != MEDIA.get(item.get("href").rpartition(".")[2]):
                yield f"{item.get('href')} is no {item.get('media-type')}"
        if [item.get("properties") for item in listed if item.get("properties")] != ["nav"]:
            yield "there is not one navigation document"
        spine = self.package.find(f"{OPF}spine")
        self.spine = [ref.get("idref") for ref in spine]
        if len(set(self.spine)) < len(self.spine) or not set(self.spine) <= set(self.items):
            yield "the spine names something twice, or what is not there"
        if set(self.spine) != {name for name, item in self.items.items() if item.get("media-type") == MEDIA["xhtml"]}:
            yield "not every page is in the spine"
        if self.items[spine.get("toc")].get("media-type") != MEDIA["ncx"]:
            yield "the spine does not lead to the NCX"

    def page(self, name: str, tree: etree._Element) -> Iterator[str]:
        if tree.tag != f"{XHTML}html" or not (tree.findtext(f"{XHTML}head/{XHTML}title") or "").strip():
            yield f"{name} is no XHTML with a title"
        for node in tree.iter():
            tag = str(node.tag).removeprefix(XHTML)
            if tag not in BLOCKS | INLINES | PARTS:
                yield f"{name}: <{tag}>"
            yield from (f"{name}: the attribute {one}" for one in node.attrib if one not in ATTRIBUTES)
            above = [str(parent.tag).removeprefix(XHTML) for parent in node.iterancestors()]
            if tag == "a" and "a" in above:
                yield f"{name}: a link in a link"
            if tag in BLOCKS and {"p", "a", "pre", *(f"h{n}" for n in range(1, 7))} & set(above):
                yield f"{name}: <{tag}> within {above[0]}"
            if tag in ("ul", "ol") and {str(child.tag) for child in node} - {f"{XHTML}li"}:
                yield f"{name}: something else than entries in a list"
            if tag == "img" and node.get("alt") is None:
                yield f"{name}: a picture without alt"
            for attribute in ("lang", f"{XML}lang"):
                if node.get(attribute) is not None and not LANGUAGE.fullmatch(node.get(attribute)):
                    yield f"{name}: the language {node.get(attribute)}"
            if target := node.get("src"):
                yield from self.leads(name, target, is_picture=True)
            if target := node.get("href"):
                if tag == "a" and re.match(r"[a-z]+:", target):
                    yield from () if URL.fullmatch(target) else (f"{name}: the address {target}",)
                else:
                    yield from self.leads(name, target)

    def leads(self, name: str, target: str, *, is_picture: bool = False) -> Iterator[str]:
        """A reference within the book leads somewhere."""
        file, _, fragment = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), file)) if file else name
        if path not in self.files or (is_picture and not path.startswith("OEBPS/pictures/")):
            yield f"{name}: {target} leads nowhere"
        elif fragment and fragment not in self.ids.get(path, ()):
            yield f"{name}: {target} has no such place"

    def contents(self, tree: etree._Element) -> Iterator[str]:
        (nav,) = (node for node in tree.iter(f"{XHTML}nav") if node.get(EPUB_TYPE) == "toc")
        for entry in nav.iter(f"{XHTML}li"):
            tags = [str(child.tag).removeprefix(XHTML) for child in entry]
            if tags not in (["a"], ["span", "ol"]) or not "".join(entry[0].itertext()).strip():
                yield f"an entry of the table of contents is {tags}, or empty"
        order = [item.get("href") for ref in self.spine if (item := self.items[ref]) is not None][1:]
        if [link.get("href") for link in nav.iter(f"{XHTML}a")] != order:
            yield "the table of contents is not in the order of the book"

    def ncx(self) -> Iterator[str]:
        tree = _tree(self.files["OEBPS/toc.ncx"])
        if tree.find(f".//{NCX}meta[@name='dtb:uid']").get("content") != self.identifier:
            yield "the NCX has another identifier"
        points = [point.get("id") for point in tree.iter(f"{NCX}navPoint")]
        if len(set(points)) < len(points):
            yield "an id in the NCX is there twice"
        for content in tree.iter(f"{NCX}content"):
            yield from self.leads("OEBPS/toc.ncx", content.get("src"))
