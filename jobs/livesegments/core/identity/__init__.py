"""Identity: which user an event belongs to, and what a visitor hands over when it turns out to be a user."""

from livesegments.core.identity.identity import Ending, Handover, Identity, Move, Resolved

__all__ = ["Ending", "Handover", "Identity", "Move", "Resolved"]
