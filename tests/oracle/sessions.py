"""Sessions: the user's activity cut where nothing happened for longer than the gap."""

from typing import Any

from oracle.definition import Feature
from oracle.durations import DAY_MS, SECOND_MS
from oracle.lines import Event
from oracle.profiles import Applied, Profile
from oracle.selections import has_item, matches, newer

MESSAGE_PREFIXES = ("Email", "SMS", "Push")
Session = list[Applied]


def session_value(profile: Profile, feature: Feature, now_ms: int) -> Any:
    """Compute one session feature; counts are 0 and all else is null while there is no session."""
    sessions = [one for one in cut(profile, feature) if feature.window.holds(one[-1].time_ms, now_ms)]
    pages = sum(one.event.type in ("page", "screen") for session in sessions for one in session)
    if feature.what == "count":
        return len(sessions)
    if feature.what == "pages":
        return pages
    if not sessions:
        return None
    if feature.what == "average_pages":
        return pages / len(sessions)
    if feature.what == "days_since":
        return (now_ms - sessions[-1][-1].time_ms) / DAY_MS
    duration_ms = sum(session[-1].time_ms - session[0].time_ms for session in sessions)
    return duration_ms / (SECOND_MS * len(sessions))


def cut(profile: Profile, feature: Feature) -> list[Session]:
    """Give all sessions, oldest first."""
    active = [one for one in newer(profile, feature) if is_activity(one.event, feature)]
    sessions: list[Session] = []
    for one in sorted(active, key=lambda one: (one.time_ms, one.arrival)):
        if sessions and one.time_ms - sessions[-1][-1].time_ms <= feature.gap_ms:
            sessions[-1].append(one)
        else:
            sessions.append([one])
    return sessions


def is_activity(event: Event, feature: Feature) -> bool:
    if not has_item(event, feature):
        return False
    if "events" in feature.options:
        return matches(event, feature.options["events"])
    return matches(event, "*") and not (event.name or "").startswith(MESSAGE_PREFIXES)
