"""The library as an interface needs it: what waits for the network is done in a process of its own.

An interface that fetched and parsed would keep its reader waiting whenever a thousand sources refresh. The newsroom is
started when first needed, takes requests as lines of JSON on its standard input, and answers with lines in which the
request's number stands first. It ends with its standard input, and by itself when it has long had nothing to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from reader import errors
from reader.errors import ReaderError
from reader.library import Library
from reader.model import Candidate, ImportReport, Outcome, Story, Subscription
from reader.pictures import Drawing, Frame
from reader.settings import Settings
from reader.text import EMPTY, SafeText, SafeUrl, safe_text

IDLE_S = 120
LINE_LIMIT = 32 << 20
"""Bytes; a story of a million characters is one line."""

ANSWERS: dict[str, Any] = {
    "refresh": Outcome,
    "full_story": Story,
    "discover": tuple[Candidate, ...],
    "subscribe": tuple[Subscription, Outcome],
    "subscribe_sample": tuple[Subscription, ...],
    "import_file": ImportReport,
    "picture": Drawing,
}
"""The verbs of Library that are done over there, with what one line of their answer holds."""
GIVE_WAY = "give_way"
"""The one that is not answered."""


class Request(msgspec.Struct):
    """A line to the newsroom. A verb of "" cancels the request of that number."""

    number: int
    verb: str
    arguments: dict[str, msgspec.Raw] = {}


class Answer(msgspec.Struct, omit_defaults=True):
    """A line from the newsroom: a value, an error, or the end."""

    number: int
    value: msgspec.Raw = msgspec.Raw()
    error: tuple[str, str] | None = None
    """Name of the class in reader.errors, and the sentence."""
    done: bool = False


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return os.fsencode(value)  # whose bytes may be no text
    raise TypeError(type(value).__name__)


def _decode(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(os.fsdecode(b64decode(value)))  # as which msgspec writes bytes
    raise TypeError(kind.__name__)


class _Line(msgspec.Struct):
    """The pipe to a newsroom that is running."""

    process: asyncio.subprocess.Process
    answers: dict[int, asyncio.Queue[Answer | None]] = msgspec.field(default_factory=dict)
    reading: asyncio.Task[None] | None = None

    @property
    def stdin(self) -> asyncio.StreamWriter:
        assert self.process.stdin is not None  # it is started with a pipe
        return self.process.stdin

    @property
    def is_open(self) -> bool:
        """False once the process has ended."""
        return not (self.stdin.is_closing() or self.reading is None or self.reading.done())

    async def read(self) -> None:
        """Hand each answer to the one who waits for it; when the process ends, tell all of them."""
        assert self.process.stdout is not None
        try:
            while line := await self.process.stdout.readline():
                answer = msgspec.json.decode(line, type=Answer)
                if waiting := self.answers.get(answer.number):
                    waiting.put_nowait(answer)
        except (ValueError, msgspec.MsgspecError):  # What is said there makes no sense any more.
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        finally:
            for waiting in self.answers.values():
                waiting.put_nowait(None)

    def tell(self, request: Request) -> None:
        """Say what needs no answer."""
        self.stdin.write(msgspec.json.encode(request) + b"\n")

    async def ask(self, request: Request) -> AsyncGenerator[Answer, None]:
        """All that is answered, up to and with an error or the end; less when the process ends before."""
        answers = self.answers[request.number] = asyncio.Queue()
        finished = False
        try:
            self.tell(request)
            while answer := await answers.get():
                finished = answer.done or answer.error is not None
                yield answer
                if finished:
                    return
            finished = True
        finally:
            del self.answers[request.number]
            if not finished and not self.stdin.is_closing():
                self.tell(Request(request.number, ""))

    async def end(self) -> None:
        """End the process where it stands, and wait until nothing is left of it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        self.stdin.close()
        await self.process.wait()
        if self.reading is not None:
            await self.reading


