"""The desks of the paper: each does one kind of work for the screen, and has the state that only this work needs.

The screen has the panes, the focus and the words; a key is a verb of a desk (`marking.star`), and what a widget reports
is handed to the desk that it concerns. Desks speak to each other through the paper, and to the library through `ask`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from reader.errors import ReaderError

if TYPE_CHECKING:
    from textual.worker import Worker

    from reader.app.screens.front_page import FrontPage
    from reader.library import Library
    from reader.settings import Settings

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
AnyDesk = TypeVar("AnyDesk", bound="Desk")


class Desk:
    """One of them."""

    def __init__(self, paper: FrontPage) -> None:
        self.paper = paper

    @property
    def library(self) -> Library:
        """Where everything is asked and written."""
        return self.paper.library

    @property
    def settings(self) -> Settings:
        """As the program was started with."""
        return self.paper.settings

    def say(self, sentence: str) -> None:
        """Tell the reader in the status line."""
        self.paper.say(sentence)

    def tell(self, sentence: str) -> None:
        """Tell the reader in a toast."""
        self.paper.tell(sentence)

    async def ask(self, verb: Callable[Asked, Answer], *args: Asked.args, **options: Asked.kwargs) -> Answer | None:
        """The library's answer, from a thread; None when it has none, which the reader is told."""
        try:
            return await asyncio.to_thread(verb, *args, **options)
        except ReaderError as error:
            self.paper.excuse(error)
            return None


def errand(
    group: str, *, exclusive: bool = False
) -> Callable[
    [Callable[Concatenate[AnyDesk, Asked], Coroutine[Any, Any, Answer]]],
    Callable[Concatenate[AnyDesk, Asked], Worker[Answer]],
]:
    """A desk's coroutine that runs as a worker of the paper; of an exclusive group only the last one goes on."""

    def wrap(
        method: Callable[Concatenate[AnyDesk, Asked], Coroutine[Any, Any, Answer]],
    ) -> Callable[Concatenate[AnyDesk, Asked], Worker[Answer]]:
        @wraps(method)
        def start(desk: AnyDesk, /, *args: Asked.args, **options: Asked.kwargs) -> Worker[Answer]:
            work = partial(method, desk, *args, **options)  # a coroutine would complain if it is cancelled unbegun
            name = method.__name__  # as the description, too: Textual would write out the arguments, whole stories
            return desk.paper.run_worker(work, name=name, group=group, description=name, exclusive=exclusive)

        return start

    return wrap
