"""Words of other tools for what a definition file calls by one word, and what to use where there is no such thing."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["meant"]

_KINDS = {
    "trait": "attribute property user_property user_attribute identify",
    "count": "counter number number_of frequency occurrences total_count did performed",
    "sum": "total",
    "mean": "avg average",
    "min": "minimum",
    "max": "maximum",
    "first": "oldest earliest",
    "last": "newest latest",
    "recent": "history array_agg collect collect_list",
    "distinct": "unique uniques unique_count count_unique count_distinct distinct_count nunique cardinality",
    "top": "mode most_common most_frequent favorite favourite",
    "ratio": "percent percentage proportion conversion conversion_rate",
    "days_since": "recency days_ago time_since last_seen",
    "days_until": "birthday anniversary",
    "decayed": "decay ewma exponential",
    "followed": "sequence sequential funnel then followed_by",
    "unfollowed": "not_followed not_followed_by abandoned",
    "session": "visit visits sessions",
    "value": "expression expr formula computed calculated",
    "bucket": "random hash sample_of",
}
_OPTIONS = {
    "when": "condition conditions rule rules filter filters criteria query where if match enter enter_when entry",
    "where": "condition conditions rule rules filter filters criteria query when if having",
    "exit_when": "exit leave leave_when leaves_when until exit_condition",
    "min_dwell": "dwell stay min_stay min_duration minimum_dwell",
    "cooldown": "pause cool_off reentry_after",
    "kind": "type",
    "members": "users user_ids",
    "title": "name label display_name",
    "response": "action message campaign",
    "tags": "labels",
    "within": "window period timeframe time_range during over last_days interval",
    "of": "property field path column attribute",
    "by": "group_by key join_on match_on",
    "in": "within_time max_gap",
    "after": "delay wait",
    "since": "reset reset_on reset_by",
    "gap": "timeout",
    "n": "limit size top_n",
    "half_life": "halflife",
}
_SECTIONS = {
    "segments": "audiences cohorts audience cohort rules groups",
    "features": "metrics attributes properties fields variables",
    "predictions": "models",
    "timezone": "tz time_zone zone",
}
_SPREAD = "use `mean`, `min` or `max`, or count what lies above a number, as in {count: A, where: 'revenue > 100'}"
_ROW = "read a calendar window for each length, as in {count: A, within: {calendar: day, last: 2}}"
_RANK = "compare with a number; `preview --sweep` shows how many users each number gives"
_INSTEAD = {
    _SPREAD: "percentile percentiles quantile median stddev std variance p50 p75 p90 p95 p99",
    _ROW: "streak consecutive days_in_a_row",
    _RANK: "rank ntile top_percent",
}


def _turned(*tables: dict[str, str]) -> dict[str, list[str]]:
    """Give the words of ours for each word of others, in the order of the tables."""
    found: dict[str, list[str]] = {}
    for table in tables:
        for ours, theirs in table.items():
            for word in theirs.split():
                found.setdefault(word, []).append(ours)
    return found


_OURS = _turned(_KINDS, _OPTIONS, _SECTIONS)
_NONE = _turned(_INSTEAD)


def meant(found: str, known: Collection[str]) -> str:
    """Give our word for one of another tool, or what to use instead, behind a semicolon; or nothing.

    Only what may stand at the place is named.

    >>> meant("average", ["sum", "mean"]), meant("average", ["sum"])
    ('; did you mean "mean"?', '')
    """
    word = found.lower().replace("-", "_").replace(" ", "_")
    ours = next((one for one in _OURS.get(word, ()) if one in known), None)
    if ours is not None:
        return f'; did you mean "{ours}"?'
    return f"; there is no {word}: {_NONE[word][0]}" if word in _NONE and "mean" in known else ""
