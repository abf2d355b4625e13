"""/v1/users: profiles, memberships, changes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from livesegments.serve.api.replying import Refusal, read_id, read_number, reply, unknown_user
from livesegments.serve.api.schemas import ID, responses, whole_number
from livesegments.serve.api.site import Site
from livesegments.serve.replies import ChangeList, UserSegments

__all__ = ["users_router"]

CHANGES_MAX = 1_000
UserId = Annotated[str, ID, Path(description="The user's id, percent-encoded.")]


def users_router(site: Site) -> APIRouter:
    """Give the routes; each read is one or two looks into an index, so none leaves the event loop."""
    router = APIRouter(tags=["users"])
    reader = site.reader

    def missing(user: str) -> Refusal:
        ending = reader.ending(user)
        return unknown_user(None if ending is None else ending.merged_into)

    @router.get("/v1/users/{user_id}", responses=responses("Profile", 404, 400))
    async def profile(user_id: UserId) -> Response:
        """Give the profile document; 404 for unknown, erased and merged users (then with `merged_into`)."""
        user = read_id(user_id)
        found = reader.profile(user)
        if found is None:
            raise missing(user)
        return reply(found)

    @router.get("/v1/users/{user_id}/segments", responses=responses(UserSegments, 404, 400))
    async def segments(
        user_id: UserId,
        only: Annotated[str | None, Query(description="Names, with commas: only these are told.")] = None,
    ) -> Response:
        """Give the segments that a user is in."""
        user = read_id(user_id)
        found = reader.user_segments(user)
        if found is None:
            raise missing(user)
        if only is not None:
            asked = set(only.split(","))
            kept = [name for name in found.segments if name in asked]
            found = msgspec.structs.replace(found, segments=kept)
        return reply(found)

    @router.get("/v1/users/{user_id}/changes", responses=responses(ChangeList, 404, 400))
    async def changes(
        user_id: UserId,
        limit: Annotated[
            str | None, whole_number(CHANGES_MAX), Query(description=f"At most {CHANGES_MAX}; without it 100.")
        ] = None,
        before: Annotated[
            str | None, whole_number(1 << 53), Query(description="Only changes whose sequence is smaller.")
        ] = None,
    ) -> Response:
        """Give the changes of a user, newest first; `before` of the answer continues."""
        user = read_id(user_id)
        most = read_number(limit, "limit", 100, CHANGES_MAX)
        older = read_number(before, "before", 1 << 53, 1 << 53)
        found = reader.user_changes(user, most, older)
        if found is None:
            raise missing(user)
        return reply(found)

    return router
