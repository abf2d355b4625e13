"""The picture of a prediction's quality: whether its chances are true, and whom it finds."""

from __future__ import annotations

from typing import Any

from livesegments.models.predictions.record import PredictionQuality

__all__ = ["draw_quality"]


def draw_quality(figure: Any, quality: PredictionQuality) -> None:
    """Draw into a figure: left how often it happened by what was foretold, right the gain of asking the likeliest."""
    figure.suptitle(f"{quality.name}, up to version {quality.version}, {quality.labels:,} labels")
    left, right = figure.subplots(1, 2)
    _reliability(left, quality)
    _gain(right, quality)


def _reliability(axes: Any, quality: PredictionQuality) -> None:
    told = [found.chance for found in quality.reliability]
    happened = [found.happened for found in quality.reliability]
    axes.plot([0, 1], [0, 1], color="lightgrey", label="true chances")
    axes.plot(told, happened, marker="o", label="answers")
    for found in quality.reliability:
        axes.annotate(
            f"{found.labels:,}", (found.chance, found.happened), textcoords="offset points", xytext=(4, -10), fontsize=7
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("chance foretold")
    axes.set_ylabel("share that happened")
    axes.set_title("reliability; numbers: answers in each bin", fontsize=9)
    axes.legend(fontsize=8)


def _gain(axes: Any, quality: PredictionQuality) -> None:
    shares = [0.0, *(point.users for point in quality.gain)]
    found = [0.0, *(point.found for point in quality.gain)]
    axes.plot([0, 1], [0, 1], color="lightgrey", label="at random")
    axes.plot(shares, found, marker="o", label="likeliest first")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("share of users asked")
    axes.set_ylabel("share of those found to whom it happens")
    axes.set_title("gain", fontsize=9)
    axes.legend(fontsize=8)
