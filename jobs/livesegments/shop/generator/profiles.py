"""The lines of `identify`: on arrival, and when a plan changes."""

from __future__ import annotations

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.people import DEVICES, PLANS
from livesegments.shop.generator.settings import Ints
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.wording import time_texts

__all__ = ["write_profiles"]

_UPGRADES_PER_DAY = 0.0003


def write_profiles(shop: Shop) -> None:
    """Write who arrives today, and who takes the next better plan."""
    arrived_ms, rng = shop.people.arrived_ms, shop.profile_rng
    today = np.flatnonzero((arrived_ms >= shop.day_ms) & (arrived_ms < shop.day_ms + DAY_MS)).astype(np.int64)
    _write(shop, today, arrived_ms[today])
    before = np.flatnonzero((arrived_ms < shop.day_ms) & (shop.people.plan < len(PLANS) - 1)).astype(np.int64)
    better = before[rng.random(before.size) < _UPGRADES_PER_DAY]
    shop.people.plan[better] += 1
    _write(shop, better, shop.day_ms + (rng.random(better.size) * DAY_MS).astype(np.int64))


def _write(shop: Shop, users: Ints, times_ms: Ints) -> None:
    words, people = shop.wording, shop.people
    contexts = people.city[users] * len(DEVICES) + people.device[users]
    lines = [
        f'{{"type":"identify","messageId":"{message}","userId":"{words.users[user]}","timestamp":"{time}Z",'
        f'"traits":{words.traits(user)},"context":{words.contexts[context]}}}'
        for message, user, time, context in zip(
            shop.message_ids(users.size), users.tolist(), time_texts(times_ms), contexts.tolist(), strict=True
        )
    ]
    shop.deliver(times_ms, lines)
