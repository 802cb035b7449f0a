"""HTML -> Markdown for news: markdownify's converter, walking an lxml tree block by block.

markdownify walks a BeautifulSoup tree and glues strings, where a blank line may come from either side; that costs
1.5 ms for an entry of 3 KB, four times what this walk takes, and needs guesses about what is a block. Here a container
gives a list of blocks, inline content gives one string in the form that `inline` describes, and what markdownify knows
(options, dispatch by the tag's name, code spans) is inherited.
"""

from __future__ import annotations

import re
from typing import Any

import markdownify
from lxml.html import HtmlElement

from reader.errors import ParseError
from reader.extract import inline, media, syntax, tables
from reader.extract.notes import Notes, find_notes
from reader.extract.tree import clean_text, parse_markup, words
from reader.text import MAX_BODY, SafeText, safe_block, safe_text, safe_url

_Converter: Any = markdownify.MarkdownConverter

_DROPPED = words(
    "script style template head meta link title base noframes form button input select option optgroup textarea "
    "datalist nav menu dialog canvas svg map area object applet param track source colgroup col rp progress meter "
    "frame frameset marquee bgsound basefont amp-ad amp-analytics amp-pixel ins-ad"
)
_BLOCKS = words(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer h1 h2 "
    "h3 h4 h5 h6 header hgroup hr html legend li listing main ol p plaintext pre search section summary table tbody "
    "td tfoot th thead tr ul xmp video audio iframe embed noscript amp-img amp-iframe amp-video amp-youtube "
    "lite-youtube youtube-video"
)
_PLAYERS = frozenset(["iframe", "embed", "amp-iframe", "amp-youtube", "lite-youtube", "youtube-video"])
_CAPTION_CLASS = re.compile(r"caption|legend|bildunterschrift|credit", re.I)
_LANGUAGE = re.compile(
    r"(?:^|\s)(?:lang(?:uage)?-|highlight-source-|highlight-text-|brush:\s*|sourceCode\s+|hljs\s+)([\w+#.-]{1,30})"
)
_MAX_LINK_TEXT = 2_000
_MAX_LEVELS = 100
"""Of nested elements in one conversion; each costs Python two to three calls."""

_SUPERSCRIPT = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


def fragment_to_markdown(html: str, base_url: str = "") -> SafeText:
    """See `reader.extract.html_to_markdown`."""
    if not html.strip():
        return SafeText("")
    try:
        root = parse_markup(html if "<" in html else f"<p>{html}</p>")
    except ParseError:
        return SafeText("")
    clean_text(root)
    return tree_to_markdown(root, base_url)


def tree_to_markdown(root: HtmlElement, base_url: str = "") -> SafeText:
    """The children of that element as Markdown; its text has been through `clean_text`."""
    return safe_block(NewsConverter(base_url).convert_tree(root))


