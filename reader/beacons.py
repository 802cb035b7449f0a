"""Addresses of pictures that show nothing and count readers. They are left out of stories, and never asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from reader.patterns import late
from reader.text import SafeUrl

SMALLEST = 3
"""Pixels: what is declared to be narrower or lower than that is no picture."""

_HOST = late(
    r"(?:^|\.)(?:doubleclick\.net|scorecardresearch\.com|google-analytics\.com|googletagmanager\.com|quantserve\.com"
    r"|chartbeat\.(?:com|net)|feedsportal\.com|pheedo\.com|statcounter\.com|sitemeter\.com|imrworldwide\.com|hubspot\.com"
    r"|list-manage\.com|mixpanel\.com|segment\.io|parsely\.com|pixel\.wp\.com|stats\.wordpress\.com|omtrdc\.net|2o7\.net"
    r"|cloudflareinsights\.com|webtrekk\.net|ioam\.de|vgwort\.de|xiti\.com|weborama\.fr|adform\.net|amazon-adsystem\.com"
    r"|bat\.bing\.com|analytics\.twitter\.com|hotjar\.com|matomo\.cloud|gravatar\.com)$",
    re.I,
)
_PATH = late(
    r"^/~(?:r|ff|a)/|/(?:pixel|beacon|piwik|matomo|count(?:er)?|track(?:er|ing)?|hit|open|impression)(?:\.(?:gif|php|png|ashx)|/|$)"
    r"|/tr\?|1x1|/b\.gif$",
    re.I,
)


def is_beacon(url: SafeUrl, width: int | None = None, height: int | None = None) -> bool:
    """Whether the address, or the size that was declared for what is there, is that of a pixel that counts readers."""
    if any(side is not None and side < SMALLEST for side in (width, height)):
        return True
    parts = urlsplit(url)
    where = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return bool(_HOST.search(parts.hostname or "") or _PATH.search(where))
