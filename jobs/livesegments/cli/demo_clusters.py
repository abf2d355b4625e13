"""The demo's clusters: how many users are in each at the end, and what the median user of each is like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from livesegments.core.definition import ClusterSpec
    from livesegments.models.clusters.model import ClusterModel

__all__ = ["cluster_table", "newest_models"]


def newest_models(folder: Path) -> dict[str, ClusterModel]:
    """Give the last version of each clustering that a run wrote; none where it learned nothing."""
    from livesegments.models.files import read_models

    return {name: told.newest for name, told in read_models(folder).clusters.items()} if folder.exists() else {}


def cluster_table(spec: ClusterSpec, sizes: Mapping[str, int], model: ClusterModel | None) -> Group | Text:
    """Draw a column for each cluster, in the order of the definition's names, and a row for each feature's medians."""
    places = {name: place for place, name in enumerate(spec.names)}
    there = [name for name, size in sizes.items() if name and size]
    names = sorted(there, key=lambda name: (places.get(name, len(places)), name))
    if not names:
        return Text(f"{spec.name}, learned: nobody yet, the first version needs {spec.warm_up:,} users", "bold")
    # Three names of three words each fit into 80 columns.
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    found.add_column("cluster", no_wrap=True)
    for name in names:
        found.add_column(name, justify="right")
    found.add_row("users", *(f"{sizes[name]:,}" for name in names))
    if model is not None:
        medians = dict(zip(model.names, model.real_centres(), strict=True))
        for place, feature in enumerate(model.features):
            values = [medians[name][place] if name in medians else None for name in names]
            found.add_row(feature, *("-" if value is None else f"{value:,.3g}" for value in values))
    return Group(Text(f"{spec.name}, learned: users, and the median of each feature", "bold"), found)