class Newsroom(Library):
    """A Library whose coroutines run in another process. Belongs to one event loop; end it with `hang_up`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._line: _Line | None = None
        self._numbers = count(1)
        self._connecting = asyncio.Lock()

    async def full_story(self, story_id: int) -> Story:
        answer: Story = await self._ask_once("full_story", story_id=story_id)
        return answer

    async def picture(self, story_id: int, url: SafeUrl, frame: Frame) -> Drawing:
        answer: Drawing = await self._ask_once("picture", story_id=story_id, url=url, frame=frame)
        return answer

    async def discover(self, address: str, kind: str = "") -> tuple[Candidate, ...]:
        answer: tuple[Candidate, ...] = await self._ask_once("discover", address=address, kind=kind)
        return answer

    async def subscribe(
        self, candidate: Candidate, *, section: SafeText = EMPTY, title: SafeText = EMPTY
    ) -> tuple[Subscription, Outcome]:
        answer: tuple[Subscription, Outcome] = await self._ask_once(
            "subscribe", candidate=candidate, section=section, title=title
        )
        return answer

    async def subscribe_sample(self) -> tuple[Subscription, ...]:
        answer: tuple[Subscription, ...] = await self._ask_once("subscribe_sample")
        return answer

    async def import_file(self, path: Path) -> ImportReport:
        answer: ImportReport = await self._ask_once("import_file", path=path)
        return answer

    async def refresh(
        self, ids: Collection[int] = (), *, everything: bool = False, full: bool = False, images: bool = False
    ) -> AsyncIterator[Outcome]:
        asked = self._ask("refresh", ids=tuple(ids), everything=everything, full=full, images=images)
        async with contextlib.aclosing(asked) as outcomes:
            async for outcome in outcomes:
                yield outcome

    def give_way(self) -> None:
        if self._line is not None and self._line.is_open:
            self._line.tell(Request(next(self._numbers), GIVE_WAY))

    async def hang_up(self) -> None:
        """End the newsroom and what it is doing; nothing that was written is lost."""
        line, self._line = self._line, None
        if line is not None:
            await line.end()

    async def _ask_once(self, verb: str, **arguments: object) -> Any:
        values = [value async for value in self._ask(verb, **arguments)]
        if not values:
            raise ReaderError("The newsroom gave no answer.")
        return values[0]

    async def _ask(self, verb: str, **arguments: object) -> AsyncGenerator[Any, None]:
        """The values of one answer. A newsroom that has gone home, for want of work, just then is asked anew."""
        raw = {name: msgspec.Raw(msgspec.json.encode(value, enc_hook=_encode)) for name, value in arguments.items()}
        said = False
        while True:
            line, request = await self._connected(), Request(next(self._numbers), verb, raw)
            async with contextlib.aclosing(line.ask(request)) as answers:
                async for answer in answers:
                    if answer.error:
                        raise _error(*answer.error)
                    if answer.done:
                        return
                    said = True
                    yield msgspec.json.decode(answer.value, type=ANSWERS[verb])
            if said or await line.process.wait() != 0:
                raise ReaderError("The newsroom ended while it was at work; what it had brought in is kept.")

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or not self._line.is_open:
                self._line = await self._start()
            return self._line

    async def _start(self) -> _Line:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "reader.newsroom",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_LIMIT,
            # It finds what we find, however we were started.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            # Signals typed at the terminal are for the interface, which then ends us.
            start_new_session=True,
        )
        line = _Line(process)
        line.stdin.write(msgspec.json.encode(self.settings, enc_hook=_encode) + b"\n")
        line.reading = asyncio.create_task(line.read())
        return line


def _error(name: str, says: str) -> ReaderError:
    """The error as it was over there."""
    kind = getattr(errors, name, ReaderError)
    if not (isinstance(kind, type) and issubclass(kind, ReaderError)):
        kind = ReaderError
    made = ReaderError.__new__(kind)
    made.args = (says,)
    return made


# Over there


class _Server:
    """Does what is asked, several things at once, with one Library."""

    def __init__(self, library: Library, write: Callable[[bytes], None]) -> None:
        self.library = library
        self.write = write
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, line: bytes) -> None:
        """Start what a line asks for, or stop it."""
        request = msgspec.json.decode(line, type=Request)
        if request.verb in ANSWERS:
            task = asyncio.create_task(self.answer(request))
            self.tasks[request.number] = task
            task.add_done_callback(lambda _: self.tasks.pop(request.number, None))
        elif request.verb == GIVE_WAY:
            self.library.give_way()
        elif task_to_end := self.tasks.get(request.number):
            task_to_end.cancel()

    async def answer(self, request: Request) -> None:
        """Run one verb; its values, its error or its end become lines."""
        verb = getattr(self.library, request.verb)
        try:
            arguments = self._arguments(request)
            if request.verb == "refresh":
                async with contextlib.aclosing(verb(**arguments)) as outcomes:
                    async for outcome in outcomes:
                        self.say(request.number, outcome)
            else:
                self.say(request.number, await verb(**arguments))
            self.send(Answer(request.number, done=True))
        except ReaderError as error:
            self.send(Answer(request.number, error=(type(error).__name__, str(error))))
        except Exception as error:  # noqa: BLE001 - told over there, where somebody waits for it
            says = safe_text(f"Something unforeseen happened ({type(error).__name__}: {error}).", 300)
            self.send(Answer(request.number, error=("ReaderError", says)))

    def _arguments(self, request: Request) -> dict[str, Any]:
        kinds = {"candidate": Candidate, "path": Path, "frame": Frame}
        return {
            name: msgspec.json.decode(raw, type=kinds.get(name, Any), dec_hook=_decode)
            for name, raw in request.arguments.items()
        }

    def say(self, number: int, value: object) -> None:
        """One value of the answer."""
        self.send(Answer(number, value=msgspec.Raw(msgspec.json.encode(value))))

    def send(self, answer: Answer) -> None:
        """One line."""
        self.write(msgspec.json.encode(answer) + b"\n")


async def serve() -> None:
    """Answer requests until standard input ends, or for as long as there is something to do and a while longer."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    output = sys.stdout.buffer

    def write(line: bytes) -> None:
        try:
            output.write(line)
            output.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more; what was to be written in the library is written

    library = Library(msgspec.json.decode(await lines.readline(), type=Settings, dec_hook=_decode))
    server = _Server(library, write)
    try:
        while True:
            try:
                line = await asyncio.wait_for(lines.readline(), IDLE_S)
            except TimeoutError:
                if server.tasks:
                    continue
                break
            if not line:
                break
            server.take(line)
    finally:
        for task in list(server.tasks.values()):
            task.cancel()
        await asyncio.gather(*server.tasks.values(), return_exceptions=True)
        await library.hang_up()
        library.close()


def main() -> None:
    """The process behind `Newsroom`. SIGTERM ends it where it stands: the store is made for that."""
    os.nice(5)
    asyncio.run(serve())


if __name__ == "__main__":
    main()
