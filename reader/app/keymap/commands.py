"""The table of commands: an id, the default keys, the place where it holds, and what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from reader.app.keymap.spelling import spelled

if TYPE_CHECKING:
    from textual.binding import Binding

    from reader.settings import OwnCommand

Place = Literal["app", "paper", "list", "story", "sections", "search", "links", "changes", "sources", "first_start"]

PLACES: Mapping[Place, str] = {
    "paper": "Reading, in every pane",
    "story": "In the story",
    "list": "In any list",
    "sections": "In the sections",
    "search": "In the search",
    "links": "In the list of links",
    "changes": "In what was changed",
    "sources": "On the sources screen",
    "first_start": "On the first day",
    "app": "Everywhere",
}
"""Where bindings hold, in the order in which help tells them."""


class Command(Struct, frozen=True):
    """One thing that a key does."""

    id: str
    """`subject.verb`, for the config file."""
    keys: str
    """The default keys, separated by commas; the keys of a sequence are separated by a blank."""
    place: Place
    action: str
    """An action of the place, or a verb of one of the paper's desks: `marking.star`."""
    label: str
    """Two or three words for the status line."""
    help: str
    """One sentence."""

    @property
    def textual_action(self) -> str:
        """The action as Textual is to call it: `do('lists.go', 'latest')`."""
        return _as_called(self.action)

    @property
    def takes_count(self) -> bool:
        """Whether a number may be typed before it: `5j`."""
        return self.id in COUNTED

    def counted(self, number: int) -> str:
        """What Textual is to call for a number and this key."""
        return _as_called(COUNTED[self.id].format(n=number))


def _as_called(action: str) -> str:
    verb, _, arguments = action.removesuffix(")").partition("(")
    if "." not in verb:
        return action
    return f"do('{verb}', {arguments})" if arguments else f"do('{verb}')"


def _commands(place: Place, *rows: tuple[str, str, str, str, str]) -> tuple[Command, ...]:
    return tuple(Command(row[0], row[1], place, *row[2:]) for row in rows)


