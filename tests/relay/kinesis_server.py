"""A Kinesis over HTTP: moto in server mode, with resharding as Amazon's does it, and faults on demand.

moto moves records to the children of a split or merge, still puts records into closed shards, and never ends a closed
shard. Here, as the API reference says: records stay where they were put, closed shards take no more, and a closed shard
that is read to its end has no next iterator.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.core.exceptions import JsonRESTError
from moto.kinesis.models import KinesisBackend, Stream
from moto.server import ThreadedMotoServer

STREAM = "shop"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Faults:
    """Every so many reads one is throttled, or finds that its iterator expired, or fails in the server; 0: never."""

    def __init__(self) -> None:
        self.throttle_every = self.expire_every = self.fail_every = 0
        self.reads = 0
        self.struck: Counter[str] = Counter()  # as the relay's summary names them

    def strike(self) -> None:
        self.reads += 1
        if self.expire_every and self.reads % self.expire_every == 0:
            self.struck["expired_iterators"] += 1
            raise JsonRESTError("ExpiredIteratorException", "Iterator expired. The iterator was created at time ...")
        if self.throttle_every and self.reads % self.throttle_every == 0:
            self.struck["throttled"] += 1
            raise JsonRESTError("ProvisionedThroughputExceededException", "Rate exceeded for shard ...")
        if self.fail_every and self.reads % self.fail_every == 0:
            self.struck["unreachable"] += 1
            failure = JsonRESTError("InternalFailure", "Internal service failure.")
            failure.code = 500
            raise failure


class Kinesis:
    """One stream on one server."""

    def __init__(self, url: str, faults: Faults) -> None:
        self.url = url
        self.faults = faults
        self.client = boto3.client(
            "kinesis", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )

    def put(self, records: list[tuple[str, bytes]]) -> None:
        """Put records, each with its partition key, in this order."""
        answer = self.client.put_records(
            StreamName=STREAM, Records=[{"PartitionKey": key, "Data": payload} for key, payload in records]
        )
        assert answer["FailedRecordCount"] == 0

    def open_shards(self) -> list[dict[str, Any]]:
        """Give the shards that take records, in the order of their hash keys."""
        shards = self.client.list_shards(StreamName=STREAM)["Shards"]
        taking = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(taking, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def split(self) -> None:
        """Split the first open shard in the middle."""
        shard = self.open_shards()[0]
        first, last = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
        self.client.split_shard(
            StreamName=STREAM, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((first + last) // 2)
        )

    def merge(self) -> None:
        """Merge the first two open shards."""
        one, other = self.open_shards()[:2]
        self.client.merge_shards(StreamName=STREAM, ShardToMerge=one["ShardId"], AdjacentShardToMerge=other["ShardId"])


@contextmanager
def running_kinesis(shards: int) -> Iterator[Kinesis]:
    """Give a Kinesis with a stream of so many shards."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line for each request
    faults = Faults()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        _reshard_as_amazon_does(patch, faults)
        server.start()
        try:
            host, port = server.get_host_and_port()
            kinesis = Kinesis(f"http://{host}:{port}", faults)
            kinesis.client.create_stream(StreamName=STREAM, ShardCount=shards)
            yield kinesis
            kinesis.client.delete_stream(StreamName=STREAM)
            kinesis.client.close()
        finally:
            server.stop()


def _reshard_as_amazon_does(patch: pytest.MonkeyPatch, faults: Faults) -> None:
    lock = threading.RLock()  # moto's own is none
    put, read, split, merge = (
        Stream.put_record,
        KinesisBackend.get_records,
        Stream.split_shard,
        Stream.merge_shards,
    )

    def put_record(self: Stream, *arguments: Any) -> Any:
        with lock:
            return put(self, *arguments)

    def get_records(self: KinesisBackend, *arguments: Any) -> Any:
        with lock:
            faults.strike()
            iterator, records, behind = read(self, *arguments)
            stream, name, last = _parts(iterator)
            shard = self.streams[stream].shards[name]
            ended = not shard.is_open and int(last) >= shard.get_max_sequence_number()
            return None if ended else iterator, records, behind

    def shard_for_key(self: Stream, partition_key: str, explicit_hash_key: str) -> Any:
        from moto.utilities.utils import md5_hash

        position = int(explicit_hash_key or int(md5_hash(partition_key.encode()).hexdigest(), 16))
        taking = [shard for shard in self.shards.values() if shard.is_open]
        return next(shard for shard in taking if shard.starting_hash <= position <= shard.ending_hash)

    def keeping(change: Any) -> Any:
        def changed(self: Stream, *arguments: Any) -> None:
            with lock:
                kept = {name: shard.records for name, shard in self.shards.items()}
                for shard in self.shards.values():
                    shard.records = OrderedDict()
                change(self, *arguments)
                for name, records in kept.items():
                    self.shards[name].records = records

        return changed

    patch.setattr(Stream, "put_record", put_record)
    patch.setattr(Stream, "get_shard_for_key", shard_for_key)
    patch.setattr(Stream, "split_shard", keeping(split))
    patch.setattr(Stream, "merge_shards", keeping(merge))
    patch.setattr(KinesisBackend, "get_records", get_records)


def _parts(iterator: str) -> list[str]:
    from moto.kinesis.utils import decompose_shard_iterator

    return decompose_shard_iterator(iterator)
