"""Packages that only one command needs: loaded when it runs, with an error that says how to get them."""

from __future__ import annotations

import importlib
from types import ModuleType

from livesegments.core.errors import EdgeError

__all__ = ["load_extra"]


def load_extra(module: str, extra: str) -> ModuleType:
    """Import a module of an extra; raises EdgeError that names the extra where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != name:
            raise  # it is there, and broken
        raise EdgeError(
            f"relay {extra}: required the Python package {name}, found none; "
            f"install it with: pip install 'livesegments[{extra}]'"
        ) from None
