"""The planned life stories: what kinds of behaviour there are, and which story leads through which of them.

Purchases follow BG/NBD (Fader, Hardie and Lee 2005): a user's rate per day is Gamma(r, alpha), and after each repeat
purchase the user drops out for good with a probability that is Beta(a, b). Each behaviour has its own four parameters.

The numbers are chosen so that a whole shop, over a year, has the funnel and the repeat rate of real ones: product
views : products added to a cart : products bought as 4895 : 50 : 54 (a slice of a real behaviour log), and 0.31 (CDNOW)
to 0.46 (Online Retail) of the orders are followed by another one of the same user within 30 days.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["BEHAVIOURS", "BY_NAME", "STORIES", "Behaviour", "Season", "Story"]

Season = Literal["all year", "christmas", "summer"]


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """How users behave for a while.

    Rates are per day, shares and probabilities from 0 to 1. `loyalty` is the share of bought products that are of the
    favourite brand; `premium` users like dearer categories and take the dearer of two products. `first_order`: it
    begins with an order. `r` of 0 means no purchases beyond that one.
    """

    name: str
    visits: float
    visit_events: float
    r: float = 0.0
    alpha: float = 1.0
    a: float = 0.0
    b: float = 1.0
    first_order: bool = True
    seasonal: bool = False
    products: float = 1.25
    premium: bool = False
    loyalty: float = 0.0
    email_open: float = 0.3
    sms_open: float = 0.3
    push_tap: float = 0.1
    offer_taken: float = 0.3


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A life as a customer: behaviours in turn, and the share of users who live it."""

    name: str
    share: float
    behaviours: tuple[str, ...]


BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        name="high_value", visits=0.5, visit_events=13, r=12, alpha=222, a=1, b=250, products=3.0, premium=True,
        email_open=0.65, sms_open=0.6, push_tap=0.35, offer_taken=0.6,
    ),
    Behaviour(
        name="loyalist", visits=0.12, visit_events=10, r=8, alpha=360, a=1, b=120, loyalty=0.93,
        email_open=0.4, sms_open=0.4, push_tap=0.15,
    ),
    Behaviour(
        name="seasonal", visits=0.05, visit_events=10, r=14, alpha=52, a=1, b=120, first_order=False, seasonal=True,
        email_open=0.3,
    ),
    Behaviour(
        name="browser", visits=0.8, visit_events=19, r=3, alpha=700, a=1, b=30, first_order=False,
        email_open=0.3, offer_taken=0.1,
    ),
    Behaviour(
        name="regular", visits=0.12, visit_events=11, r=4, alpha=220, a=1, b=80,
        email_open=0.4, sms_open=0.4, push_tap=0.15, offer_taken=0.4,
    ),
    Behaviour(name="casual", visits=0.06, visit_events=10, r=3, alpha=340, a=1, b=40, email_open=0.33),
    Behaviour(name="one_time", visits=0.008, visit_events=5, email_open=0.05, sms_open=0.05, push_tap=0.01),
    Behaviour(
        name="bargain", visits=0.3, visit_events=8, r=5, alpha=90, a=1, b=60, products=1.1,
        email_open=0.2, sms_open=0.5, push_tap=0.5, offer_taken=0.9,
    ),
    Behaviour(
        name="lapsed", visits=0.003, visit_events=4, first_order=False, email_open=0.02, sms_open=0.02, push_tap=0.005
    ),
)  # fmt: skip
BY_NAME: dict[str, int] = {behaviour.name: number for number, behaviour in enumerate(BEHAVIOURS)}

STORIES: tuple[Story, ...] = (
    Story(name="high_value", share=0.035, behaviours=("high_value",)),
    Story(name="brand_loyalist", share=0.10, behaviours=("loyalist",)),
    Story(name="seasonal_shopper", share=0.08, behaviours=("seasonal",)),
    Story(name="frequent_browser", share=0.10, behaviours=("browser",)),
    Story(name="one_time_buyer", share=0.25, behaviours=("one_time",)),
    Story(name="browser_who_converts", share=0.08, behaviours=("browser", "regular")),
    Story(name="regular_who_lapses", share=0.10, behaviours=("regular", "lapsed")),
    Story(name="casual_buyer", share=0.255, behaviours=("casual",)),
    Story(name="bargain_hunter", share=0.0, behaviours=("bargain",)),
)
