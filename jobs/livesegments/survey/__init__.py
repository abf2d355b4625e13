"""A survey of events against a definition: what came, what nothing reads, what never matched, what looks wrong."""

from livesegments.survey.findings import Finding, NeverMatched, Skipped, findings_of, never_matched, skipped_of
from livesegments.survey.names import NameCounter, Slip, slips, slips_line
from livesegments.survey.report import Report, report_of
from livesegments.survey.survey import Survey

__all__ = [
    "Finding",
    "NameCounter",
    "NeverMatched",
    "Report",
    "Skipped",
    "Slip",
    "Survey",
    "findings_of",
    "never_matched",
    "report_of",
    "skipped_of",
    "slips",
    "slips_line",
]
