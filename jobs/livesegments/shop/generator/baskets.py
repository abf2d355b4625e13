"""What is ordered at once, and when each step towards the order is taken."""

from __future__ import annotations

import msgspec

__all__ = ["Order"]

_STEP_MS = 20_000
_FROM_CHECKOUT_MS = 10_000


class Order(msgspec.Struct, kw_only=True):
    """One order while it is written: its steps follow `after_ms`, a view of each product first.

    `through_cart`: each product is added to the cart after its view, which is one step more. `cart` is the cart's id
    where the shop has carts.
    """

    number: int
    user: int
    context: int
    after_ms: int
    products: list[int]
    through_cart: bool
    offered: bool
    taken: bool
    refund_days: float | None
    cart: str | None = None

    def step_ms(self, number: int) -> int:
        """Give the time of a step, counted from 1."""
        return self.after_ms + _STEP_MS * number

    @property
    def added_ms(self) -> list[int]:
        """When each product is added to the cart."""
        return [self.step_ms(2 * number) for number in range(1, len(self.products) + 1)] if self.through_cart else []

    @property
    def ordered_ms(self) -> int:
        """When the order is completed: after the products, an offer, and a coupon's two steps."""
        products = len(self.products) * (2 if self.through_cart else 1)
        return self.step_ms(products + self.offered + 2 * self.taken + 1)

    @property
    def checkout_ms(self) -> int:
        """When the checkout is begun: half a step before the order."""
        return self.ordered_ms - _FROM_CHECKOUT_MS
