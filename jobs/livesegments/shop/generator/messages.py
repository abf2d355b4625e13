"""The lines of e-mail, SMS and push: sent on fixed weekdays, opened or tapped hours later or never."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.people import DEVICES
from livesegments.shop.generator.settings import HOUR_MS, Bools, Floats, Ints
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.stories import BEHAVIOURS
from livesegments.shop.generator.visits import lines_of, track
from livesegments.shop.generator.wording import time_texts

__all__ = ["write_messages"]

_EMAIL_OPEN = np.array([behaviour.email_open for behaviour in BEHAVIOURS])
_SMS_OPEN = np.array([behaviour.sms_open for behaviour in BEHAVIOURS])
_PUSH_TAP = np.array([behaviour.push_tap for behaviour in BEHAVIOURS])
_LINK_CLICKED = 0.2
_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(5)


def write_messages(shop: Shop) -> None:
    """Write what is sent today and every answer to it."""
    date = datetime.fromtimestamp(shop.day_ms // 1_000, UTC)
    weekday, week = date.weekday(), date.isocalendar().week
    people = shop.people
    christmas = (11, 15) <= (date.month, date.day) <= (12, 24)
    if weekday == _TUESDAY or (christmas and weekday == _FRIDAY):
        email = ("Email Delivered", "Email Opened", "Email Link Clicked")
        _send(shop, people.gets_email, _EMAIL_OPEN, f"newsletter-{date:%Y-%m-%d}", 9, email)
    if weekday == _WEDNESDAY and week % 2 == 0:
        _send(shop, people.gets_sms, _SMS_OPEN, f"sms-{date:%Y-%m-%d}", 15, ("SMS Delivered", "SMS Opened", ""))
    if weekday in (_MONDAY, _THURSDAY):
        push = ("Push Notification Received", "Push Notification Tapped", "")
        _send(shop, people.gets_push, _PUSH_TAP, f"push-{date:%Y-%m-%d}", 17, push)


def _send(
    shop: Shop, subscribed: Bools, opened: Floats, campaign: str, hour: int, events: tuple[str, str, str]
) -> None:
    rng, people = shop.message_rng, shop.people
    users = np.flatnonzero(subscribed & (people.arrived_ms < shop.day_ms)).astype(np.int64)
    sent_ms = shop.day_ms + hour * HOUR_MS + (rng.random(users.size) * HOUR_MS).astype(np.int64)
    delivered, answered, clicked = events
    _write(shop, delivered, campaign, users, sent_ms)
    chance = np.minimum(opened[shop.behaviour[users]] * people.openness[users], 0.95)
    opens = np.flatnonzero(rng.random(users.size) < chance)
    delay = np.minimum(rng.standard_exponential(opens.size) * 3 * HOUR_MS, 1.5 * DAY_MS)
    open_ms = sent_ms[opens] + 5_000 + delay.astype(np.int64)
    _write(shop, answered, campaign, users[opens], open_ms)
    if clicked:
        clicks = np.flatnonzero(rng.random(opens.size) < _LINK_CLICKED)
        _write(shop, clicked, campaign, users[opens][clicks], open_ms[clicks] + 30_000)


def _write(shop: Shop, event: str, campaign: str, users: Ints, times_ms: Ints) -> None:
    words = shop.wording
    contexts = shop.people.city[users] * len(DEVICES) + shop.people.device[users]
    parts = zip(
        shop.message_ids(users.size),
        [words.users[user] for user in users.tolist()],
        time_texts(times_ms),
        [f'{{"campaign_id":"{campaign}"}}'] * users.size,
        [words.contexts[context] for context in contexts.tolist()],
        strict=True,
    )
    shop.deliver(times_ms, lines_of(track(event), parts))
