"""What a step of the reader's came to, as a sentence: one wording for the interface and the command line. Pure."""

from __future__ import annotations

from reader.model import Change, Verb
from reader.text import counted

_ARE = {
    Verb.READ: "read",
    Verb.UNREAD: "unread",
    Verb.STAR: "starred",
    Verb.UNSTAR: "without a star",
    Verb.LATER: "kept for later",
    Verb.UNLATER: "no longer kept for later",
    Verb.WATCH: "watched",
    Verb.UNWATCH: "no longer watched",
    Verb.MUTE: "muted",
    Verb.UNMUTE: "no longer muted",
}
_OPPOSITE = {
    Verb.READ: Verb.UNREAD,
    Verb.STAR: Verb.UNSTAR,
    Verb.LATER: Verb.UNLATER,
    Verb.WATCH: Verb.UNWATCH,
    Verb.MUTE: Verb.UNMUTE,
    Verb.TAG: Verb.UNTAG,
}
_OPPOSITE |= {after: before for before, after in _OPPOSITE.items()}


def as_they_are(verb: Verb, number: int, about: str = "", *, again: str = "") -> str:
    """What stories are once something was done with them: `20 stories are read.`, `1 story has the tag sea.`"""
    what, one = counted(number, "story"), number == 1
    if verb is Verb.TAG:
        return f"{what} {'has' if one else 'have'} the tag {about}{again}."
    if verb is Verb.RETAG:
        whose = ("its" if one else "their") + " earlier" if again else "other"
        return f"{what} {'has' if one else 'have'} {whose} tags{again}."
    if verb is Verb.UNTAG:
        return f"{what} no longer {'has' if one else 'have'} the tag {about}."
    return f"{what} {'is' if one else 'are'} {_ARE[verb]}{'' if 'no longer' in _ARE[verb] else again}."


def in_words(change: Change, *, undone: bool) -> str:
    """What an undo or redo came to: `Undone: 20 stories are unread again.`"""
    lead, again = ("Undone", " again") if undone else ("Done again", "")
    if change.verb is Verb.REMOVE:
        title = change.about or "the source"
        return f"{lead}: {title} is {'followed again' if undone else 'no longer followed'}."
    verb = _OPPOSITE.get(change.verb, change.verb) if undone else change.verb
    return f"{lead}: {as_they_are(verb, len(change.story_ids), change.about, again=again)}"
