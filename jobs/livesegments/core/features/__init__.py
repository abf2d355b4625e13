"""The feature kinds: one class each, pure functions of events and time."""

from livesegments.core.features.buckets import Bucket, bucket_of
from livesegments.core.features.counts import Count, Rate, Ratio
from livesegments.core.features.dates import DaysSinceChange, DaysSinceDate, DaysUntil
from livesegments.core.features.elapsed import DaysSince, Decayed
from livesegments.core.features.expressions import Cluster, Prediction, Value
from livesegments.core.features.feature import Feature, ProfileView, States
from livesegments.core.features.numbers import Max, Mean, Min, Sum
from livesegments.core.features.pairs import Followed, Unfollowed
from livesegments.core.features.peaks import Peak, PeakShare
from livesegments.core.features.sessions import MEASURES, Session, SiteEvents
from livesegments.core.features.tallies import Distinct, Share, Tally, Top
from livesegments.core.features.values import First, Last, Recent, Trait

__all__ = [
    "MEASURES",
    "Bucket",
    "Cluster",
    "Count",
    "DaysSince",
    "DaysSinceChange",
    "DaysSinceDate",
    "DaysUntil",
    "Decayed",
    "Distinct",
    "Feature",
    "First",
    "Followed",
    "Last",
    "Max",
    "Mean",
    "Min",
    "Peak",
    "PeakShare",
    "Prediction",
    "ProfileView",
    "Rate",
    "Ratio",
    "Recent",
    "Session",
    "Share",
    "SiteEvents",
    "States",
    "Sum",
    "Tally",
    "Top",
    "Trait",
    "Unfollowed",
    "Value",
    "bucket_of",
]