COMMANDS: tuple[Command, ...] = (
    *_commands(
        "paper",
        ("story.next", "J", "reading.step(1)", "next story", "Go to the next story of the list."),
        ("story.previous", "K", "reading.step(-1)", "previous", "Go to the previous story of the list."),
        (
            "story.next_unread", "n", "reading.unread(1)", "next unread",
            "Go to the next unread story, or to the next match.",
        ),
        (
            "story.previous_unread", "N", "reading.unread(-1)", "previous unread",
            "Go to the previous unread story, or to the previous match.",
        ),
        (
            "story.page_on", "space", "reading.page_on", "page on",
            "Page down; at the end, go on to the next unread story.",
        ),
        (
            "story.page_back", "b", "reading.page_back", "page back",
            "Page up; at the top, go back to the end of the story read before.",
        ),
        ("history.back", "alt+left,{", "reading.travel(-1)", "back", "Go back to the story and list you came from."),
        ("history.forward", "alt+right,}", "reading.travel(1)", "forward", "Go forward again, after going back."),
        ("pane.open", "enter,l,right", "deeper", "open", "Open what is selected, one pane deeper."),
        ("pane.back", "h,left,escape", "shallower", "back", "Go one pane back."),
        ("pane.next", "tab", "next_pane", "next pane", "Go to the next pane."),
        ("pane.previous", "shift+tab", "previous_pane", "previous pane", "Go to the previous pane."),
        ("story.toggle_read", "m", "marking.toggle_read", "read/unread", "Mark the story read, or unread again."),
        ("list.mark_read", "A", "marking.listed", "all read", "Mark every listed story read."),
        ("list.mark_above", "M k", "marking.above", "read to here", "Mark the list read from its top to this story."),
        ("list.mark_below", "M j", "marking.below", "read below", "Mark the list read below this story."),
        ("list.mark_section", "M s", "marking.section", "section read", "Mark the whole section of this story read."),
        ("list.mark_older", "M o", "marking.older", "older read", "Mark what is older than so many days read."),
        ("list.mark_unread", "M u", "marking.listed_unread", "all unread", "Mark every listed story unread again."),
        ("mark.undo", "u", "marking.undo", "undo", "Take the last change back, as often as you like, for a day."),
        ("mark.redo", "ctrl+r", "marking.redo", "redo", "Make the change again that was taken back."),
        ("story.star", "s", "marking.star", "star", "Star the story, or take the star away."),
        ("story.later", "L", "marking.later", "later", "Keep the story to read later, or let it go."),
        ("story.tags", "t", "marking.tags", "tags", "Change the tags of the story."),
        ("story.watch", "w", "marking.watch", "watch", "Be told when the story is revised, or no longer."),
        ("story.open", "o", "outside.open_in_browser", "browser", "Open the story's page in the browser."),
        (
            "story.open_and_on", "O", "outside.open_and_go_on", "browser, on",
            "Open the story's page, mark it read and go to the next.",
        ),
        ("story.play", "p", "outside.play", "play", "Play the sound or film that the story comes with."),
        ("story.pipe", "|", "sending.pipe", "pipe", "Give the story, as Markdown, to a command of yours."),
        ("story.send", "c", "sending.choose", "send to", "Give the story to one of the commands of your config."),
        ("story.edit", "ctrl+e", "outside.edit_story", "editor", "Open a copy of the story in $EDITOR."),
        (
            "aloud.toggle", "S", "aloud.toggle", "read aloud",
            "Have the story read aloud from here; pause; go on.",
        ),
        ("aloud.next", ";", "aloud.skip(1)", "next sentence", "Reading aloud: on to the next sentence."),
        ("aloud.previous", "comma", "aloud.skip(-1)", "sentence before", "Reading aloud: back to the sentence before."),
        ("story.copy_link", "y", "outside.copy_link", "copy link", "Copy the story's address."),
        ("story.copy_citation", "Y", "outside.copy_citation", "cite", "Copy a citation of the story as Markdown."),
        (
            "story.text", "x", "reading.toggle_text", "full/feed text",
            "Change between the full text and the feed's own text.",
        ),
        ("story.pictures", "i", "pictures.cycle", "pictures", "Show the story's pictures, or their captions alone."),
        ("story.elsewhere", "g o", "reading.elsewhere", "other telling", "Go to the same story in another source."),
        ("story.changes", "D", "comparing.show", "changes", "Show what the publisher changed in the story."),
        ("find.open", "/", "finding.find", "find", "Find in the story, or among the headlines of the list."),
        ("search.open", "g /", "finding.search", "search", "Search every story that is kept here, as you type."),
        ("list.filter", "=", "finding.filter", "filter", "Show only those stories of the list that a query finds."),
        ("link.hints", "f", "links.hint", "link hints", "Label the links in sight; typing a label opens its link."),
        ("link.list", "g k", "links.list", "links", "List the links of the story with their addresses."),
        ("list.view", "v", "lists.cycle_view", "view", "Show all the stories of the list, the unread, or the starred."),
        (
            "list.excerpts", "-", "lists.toggle_excerpts", "excerpts",
            "List headlines and dates alone, to have more of them in view, or with excerpts again.",
        ),
        ("list.take_in", ".", "news.take_in", "take in", "Take in the new stories that wait above the list."),
        ("go.front_page", "g f", "lists.go('front_page')", "front page", "Go to the front page."),
        ("go.latest", "g l", "lists.go('latest')", "latest", "Go to the latest stories of all sections."),
        ("go.unread", "g u", "lists.go('unread')", "unread", "Go to all unread stories."),
        ("go.starred", "g b", "lists.go('starred')", "starred", "Go to the starred stories."),
        ("go.later", "g a", "lists.go('later')", "read later", "Go to the stories kept for later."),
        ("go.watched", "g w", "lists.go('watched')", "watched", "Go to the stories that are watched."),
        ("go.history", "g h", "lists.go('history')", "history", "Go to the stories you opened, the last one first."),
        ("go.sources", "g s", "news.sources", "sources", "Show the sources and how they are doing."),
        ("go.catalogue", "g c", "news.catalogue", "catalogue", "Choose publications from the catalogue."),
        ("section.previous", "[", "sections.step(-1)", "previous section", "Go to the previous section."),
        ("section.next", "]", "sections.step(1)", "next section", "Go to the next section."),
        *(
            (f"section.{n}", str(n), f"sections.number({n})", f"section {n}", f"Go to section {n}.")
            for n in range(1, 10)
        ),
        (
            "sections.empty", "V", "sections.toggle_empty", "empty sections",
            "Hide the sections and sources with nothing unread, or show them again.",
        ),
        ("refresh.section", "r", "news.refresh_listed", "refresh", "Look for news in what is listed."),
        ("refresh.all", "R", "news.refresh_all", "refresh all", "Look for news at every source."),
        ("source.add", "a", "news.add", "add source", "Add a source by its address."),
        ("source.errors", "e", "news.errors", "errors", "Say how the sources of this list are doing, and why."),
        ("config.edit", "E", "outside.edit_config", "config", "Edit the config file in $EDITOR."),
        ("page.zen", "z", "zen", "zen", "Show the story alone, or everything again."),
        ("page.narrower", "<", "reading.measure(-4)", "narrower", "Set the story in a narrower measure."),
        ("page.wider", ">", "reading.measure(4)", "wider", "Set the story in a wider measure."),
    ),
    *_commands(
        "story",
        ("reading.down", "j,down", "line_down", "line down", "Move down one line."),
        ("reading.up", "k,up", "line_up", "line up", "Move up one line."),
        ("reading.half_down", "ctrl+d", "half_page_down", "half page", "Move down half a page."),
        ("reading.half_up", "ctrl+u", "half_page_up", "half page up", "Move up half a page."),
        ("reading.page_down", "pagedown", "page_down", "page down", "Move down one page."),
        ("reading.page_up", "pageup", "page_up", "page up", "Move up one page."),
        ("reading.top", "g g,home", "top", "top", "Go to the beginning of the story."),
        ("reading.bottom", "G,end", "bottom", "bottom", "Go to the end of the story."),
        ("table.left", "(,shift+left", "table_left", "to the left", "Slide wide tables and code back to the left."),
        ("table.right", "),shift+right", "table_right", "to the right", "Slide wide tables and code to the right."),
        ("note.follow", "^", "footnote", "footnote", "Go to the footnote of the next mark in view, and back again."),
        ("reading.jump_back", "ctrl+o", "jump_back", "jump back", "Go back to where you left for a note or heading."),
        ("link.numbers", "number_sign", "link_numbers", "link numbers", "Show or hide the numbers of the links."),
        *((f"link.{n}", str(n), f"link({n})", f"link {n}", f"Open link {n} of the story.") for n in range(1, 10)),
    ),
    *_commands(
        "list",
        ("list.down", "j,down", "down", "down", "Move down one row."),
        ("list.up", "k,up", "up", "up", "Move up one row."),
        ("list.half_down", "ctrl+d", "half_page(1)", "half page", "Move down half a page."),
        ("list.half_up", "ctrl+u", "half_page(-1)", "half page up", "Move up half a page."),
        ("list.page_down", "pagedown", "page(1)", "page down", "Move down one page."),
        ("list.page_up", "pageup", "page(-1)", "page up", "Move up one page."),
        ("list.top", "g g,home", "top", "top", "Go to the first row."),
        ("list.bottom", "G,end", "bottom", "bottom", "Go to the last row."),
    ),
    *_commands(
        "sections",
        ("sections.open", "l,right", "unfold", "sources", "Open the section to what is in it, or go on to stories."),
        ("sections.close", "h,left", "fold", "close", "Close the section."),
    ),
    *_commands(
        "search",
        ("search.choose", "enter", "choose", "open", "Open the selected story, with the results as its list."),
        ("search.order", "ctrl+t", "order", "best/newest", "Put the best first, or the newest."),
        ("search.save", "ctrl+s", "save", "keep", "Copy the lines that make this a saved search."),
        ("search.language", "f1", "language", "how to write", "Show what a search may say."),
        ("search.back", "escape", "back", "back", "Go back to where you were."),
    ),
    *_commands(
        "links",
        ("links.open", "enter,l,right,o", "open", "open", "Open the link in the browser."),
        ("links.copy", "y", "copy", "copy", "Copy the link's address."),
        ("links.subscribe", "a", "subscribe", "follow", "Follow the link as a source; shows its address first."),
        ("links.back", "escape,h,left", "back", "back", "Go back to the story."),
    ),
    *_commands(
        "changes",
        ("changes.older", "h,left,left_square_bracket", "step(-1)", "earlier", "Go to the change before."),
        ("changes.newer", "l,right,right_square_bracket", "step(1)", "later", "Go to the next change."),
        ("changes.next", "n", "go(1)", "next place", "Go to the next place that was changed."),
        ("changes.previous", "N", "go(-1)", "place before", "Go to the changed place before."),
        ("changes.back", "escape", "back", "back", "Go back to the story."),
    ),
    *_commands(
        "sources",
        ("sources.add", "a", "add", "add", "Add a source by its address."),
        ("sources.refresh", "r", "refresh", "refresh", "Look for news at this source."),
        ("sources.refresh_all", "R", "refresh_all", "refresh all", "Look for news at every source."),
        ("sources.details", "e,enter", "details", "details", "Say all about this source, its errors in full."),
        ("sources.edit", "t", "edit", "title, section", "Change the source's title or section."),
        ("sources.remove", "d,delete", "remove", "remove", "Stop following the source; asks first."),
        ("sources.undo", "u", "undo", "undo", "Take the last change back, a removed source too."),
        ("sources.redo", "ctrl+r", "redo", "redo", "Make the change again that was taken back."),
        ("sources.stories", "l,right", "stories", "its stories", "Read the stories of this source."),
        ("sources.back", "h,left,escape", "back", "back", "Go back to the paper."),
    ),
    *_commands(
        "first_start",
        ("catalogue.pick", "space,x", "pick", "pick", "Choose the publication, or leave it."),
        ("catalogue.subscribe", "enter", "subscribe", "follow these", "Follow what is chosen and open the paper."),
        ("catalogue.sample", "s", "sample", "sample edition", "Read the sample edition; needs no network."),
        ("catalogue.add", "a", "add", "an address", "Add a source by its address."),
        ("catalogue.back", "escape", "back", "to the paper", "Go to the paper as it is."),
    ),
    *_commands(
        "app",
        ("app.palette", "colon,ctrl+p", "palette", "commands", "Find any command, section, source or theme by name."),
        ("app.help", "?", "help", "keys", "Show the keys and what the marks mean; type to search."),
        ("app.back", "q", "back_or_quit", "quit", "Go back; on the paper itself, quit."),
        ("app.suspend", "ctrl+z", "suspend_process", "sleep", "Put the program to sleep; fg wakes it again."),
        ("app.quit", "Q,ctrl+q", "quit", "quit now", "Quit at once."),
    ),
)  # fmt: skip

