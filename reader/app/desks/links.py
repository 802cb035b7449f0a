"""Links: labels over those in sight, and the list of all; each can be opened, copied or followed as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.app.desks import Desk, errand
from reader.app.labels import labels
from reader.app.widgets.label_line import Use

if TYPE_CHECKING:
    from reader.app.screens.front_page import FrontPage
    from reader.app.screens.links import Picked


class Links(Desk):
    """What leads out of the story."""

    def __init__(self, paper: FrontPage) -> None:
        super().__init__(paper)
        self._labelled: dict[str, tuple[int, int]] = {}

    # Labels over those in sight

    def hint(self) -> None:
        """Label the links in sight."""
        paper, view = self.paper, self.paper.story_view
        if not view.display:
            self.say("Open a story first; its links are labelled there.")
            return
        links = view.visible_links()
        if not links:
            self.say("No link is in sight.")
            return
        self._labelled = {label: link.key for label, link in zip(labels(len(links)), links, strict=True)}
        view.hints = {key: label for label, key in self._labelled.items()}
        paper.add_class("-labelling")
        paper.label_line.begin(self._labelled)

    def labelled(self, label: str, use: Use) -> None:
        """A label was typed."""
        view, key = self.paper.story_view, self._labelled[label]
        link = next((link for link in view.visible_links() if link.key == key), None)
        self.stop_labelling()
        if link is None:
            return
        if use == "open":
            view.follow(key)
        elif not link.url:
            self.say("That leads to a note of the story, and not out of it.")
        else:
            self.use(link.url, link.text, use)

    def stop_labelling(self) -> None:
        """No labels any more; the story has the focus, as its links were looked at."""
        paper = self.paper
        if not paper.has_class("-labelling"):
            return
        paper.remove_class("-labelling")
        paper.story_view.hints = {}
        if paper.label_line.has_focus:
            paper.enter(paper.pane)

    # The list of all

    def list(self) -> None:
        """Show every link of the story with its address."""
        from reader.app.screens.links import LinkList

        links = self.paper.story_view.links()
        if not links:
            self.say("There is no link in this story." if self.paper.open_story else "No story is open.")
            return
        self.paper.app.push_screen(LinkList(links, self.paper.marks, self.paper.keys), self.picked)

    def picked(self, picked: Picked | None) -> None:
        """A link of the list was chosen for something."""
        if picked is not None:
            self.use(picked.link.url, picked.link.text, picked.use)

    # What is done with one

    def use(self, url: str, words: str, use: Use) -> None:
        """Open, copy or follow."""
        if use == "open":
            self.paper.outside.open_link(url, words)
        elif use == "copy":
            self.copy(url)
        else:
            self.paper.news.add(url)

    @errand("outside")
    async def copy(self, url: str) -> None:
        """An address to the clipboard."""
        await self.paper.outside.copy(url, f"Copied: {url}")
