"""What a definition would do before it is live: counts over past events, alone or against another definition."""

from livesegments.preview.cases import CaseFile, read_cases
from livesegments.preview.judging import Failure, Verdict, judge
from livesegments.preview.records import Difference, Differing, Preview, PreviewedSegment, Sampled
from livesegments.preview.report import report_of
from livesegments.preview.sample import Sample
from livesegments.preview.sweep import Sweep, SweepReport, Swept, read_sweep
from livesegments.preview.trial import Trial

__all__ = [
    "CaseFile",
    "Difference",
    "Differing",
    "Failure",
    "Preview",
    "PreviewedSegment",
    "Sample",
    "Sampled",
    "Sweep",
    "SweepReport",
    "Swept",
    "Trial",
    "Verdict",
    "judge",
    "read_cases",
    "read_sweep",
    "report_of",
]
