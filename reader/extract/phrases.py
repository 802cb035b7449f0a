"""What the machinery of a page says, in the languages of most publications. Words are weak signs: shape goes first."""

from __future__ import annotations

import re

from reader.extract.tree import words


def _listed(phrases: str) -> tuple[str, ...]:
    """Phrases that stand between `|` or on lines of their own."""
    found = (" ".join(phrase.split()) for line in phrases.splitlines() for phrase in line.split("|"))
    return tuple(filter(None, found))


def _any_of(phrases: str) -> str:
    """An expression for any of the phrases; whole words, where words have ends."""
    return "|".join(
        re.escape(phrase).replace("\\ ", r"\s") + (r"(?!\w)" if phrase[-1] < "\u0e00" else "")
        for phrase in sorted(_listed(phrases), key=len, reverse=True)
    )


LABEL = re.compile(
    rf"""^\W*(?:(?:\d+\s*)?(?:{
        _any_of('''
        share | tweet | print | email | e-mail | save | copy link | like | follow | follow us | comment | comments
        advertisement | sponsored | ad | ads | listen | bookmark | close | menu | open | toggle | hide caption
        show caption
        see more | see more photos | load more | whatsapp | facebook | twitter | x | linkedin | telegram
        reddit | pinterest
        tag | tags | topic | topics | read more | continue reading | back to top | skip to content
        skip to main content
        sign in | login | log in | register | subscribe | shares | min read | minute read | minutes read
        anzeige | werbung | teilen | drucken | merken | schlagwörter | themen | weiterlesen | nach oben | zum inhalt
        anmelden | abonnieren | kommentar | kommentare
        publicité | partager | imprimer | mots-clés | lire la suite | haut de page | s'abonner | s’abonner
        commentaires
        publicidad | compartir | imprimir | etiquetas | leer más | suscribirse | comentarios | condividi | commenti
        реклама | поделиться | теги | читать далее | войти | подписаться | комментарии | комментариев
        シェア | 共有 | タグ | 続きを読む | 購読 | ログイン | コメント
        إعلان | مشاركة | شارك | الوسوم | اقرأ المزيد | اشترك''')
    }))\W*$""",
    re.I,
)

SEE_ALSO = re.compile(
    rf"""^\W*(?:{
        _any_of('''
        read also | read more | read next | also read | see also | further reading | recommended | keep reading
        up next
        related | related stories | related articles | related content | related news | related posts
        related coverage
        more on this | more from | more stories | more news | more in | more like this | in other news
        what to read next
        you may like | you may also like | you might like | you might also like | you may be interested
        latest | latest content | latest contents | latest news | latest stories | latest articles | latest headlines
        most read | most popular | most viewed | popular | trending | top stories | don't miss | don’t miss
        editors' picks
        editor's picks | editors’ picks | editor’s picks | editors picks
        lesen sie auch | lesen sie mehr | lesen sie hier | mehr zum thema | auch interessant | das könnte sie
        siehe auch
        meistgelesen | weitere artikel | weitere themen | weitere nachrichten | weitere meldungen | neueste
        passend dazu
        zum thema | aktuelles
        lire aussi | à lire aussi | à lire également | voir aussi | sur le même sujet | sur le même thème
        les plus lus
        articles liés | articles associés | articles similaires | notre sélection | à découvrir
        derniers articles | à la une
        lea también | lee también | leer también | leer más | ver también | ver más | te puede interesar
        más sobre | más en
        más leído | más noticias | más información | noticias relacionadas | relacionadas | relacionados
        últimas noticias
        leggi anche | vedi anche | potrebbe interessarti | articoli correlati | ultime notizie | i più letti
        leia também | leia mais | veja também | veja mais | saiba mais | últimas
        lees ook | lees meer | lees verder | zie ook | meest gelezen | gerelateerd
        czytaj także | czytaj też | czytaj więcej | zobacz także | zobacz też | przeczytaj
        läs också | läs mer | läs även | les også | les mer | læs også | lue myös
        читайте также | читайте ещё | читайте еще | читай также | смотрите также | по теме | ещё по теме | похожие
        последние новости | популярное | читайте також | також за темою
        ayrıca oku | ayrıca okuyun | ayrıca bak | ayrıca bakınız | ilgili haberler | son dakika | benzer haberler
        関連 | 関連記事 | 関連リンク | 関連ニュース | あわせて読みたい | 合わせて読みたい | おすすめ
        こちらもおすすめ | 最新 | 最新記事
        最新ニュース | 人気 | 人気記事 | ランキング | もっと読む
        相关阅读 | 相关新闻 | 相关文章 | 相关报道 | 延伸阅读 | 推荐 | 推荐阅读
        最新消息 | 最新新闻 | 最新文章 | 热门 | 更多
        相關閱讀 | 相關新聞 | 延伸閱讀
        관련 기사 | 관련기사 | 관련 뉴스 | 관련뉴스 | 많이 본 | 추천 | 최신
        اقرأ أيضا | اقرأ أيضًا | اقرأ ايضا | اقرأ المزيد | مواضيع ذات صلة | مواضيع مشابهة | أخبار ذات صلة | ذات صلة
        الأكثر قراءة | آخر الأخبار | أحدث | شاهد أيضا | شاهد أيضًا | المزيد
        קראו גם | קראו עוד | כתבות נוספות | עוד בנושא''')
    })""",
    re.I,
)
"""At the beginning of a line."""

