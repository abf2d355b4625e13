"""Switches of the whole test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-streams",
        action="store_true",
        help="write the changes that the golden streams of tests/streams give now; read the diff before you commit it",
    )
