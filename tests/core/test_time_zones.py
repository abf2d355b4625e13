"""A definition names a time zone that is the same on each machine."""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.test_slips_in_definitions import FEATURES, told
from livesegments.core.definition import parse_definition

OF_A_MACHINE = ["localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin"]


@pytest.fixture
def with_all(tmp_path: Path) -> Iterator[None]:
    """Make a machine that has all of these files, which some have and some do not."""
    before = zoneinfo.TZPATH
    berlin = next(file for folder in before if (file := Path(folder) / "Europe" / "Berlin").exists())
    for name in ["Europe/Berlin", *OF_A_MACHINE]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(berlin, tmp_path / name)
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("with_all")
@pytest.mark.parametrize("name", OF_A_MACHINE)
def test_a_zone_of_the_machine_is_refused(name: str) -> None:
    message = told(f"timezone: {name}\n{FEATURES}")
    assert f'timezone: expected a time zone such as Europe/Berlin, found "{name}"' in message
    assert ("/" in name) == message.endswith('; did you mean "Europe/Berlin"?')


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "Etc/GMT+3", "Europe/Berlin"])
def test_a_zone_that_is_the_same_everywhere_is_taken(name: str) -> None:
    assert parse_definition(f"timezone: {name}\n{FEATURES}").timezone == name
