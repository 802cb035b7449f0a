"""Inputs of each kind: half of them made by a grammar that knows what parsers stumble over, half spoilt files."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from reader.app import keymap
from reader.settings import described

CORPUS = Path(__file__).parent.parent / "corpus"

Bytes = st.SearchStrategy[bytes]

_CHARACTERS = "\0 \x1b]0;pwn\x07 \x1b[2J \x9b2J \u202e \u2066 \ufeff \ufffe \ud800 \U000e0041 \u2028 \x85 \xad\u200b"
_MARKUP = """&#27;[2J &#xD800; &#0; &#x110000; &#99999999999; &a; &nbsp; & &amp;amp;lt; &#x202e; ]]> <![CDATA[ <!-- -->
    < > <!DOCTYPE <!ENTITY <?xml ?> ' " \\ `
    | [/] [@click=app.quit]x[/] {0} %s $(x) ../ --help <script> </script> </p> <br>
    <table><tr><td> <svg><style>"""
_VALUES = """javascript:alert(1) file:///etc/passwd %66ile:/// data:,x http://[::1 http://x:99999/ // -1 1e999 NaN
    0000-00-00 9999-12-31T23:59:59Z 9999-12-31T23:59:59-14:00 0001-01-01T00:00:00+14:00 32.13.2026"""
_HEAPS = ("A" * 5_000, " " * 5_000, "e" + "\u0301" * 300, "9" * 400, "<p" * 300, "<b>" * 300, "\r\n")
NASTY = (
    *(word.encode("utf-8", "surrogatepass") for word in (*_CHARACTERS.split(" "), *_MARKUP.split(), *_VALUES.split())),
    *(heap.encode() for heap in _HEAPS),
    *(b"\xff\xfe", b"\xed\xa0\x80", b"\xf8\x88\x80\x80", b"\x1f\x8b\x08\x00"),
)
"""What has broken parsers, terminals or us."""

nasty = st.integers(0, len(NASTY) - 1).map(NASTY.__getitem__)
words = st.sampled_from(
    ["Harbour", "reopens", "the", "東京", "«Größe»", "ferry", "1.", "-", "#", "*", "_", "é", "👩\u200d🔬"]
)
text = st.lists(
    st.one_of(words, st.text(max_size=8), nasty.map(lambda word: word.decode("utf-8", "replace"))), max_size=6
).map(" ".join)


def one_of(words: str) -> st.SearchStrategy[str]:
    """One of the words of a line."""
    return st.sampled_from(words.split())


def spoilt(whole: Bytes) -> Bytes:
    """A file in which some places were cut out, doubled, overwritten, or filled with something nasty."""
    places = st.floats(0, 1, exclude_max=True)
    changes = st.lists(st.tuples(one_of("cut double flip insert end"), places, st.integers(0, 80), nasty), max_size=6)
    return st.builds(_spoil, whole, changes)


def _spoil(whole: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    for what, place, length, nasty in changes:
        at = int(place * len(whole))
        before, part, after = whole[:at], whole[at : at + length], whole[at + length :]
        match what:
            case "cut":
                whole = before + after
            case "double":
                whole = before + part + part + after
            case "flip":
                whole = before + bytes(byte ^ 1 << (length & 7) for byte in part) + after
            case "insert":
                whole = before + nasty + part + after
            case _:
                whole = before if len(before) > 40 else whole
    return whole


def files(*patterns: str) -> Bytes:
    """Files of the corpus, spoilt."""
    found = sorted(path for pattern in patterns for path in CORPUS.glob(pattern) if not path.name.endswith(".out.json"))
    return spoilt(st.sampled_from([path.read_bytes() for path in found]))


# Markup

_ATTRIBUTES = st.lists(
    st.builds(
        ' {}="{}"'.format,
        one_of("href src class id itemprop property content rel datetime style type xml:base colspan"),
        text,
    ),
    max_size=3,
).map("".join)


def _elements(names: str) -> st.SearchStrategy[str]:
    return st.recursive(
        text,
        lambda inner: st.builds(
            lambda name, attributes, parts, closed: f"<{name}{attributes}>{''.join(parts)}" + closed * f"</{name}>",
            one_of(names),
            _ATTRIBUTES,
            st.lists(inner, max_size=5),
            st.sampled_from((True, True, True, False)),
        ),
        max_leaves=24,
    )


_html = _elements(
    """p div h1 h2 a b em ul ol li table tr td th pre code blockquote img figure figcaption br span article main time
    sup dl dt dd svg style script template noscript title meta link iframe form input video math"""
)
_story = "<article><h1>Harbour bridge reopens</h1>" + "<p>The bridge opened to traffic again on Tuesday.</p>" * 12
pages = st.one_of(
    st.builds(
        lambda head, body, whole: f"<html><head>{head}</head><body>{_story * whole}{body}</body></html>".encode(
            "utf-8", "replace"
        ),
        _html,
        st.lists(_html, max_size=4).map("".join),
        st.booleans(),
    ),
    spoilt(st.just(f"<html><head><title>A</title></head><body>{_story}</article></body></html>".encode())),
)

_entry = _elements(
    """title link guid pubDate description content:encoded dc:creator category enclosure media:content media:group id
    updated published summary content author name div"""
)
_feed = st.builds(
    lambda root, head, entries: f"<{root}>{head}{''.join(entries)}</{root.split()[0]}>".encode("utf-8", "replace"),
    st.sampled_from(
        ('rss version="2.0"', 'feed xmlns="http://www.w3.org/2005/Atom"', "rdf:RDF", "channel", "rss", "html")
    ),
    _entry,
    st.lists(_entry.map(lambda inner: f"<item>{inner}</item><entry>{inner}</entry>"), max_size=4),
)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            one_of(
                "version title items id url content_html authors name date_published tags attachments summary image"
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=30,
)


def _json_feed(items: object, more: object) -> bytes:
    import json

    feed = {"version": "https://jsonfeed.org/version/1.1", "title": more, "items": items}
    return json.dumps(feed, ensure_ascii=True).encode()


feeds = st.one_of(files("feeds/*"), _feed, st.builds(_json_feed, _json, _json))

_outline = st.recursive(
    st.builds(
        '<outline text="{}" xmlUrl="{}"{}'.format,
        text,
        st.one_of(one_of("https://gazette.example/feed feed://x ann:secret@host/ http://ann:b@x.example/"), text),
        st.sampled_from(("/>", "></outline>", ">", "", '" />')),
    ),
    lambda inner: st.builds(
        lambda name, rows: f'<outline text="{name}">{"".join(rows)}</outline>', text, st.lists(inner, max_size=4)
    ),
    max_leaves=16,
)  # fmt: skip
opml = st.one_of(
    files("opml/*.in.*"),
    st.lists(_outline, max_size=5).map(
        lambda rows: f'<opml version="2.0"><body>{"".join(rows)}</body></opml>'.encode("utf-8", "replace")
    ),
    text.map(lambda line: line.encode("utf-8", "replace")),
)

_place = st.builds(
    "<url><loc>https://gazette.example/news/{}</loc><lastmod>{}</lastmod><news:news><news:title>{}</news:title>"
    "</news:news></url>".format,
    text,
    one_of("2026-11-20 2026-11-20T07:42:00Z yesterday -"),
    text,
)
sitemaps = spoilt(
    st.lists(_place, max_size=5).map(
        lambda rows: (
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{"".join(rows)}</urlset>'
        ).encode("utf-8", "replace")
    )
)

# What the reader writes

_names = st.sampled_from(sorted({f"{section}.{name}" for section, name, _, _ in described()}))
_toml = st.one_of(
    st.integers().map(str),
    st.booleans().map(lambda value: str(value).lower()),
    text.map(lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    st.sampled_from(("[]", "[1, 'a']", "{}", "{a = {b = 1}}", "1979-05-27", "nan", "'''x'''", "= 3", '["a", ""]')),
)
config = spoilt(
    st.lists(
        st.one_of(
            st.builds("{} = {}".format, _names, _toml),
            st.builds(
                "[keys]\n{} = {}".format, st.sampled_from([f'"{command.id}"' for command in keymap.COMMANDS]), _toml
            ),
            st.sampled_from(
                ("[ui]", "[[searches]]", "[refresh]", "[open]", "[keys]", "[[ui]]", "[searches.x]", "x = 1")
            ),
            text,
        ),
        max_size=8,
    ).map(lambda lines: "\n".join(lines).encode("utf-8", "replace"))
)
queries = st.lists(
    st.one_of(
        one_of(
            """" ( ) - OR AND NOT * title: section: source: is:unread is: since:2d before:2026-11-20 since:9999999999d
            tag: author: : a* "a b" a NEAR b ^a {a}"""
        ),
        text,
    ),
    max_size=10,
).map(lambda parts: " ".join(parts).encode("utf-8", "replace"))
_strokes = sorted(
    {stroke for command in keymap.COMMANDS for key in command.keys.split(",") for stroke in keymap.spelled(key).split()}
    - {"ctrl+z"}  # which would put the test to sleep
)
keys = st.lists(
    st.one_of(st.sampled_from(_strokes), st.sampled_from(("a", "z", "9", "enter", "tab", "up", "f5"))), max_size=30
).map(lambda strokes: " ".join(strokes).encode())

# What a server says

_field = st.builds(
    "{}: {}\r\n".format,
    one_of(
        """Content-Type Content-Length Content-Encoding Transfer-Encoding Location Retry-After ETag Last-Modified
        Cache-Control Date Link Connection X"""
    ),
    st.one_of(
        one_of(
            'gzip chunked 5 -1 99999999999 / /a "1" W/"1" close max-age=99999999999999999999 text/html;charset=klingon'
        ),
        st.sampled_from(("Wed, 21 Oct 2015 07:28:00 GMT", '</x>; rel="hub"')),
        text,
    ),
)
_status = st.sampled_from(
    (
        "200 OK",
        "301 Moved",
        "304 Not Modified",
        "404 Gone",
        "429 Slow",
        "503",
        "999 x",
        "100 Continue",
        "-1",
        "200 " + "x" * 300,
    )
)
_bodies = st.one_of(
    st.binary(max_size=60), st.sampled_from((b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffff\r\n", b"hello", b"<rss/>"))
)
answers = spoilt(
    st.builds(
        lambda status, fields, body: f"HTTP/1.1 {status}\r\n{''.join(fields)}\r\n".encode("utf-8", "replace") + body,
        _status,
        st.lists(_field, max_size=6),
        _bodies,
    )
)
