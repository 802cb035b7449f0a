"""What on a page is not its story: by tag and role, by the words of class names, by shape, and, weakest, by phrases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from reader.dates import parse_date
from reader.extract.layout import HEADINGS, INLINE, Passage
from reader.extract.media import embed_of

_NEVER = frozenset(
    [
        "script",
        "style",
        "template",
        "nav",
        "menu",
        "button",
        "input",
        "select",
        "option",
        "textarea",
        "dialog",
        "svg",
        "canvas",
        "object",
        "applet",
        "link",
        "meta",
        "base",
        "datalist",
        "progress",
        "meter",
        "amp-ad",
        "frameset",
        "frame",
        "noframes",
    ]
)
_ROLES = frozenset(
    [
        "navigation",
        "banner",
        "complementary",
        "contentinfo",
        "search",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
        "tablist",
        "toolbar",
        "alert",
        "status",
        "tooltip",
    ]
)
_NOISE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|sharebar|social|socials|addtoany|addthis|related|relateds|recirc\w*|recommend\w*|readmore|read-more|read-also"
    r"|more-stories|more-on|also-read|most-read|mostread|most-popular|trending|popular|teaser-list|outbrain|taboola|zergnet"
    r"|newsletter\w*|subscribe|subscription|signup|sign-up|piano|cookie\w*|consent|gdpr|cmp|onetrust|didomi"
    r"|comments?|commentlist|disqus|respond|breadcrumbs?|sidebar|side-bar|widget|advert\w*|ads?|ad-slot|adslot|adbox|dfp|sponsor\w*|promo\w*"
    r"|popup|modal|overlay|lightbox|print-only|printonly|toolbar|article-tools|author-bio|author-box|authorbox|about-author|bio"
    r"|tags?|tag-list|taglist|topics|keywords|pagination|pager|prev-next|post-nav|copyright|colophon|skip-link|skiplinks|screen-reader-text"
    r"|sr-only|visually-hidden|visuallyhidden|noprint|no-print|donate|donation|membership|follow-us|followus|feedback|rating|jp-relatedposts|wp-block-latest-posts)"
    r"(?=$|[\s_-])",
    re.I,
)
_NOT_NOISE_CLASS = re.compile(
    r"article-body|articlebody|story-body|entry-content|post-content|article__body|article-content|post-body|main-content",
    re.I,
)

_LABEL = re.compile(
    r"""^\W*(?:
    (?:share|tweet|print|e-?mail|save|copy\ link|like|follow(?:\ us)?|comments?|advertisement|sponsored|ads?|anzeige|werbung|publicité|publicidad|реклама|広告|إعلان
    |listen|bookmark|close|menu|open|toggle|(?:hide|show)\ caption|see\ more(?:\ photos)?|load\ more|whatsapp|facebook|twitter|x|linkedin|telegram|reddit|pinterest|teilen|drucken|merken|partager|imprimer|compartir|imprimir|condividi|поделиться|シェア|共有|مشاركة|شارك
    |tags?|topics?|schlagwörter|themen|mots-clés|etiquetas|теги|タグ|الوسوم
    |\d+\s*(?:comments?|kommentare?|commentaires?|comentarios?|комментари\w+|コメント|min(?:ute)?s?\s+read|shares?)
    |(?:read\ more|continue\ reading|weiterlesen|lire\ la\ suite|leer\ más|читать\ далее|続きを読む|اقرأ\ المزيد)
    |(?:back\ to\ top|nach\ oben|haut\ de\ page|skip\ to\ (?:main\ )?content|zum\ inhalt)
    |(?:sign\ in|log\ ?in|register|subscribe|anmelden|abonnieren|s['’]abonner|suscribirse|войти|подписаться|購読|ログイン|اشترك)
    )\W*)$""",
    re.I | re.X,
)
_SEE_ALSO = re.compile(
    r"""^\W*(?:
    read\ (?:also|more|next|on)|also\ read|see\ also|related(?:\ (?:stories|articles|content|news|posts|coverage))?|more\ (?:on\ this|from|stories|news|in)|further\ reading|recommended|you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested)
    |latest(?:\ (?:contents?|news|stories|articles|headlines|posts))?|most\ (?:read|popular|viewed)|trending|top\ stories|don['’]t\ miss|editor['’]?s['’]?\ picks?|in\ other\ news|up\ next|what\ to\ read\ next|more\ like\ this|keep\ reading|popular
    |lesen\ sie\ (?:auch|mehr|hier)|mehr\ zum\ thema|auch\ interessant|das\ könnte\ sie|siehe\ auch|meistgelesen|weitere\ (?:artikel|themen|nachrichten|meldungen)|neueste|aktuelles?|passend\ dazu|zum\ thema
    |(?:à\ )?lire\ (?:aussi|également)|voir\ aussi|sur\ le\ même\ (?:sujet|thème)|les\ plus\ lus|articles\ (?:liés|associés|similaires)|notre\ sélection|à\ découvrir|derniers\ articles|à\ la\ une
    |lea?\ también|le[ae]r?\ (?:también|más)|ver\ (?:también|más)|te\ puede\ interesar|más\ (?:sobre|en|leído|noticias|información)|noticias\ relacionadas|relacionad[oa]s|últimas\ noticias
    |leggi\ anche|potrebbe\ interessarti|articoli\ correlati|ultime\ notizie|i\ più\ letti|vedi\ anche
    |leia\ (?:também|mais)|veja\ (?:também|mais)|saiba\ mais|últimas
    |lees\ (?:ook|meer|verder)|zie\ ook|meest\ gelezen|gerelateerd
    |czytaj\ (?:także|też|więcej)|zobacz\ (?:także|też)|przeczytaj
    |läs\ (?:också|mer|även)|les\ (?:også|mer)|læs\ også|lue\ myös
    |читайте?\ (?:также|ещё|еще)|смотрите\ также|по\ теме|похожие|последние\ новости|популярное|ещё\ по\ теме
    |читайте\ також|також\ за\ темою
    |ayrıca\ (?:oku|bak)\w*|ilgili\ haberler|son\ dakika|benzer\ haberler
    |関連(?:記事|リンク|ニュース)?|あわせて読みたい|合わせて読みたい|おすすめ|最新(?:記事|ニュース|の記事)?|人気(?:記事)?|ランキング|もっと読む|こちらもおすすめ
    |相关(?:阅读|新闻|文章|报道)|延伸阅读|推荐(?:阅读)?|最新(?:消息|新闻|文章)|热门|相關(?:閱讀|新聞)|延伸閱讀|更多
    |관련\s?(?:기사|뉴스)|많이\ 본|추천|최신
    |اقرأ\ (?:أيضا|أيضًا|ايضا|المزيد)|مواضيع\ (?:ذات\ صلة|مشابهة)|أخبار\ ذات\ صلة|ذات\ صلة|الأكثر\ قراءة|آخر\ الأخبار|أحدث|شاهد\ (?:أيضا|أيضًا)|المزيد
    |קראו\ (?:גם|עוד)|כתבות\ נוספות|עוד\ בנושא
    )""",
    re.I | re.X,
)
_NOTICES = (
    *("cookie", "consent", "gdpr", "datenschutz", "privacy policy", "privacy notice", "privacy settings"),
    *("confidentialité", "política de privacidad", "aviso de privacidad", "クッキー", "プライバシー"),
    *("ملفات تعريف الارتباط", "隐私", "개인정보"),
    *("newsletter", "sign up for", "sign up to", "subscribe to", "subscribe now", "subscribe for", "in your inbox"),
    *("unsubscribe", "your email", "your e-mail", "abonnieren sie", "melden sie sich", "ihre e-mail", "inscrivez-vous"),
    *("abonnez-vous", "suscríbete", "suscríbase", "boletín", "iscriviti", "подпишитесь", "подписаться", "рассылк"),
    *(
        "メールマガジン",
        "メルマガ",
        "ニュースレター",
        "订阅",
        "訂閱",
        "뉴스레터",
        "اشترك",
        "follow us on",
        "folgen sie uns",
    ),
    *("suivez-nous", "síguenos", "become a member", "become a subscriber", "already a subscriber", "create an account"),
    *("independent journalism", "support our journalism"),
    *(
        "all rights reserved",
        "alle rechte vorbehalten",
        "tous droits réservés",
        "todos los derechos",
        "tutti i diritti",
    ),
    *("все права", "無断転載", "版权所有", "版權所有", "جميع الحقوق", "כל הזכויות", "terms of use", "terms of service"),
)
"""Of consent, letters and law: a weak sign, since stories speak of these too."""
_LEGAL = re.compile(r"\W*(?:©|\(c\)\s|copyright\b)|.{0,80}(?:rights reserved|rechte vorbehalten|droits réservés)", re.I)
_COMMENTS = re.compile(
    r"^\W*(?:\d+\s+)?(?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|комментарии|コメント|评论|評論|댓글|التعليقات|תגובות"
    r"|leave a (?:comment|reply)|join the (?:discussion|conversation)|what do you think)\b.{0,30}$",
    re.I,
)
_RELATIVE_TIME = re.compile(
    r"^\W*(?:\d{1,3}|an?|one)\s*(?:s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?|months?)\s+ago\W*$"
    r"|^\W*(?:vor \d+ \w+|il y a \d+ \w+|hace \d+ \w+|\d+ \w+ (?:fa|назад|önce)|\d+\s*(?:分|時間|日|小时|天)前|منذ \d+ \w+|just now|yesterday)\W*$",
    re.I,
)


def is_dateline(text: str) -> bool:
    """Whether the text is a date (and perhaps a time), and little else."""
    if len(text) > 60:
        return False
    if _RELATIVE_TIME.match(text):
        return True
    if any(not any(c.isdigit() for c in part) for part in re.split(r"\s*[|·•]\s*", text) if len(part) > 12):
        return False
    if sum(c.isdigit() for c in text) < 2 or sum(c.isalpha() for c in text) > 35:
        return False
    return parse_date(text) is not None


def is_label(text: str) -> bool:
    """Whether it is a caption of the page's machinery: Share, Advertisement, 12 comments."""
    return len(text) < 60 and bool(_LABEL.match(text))


def says_see_also(text: str) -> bool:
    """Whether the text begins as a pointer to other stories does, in one of some twenty languages."""
    return bool(_SEE_ALSO.match(text))


def begins_comments(text: str) -> bool:
    """Whether the text is the heading over readers' comments."""
    return len(text) < 60 and bool(_COMMENTS.match(text))


def sounds_like_notice(text: str) -> bool:
    """Whether the text may be a notice of the site rather than its news."""
    lowered = text.lower()
    return any(word in lowered for word in _NOTICES) or bool(_LEGAL.match(text[:200]))


def prune(root: HtmlElement, base: str) -> set[HtmlElement]:
    """Take out what no story is in, unless most of the page is; returns the blocks that held a button or a field."""
    interactive = _holders_of_controls(root)
    for element in list(root.iter(*_NEVER, "iframe", "embed", "noscript")):
        tag = element.tag
        if tag in ("iframe", "embed") and embed_of(element, base) is not None:
            continue
        if tag != "noscript" or element.find(".//img") is None or element.text_content().strip():
            _drop(element)
    prose = _prose_held(root)
    total = max(1, prose.get(root, 0))
    for element in list(root.iter()):
        tag = element.tag
        if tag in ("body", "head", "html") or not isinstance(tag, str):
            continue
        if _is_aside(element, tag) and prose.get(element, 0) < total * _most(element, tag):
            _drop(element)
    return interactive


def _prose_held(root: HtmlElement) -> dict[HtmlElement, int]:
    """How many characters of running text, not of links and labels, each element holds."""
    held: dict[HtmlElement, int] = {}
    for element in root.iter():
        size = len(element.text) if element.text and element.tag != "a" else 0
        size = size if size > 60 else 0
        size += sum(len(child.tail) for child in element if child.tail and len(child.tail) > 60)
        if size:
            for holder in (element, *element.iterancestors()):
                held[holder] = held.get(holder, 0) + size
    return held


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _most(element: HtmlElement, tag: str) -> float:
    """The largest share of the page's text that may still be dropped with it."""
    return 0.5 if tag in ("footer", "aside", "form") else 0.35


def _holders_of_controls(root: HtmlElement) -> set[HtmlElement]:
    """The blocks in which buttons and fields stand; for those of a form, the block that the form is in."""
    holders = set()
    for control in root.iter("button", "input", "select", "textarea"):
        if control.get("type") == "hidden":
            continue
        form = next(control.iterancestors("form"), control)
        holder = form.getparent()
        while holder is not None and holder.tag in INLINE:
            holder = holder.getparent()
        if holder is not None and holder.tag not in ("body", "main", "article", "html", "header"):
            holders.add(holder)
    return holders


def _is_aside(element: HtmlElement, tag: str) -> bool:
    """Whether tag, role, class or style say that the element stands beside the story."""
    if tag in ("aside", "form"):
        return True
    if tag == "footer":
        return next(element.iterancestors("blockquote", "figure"), None) is None
    attributes = element.attrib
    if not attributes or tag in ("main", "article"):
        return False
    if attributes.get("role", "").lower() in _ROLES and tag != "header":
        return True
    if "hidden" in attributes and attributes.get("hidden") != "until-found":
        return True
    style = attributes.get("style")
    if style and "display:none" in style.replace(" ", "").lower():
        return True
    if (
        tag in HEADINGS
        or (tag == "p" and len(element.text_content()) > 80)
        or (tag in ("p", "a", "span", "img", "b", "strong", "em", "i") and len(element) == 0)
    ):
        return False
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    return bool(_NOISE_CLASS.search(names)) and not _NOT_NOISE_CLASS.search(names)


def mark(row: Sequence[Passage], interactive: set[HtmlElement], url: str) -> None:
    """Say of each passage by its shape and its neighbours why it is not of the story."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    for passage in row:
        passage.noise = passage.noise or _own_noise(passage, host)
    _mark_switches(row)
    _mark_beside_controls(row, interactive)
    _mark_teasers(row)
    _mark_boxes(row)
    _mark_comments(row)
    _mark_headings_over_noise(row)


def _own_noise(passage: Passage, host: str) -> str:
    text = passage.text
    if passage.kind in ("figure", "code", "table"):
        return "links" if passage.kind == "table" and passage.linked > 0.7 else ""
    if is_dateline(text):
        return "date"
    if is_label(text):
        return "label"
    if passage.size < 300 and _LEGAL.match(text):
        return "legal"
    if passage.kind == "list":
        return "links" if passage.linked > 0.6 and _stays_on(passage, host) else ""
    if (
        passage.links
        and passage.linked > (0.75 if passage.size < 300 else 0.9)
        and passage.kind == "text"
        and _stays_on(passage, host)
    ):
        return "links"
    if passage.linked > 0.3 and says_see_also(text):
        return "see also"
    return ""


def _stays_on(passage: Passage, host: str) -> bool:
    """Whether its links lead to the same site: a story's own references mostly lead away."""
    hosts = [(urlsplit(link.get("href") or "").hostname or host) for link in passage.links if link.get("href")]
    return sum(h.removeprefix("www.") == host for h in hosts) * 2 >= len(hosts)


def _mark_switches(row: Sequence[Passage]) -> None:
    """Numbers and arrows in a row, and short lines that the page repeats again and again: galleries, players."""
    counts = Counter(passage.key for passage in row if passage.kind == "text" and passage.size < 60)
    bare = [passage.kind == "text" and passage.size < 4 and not passage.key.isalpha() for passage in row]
    for i, passage in enumerate(row):
        beside = (i > 0 and bare[i - 1]) or (i + 1 < len(row) and bare[i + 1])
        if (bare[i] and beside) or (counts[passage.key] > 3 and not passage.ends_sentence and passage.kind == "text"):
            passage.noise = passage.noise or "label"


def _mark_beside_controls(row: Sequence[Passage], holders: set[HtmlElement]) -> None:
    """A few lines in one block with a button or a field: consent, newsletter, search. Not those next to the headline."""
    if not holders:
        return
    inside: dict[HtmlElement, list[Passage]] = {}
    for passage in row:
        for holder in (passage.element, *passage.element.iterancestors()):
            if holder in holders:
                inside.setdefault(holder, []).append(passage)
    place = next((i for i, passage in enumerate(row) if passage.noise == "headline"), -10)
    guarded = set(map(id, row[max(0, place - 3) : place + 5]))
    prose = sum(p.size for p in row if p.is_prose and not p.noise)
    for group in inside.values():
        size = sum(p.size for p in group)
        notice = any(sounds_like_notice(p.text) for p in group)
        if len(group) > 6 or size > 900 or any(p.noise == "headline" for p in group):
            continue
        if notice or (size < 0.5 * prose and not any(id(p) in guarded for p in group)):
            for passage in group:
                passage.noise = passage.noise or "control"


def _mark_comments(row: Sequence[Passage]) -> None:
    """What stands under a heading for comments; and repeated groups of name, date and text below the story."""
    place = next((i for i, passage in enumerate(row) if passage.noise == "headline"), -1)
    read = False
    for i, passage in enumerate(row[place + 1 :], place + 1):
        if read and begins_comments(passage.text) and passage.linked < 0.8:
            room = passage.element.getparent()
            for other in row[i:]:
                if room is None or room in other.element.iterancestors():
                    other.noise = other.noise or "comments"
            return
        read = read or (passage.is_prose and not passage.noise)
    groups: dict[tuple[object, ...], list[int]] = {}
    for i in range(1, len(row) - 1):
        name, date, text = row[i - 1], row[i], row[i + 1]
        if date.noise == "date" and text.is_prose and name.kind == "text" and name.size < 50 and not name.ends_sentence:
            groups.setdefault(date.signature, []).append(i)
    for places in groups.values():
        if len(places) > 1 and any(p.is_prose and not p.noise for p in row[place + 1 : places[0]]):
            for i in places:
                for passage in row[i - 1 : i + 2]:
                    passage.noise = passage.noise or "comments"


def _mark_teasers(row: Sequence[Passage]) -> None:
    """Excerpts that end in an ellipsis beside a date or a linked headline, and what belongs to them."""
    for i, passage in enumerate(row):
        if not passage.is_cut or passage.kind == "figure" or passage.noise:
            continue
        near = [
            p
            for p in (*row[max(0, i - 3) : i], *row[i + 1 : i + 3])
            if p.noise in ("date", "links", "label") or (p.size < 200 and p.linked > 0.8)
        ]
        if not near and not passage.linked > 0.8:
            continue
        passage.noise = "teaser"
        for before in reversed(row[max(0, i - 3) : i]):
            if (
                before.noise == "date"
                or before.noise == "teaser"
                or before.size > 220
                or (
                    before.ends_sentence
                    and before.linked < 0.8
                    and before.kind == "text"
                    and not before.text.endswith("?")
                )
            ):
                break
            before.noise = before.noise or "teaser"


def _mark_boxes(row: Sequence[Passage]) -> None:
    """A short line such as "Read also" makes noise of the box it stands in, when that holds links or teasers."""
    for i, passage in enumerate(row):
        text = passage.text
        if passage.size > 120 or not says_see_also(text):
            continue
        parent = passage.element.getparent()
        if parent is None or (i and parent in row[i - 1].element.iterancestors()):
            continue
        box = [p for p in row[i : i + 40] if p.element is parent or parent in p.element.iterancestors()]
        rest = [p for p in box if p is not passage]
        if (
            rest
            and len(rest) < 20
            and all(p.noise or p.size < 200 or p.linked > 0.3 for p in rest)
            and (any(p.links for p in box))
        ):
            for p in box:
                p.noise = p.noise or "see also"


def _mark_headings_over_noise(row: Sequence[Passage]) -> None:
    """A short line without an end, with noise under it, is the heading of the noise."""
    for i in range(len(row) - 2, -1, -1):
        passage, following = row[i], row[i + 1]
        short = passage.kind == "heading" or (
            passage.kind == "text" and passage.size < 90 and not passage.ends_sentence
        )
        if passage.noise or not short or not following.noise:
            continue
        if following.noise == "see also" and says_see_also(following.text):
            continue
        if following.noise in ("teaser", "see also", "links") and (
            passage.kind != "heading" or _all_noise_below(row, i)
        ):
            passage.noise = "heading over " + following.noise


def _all_noise_below(row: Sequence[Passage], i: int) -> bool:
    """Whether nothing but noise stands between that heading and the next one of its rank."""
    rank = str(row[i].element.tag)
    for passage in row[i + 1 : i + 80]:
        if passage.kind == "heading" and str(passage.element.tag) <= rank and not passage.noise:
            break
        if not passage.noise:
            return False
    return True
