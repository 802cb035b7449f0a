"""A news site on the loopback interface: The Harbour Gazette, invented, in several markups and with several ways in.

A front page, section pages with pagination, story pages with the latest contents beside them, and the pages that every
site has and that are no stories. What it serves is a function of its options, so a test can say what must come out.
Run it to look at it: `python -m tests.newssite --markup soup --port 8000`.
"""

# ruff: noqa: E501 - a piece of markup is read more easily on one line

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

Markup = Literal["semantic", "jsonld", "soup", "divs"]
"""Semantic tags; JSON-LD and generic divs; divs with meaningless class names; the same without `<p>`, `<h1>`, `<time>`."""
MARKUPS: tuple[Markup, ...] = ("semantic", "jsonld", "soup", "divs")
Addresses = Literal["slug", "id", "date"]
TITLE = "The Harbour Gazette"
MASTHEAD_DATE = "Today : Nov 22, 2025"
CORPUS = Path(__file__).parent / "corpus" / "newssite" / "stories.toml"


class Story(Struct, frozen=True):
    """One story as its newsroom has it."""

    id: int
    section: str
    slug: str
    headline: str
    dek: str
    byline: str
    date: datetime
    picture: str
    body: tuple[str, ...]
    tags: tuple[str, ...] = ()

    @property
    def day(self) -> str:
        """As it is printed: 20 September 2025."""
        return f"{self.date.day} {self.date:%B %Y}"

    @property
    def excerpt(self) -> str:
        """The beginning of the body, cut after a word."""
        return " ".join(self.body[0].split()[:16]) + "…"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The words of the body in order, without the marks of headings, quotations and lists."""
        lines = (line for block in self.body for line in block.split("\n"))
        return tuple(line.removeprefix("## ").removeprefix("> ").removeprefix("- ") for line in lines)


@cache
def stories() -> tuple[Story, ...]:
    """Everything in the corpus, newest first."""
    rows = tomllib.loads(CORPUS.read_text("utf-8"))["story"]
    return tuple(Story(**{**row, "body": tuple(row["body"]), "tags": tuple(row["tags"])}) for row in rows)


@dataclass
class Answer:
    """What the server says to one request."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class NewsSite:
    """The site and its switches; they may be changed between two requests."""

    markup: Markup = "semantic"
    addresses: Addresses = "slug"
    feed: bool = False
    sitemap: Literal["", "robots", "well-known", "index", "gzip", "plain"] = ""
    """Where a sitemap is: named by robots.txt, at /sitemap-news.xml, behind an index, packed, or without the news extension."""
    html: bool = True
    """Whether the front and section pages list stories; a site that is drawn by scripts has only a sitemap."""
    today: str = MASTHEAD_DATE
    etags: bool = False
    excerpts: bool = True
    stories: list[Story] = field(default_factory=lambda: list(stories()))
    front: int = 6
    """How many stories the front page lists."""
    latest: int = 4
    """How many stories stand beside every page."""
    faults: dict[str, Answer] = field(default_factory=dict)
    """Paths that answer with something else."""
    requests: list[str] = field(default_factory=list)
    """The path of each request, in order."""
    logins: set[str] = field(default_factory=set)
    """The Authorization headers that came."""
    origin: str = "http://127.0.0.1"

    # where things are

    @property
    def sections(self) -> list[str]:
        """In the order of the navigation."""
        return list(dict.fromkeys(story.section for story in self.stories))

    @property
    def host(self) -> str:
        """As `Desk.allow` takes it."""
        return urlsplit(self.origin).netloc

    @property
    def asked(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(self.requests)

    def path(self, story: Story) -> str:
        """The path of a story's page, without what tracks."""
        if self.addresses == "id":
            return f"/s/{story.id}"
        if self.addresses == "date":
            return f"/{story.date:%Y/%m/%d}/{story.slug}.html"
        return f"/{story.section.lower()}/{story.slug}/"

    def url(self, story: Story) -> str:
        """The address of a story's page."""
        return self.origin + self.path(story)

    # what is there

    def answer(self, target: str) -> Answer:
        """The answer to a GET of this path and query."""
        parts = urlsplit(target)
        path = parts.path
        if fault := self.faults.get(path):
            return fault
        if path == "/":
            return self._html(self._front())
        for section in self.sections:
            if path.rstrip("/") == f"/{section.lower()}":
                return self._html(self._section(section, int(parse_qs(parts.query).get("page", ["1"])[0])))
        for story in self.stories:
            if path.rstrip("/") == self.path(story).rstrip("/"):
                return self._html(self._story(story))
        if page := self._other_page(path):
            return self._html(page)
        return self._machine_page(path) or Answer(b"<h1>Not found</h1>", status=404)

    def _html(self, page: str) -> Answer:
        body = page.encode()
        return Answer(body, headers={"ETag": f'"{sha256(body).hexdigest()[:16]}"'} if self.etags else {})

    def _front(self) -> str:
        shown = self.stories[: self.front] if self.html else []
        blocks = [self._teaser(story, lead=number == 0) for number, story in enumerate(shown)]
        return self._page("", "".join(blocks), f"{TITLE} | News from the coast")

    def _section(self, section: str, page: int = 1) -> str:
        shown = [story for story in self.stories if story.section == section] if self.html and page == 1 else []
        list_ = "".join(self._teaser(story) for story in shown)
        older = f'<div><a href="?page={page + 1}">Older stories from {section}</a> <a href="?page=9">9</a></div>'
        heading = f"<h1>{section}</h1>" if self.markup != "divs" else f'<div class="h4">{section}</div>'
        return self._page("", heading + list_ + older, f"{section} - {TITLE}")

    def _other_page(self, path: str) -> str:
        pages = {
            "/about/": "<h1>About the Gazette and its people</h1><p>We have printed the news of the coast since the first ferry.</p>",
            "/contact/": "<h1>How to reach the newsroom</h1><p>Write to the desk. Letters are read by somebody.</p>",
            "/login/": '<h1>Sign in to your account</h1><form><input name="user"><input name="password"></form>',
            "/cookies/": "<h1>How we use cookies</h1><p>We use one to remember that you have read this.</p>",
        }
        if path in pages:
            return self._page("", pages[path], f"{TITLE}")
        kind, _, name = path.strip("/").partition("/")
        if kind in ("tag", "author") and name:
            of_it = [s for s in self.stories if name in (_slug(s.byline), *map(_slug, s.tags))]
            return self._page(
                "", f"<h1>Everything by or about {escape(name)}</h1>" + "".join(map(self._teaser, of_it)), name
            )
        return ""

    # pieces that differ between the markups

    def _link(self, story: Story, where: str) -> str:
        tracked = {"lead": "?utm_source=front&amp;utm_medium=lead", "side": "#latest", "picture": "?ref=picture"}
        return self.path(story) + tracked.get(where, "")

    def _teaser(self, story: Story, lead: bool = False) -> str:
        to, thumb = self._link(story, "lead" if lead else ""), self._link(story, "picture")
        head, day, kicker = (
            escape(story.headline),
            story.day,
            f'<a href="/{story.section.lower()}/">{story.section}</a>',
        )
        excerpt = escape(story.excerpt) if self.excerpts else ""
        picture = f'<img src="/pictures/{story.id}.jpg" alt="{head}" width="320" height="180">'
        if self.markup == "semantic":
            return (
                f'<article><a href="{thumb}">{picture}</a><p>{kicker}</p><h2><a href="{to}">{head}</a></h2><p>{excerpt}</p>'
                f'<p>By <a href="/author/{_slug(story.byline)}">{story.byline}</a> · <time datetime="{story.date.isoformat()}">{day}</time></p></article>'
            )
        if self.markup == "jsonld":
            return (
                f'<div class="card"><a href="{thumb}">{picture}</a><div class="card-body"><div class="card-title"><a href="{to}">{head}</a></div>'
                f'<div class="card-text">{excerpt}</div><div class="card-date">{day}</div></div></div>'
            )
        return (
            f'<div class="k3"><div class="w1"><a href="{to}"><span class="q">{picture}</span><div class="zz">{head}</div></a></div>'
            f'<div class="b0">{excerpt}</div><div class="b0"><div class="i">{day}</div></div></div>'
        )

    def _aside(self) -> str:
        entries = []
        for story in self.stories[: self.latest]:
            to, head, excerpt = self._link(story, "side"), escape(story.headline), escape(story.excerpt)
            if self.markup == "semantic":
                entries.append(f'<li><h3><a href="{to}">{head}</a></h3><p>{excerpt}</p><time>{story.day}</time></li>')
            else:
                entries.append(
                    f'<div class="n5"><a href="{to}"><img src="/pictures/{story.id}-s.jpg" alt="{head}"></a><a href="{to}">{head}</a>'
                    f'<div class="v">{excerpt}</div><div class="i">{story.day}</div></div>'
                )
        if self.markup == "semantic":
            return f"<aside><h2>Latest Contents</h2><ul>{''.join(entries)}</ul></aside>"
        return f'<div class="m8"><div class="h4">Latest Contents</div><div class="g2">{"".join(entries)}</div></div>'

    def _story(self, story: Story) -> str:
        head, dek, to = escape(story.headline), escape(story.dek), f"/{story.section.lower()}/"
        picture = f'<img src="/pictures/{story.id}.jpg" alt="{head}" width="1200" height="675">'
        body = self._body(story)
        author = f'<a href="/author/{_slug(story.byline)}">{story.byline}</a>'
        share = f'<a href="https://social.example/share?u={self.url(story)}">Share</a> <a href="https://post.example/send">Send by mail</a>'
        tags = " ".join(f'<a href="/tag/{_slug(tag)}">{tag}</a>' for tag in story.tags)
        if self.markup == "semantic":
            main = (
                f'<article><header><p class="kicker"><a href="{to}">{story.section}</a></p><time datetime="{story.date.isoformat()}">{story.day}</time>'
                f'<h1>{head}</h1><p class="dek">{dek}</p><p class="byline">By {author}</p></header>'
                f"<figure>{picture}<figcaption>The {escape(story.picture)}</figcaption></figure>{body}<footer><p>Tags: {tags}</p><p>{share}</p></footer></article>"
            )
        elif self.markup == "jsonld":
            main = (
                f'<div class="story"><div class="title"><h1>{head}</h1></div><div class="standfirst">{dek}</div><div class="meta">{author}, {story.day}</div>'
                f'<div class="image">{picture}</div><div class="text">{body}</div><div class="tags">{tags}</div><div class="share">{share}</div></div>'
            )
        elif self.markup == "soup":
            main = (
                f'<div class="r7"><div class="i"><a href="{to}">{story.section}</a></div><div class="i">{story.day}</div><h1>{head}</h1><div class="b1">{dek}</div>'
                f'<div class="q">{picture}</div><div class="u4">{body}</div><div class="i">{tags}</div><div class="i">{share}</div></div>'
            )
        else:
            main = (
                f'<div class="r7"><div class="i"><a href="{to}">{story.section}</a></div><div class="i">{story.day}</div><div class="zz">{head}</div>'
                f'<div class="b1">{dek}</div><div class="q">{picture}</div><div class="u4">{body}</div><div class="i">{share}</div></div>'
            )
        return self._page(self._head_of(story), main, f"{head} | {TITLE}")

    def _head_of(self, story: Story) -> str:
        canonical = f'<link rel="canonical" href="{self.url(story)}">'
        if self.markup == "semantic":
            return f'{canonical}<meta property="og:type" content="article"><meta name="description" content="{escape(story.dek)}">'
        if self.markup != "jsonld":
            return canonical
        about = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": story.headline,
            "description": story.dek,
            "datePublished": story.date.isoformat(),
            "articleSection": story.section,
            "author": {"@type": "Person", "name": story.byline},
            "publisher": {"@type": "Organization", "name": TITLE},
            "image": [f"{self.origin}/pictures/{story.id}.jpg"],
        }
        return f'{canonical}<script type="application/ld+json">{json.dumps(about)}</script>'

    def _body(self, story: Story) -> str:
        tag = "div" if self.markup == "divs" else "p"
        related = next(other for other in reversed(self.stories) if other is not story)
        boxed = f'<div class="related">Read also: <a href="{self.path(related)}">{escape(related.headline)}</a></div>'
        blocks = []
        for number, block in enumerate(story.body):
            text = escape(block, quote=False)
            if block.startswith("## "):
                blocks.append(f"<h2>{text[3:]}</h2>")
            elif block.startswith("> "):
                blocks.append(f"<blockquote><p>{escape(block[2:], quote=False)}</p></blockquote>")
            elif block.startswith("- "):
                blocks.append("<ul>" + "".join(f"<li>{line[2:]}</li>" for line in text.split("\n")) + "</ul>")
            else:
                blocks.append(f"<{tag}>{text}</{tag}>")
            if number == 2:
                blocks.append(boxed)
        return "".join(blocks)

    def _page(self, head: str, main: str, title: str) -> str:
        links = [
            ("/", "Home"),
            *((f"/{name.lower()}/", name) for name in self.sections),
            ("/about/", "About us"),
            ("/login/", "Sign in"),
        ]
        nav = "".join(f'<a href="{to}">{name}</a> ' for to, name in links)
        foot = (
            '<a href="/about/">About the Gazette and its people</a> <a href="/contact/">How to reach the newsroom</a> '
            '<a href="/cookies/">How we use cookies on this site</a> <a href="/politics/">Politics</a> © 2025 The Harbour Gazette'
        )
        cookies = 'We use cookies to remember you. <a href="/cookies/">Read more about our cookies</a> <button>Accept</button>'
        feed = (
            f'<link rel="alternate" type="application/rss+xml" title="{TITLE}" href="/feed.xml">' if self.feed else ""
        )
        if self.markup == "semantic":
            items = "".join(f'<li><a href="{to}">{name}</a></li>' for to, name in links)
            page = (
                f'<header><p>{self.today}</p><p><a href="/">{TITLE}</a></p><nav><ul>{items}</ul></nav></header><main>{main}</main>{self._aside()}'
                f'<div role="dialog">{cookies}</div><footer>{foot}</footer>'
            )
        else:
            page = (
                f'<div class="c1"><div class="a1"><div class="i">{self.today}</div><div class="i"><a href="/">{TITLE}</a></div><div class="n0">{nav}</div></div>'
                f'<div class="a2"><div class="a3">{main}</div>{self._aside()}</div><div class="a9">{foot}</div><div class="ck">{cookies}</div></div>'
            )
        return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{feed}{head}</head><body>{page}</body></html>'

    # for machines

    def _machine_page(self, path: str) -> Answer | None:
        xml = "application/xml"
        if path == "/robots.txt" and self.sitemap not in ("", "well-known"):
            name = {"index": "sitemap_index.xml", "gzip": "news.xml.gz", "plain": "sitemap.xml"}.get(
                self.sitemap, "sitemaps/news.xml"
            )
            return Answer(f"User-agent: *\nAllow: /\n\nsitemap: {self.origin}/{name} # news\n".encode(), "text/plain")
        if path == "/feed.xml" and self.feed:
            return Answer(self._rss().encode(), "application/rss+xml")
        where = {"robots": "/sitemaps/news.xml", "well-known": "/sitemap-news.xml", "index": "/maps/news-1.xml"}
        if self.sitemap and path == where.get(self.sitemap):
            return Answer(self._urlset().encode(), xml)
        if self.sitemap == "plain" and path == "/sitemap.xml":
            return Answer(self._urlset(news=False).encode(), xml)
        if self.sitemap == "gzip" and path == "/news.xml.gz":
            return Answer(gzip.compress(self._urlset().encode()), "application/gzip")
        if self.sitemap == "index" and path == "/sitemap_index.xml":
            return Answer(self._index().encode(), xml)
        if self.sitemap == "index" and path == "/maps/pages.xml":
            return Answer(_urlset(f"<url><loc>{self.origin}/about/</loc></url>").encode(), xml)
        return None

    def _urlset(self, news: bool = True) -> str:
        rows = []
        for story in self.stories:
            about = (
                f"<news:news><news:publication><news:name>{TITLE}</news:name><news:language>en</news:language></news:publication>"
                f"<news:publication_date>{story.date.isoformat()}</news:publication_date><news:title>{escape(story.headline)}</news:title></news:news>"
                f"<image:image><image:loc>{self.origin}/pictures/{story.id}.jpg</image:loc></image:image>"
            )
            rows.append(
                f"<url><loc>{self.url(story)}</loc>{about if news else f'<lastmod>{story.date.isoformat()}</lastmod>'}</url>"
            )
        return _urlset("".join(rows) + f"<url><loc>{self.origin}/about/</loc></url>")

    def _index(self) -> str:
        files = "".join(f"<sitemap><loc>{self.origin}/maps/{name}.xml</loc></sitemap>" for name in ("pages", "news-1"))
        return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{files}</sitemapindex>'

    def _rss(self) -> str:
        items = "".join(
            f"<item><title>{escape(s.headline)}</title><link>{self.url(s)}</link><guid>{self.url(s)}</guid><category>{s.section}</category>"
            f"<description>{escape(s.dek)}</description><pubDate>{s.date:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
            for s in self.stories
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{TITLE}</title><link>{self.origin}/</link><description/>{items}</channel></rss>'

    # serving

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[NewsSite]:
        """The site on a port of the loopback interface, from here to the end of the block."""
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _urlset(rows: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        f"{rows}</urlset>"
    )


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _handler(site: NewsSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            site.requests.append(self.path)
            site.logins.add(self.headers.get("Authorization", ""))
            answer = site.answer(self.path)
            if answer.headers.get("ETag", "") and self.headers.get("If-None-Match") == answer.headers["ETag"]:
                answer = dataclasses.replace(answer, status=304, body=b"")
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Type", answer.media_type)
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            """Says nothing: what was asked for is kept in `requests`."""

    return Handler


def main() -> None:
    """Serve the site until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markup", choices=MARKUPS, default="semantic")
    parser.add_argument("--addresses", choices=("slug", "id", "date"), default="slug")
    parser.add_argument("--sitemap", choices=("", "robots", "well-known", "index", "gzip", "plain"), default="")
    parser.add_argument("--feed", action="store_true")
    parser.add_argument("--no-html", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    site = NewsSite(args.markup, args.addresses, args.feed, args.sitemap, not args.no_html)
    with site.serving(args.port):
        print(site.origin + "/", flush=True)
        Event().wait()


if __name__ == "__main__":
    main()
