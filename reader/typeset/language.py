"""The language of a story: as it says itself, else its feed, else as its letters and little words give away. Pure."""

from __future__ import annotations

from functools import lru_cache

from reader.model import Story
from reader.patterns import late

SAMPLE = 2_000
"""Characters that are looked at."""

_SCRIPTS = (
    ("ja", late("[\u3041-\u30ff]"), 0.1),
    ("ko", late("[\uac00-\ud7af]"), 0.4),
    ("zh", late("[\u4e00-\u9fff]"), 0.4),
    ("ar", late("[\u0600-\u06ff]"), 0.4),
    ("he", late("[\u0590-\u05ff]"), 0.4),
    ("th", late("[\u0e00-\u0e7f]"), 0.4),
    ("hi", late("[\u0900-\u097f]"), 0.4),
    ("el", late("[\u0370-\u03ff]"), 0.4),
)
"""Language, its letters, and what part of all letters they must be; Japanese also writes Chinese characters."""

# Words that are frequent in one language and rare in its neighbours.
_LITTLE_WORDS = {
    "en": "the and of to is was that for with it as his they at by this from have are which you were not",
    "de": "der die und das ist nicht ein eine zu den mit von sich auf für dem auch wird im aus werden bei",
    "fr": "le la les des est et une dans pour qui pas sur au avec ce sont il elle par plus cette du ont",
    "es": "el los las y que una por con para del se como más pero sus este fue ha lo también son entre",
    "pt": "o os as que uma não com para dos do da em no na mais foi são pela também ao seu sua pelo",
    "it": "il gli che di è una per non con del della sono più nel alla dei anche delle ha si dal",
    "nl": "de het een en van is dat niet op te zijn voor met aan er ook door bij naar maar wordt",
    "sv": "och att det som en på är av för med den till inte har om ett var från men vid också",
    "da": "og at det som en på er af for med den til ikke har om et var fra men ved også blev",
    "nb": "og at det som en på er av for med den til ikke har om et var fra men ved også ble",
    "pl": "w i na z że się nie do to jest o jak po co od za przez ale są oraz był dla",
    "cs": "a v na se že je s z do o za by jsem pro ale jako jeho podle které bylo která",
    "fi": "ja on ei että se oli hän ovat mutta kun myös tai joka niin mukaan jo olla vain",
    "tr": "ve bir bu da için ile olarak çok daha olan gibi kadar sonra en değil ise ancak",
    "ru": "и в не на что он с как по это но из у за от так же было для его",
    "uk": "і в не на що з як до та це у за від про для його але є також",
}
_VOCABULARY = {language: frozenset(words.split()) for language, words in _LITTLE_WORDS.items()}
_WORD = late(r"[^\W\d_]+")


def language_of(story: Story) -> str:
    """BCP 47, lower case; "" where nothing tells."""
    told = story.item.language or (story.article.language if story.article else "")
    return told or guess(f"{story.title}\n{story.markdown[:SAMPLE]}")


@lru_cache(maxsize=64)
def guess(text: str) -> str:
    """The language that a text looks like; "" where it could be several."""
    sample = text[:SAMPLE]
    letters = sum(map(str.isalpha, sample))
    if not letters:
        return ""
    if not sample.isascii():
        for language, script, share in _SCRIPTS:
            if len(script.findall(sample)) > letters * share:
                return language
    words = _WORD.findall(sample.lower())
    counts = {language: sum(word in known for word in words) for language, known in _VOCABULARY.items()}
    best, second = sorted(counts, key=counts.__getitem__, reverse=True)[:2]
    is_clear = counts[best] * 8 >= len(words) and counts[best] > counts[second]
    return best if is_clear else ""
