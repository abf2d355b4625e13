"""A small shop's events with planned life stories, from one seed, and the truth about every user.

`generate` gives the lines in order of delivery, `truth` what is true of each user at the end; `write` makes files of
both.
"""

from livesegments.shop.generator.run import generate, truth, write
from livesegments.shop.generator.settings import START_MS, Settings
from livesegments.shop.generator.truth import CartTruth, Switch, Truth

__all__ = ["START_MS", "CartTruth", "Settings", "Switch", "Truth", "generate", "truth", "write"]
