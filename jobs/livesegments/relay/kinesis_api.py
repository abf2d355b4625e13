"""One Kinesis stream by boto3: its shards and their records, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.relay.backoff import wait_seconds
from livesegments.relay.extras import load_extra
from livesegments.relay.stopping import Stop

__all__ = ["KinesisStream", "Later", "ListedShard", "Page", "Record", "open_stream"]

ANSWER_SECONDS_MAX = 15
ATTEMPTS_MAX = 6  # for what a relay cannot begin without
RETRY_SECONDS_MAX = 10.0
_THROTTLED = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_AGAIN = frozenset({"InternalFailure", "InternalFailureException", "ResourceInUseException", "ServiceUnavailable"})

Given = TypeVar("Given")
Why = Literal["throttled", "expired", "unreachable"]


class Later(Exception):  # noqa: N818 - no error: the same is to be asked again
    """Kinesis did not answer this time; `why` says whether it was too much, too late, or out of reach."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why: Why = why


class ListedShard(msgspec.Struct, frozen=True):
    """One shard and those that it was made of, by a split or a merge."""

    name: str
    parents: tuple[str, ...]


class Record(msgspec.Struct, frozen=True):
    """One record as a producer put it."""

    payload: bytes
    partition_key: str
    sequence_number: str


class Page(msgspec.Struct, frozen=True):
    """What one read gave; no `next_iterator` means that the shard is closed and read to its end."""

    records: list[Record]
    next_iterator: str | None
    behind_ms: int


class KinesisStream:
    """One stream, by its ARN and the time when it was made, in milliseconds."""

    def __init__(self, client: Any, name: str, arn: str, created_at_ms: int) -> None:
        self._client = client
        self._name = name
        self.arn = arn
        self.created_at_ms = created_at_ms

    def shards(self) -> list[ListedShard]:
        """Give all shards that hold records, closed ones too. Raises Later and EdgeError."""
        found: list[ListedShard] = []
        request: dict[str, Any] = {"StreamName": self._name}
        while True:
            page = _asked(partial(self._client.list_shards, **request), self._name)
            for each in page["Shards"]:
                parents = (each.get("ParentShardId"), each.get("AdjacentParentShardId"))
                found.append(ListedShard(each["ShardId"], tuple(parent for parent in parents if parent)))
            if not page.get("NextToken"):
                return found
            request = {"NextToken": page["NextToken"]}

    def iterator(self, shard: str, after: str | None) -> str:
        """Give where to read on after a sequence number, or from the oldest record. Raises Later and EdgeError."""
        where: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
        ask = self._client.get_shard_iterator
        answer = _asked(lambda: ask(StreamName=self._name, ShardId=shard, **where), self._name)
        return str(answer["ShardIterator"])

    def read(self, iterator: str, records_max: int) -> Page:
        """Give the next records. Raises Later and EdgeError."""
        answer = _asked(lambda: self._client.get_records(ShardIterator=iterator, Limit=records_max), self._name)
        records = [Record(each["Data"], each["PartitionKey"], each["SequenceNumber"]) for each in answer["Records"]]
        return Page(records, answer.get("NextShardIterator"), answer.get("MillisBehindLatest") or 0)


def open_stream(name: str, region: str | None, endpoint: str | None, connections: int, stop: Stop) -> KinesisStream:
    """Give the stream; credentials come from where boto3 finds them. Raises EdgeError where it cannot be read."""
    boto3 = load_extra("boto3", "kinesis")
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=ANSWER_SECONDS_MAX,
        read_timeout=ANSWER_SECONDS_MAX,
        retries={"total_max_attempts": 1},  # the relay decides, and counts
        max_pool_connections=connections,
        user_agent_extra="livesegments",
    )
    try:
        client = boto3.client("kinesis", region_name=region, endpoint_url=endpoint, config=config)
    except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
        raise EdgeError(f"relay kinesis: {error}; see --region, --endpoint and AWS_DEFAULT_REGION") from None
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            answer = _asked(lambda: client.describe_stream_summary(StreamName=name), name)
            break
        except Later as later:
            if attempt == ATTEMPTS_MAX or stop.is_set:
                raise EdgeError(f"{name}: required a Kinesis that answers, found: {later}") from later
            stop.wait(wait_seconds(attempt, RETRY_SECONDS_MAX))
    summary = answer["StreamDescriptionSummary"]
    created_at_ms = round(summary["StreamCreationTimestamp"].timestamp() * 1_000)
    return KinesisStream(client, name, summary["StreamARN"], created_at_ms)


def _asked(ask: Callable[[], Given], stream: str) -> Given:
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

    try:
        return ask()
    except ClientError as error:
        code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _THROTTLED:
            raise Later("throttled", f"{code}: {message}") from error
        if code == "ExpiredIteratorException":
            raise Later("expired", message) from error
        if code in _AGAIN or status >= 500:
            raise Later("unreachable", f"{code}: {message}") from error
        raise EdgeError(f"{stream}: required a stream that may be read, found {code}: {message}") from error
    except (ConnectionError, HTTPClientError) as error:
        raise Later("unreachable", str(error)) from error
    except BotoCoreError as error:
        raise EdgeError(f"{stream}: {error}; boto3 looks for credentials as the AWS command line does") from error
