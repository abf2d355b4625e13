"""Where nothing has the address: what there is instead."""

from __future__ import annotations

from livesegments.serve.api.site import Site
from livesegments.serve.page.elements import Line, code, link, text
from livesegments.serve.page.frame import card, frame, heading

__all__ = ["nothing"]


def nothing(site: Site) -> None:
    """Make the page; the head has the links to all pages, and the search for a user."""
    with frame(site, "Nothing here", ""):
        heading("Nothing has this address", text("The pages are named above, and a user is found by id there."))
        with card("What there is"):
            Line(link("Overview", "/"), text(": the segments, and from each of them its members and changes"))
            Line(code("/segments/NAME"), text(": one segment, by its name in the definition"))
            Line(code("/users/ID"), text(": one user; an id is percent-encoded"))
            Line(code("/openapi.json"), text(": all that programs can ask"))
