"""Shards: the same key groups as Flink's, an equal share for every subtask."""

from __future__ import annotations

from typing import Any

import pytest

from livesegments.flink.shards import key_group, shard_names


@pytest.mark.parametrize("shards", [1, 2, 16, 64, 1_000])
def test_shard_i_is_key_group_i(shards: int) -> None:
    names = shard_names(shards)
    assert [key_group(name, shards) for name in names] == list(range(shards))


def test_names_never_change() -> None:
    """State is stored under them."""
    assert shard_names(8) == ["0", "9", "3", "20", "6", "22", "1", "2"]


@pytest.mark.flink
@pytest.mark.parametrize("groups", [1, 7, 64, 4_096])
def test_key_groups_are_flinks(gateway: Any, groups: int) -> None:
    assignment = gateway.jvm.org.apache.flink.runtime.state.KeyGroupRangeAssignment
    for name in ["", "0", "63", "99999", "shard-1", "Grüße"]:
        row = gateway.jvm.org.apache.flink.types.Row(1)
        row.setField(0, name)
        assert key_group(name, groups) == assignment.assignToKeyGroup(row, groups)
