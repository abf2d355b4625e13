"""A shop to try things on: synthetic events with a known truth, and real data sets as events."""

from livesegments.shop.imports import DATASETS, import_dataset
from livesegments.shop.lines import ImportCounts

__all__ = ["DATASETS", "ImportCounts", "import_dataset"]
