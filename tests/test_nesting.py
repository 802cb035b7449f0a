"""What lies in what: a slash in the names of sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.nesting import joined, lies_in, path_of, step_of


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("World", ("World",)),
        ("Technology/Linux", ("Technology", "Linux")),
        ("A/B/C", ("A", "B", "C")),
        ("TV / Radio", ("TV / Radio",)),
        ("TV /Radio", ("TV /Radio",)),
        ("https://x.example", ("https://x.example",)),
        ("/World/", ("/World/",)),
        ("", ("",)),
    ],
)
def test_paths(name, path):
    assert path_of(name) == path


@pytest.mark.parametrize(
    ("name", "section", "lies"),
    [
        ("Technology/Linux", "Technology", True),
        ("technology/linux", "Technology", True),
        ("Technology", "Technology/Linux", False),
        ("Technology Today", "Technology", False),
        ("Technologies/Linux", "Technology", False),
        ("Technology/ Linux", "Technology", False),
        ("Technology//Linux", "Technology", False),
        ("Technology//Linux", "Technology/", False),
        ("Technology/", "Technology", False),
        ("a/b/c", "a/b", True),
        ("Été/Mer", "Été", True),
        ("", "", True),
        ("/x", "", False),
    ],
)
def test_what_lies_in_what(name, section, lies):
    assert lies_in(name, section) is lies


@given(st.text("aB/ é", max_size=12), st.text("ab/ é", max_size=12))
def test_the_path_and_the_relation_say_the_same(name, section):
    steps = [step.encode().lower() for step in path_of(name)]
    above = [step.encode().lower() for step in path_of(section)]
    assert lies_in(name, section) is (steps[: len(above)] == above)


def test_names_of_folders_are_one_step_and_long_paths_keep_their_end():
    assert step_of(" TV/Radio ") == "TV / Radio"
    assert step_of("/") == ""
    assert [len(path_of(step_of(name))) for name in ("a/b", "a//b", "/a/", "a / / b")] == [1] * 4
    assert joined(["Technology", "Linux"], 100) == "Technology/Linux"
    assert joined(["x" * 90, "Linux", "Kernel"], 20) == "Linux/Kernel"
    assert joined([], 20) == ""
