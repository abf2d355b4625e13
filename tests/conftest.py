"""Switches of the whole test suite."""

import signal

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-streams",
        action="store_true",
        help="write the changes that the golden streams of tests/streams give now; read the diff before you commit it",
    )


def pytest_configure() -> None:
    """Heed Ctrl-C, and so does what tests start: a shell has what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
