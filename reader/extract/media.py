"""Pictures, players and embedded posts: which file a picture is, which are no pictures, and who plays a frame."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement
from msgspec import Struct

from reader.beacons import is_beacon
from reader.text import EMPTY, NO_URL, SafeText, SafeUrl, host_of, safe_text, safe_url

_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-lazy",
    "data-hi-res-src",
    "data-full-src",
    "data-image-src",
    "data-url",
    "data-orig-file",
    "data-li-src",
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_PLACEHOLDER = re.compile(
    r"^data:|^about:|(?:^|/)(?:blank|spacer|placeholder|transparent|pixel|1x1|lazy|loading|loader|clear|grey|gray)[\w.-]{0,20}$"
    r"|\.svg(?:\?|$)|/lazy[_-]?load",
    re.I,
)
_NO_PICTURE = re.compile(r"\.(?:svg|avif|heic|bmp|ico|tiff?|mp4|webm)$", re.I)
_FILE_NAME = re.compile(
    r"^[\w%.() -]{1,120}\.(?:jpe?g|png|gif|webp|avif)$|^(?:image|img|photo|picture|dsc|screenshot)[\s_-]*\d*$", re.I
)
_WIDTH = re.compile(r"(?:[?&](?:w|width)=|[/_-]w?)(\d{3,4})(?=\D|$)")
_BEST_WIDTH = 1_200
"""Pixels; of several sizes the one nearest to this is taken."""


class Found(Struct, frozen=True):
    """A picture met in the text."""

    url: SafeUrl
    alt: SafeText = EMPTY
    caption: SafeText = EMPTY
    small: bool = False
    """An emoji or icon, which belongs to its line."""


def resolve(url: str, base: str) -> SafeUrl:
    """`safe_url` of what an attribute holds; blanks within it are meant (HTML Standard, section 2.4.1; WHATWG URL)."""
    return safe_url(url.strip().replace(" ", "%20"), base)


def picture_of(img: HtmlElement, base: str) -> Found | None:
    """The picture that an `<img>` shows once its scripts have run; None for trackers and what has no file we read."""
    width, height = _pixels(img.get("width")), _pixels(img.get("height"))
    if (width is not None and width <= 2) or (height is not None and height <= 2) or _is_hidden(img):
        return None
    url = _best_url(img, base)
    if not url:
        return None
    if is_beacon(url):
        return None
    alt = safe_text(img.get("alt"))
    if _FILE_NAME.match(alt):
        alt = EMPTY
    names = f"{img.get('class') or ''} {urlsplit(url).path}".lower()
    small = bool("emoji" in names or (width or 999) <= 32 or (height or 999) <= 32 or "wp-smiley" in names)
    return Found(url, alt, safe_text(img.get("title") or img.get("data-caption")), small)


def _pixels(value: str | None) -> int | None:
    found = re.match(r"\s*(\d{1,5})", value or "")
    return int(found[1]) if found and "%" not in (value or "") else None


def _is_hidden(element: HtmlElement) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        "display:none" in style
        or "visibility:hidden" in style
        or bool(re.search(r"(?:^|;)(?:width|height):[01]px", style))
    )


def _best_url(img: HtmlElement, base: str) -> SafeUrl:
    sets = [value for name in _LAZY_SETS if (value := img.get(name))]
    parent = img.getparent()
    if parent is not None and parent.tag == "picture":
        for source in parent.iter("source"):
            kind = source.get("type") or ""
            if "avif" not in kind and "svg" not in kind:
                sets += [value for name in _LAZY_SETS if (value := source.get(name))]
    single = [value for name in (*_LAZY, "src") if (value := img.get(name))]
    for value in [*single, *filter(None, map(_best_of_set, sets))]:
        url = NO_URL if _PLACEHOLDER.search(value) else resolve(value, base)
        if url and not _NO_PICTURE.search(urlsplit(url).path):
            return _larger(url, sets, base)
    return NO_URL


def _larger(url: SafeUrl, sets: list[str], base: str) -> SafeUrl:
    """A file of the set, when the one named alone is a thumbnail."""
    width = _WIDTH.search(url)
    if not sets or not width or int(width[1]) >= 400:
        return url
    for value in filter(None, map(_best_of_set, sets)):
        better = resolve(value, base)
        if better and not _NO_PICTURE.search(urlsplit(better).path):
            return better
    return url


def _best_of_set(srcset: str) -> str:
    """The URL of a `srcset` (HTML Standard, section 4.8.4.2.1) that comes nearest to the best width."""
    best, nearest = "", 1e9
    for url, number, unit in re.findall(r"([^\s,]\S*[^\s,])(?:\s+([\d.]{1,8})([wxh]))?\s*(?:,|$)", srcset[:20_000]):
        if _PLACEHOLDER.search(url):
            continue
        width = float(number) * (1 if unit == "w" else 600) if number.replace(".", "", 1).isdigit() else 600
        if abs(width - _BEST_WIDTH) < nearest:
            best, nearest = url, abs(width - _BEST_WIDTH)
    return best


_PROVIDERS = (
    ("youtube.com", "YouTube"),
    ("youtube-nocookie.com", "YouTube"),
    ("youtu.be", "YouTube"),
    ("vimeo.com", "Vimeo"),
    ("dailymotion.com", "Dailymotion"),
    ("ted.com", "TED"),
    ("twitch.tv", "Twitch"),
    ("tiktok.com", "TikTok"),
    ("twitter.com", "X"),
    ("x.com", "X"),
    ("instagram.com", "Instagram"),
    ("facebook.com", "Facebook"),
    ("bsky.app", "Bluesky"),
    ("threads.net", "Threads"),
    ("threads.com", "Threads"),
    ("reddit.com", "Reddit"),
    ("redditmedia.com", "Reddit"),
    ("t.me", "Telegram"),
    ("linkedin.com", "LinkedIn"),
    ("spotify.com", "Spotify"),
    ("soundcloud.com", "SoundCloud"),
    ("podcasts.apple.com", "Apple Podcasts"),
    ("acast.com", "Acast"),
    ("megaphone.fm", "Megaphone"),
    ("bandcamp.com", "Bandcamp"),
    ("datawrapper.de", "Datawrapper"),
    ("dwcdn.net", "Datawrapper"),
    ("flourish.studio", "Flourish"),
    ("infogram.com", "Infogram"),
    ("documentcloud.org", "DocumentCloud"),
    ("scribd.com", "Scribd"),
    ("google.com", "Google"),
    ("openstreetmap.org", "OpenStreetMap"),
    ("codepen.io", "CodePen"),
    ("github.com", "GitHub"),
    ("peertube", "PeerTube"),
    ("brightcove.net", "Brightcove"),
    ("jwplayer.com", "JW Player"),
    ("jwplatform.com", "JW Player"),
    ("rumble.com", "Rumble"),
    ("odysee.com", "Odysee"),
    ("archive.org", "Internet Archive"),
)


def provider_of(url: str) -> str:
    """The name of the service whose player or post is at the URL; "" for one we do not know (mostly advertisements)."""
    host = host_of(url)
    for domain, name in _PROVIDERS:
        if host == domain or host.endswith("." + domain) or (domain == "peertube" and domain in host):
            return "" if name == "Google" and "/maps" not in url else name
    return ""


def embed_of(frame: HtmlElement, base: str) -> tuple[str, SafeUrl, SafeText] | None:
    """Provider, page to open and title of an iframe or other player; None when it is not a thing to read or watch."""
    video_id = frame.get("videoid") or frame.get("data-videoid") or frame.get("video-id")
    if video_id and "youtube" in str(frame.tag):
        address = f"https://www.youtube.com/watch?v={video_id}"
    else:
        names = ("data-src", "data-lazy-src", "data-litespeed-src", "src", "data")
        address = next((value for name in names if (value := frame.get(name)) and not value.startswith("about:")), "")
    url = resolve(address, base)
    provider = provider_of(url)
    if not provider:
        return None
    title = safe_text(frame.get("title"), 200)
    if re.fullmatch(rf"(?:{re.escape(provider)}\s+)?(?:video(?: player)?|player|embed(?:ded)?.*|iframe)?", title, re.I):
        title = EMPTY
    return provider, _page_of_player(url), title


def _page_of_player(url: SafeUrl) -> SafeUrl:
    """The page a person opens, in place of the address made for frames."""
    parts = urlsplit(url)
    host, path = host_of(url), parts.path
    if "youtube" in host and (found := re.match(r"/(?:embed|v|shorts)/([\w-]{6,20})", path)):
        query = parse_qs(parts.query)
        listed = query.get("list", [""])[0]
        if found[1] == "videoseries" and listed:
            return safe_url(f"https://www.youtube.com/playlist?list={listed}")
        return safe_url(f"https://www.youtube.com/watch?v={found[1]}")
    if host == "player.vimeo.com" and (found := re.match(r"/video/(\d+)", path)):
        return safe_url(f"https://vimeo.com/{found[1]}")
    if "dailymotion" in host and (found := re.match(r"/embed/video/(\w+)", path)):
        return safe_url(f"https://www.dailymotion.com/video/{found[1]}")
    if host == "open.spotify.com" and path.startswith("/embed/"):
        return safe_url(f"https://open.spotify.com/{path.removeprefix('/embed/')}")
    if host in ("w.soundcloud.com", "facebook.com") and (
        inner := parse_qs(parts.query).get("url") or parse_qs(parts.query).get("href")
    ):
        return safe_url(inner[0]) or url
    if host == "platform.twitter.com" and (tweet := parse_qs(parts.query).get("id")):
        return safe_url(f"https://x.com/i/status/{tweet[0]}") or url
    if host == "instagram.com":
        return safe_url(re.sub(r"/embed/?(?:captioned/?)?$", "/", url.split("?")[0])) or url
    return url
