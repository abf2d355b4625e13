"""Input files as they come: which ones a path stands for, how they are opened, and what shape they have. No Flink."""

from livesegments.files.converting import converted
from livesegments.files.lines import EventLines
from livesegments.files.listing import event_files, list_files
from livesegments.files.opening import opened
from livesegments.files.ordering import in_time_order
from livesegments.files.shapes import refuse_wrong_shape, shape_of
from livesegments.files.staging import stage_events
from livesegments.files.unread import why_nothing_was_read

__all__ = [
    "EventLines",
    "converted",
    "event_files",
    "in_time_order",
    "list_files",
    "opened",
    "refuse_wrong_shape",
    "shape_of",
    "stage_events",
    "why_nothing_was_read",
]
