"""Benchmarks: each figure beside its yardstick, in one run. `make bench` runs them; no test holds a timing."""
