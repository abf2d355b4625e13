"""/v1/segments: sizes, members, history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from livesegments.serve.api.replying import Refusal, read_id, read_number, read_span, read_time, reply
from livesegments.serve.api.schemas import ID, SPAN, TIME, responses, whole_number
from livesegments.serve.api.site import Site
from livesegments.serve.replies import MemberList, SegmentHistory, SegmentList, SegmentReply
from livesegments.serve.tallying import STEP_MS

__all__ = ["segments_router"]

MEMBERS_MAX = 1_000
Name = Annotated[str, ID, Path(description="The segment's name.")]


def segments_router(site: Site) -> APIRouter:
    """Give the routes; they run in threads, as they may read many rows."""
    router = APIRouter(tags=["segments"])

    def known(name: str) -> str:
        found = read_id(name, "a segment's name")
        if not site.segments.is_known(found):
            raise Refusal(404, "no segment of this name: neither the definition nor a change has it")
        return found

    @router.get("/v1/segments", responses=responses(SegmentList))
    def segments() -> Response:
        """Give all segments: members, share, who entered and left today, and what the definition says."""
        return reply(site.segments.all())

    @router.get("/v1/segments/{name}", responses=responses(SegmentReply, 404, 400))
    def segment(name: Name) -> Response:
        """Give one segment."""
        return reply(site.segments.one(known(name)))

    @router.get("/v1/segments/{name}/members", responses=responses(MemberList, 404, 400))
    def members(
        name: Name,
        limit: Annotated[
            str | None, whole_number(MEMBERS_MAX), Query(description=f"At most {MEMBERS_MAX}; without it 100.")
        ] = None,
        after: Annotated[str | None, Query(description="The user id to continue after.")] = None,
    ) -> Response:
        """Give the members and since when, by user id, a page at a time."""
        most = read_number(limit, "limit", 100, MEMBERS_MAX)
        return reply(site.reader.members(known(name), most, after))

    @router.get("/v1/segments/{name}/history", responses=responses(SegmentHistory, 404, 400))
    def history(
        name: Name,
        from_: Annotated[
            str | None, TIME, Query(alias="from", description="RFC 3339; without it the first change.")
        ] = None,
        to: Annotated[str | None, TIME, Query(description="RFC 3339; without it the newest change of all.")] = None,
        step: Annotated[str | None, SPAN, Query(description="A multiple of 5m, such as 1h or 1d.")] = None,
    ) -> Response:
        """Give the members at the end of each step, and who entered and left in it."""
        found = known(name)
        from_ms, to_ms = read_time(from_, "from"), read_time(to, "to")
        if from_ms is not None and to_ms is not None and from_ms >= to_ms:
            raise Refusal(400, "to: required a time after `from`, found an earlier one")
        try:
            return reply(site.segments.history(found, from_ms, to_ms, read_span(step, "step", STEP_MS)))
        except ValueError as error:
            raise Refusal(400, str(error)) from None

    return router