COUNTED: Mapping[str, str] = {
    "story.next": "reading.step({n})",
    "story.previous": "reading.step(-{n})",
    "story.next_unread": "reading.unread({n})",
    "story.previous_unread": "reading.unread(-{n})",
    "section.previous": "sections.step(-{n})",
    "section.next": "sections.step({n})",
    "reading.down": "lines({n})",
    "reading.up": "lines(-{n})",
    "reading.top": "to_line({n})",
    "reading.bottom": "to_line({n})",
    "list.down": "rows({n})",
    "list.up": "rows(-{n})",
    "list.top": "to_row({n})",
    "list.bottom": "to_row({n})",
    **{f"section.{n}": "sections.number({n})" for n in range(1, 10)},
    **{f"link.{n}": "link({n})" for n in range(1, 10)},
}
"""What the keys do that take a number first, as those who know vi expect; the digits' own are for numbers above 9."""


def of_the_readers_own(commands: Sequence[OwnCommand]) -> tuple[Command, ...]:
    """The config's `[[commands]]` as rows of the table; without a key until the reader gives them one."""
    return tuple(
        Command(one.id, "", "paper", f"sending.send({n})", one.name, f"{one.name}: a command of yours.")
        for n, one in enumerate(commands)
    )


BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


def in_place(*places: Place) -> tuple[Command, ...]:
    """The commands of some places, in the order of the table."""
    return tuple(command for command in COMMANDS if command.place in places)


def bindings(place: Place) -> list[Binding]:
    """The Textual bindings of a place; each carries its id, so that the reader's keymap reaches it."""
    return bindings_of(in_place(place))


def bindings_of(commands: Iterable[Command]) -> list[Binding]:
    """The Textual bindings of these commands."""
    from textual.binding import Binding

    return [
        Binding(
            ",".join(spelled(key) for key in command.keys.split(",")),
            command.textual_action,
            command.label,
            tooltip=command.help,
            id=command.id,
            priority=command.id == "app.quit",  # from every dialog, too
        )
        for command in commands
    ]
