"""Pages of a news site that nobody wrote: a story amid all that such a page has beside it, always the same ones.

Four markups in turn, from semantic tags to divs with class names that mean nothing; 300 to 2,500 words of story; menus,
cards, comments, scripts and styles of the sizes that real pages have.
"""

from __future__ import annotations

import json
import random
from email.utils import formatdate

from tests.bench.feeds import EPOCH, words

SECTIONS = ("World", "Politics", "Science", "Business", "Culture", "Sport", "Local", "Technology")
TAGS = (
    ("article", "header", "section", "aside"),
    ("div class='story'", "div class='story-head'", "div class='article-body'", "div class='sidebar'"),
    ("div class='r7'", "div class='b1'", "div class='u4'", "div class='m8'"),
    ("main", "div class='title'", "div itemprop='articleBody'", "div class='related rail'"),
)
"""For the story, its head, its body, and what stands beside it."""


def page(seed: int) -> str:
    """One page."""
    dice = random.Random(seed)
    story, head, body, beside = TAGS[seed % len(TAGS)]
    title, section = words(seed, 9).capitalize(), dice.choice(SECTIONS)
    at = formatdate(EPOCH - seed * 3600)
    menu = "".join(_link(dice, name) for name in SECTIONS * 6)
    cards = "".join(_card(dice) for _ in range(dice.randrange(8, 30)))
    comments = "".join(_comment(dice) for _ in range(dice.choice((0, 0, 12, 40))))
    about = {"@type": "NewsArticle", "headline": title, "datePublished": at, "author": {"name": "Ada Reporter"}}
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Gazette</title>
<meta name="description" content="{words(seed + 1, 20)}"><meta property="og:title" content="{title}">
<meta property="og:image" content="/pictures/{seed}.jpg"><link rel="canonical" href="https://gazette.example/{
        seed
    }/a-story">
<script type="application/ld+json">{json.dumps(about)}</script><style>{_styles(dice)}</style></head>
<body class="page"><script>{_script(dice)}</script><header><nav><ul>{menu}</ul></nav></header>
{
        _tag(
            story,
            _tag(
                head,
                f"<a href='/{section.lower()}'>{section}</a><h1>{title}</h1><p class='dek'>{words(seed + 1, 20)}</p>"
                f"<p class='byline'>By Ada Reporter</p><time datetime='{at}'>{at}</time>{_share()}",
            )
            + _tag(body, _story(dice, dice.randrange(300, 2500)))
            + _share(),
        )
    }
{_tag(beside, f"<h3>Most read</h3>{cards}")}<section id="comments"><h3>Comments</h3>{comments}</section>
<footer>{menu}<p>© The Gazette. {words(seed + 2, 30)}</p></footer><script>{_script(dice)}</script></body></html>"""


def _tag(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag.partition(' ')[0]}>\n"


def _link(dice: random.Random, text: str) -> str:
    return f"<li class='item'><a href='/{dice.randrange(10**6)}' data-track='menu'><span>{text}</span></a></li>"


def _share() -> str:
    places = "".join(
        f"<li><a href='https://{name}.example/share' rel='nofollow'>{name}</a></li>"
        for name in ("post", "mail", "chat")
    )
    return f"<ul class='share-tools'>{places}</ul>"


def _card(dice: random.Random) -> str:
    seed = dice.randrange(10**9)
    picture = f"<img src='/thumbs/{seed}.jpg' alt='' width='160' height='90' loading='lazy'>"
    text = f"<h4><a href='/{seed}'>{words(seed, 8)}</a></h4><p>{words(seed + 1, 16)}</p>"
    return f"<div class='card'><a href='/{seed}'>{picture}</a><div class='card-text'>{text}</div></div>"


def _comment(dice: random.Random) -> str:
    seed = dice.randrange(10**9)
    text = f"<b>Reader {seed % 999}</b><p>{words(seed, 30).capitalize()}.</p>"
    return f"<div class='comment'>{text}<a href='#'>Reply</a></div>"


def _story(dice: random.Random, length: int) -> str:
    blocks, written = [], 0
    while written < length:
        count, seed = dice.randrange(25, 90), dice.randrange(10**9)
        text = words(seed, count).capitalize()
        written += count
        first, _, rest = text.partition(" ")
        match len(blocks) % 12:
            case 2:
                blocks.append(
                    f"<figure><img src='/pictures/{seed}.jpg' alt='{words(seed, 6)}' width='1200' height='675'>"
                    f"<figcaption>{words(seed + 1, 12).capitalize()}. Photograph: Ada Reporter</figcaption></figure>"
                )
            case 4:
                blocks.append(f"<h2>{words(seed, 5).capitalize()}</h2><p>{text}.</p>")
            case 5:
                blocks.append(f"<div class='ad-slot' id='ad-{seed}'><script>show({seed})</script></div><p>{text}.</p>")
            case 6:
                blocks.append(f"<blockquote><p>{text}.</p></blockquote>")
            case 8:
                blocks.append(f"<ul>{''.join(f'<li>{words(seed + n, 9)}</li>' for n in range(5))}</ul>")
            case 9:
                blocks.append(
                    f"<div class='related'><a href='/{seed}'>Read also: {words(seed, 7)}</a></div><p>{text}.</p>"
                )
            case 11:
                cells = "".join(f"<tr><td>{words(seed + n, 2)}</td><td>{n * 17}</td></tr>" for n in range(6))
                blocks.append(f"<table><tr><th>Place</th><th>Count</th></tr>{cells}</table>")
            case 1 | 7:
                blocks.append(f"<p>{first} <a href='/{seed}'>the {first}</a> <em>{rest[:20]}</em> {rest[20:]}.</p>")
            case _:
                blocks.append(f"<p>{text}.</p>")
    return "\n".join(blocks)


def _script(dice: random.Random) -> str:
    names = "".join(f'window.v{n}={{"id":{dice.randrange(10**9)},"on":!0}};' for n in range(dice.randrange(100, 900)))
    return f"(function(){{{names}}})();"


def _styles(dice: random.Random) -> str:
    return "".join(
        f".c{n}{{margin:{n % 7}px;color:#{dice.randrange(16**6):06x}}}" for n in range(dice.randrange(200, 1200))
    )
