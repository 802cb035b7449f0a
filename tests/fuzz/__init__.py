"""Inputs that nobody would write, for everything that takes in what others wrote.

    python -m tests.fuzz --examples 5000 [--target feeds]

`strategies.py` makes the inputs, each of them bytes; `claims.py` says what has to hold for every one; an input that
broke a claim is kept in `tests/corpus/fuzz/` and tried again by every run of the suite.
"""
