"""Which shards may be read: children after their parents."""

from __future__ import annotations

import doctest

import livesegments.relay.backoff
import livesegments.relay.posting
import livesegments.relay.records
import livesegments.relay.shards
import livesegments.relay.window
from livesegments.relay.kinesis_api import ListedShard
from livesegments.relay.shards import Shards

SPLIT = [ListedShard("s0", ()), ListedShard("s1", ()), ListedShard("s2", ("s0",)), ListedShard("s3", ("s0",))]
MERGED = [*SPLIT, ListedShard("s4", ("s3", "s1"))]


def names(shards: Shards) -> list[str]:
    return [shard.name for shard in shards.open()]


def test_children_wait_for_both_parents() -> None:
    shards = Shards({})
    shards.replace(MERGED)
    assert names(shards) == ["s0", "s1"]
    shards.finish("s0")
    assert names(shards) == ["s1", "s2", "s3"]
    shards.finish("s3")
    assert names(shards) == ["s1", "s2"]
    shards.finish("s1")
    assert names(shards) == ["s2", "s4"]


def test_a_restart_goes_on_where_each_shard_was() -> None:
    shards = Shards({"s0": ("17", True), "s1": ("5", False)})
    shards.replace(SPLIT)
    assert [(shard.name, shard.sequence_number) for shard in shards.open()] == [("s1", "5"), ("s2", None), ("s3", None)]


def test_a_parent_that_kinesis_forgot_holds_nothing_up_and_its_loss_is_told() -> None:
    shards = Shards({"s0": ("17", False), "gone": ("1", True)})
    shards.replace([shard for shard in SPLIT if shard.name != "s0"])
    assert names(shards) == ["s1", "s2", "s3"]
    assert shards.expired() == ["s0"]


def test_examples_in_docstrings_hold() -> None:
    tried = 0
    relay = livesegments.relay
    for module in (relay.backoff, relay.posting, relay.records, relay.shards, relay.window):
        result = doctest.testmod(module)
        assert result.failed == 0
        tried += result.attempted
    assert tried >= 12
