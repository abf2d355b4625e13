"""A survey of events against a definition: what came, what nothing reads, what never matched, what looks wrong."""

from livesegments.survey.findings import findings_of, never_matched, skipped_of
from livesegments.survey.names import Slip, count_names, slips, slips_line
from livesegments.survey.records import Finding, NeverCame, NeverMatched, Skipped
from livesegments.survey.report import Report, report_of
from livesegments.survey.survey import Survey

__all__ = [
    "Finding",
    "NeverCame",
    "NeverMatched",
    "Report",
    "Skipped",
    "Slip",
    "Survey",
    "count_names",
    "findings_of",
    "never_matched",
    "report_of",
    "skipped_of",
    "slips",
    "slips_line",
]
