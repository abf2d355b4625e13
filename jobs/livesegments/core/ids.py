"""What a profile knows of its user's ids: whether it is a user or a visitor, and which visitors it was."""

from __future__ import annotations

from livesegments.core.events import Event
from livesegments.core.profile import Identities, Profile

__all__ = ["ids_of", "note_ids"]


def ids_of(profile: Profile) -> Identities:
    """Give what is known of a user's ids; an ended visitor that came back begins anew."""
    ids = profile.identities
    if ids is None or ids.into is not None:
        ids = profile.identities = Identities()
    return ids


def note_ids(profile: Profile, event: Event) -> None:
    """Take notice of the ids of an event that was applied."""
    if event.given_user_id is None:
        if profile.identities is not None and profile.identities.into is not None:
            profile.identities = None
        return
    ids = ids_of(profile)
    ids.is_known = True
    anonymous_id = event.anonymous_id
    if anonymous_id is not None and anonymous_id != profile.user_id and anonymous_id not in ids.anonymous_ids:
        ids.add(anonymous_id)
