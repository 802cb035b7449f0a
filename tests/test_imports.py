"""What is imported when: start-up is short because nothing is loaded that the first screen does not show."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "textual",
    "httpx",
    "lxml",
    "trafilatura",
    "markdownify",
    "bs4",
    "feedparser",
    "PIL",
    "dateutil",
    "truststore",
    "asyncio",
)


def said_by(code: str) -> set[str]:
    """The words of the last line that a fresh interpreter prints for some code."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.splitlines()[-1].split())


def loaded_by(code: str) -> set[str]:
    """The top-level names of all modules that a fresh interpreter has loaded after some code."""
    return said_by(f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})")


@pytest.mark.parametrize("module", ["reader.cli", "reader.library", "reader.model", "reader.store", "reader.settings"])
def test_the_command_line_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}").intersection(HEAVY)


def test_the_interface_loads_no_network_and_no_parsers() -> None:
    loaded = loaded_by("import reader.app, reader.newsroom")
    assert not loaded.intersection(
        {"httpx", "lxml", "trafilatura", "markdownify", "bs4", "feedparser", "PIL", "truststore"}
    )


def test_the_interface_loads_little_beside_textual() -> None:
    bare = "import textual.app, textual.command, textual.containers, textual.scroll_view, textual.widgets as widgets"
    more = loaded_by("import reader.app.app, reader.newsroom") - loaded_by(f"{bare}\nwidgets.Input, widgets.Static")
    assert more <= {"reader", "apsw", "msgspec", "gc", "queue", "_queue"}


def test_no_class_that_the_interface_begins_with_is_a_dataclass() -> None:
    """Each would compile its methods, which takes as long as to load a module; there were two dozen."""
    code = """
import dataclasses, sys, reader.app.app, reader.newsroom
ours = [module for name, module in sys.modules.items() if name.startswith("reader")]
classes = {value for module in ours for value in vars(module).values() if isinstance(value, type)}
classes |= {value for one in classes for value in vars(one).values() if isinstance(value, type)}
print(*{one.__qualname__ for one in classes if dataclasses.is_dataclass(one) and one.__module__.startswith("reader")})
"""
    assert not said_by(code)


def test_the_parsing_child_loads_no_interface() -> None:
    assert not loaded_by("import reader.parsing_child").intersection({"textual", "httpx", "apsw"})


def loaded_by_command(*arguments: str) -> set[str]:
    """The same, after a command line."""
    run = f"sys.argv[1:] = {list(arguments)}; main()"
    return loaded_by(f"import sys\nfrom reader.__main__ import main\ntry: {run}\nexcept SystemExit: pass")


def test_help_loads_no_more_than_the_parser() -> None:
    loaded = loaded_by_command("--home", "anywhere", "--help") - loaded_by("")
    assert "argparse" in loaded
    assert not loaded.intersection({"typing", "pathlib", "shutil", "json", "datetime", "urllib", "msgspec", "apsw"})


def test_a_reading_command_loads_nothing_that_only_others_take(tmp_path: Path) -> None:
    loaded = loaded_by_command("--home", str(tmp_path), "stories", "--json") - loaded_by("")
    assert "apsw" in loaded
    assert not loaded.intersection({*HEAVY, "shutil", "tempfile", "platformdirs", "tomllib", "markdown_it"})


def test_a_command_loads_no_typing_but_pythons_own(tmp_path: Path) -> None:
    code = f"import sys; from reader.cli import main; main(['--home', {str(tmp_path)!r}, 'sources']); print()"
    loaded = loaded_by(code)
    assert "msgspec" in loaded
    assert not loaded & {"typing_extensions", "inspect", "json"}
