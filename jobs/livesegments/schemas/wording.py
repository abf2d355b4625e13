"""What each kind of feature and each of its options is, in one line for editors."""

from __future__ import annotations

__all__ = ["FEATURES", "OPTIONS"]

FEATURES: dict[str, str] = {
    "trait": "The newest value of a trait, by event time.",
    "count": "How many events.",
    "sum": "What the numbers at `of` add up to.",
    "mean": "The mean of the numbers at `of`.",
    "min": "The least of the numbers at `of`.",
    "max": "The greatest of the numbers at `of`.",
    "first": "The first value at `of`.",
    "last": "The last value at `of`.",
    "recent": "The last n values at `of`, newest first.",
    "distinct": "How many different values there are at `of`.",
    "top": "The n most frequent values at `of`.",
    "share": "The share of the most frequent value at `of`, or of `equals`.",
    "ratio": "How many of the first events over how many of the second.",
    "rate": "How many events `per` a time.",
    "days_since": "Days since the last such event.",
    "days_until": "Days until the next anniversary of the date that a trait holds.",
    "days_since_change": "Days since the trait got the value that it has.",
    "followed": "How many of the first events were followed by one of the second.",
    "unfollowed": "How many of the first events were not followed by one of the second.",
    "decayed": "A sum of weights that halve every `half_life`.",
    "peak": "The busiest season, month, weekday or hour.",
    "peak_share": "The share of events in the busiest season, month, weekday or hour.",
    "session": "The user's visits: how many, how long, how many pages.",
    "value": "An expression over other features.",
    "cluster": "The name of the user's cluster in a clustering.",
    "prediction": "What a prediction says of the user.",
    "bucket": "A number from 0 to 99 that the name and the user's id give: for holdouts and tests.",
}
OPTIONS: dict[str, str] = {
    "of": "Where in an event the value is, such as revenue or products.brand.",
    "where": "Only events for which this holds, such as 'category == \"shoes\"'.",
    "items": "Only those of the event's products for which this holds.",
    "within": "Only events of the last time, such as 90d.",
    "between": "Only events between two ages, the longer first, such as [90d, 30d].",
    "since": "Only events later than the user's newest one of these.",
    "n": "How many values.",
    "equals": "The value whose share it is.",
    "per": "The time of the rate, such as 30d.",
    "half_life": "After so long a weight is half of what it was.",
    "by": "What is compared.",
    "gap": "A pause longer than this starts a new session; 30m.",
    "events": "Which events belong to a session.",
    "in": "How soon the second must follow.",
    "after": "How long ago the first must lie.",
}