NOTICES = _listed("""
    cookie|consent|gdpr|datenschutz|privacy policy|privacy notice|privacy settings|confidentialité
    |política de privacidad|aviso de privacidad|クッキー|プライバシー|ملفات تعريف الارتباط|隐私|개인정보
    |newsletter|sign up for|sign up to|subscribe to|subscribe now|subscribe for|in your inbox|unsubscribe
    |your email|your e-mail|abonnieren sie|melden sie sich|ihre e-mail|inscrivez-vous|abonnez-vous
    |suscríbete|suscríbase|boletín|iscriviti|подпишитесь|подписаться|рассылк|メールマガジン|メルマガ
    |ニュースレター|订阅|訂閱|뉴스레터|اشترك|follow us on|folgen sie uns|suivez-nous|síguenos
    |become a member|become a subscriber|already a subscriber|create an account|independent journalism
    |support our journalism|all rights reserved|alle rechte vorbehalten|tous droits réservés
    |todos los derechos|tutti i diritti|все права|無断転載|版权所有|版權所有|جميع الحقوق
    |כל הזכויות|terms of use|terms of service
""")
"""Anywhere in a text, in lower case: consent, letters, law. Stories speak of these too."""

LEGAL = re.compile(r"\W*(?:©|\(c\)\s|copyright\b)|.{0,80}(?:rights reserved|rechte vorbehalten|droits réservés)", re.I)
"""At the beginning of a text."""

COMMENTS = re.compile(
    rf"""^\W*(?:\d+\s+)?(?:{
        _any_of('''
        comment | comments | leave a comment | leave a reply | join the discussion | join the conversation
        what do you think
        kommentar | kommentare | commentaire | commentaires | comentarios | commenti | reacties | комментарии
        コメント | 评论 | 評論 | 댓글 | التعليقات | תגובות''')
    }).{{0,30}}$""",
    re.I,
)
"""The heading over what readers wrote."""

RELATIVE_TIME = re.compile(
    r"^\W*(?:\d{1,3}|an?|one)\s*"
    r"(?:s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?|months?)\s+ago\W*$"
    r"|^\W*(?:vor \d+ \w+|il y a \d+ \w+|hace \d+ \w+|\d+ \w+ (?:fa|назад|önce)|\d+\s*(?:分|時間|日|小时|天)前"
    r"|منذ \d+ \w+|just now|yesterday)\W*$",
    re.I,
)

NOISE_NAMES = words(
    "share sharing sharebar social socials addtoany addthis related relateds recirc recirculation recommended "
    "recommendation recommendations readmore trending popular outbrain taboola zergnet newsletter newsletters "
    "subscribe subscription signup piano cookie cookies cookiebar consent gdpr cmp onetrust didomi comment comments "
    "commentlist disqus respond breadcrumb breadcrumbs sidebar widget advert adverts advertisement advertising ad "
    "ads adslot adbox dfp sponsor sponsored promo promos promotion popup modal overlay lightbox printonly toolbar "
    "authorbox bio tag tags taglist topics keywords pagination pager copyright colophon skiplinks visuallyhidden "
    "noprint donate donation membership followus feedback rating mostread"
)
"""Single words of class names and ids."""
NOISE_NAME_PAIRS = words(
    "read-more read-also more-stories more-on also-read most-read most-popular teaser-list sign-up side-bar ad-slot "
    "print-only article-tools author-bio author-box about-author tag-list prev-next post-nav skip-link "
    "screen-reader sr-only visually-hidden no-print follow-us jp-relatedposts latest-posts"
)
"""Two words of them in a row."""
STORY_NAMES = re.compile(r"article-?_*body|story-?body|(?:entry|post|article|main)-content|post-body", re.I)
"""What such names call the story itself."""