class NewsConverter(_Converter):  # type: ignore[misc]  # markdownify's stubs hide the methods that it tells to override
    """One conversion: what pictures, notes and links were met is remembered, so an instance serves once."""

    class Options(markdownify.MarkdownConverter.DefaultOptions):  # type: ignore[misc, name-defined]
        heading_style = markdownify.ATX
        bullets = "-"
        autolinks = False

    def __init__(self, base_url: str = "") -> None:
        # As markdownify's own does, but that it looks through its options anew each time.
        self.options = _OPTIONS
        self.convert_fn_cache: dict[str, Any] = {}
        self._base = base_url
        self._figures: list[media.Found | str] = []
        self._seen_pictures: set[str] = set()
        self._wrappers: list[HtmlElement] = []
        self._level = 0
        self._holders: set[HtmlElement] = set()
        self._notes = Notes()

    # Blocks

    def convert_tree(self, root: HtmlElement) -> str:
        """Blocks separated by one empty line, as many as fit."""
        self._find_holders(root)
        self._notes = find_notes(root)
        blocks = self.blocks(root)
        for note, number in self._notes.bodies.items():
            text = "\n\n".join(self.blocks(note))
            blocks.append(syntax.indented(text or "…", f"[^{number}]: ", "    "))
        while blocks and blocks[-1] == "---":
            blocks.pop()
        while blocks and blocks[0] == "---":
            blocks.pop(0)
        length = 0
        for i, block in enumerate(blocks):
            length += len(block) + 2
            if length > MAX_BODY:
                return "\n\n".join(blocks[:i]) or block[:MAX_BODY].rsplit("\n", 1)[0]
        return "\n\n".join(blocks)

    def _find_holders(self, root: HtmlElement) -> None:
        """Inline elements that hold blocks are containers too: `<a><h3>`, `<b><p>`."""
        for block in root.iter(*_BLOCKS):
            parent = block.getparent()
            while (
                parent is not None and parent is not root and parent not in self._holders and parent.tag not in _BLOCKS
            ):
                self._holders.add(parent)
                parent = parent.getparent()

    def blocks(self, element: HtmlElement) -> list[str]:
        """What an element holds, as blocks; loose text among blocks makes paragraphs of its own."""
        if self._level >= _MAX_LEVELS:
            return self._paragraphs([inline.escape(element.text_content())])
        self._level += 1
        out: list[str] = []
        run: list[str] = [inline.escape(element.text)] if element.text else []
        for child in element:
            tag = child.tag
            if tag in _DROPPED or child in self._notes.bodies:
                pass
            elif tag in _BLOCKS or child in self._holders:
                if run:
                    out += self._paragraphs(run)
                    run = []
                out += self._block(child, str(tag))
            else:
                run.append(self._inline(child, str(tag)))
            if child.tail:
                run.append(inline.escape(child.tail))
        if run:
            out += self._paragraphs(run)
        self._level -= 1
        return out

    def _block(self, element: HtmlElement, tag: str) -> list[str]:
        if handler := getattr(self, f"_block_{tag.replace('-', '_')}", None):
            blocks: list[str] = handler(element)
            return blocks
        if tag in _PLAYERS:
            return self._player(element)
        if tag in _BLOCKS:
            return self.blocks(element)
        self._wrappers.append(element)
        blocks = self.blocks(element)
        self._wrappers.pop()
        return blocks

    def _paragraphs(self, run: list[str]) -> list[str]:
        raw = "".join(run)
        if not raw or raw.isspace():
            return []
        raw, before, after = self._take_figures(raw)
        for wrapper in reversed(self._wrappers):
            raw = self._wrap(wrapper, raw)
        return [*before, *inline.paragraphs(raw), *after]

    def _wrap(self, element: HtmlElement, raw: str) -> str:
        convert = self.get_conv_fn_cached(element.tag)
        return str(convert(element, raw, ())) if convert is not None and inline.visible(raw) else raw

    def _heading(self, level: int, element: HtmlElement) -> list[str]:
        if element in self._holders or any(child.tag in _BLOCKS for child in element):
            return self.blocks(element)
        return self.heading_blocks(level, self._content(element))

    def heading_blocks(self, level: int, content: str) -> list[str]:
        """A heading of that inline content; its pictures before and after it."""
        raw, before, after = self._take_figures(content)
        for sign in (inline.STRONG, inline.STRONG_END, inline.BREAK):
            raw = raw.replace(sign, " " if sign == inline.BREAK else "")
        if not inline.visible(raw):
            return [*before, *after]
        for wrapper in reversed(self._wrappers):
            raw = self._wrap(wrapper, raw) if wrapper.tag == "a" else raw
        if len(raw) > 400:
            return [*before, *inline.paragraphs(raw), *after]
        text = inline.render(raw)
        heading = f"{'#' * max(2, level)} {text.strip()}"
        return [*before, re.sub(r"(\s#+)$", lambda m: " \\" + m[0].strip(), heading), *after]

    def _block_h1(self, element: HtmlElement) -> list[str]:
        return self._heading(1, element)

    def _block_h2(self, element: HtmlElement) -> list[str]:
        return self._heading(2, element)

    def _block_h3(self, element: HtmlElement) -> list[str]:
        return self._heading(3, element)

    def _block_h4(self, element: HtmlElement) -> list[str]:
        return self._heading(4, element)

    def _block_h5(self, element: HtmlElement) -> list[str]:
        return self._heading(5, element)

    def _block_h6(self, element: HtmlElement) -> list[str]:
        return self._heading(6, element)

    def _block_hr(self, _: HtmlElement) -> list[str]:
        return ["---"]

    def _block_blockquote(self, element: HtmlElement) -> list[str]:
        blocks = self.blocks(element)
        if not blocks:
            cite = safe_url(element.get("cite") or element.get("data-instgrm-permalink"), self._base)
            provider = media.provider_of(cite)
            return [f"[{provider}]({syntax.target(cite)})"] if provider else []
        return [syntax.quoted("\n\n".join(blocks))]

    def _block_pre(self, element: HtmlElement) -> list[str]:
        for gutter in element.xpath(
            ".//*[contains(@class, 'lineno') or contains(@class, 'gutter') or contains(@class, 'line-number')]"
        ):
            gutter.drop_tree()
        for line_break in list(element.iter("br")):
            line_break.tail = "\n" + (line_break.tail or "")
        code = "".join(element.itertext()).replace("\r\n", "\n").replace("\xa0", " ").replace("\t", "    ")
        code = "\n".join(line.rstrip() for line in code.strip("\n").split("\n"))
        if not code.strip():
            return []
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        return [f"{fence}{_language(element)}\n{code}\n{fence}"]

    _block_listing = _block_xmp = _block_plaintext = _block_pre

    def _block_details(self, element: HtmlElement) -> list[str]:
        return self.blocks(element)

    def _block_summary(self, element: HtmlElement) -> list[str]:
        return self._strong(element)

    _block_legend = _block_summary

    def _strong(self, element: HtmlElement) -> list[str]:
        if element in self._holders or any(child.tag in _BLOCKS for child in element):
            return self.blocks(element)
        return self._paragraphs([inline.STRONG, self._content(element), inline.STRONG_END])

    # Lists

    def _block_ul(self, element: HtmlElement) -> list[str]:
        items = [blocks for item in element if (blocks := self._item(item))]
        return [syntax.join_list(items, ["- "] * len(items))] if items else []

    _block_dir = _block_ul

    def _block_ol(self, element: HtmlElement) -> list[str]:
        backwards = element.get("reversed") is not None
        count = sum(1 for child in element if child.tag == "li")
        number = _whole_number(element.get("start")) or (count if backwards else 1)
        items: list[list[str]] = []
        markers: list[str] = []
        sign = "."
        for item in element:
            if item.tag == "li" and (value := _whole_number(item.get("value"))) is not None:
                number = value
            if not (blocks := self._item(item)):
                continue
            if markers and number != int(markers[-1][:-2]) + 1:
                # Readers of Markdown count for themselves, from the first number: another sign begins another list.
                sign = ")" if sign == "." else "."
            items.append(blocks)
            markers.append(f"{number}{sign} ")
            number += -1 if backwards else 1
        if any(not 0 <= int(marker[:-2]) < 10**9 for marker in markers):
            markers = [f"{i}. " for i in range(1, len(items) + 1)]
        return [syntax.join_list(items, markers)] if items else []

    def _item(self, item: HtmlElement) -> list[str]:
        if item.tag in _DROPPED or item in self._notes.bodies:
            return []
        return self.blocks(item) if item.tag == "li" else self._block(item, str(item.tag))

    def _block_li(self, element: HtmlElement) -> list[str]:
        blocks = self.blocks(element)
        return [syntax.join_list([blocks], ["- "])] if blocks else []

    def _block_dl(self, element: HtmlElement) -> list[str]:
        items: list[list[str]] = []
        term: list[str] = []
        for child in _entries(element):
            blocks = self._strong(child) if child.tag == "dt" else self.blocks(child)
            if child.tag == "dt":
                term = [*term, *blocks]
            elif blocks:
                items.append(syntax.define(term, blocks))
                term = []
        items += [term] if term else []
        return [syntax.join_list(items, ["- "] * len(items))] if items else []

    # Tables

    def _block_table(self, element: HtmlElement) -> list[str]:
        return tables.convert(element, self.blocks, self._cell)

    def _cell(self, cell: HtmlElement) -> str:
        raw = self._content(cell)
        raw = _FIGURE.sub(lambda m: inline.escape(getattr(self._figures[int(m[1])], "alt", "")), raw)
        return inline.render(raw.replace(inline.BREAK, " ")).replace("|", "\\|")

    # Figures

    def _block_figure(self, element: HtmlElement) -> list[str]:
        captions = [caption for caption in element.iter("figcaption") if _nearest(caption, "figure") is element]
        texts = [safe_text(" ".join(caption.itertext()), 1_000) for caption in captions]
        inner = [found for caption in captions for found in caption.iter("img", "iframe", "table")]
        if not inner:
            for caption in captions:
                caption.drop_tree()
        blocks = self.blocks(element)
        text = safe_text(" ".join(texts), 1_000)
        if inner or not text or not blocks:
            return blocks if inner or blocks else []
        pictures = [i for i, block in enumerate(blocks) if syntax.IMAGE_BLOCK.match(block)]
        if pictures:
            blocks[pictures[-1]] = syntax.with_caption(blocks[pictures[-1]], text)
            return blocks
        return [*blocks, *inline.paragraphs(inline.EM + inline.escape(text) + inline.EM_END)]

    def _block_div(self, element: HtmlElement) -> list[str]:
        """A picture with a caption that the markup of old (`div.wp-caption`) says by a class only."""
        if (
            len(element) == 2
            and element[0].tag in ("img", "a", "p", "div", "picture")
            and len(element.text_content()) < 1_000
        ):
            caption = element[1]
            if _CAPTION_CLASS.search(caption.get("class") or "") and element[0].xpath("descendant-or-self::img"):
                blocks = self.blocks(element)
                text = safe_text(" ".join(caption.itertext()), 1_000)
                if len(blocks) == 2 and text and syntax.IMAGE_BLOCK.match(blocks[0]):
                    return [syntax.with_caption(blocks[0], text)]
                return blocks
        return self.blocks(element)

    def _block_noscript(self, element: HtmlElement) -> list[str]:
        """Without scripts a page shows the picture that its scripts would have loaded; words there are for nobody."""
        images = list(element.iter("img", "iframe"))
        if not images or len(element.text_content().strip()) > 20:
            return []
        return self.blocks(element)

    def _block_amp_img(self, element: HtmlElement) -> list[str]:
        return self._paragraphs([self._picture(element)])

    def _block_video(self, element: HtmlElement) -> list[str]:
        return self._recording(element, "Video")

    _block_amp_video = _block_video

    def _block_audio(self, element: HtmlElement) -> list[str]:
        return self._recording(element, "Audio")

    def _recording(self, element: HtmlElement, word: str) -> list[str]:
        sources = [element.get("src"), *(source.get("src") for source in element.iter("source"))]
        url = next((safe for source in sources if (safe := safe_url(source, self._base))), "")
        poster = safe_url(element.get("poster"), self._base)
        blocks = [f"![]({syntax.target(poster)})"] if poster else []
        title = safe_text(element.get("title") or element.get("aria-label"), 200)
        label = inline.render(inline.escape(f"{word}: {title}" if title else word), in_link=True)
        return [*blocks, f"[{label}]({syntax.target(url)})"] if url else blocks

    def _player(self, element: HtmlElement) -> list[str]:
        found = media.embed_of(element, self._base)
        if not found:
            return []
        provider, url, title = found
        label = inline.render(inline.escape(f"{provider}: {title}" if title else provider), in_link=True)
        return [f"[{label}]({syntax.target(url)})"]

    def _picture(self, img: HtmlElement) -> str:
        found = media.picture_of(img, self._base)
        if not found:
            # Formulas, emoji and letters drawn as pictures say in `alt` what they are.
            small = re.search("emoji|smiley|math|latex|tex", img.get("class") or "")
            return inline.escape(safe_text(img.get("alt"))) if small else ""
        if found.small:
            return inline.escape(found.alt) if len(found.alt) < 60 else ""
        key = re.sub(r"^https?://|\?.*$", "", found.url)
        if key in self._seen_pictures and not re.search(r"\.(?:php|aspx?)$|/$", key):
            return ""
        self._seen_pictures.add(key)
        self._figures.append(found)
        return f"{inline.FIGURE}{len(self._figures) - 1}{inline.FIGURE_END}"

    def _take_figures(self, raw: str) -> tuple[str, list[str], list[str]]:
        """The text without its pictures; those before its first word; those after."""
        if inline.FIGURE not in raw:
            return raw, [], []
        before: list[str] = []
        after: list[str] = []
        for place in _FIGURE.finditer(raw):
            found = self._figures[int(place[1])]
            if isinstance(found, media.Found):
                leading = not inline.visible(_FIGURE.sub("", raw[: place.start()]))
                (before if leading else after).append(_figure(found))
        return _FIGURE.sub("", raw), before, after

    # Inline content

    def _content(self, element: HtmlElement) -> str:
        """All an element holds as one string in the form of `inline`; blocks in it are set apart by blanks."""
        if self._level >= _MAX_LEVELS:
            return inline.escape(element.text_content())
        self._level += 1
        parts = [inline.escape(element.text)] if element.text else []
        for child in element:
            tag = child.tag
            if tag in _BLOCKS:
                parts += [" ", self._content(child), " "]
            elif tag not in _DROPPED:
                parts.append(self._inline(child, str(tag)))
            if child.tail:
                parts.append(inline.escape(child.tail))
        self._level -= 1
        return "".join(parts)

    def _inline(self, element: HtmlElement, tag: str) -> str:
        if tag == "br":
            return inline.BREAK
        if tag == "img":
            return self._picture(element)
        convert = self.get_conv_fn_cached(tag) if isinstance(tag, str) else None
        text = self._content(element)
        return text if convert is None else str(convert(element, text, ()))

    def convert_b(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return inline.STRONG + text + inline.STRONG_END

    convert_strong = convert_b

    def convert_em(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return inline.EM + text + inline.EM_END

    convert_i = convert_dfn = convert_em

    def convert_del(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return inline.STRIKE + text + inline.STRIKE_END

    convert_s = convert_strike = convert_del

    def convert_q(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return text if text.strip()[:1] in ("“", "„", "«", '"') else f"“{text}”"

    def convert_code(self, el: HtmlElement, text: str, _parents: object) -> str:
        code = " ".join("".join(el.itertext()).split())
        if not code:
            return text
        return inline.with_edges(text, inline.atom(str(super().convert_code(el, code, ()))))

    convert_kbd = convert_samp = convert_tt = convert_code

    def convert_a(self, el: HtmlElement, text: str, _parents: object) -> str:
        if (number := self._notes.number_of(el)) is not None:
            return inline.atom(f"[^{number}]")
        if self._notes.numbers and el in self._notes.back_links:
            return ""
        href = el.get("href") or ""
        bare = _FIGURE.sub("", text)
        target = syntax.mail_target(href) or (media.resolve(href, self._base) if not href.startswith("#") else "")
        if not target or not inline.visible(bare) or inline.ATOM + "[" in bare:
            return text
        label = inline.render(bare.replace(inline.BREAK, " "), in_link=True)
        if len(label) > _MAX_LINK_TEXT:
            return text
        figures = "".join(m[0] for m in _FIGURE.finditer(text))
        return inline.with_edges(bare, inline.atom(f"[{label}]({syntax.target(target)})")) + figures

    def convert_sup(self, el: HtmlElement, text: str, _parents: object) -> str:
        plain = text.strip()
        if not plain or inline.ATOM in plain or inline.FIGURE in plain:
            return text
        raised = plain.translate(_SUPERSCRIPT)
        if not any(c in raised for c in plain if c not in "  "):
            return raised
        before = _text_before(el)
        if plain.isalpha() and (
            before[-1:].isdigit() or len(plain) > 3 or plain.lower() in ("tm", "sm", "mc", "me", "er", "re")
        ):
            return {"tm": "™", "sm": "℠"}.get(plain.lower(), text)
        return f"^{plain}" if len(plain) == 1 else f"^({plain})"

    def convert_sub(self, _el: HtmlElement, text: str, _parents: object) -> str:
        plain = text.strip()
        lowered = plain.translate(_SUBSCRIPT)
        return lowered if plain and not any(c in lowered for c in plain) else text

    def convert_rt(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return f"（{text.strip()}）" if text.strip() else ""

    def convert_rtc(self, _el: HtmlElement, text: str, _parents: object) -> str:
        return text

    def convert_math(self, el: HtmlElement, text: str, _parents: object) -> str:
        tex = el.get("alttext") or " ".join(el.xpath("string(.//*[local-name()='annotation'])").split())
        if not tex:
            return text
        return (
            inline.atom(str(super().convert_code(el, " ".join(tex.split()), ()))) if "\\" in tex else inline.escape(tex)
        )


_OPTIONS: dict[str, Any] = _Converter(**{k: v for k, v in vars(NewsConverter.Options).items() if k[0] != "_"}).options
_FIGURE = re.compile(f"{inline.FIGURE}(\\d+){inline.FIGURE_END}")


def _figure(found: media.Found) -> str:
    """A picture alone in its paragraph is a figure; its title is the caption."""
    alt = "" if found.alt == found.caption else found.alt
    return syntax.image(inline.render(inline.escape(alt), in_link=True), syntax.target(found.url), found.caption)


def _entries(element: HtmlElement) -> list[HtmlElement]:
    """The `dt` and `dd` of a definition list; HTML allows groups of them in a `div`."""
    return [e for child in element for e in (child if child.tag == "div" else [child]) if e.tag not in _DROPPED]


def _whole_number(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\s*-?\d{1,9}\s*", value) else None


def _language(pre: HtmlElement) -> str:
    for element in (pre, *pre.iter("code"), *list(pre.iterancestors())[:3]):
        for value in (element.get("data-lang"), element.get("data-language"), element.get("lang")):
            if (
                value
                and element.tag != "html"
                and re.fullmatch(r"[\w+#.-]{1,30}", value)
                and value != element.get("lang")
            ):
                return value.lower()
        if found := _LANGUAGE.search(element.get("class") or ""):
            language = found[1].lower().rstrip(".")
            return "" if language in ("none", "plaintext", "text", "plain", "nohighlight") else language
    return ""


def _nearest(element: HtmlElement, *tags: str) -> HtmlElement | None:
    return next(element.iterancestors(*tags), None)


def _text_before(element: HtmlElement) -> str:
    previous = element.getprevious()
    if previous is not None:
        return previous.tail or previous.text_content()
    parent = element.getparent()
    return (parent.text or "") if parent is not None else ""
