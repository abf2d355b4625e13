"""Predictions: the newest models and how good their answers were, beside the base rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livesegments.serve.api.site import Site
from livesegments.serve.models import prediction_reports
from livesegments.serve.page.charts import Chart, reliability_options
from livesegments.serve.page.elements import Line, Rows, code, column, number, text, time
from livesegments.serve.page.frame import card, follow_each, frame, heading

if TYPE_CHECKING:
    from livesegments.models.predictions.report import PredictionReport

__all__ = ["predictions"]

_ASKS = {"will": "a chance", "value": "an amount", "class": "a class"}
_MEASURES = {
    "auc": "AUC (0.5 is a coin)",
    "log_loss": "log loss (less is better)",
    "brier": "Brier score (less is better)",
    "calibration_error": "calibration error (less is better)",
    "lift": "lift in the likeliest tenth",
    "correlation": "correlation",
    "absolute_error": "mean absolute error",
    "squared_error_root": "root mean squared error",
    "bias": "bias",
}
_COLUMNS = [
    column("measure", "Measure"),
    column("model", "Model", "number"),
    column("newest", "Newest version", "number"),
    column("base", "Base rate", "number"),
]
_UNKNOWN = "No answer has had time to become true: how good it is, is not known yet."


async def predictions(site: Site) -> None:
    """Make the page."""
    with frame(site, "Predictions", "/predictions"):
        heading("Predictions, learned from the stream")
        await follow_each(
            site,
            lambda: prediction_reports(site.reader),
            lambda told: told.prediction,
            lambda told: _Prediction(told.prediction).show,
            "No prediction has been learned yet, or none is defined.",
        )


class _Prediction:
    """The card of one prediction."""

    def __init__(self, name: str) -> None:
        with card(name, anchor=name):
            self._line = Line().classes("ls-sub")
            self._warning = Line()
            self._table = Rows(name, _COLUMNS, _UNKNOWN, compact=True)
            self._chart = Chart("How often it happened, by the chance that was told", "ls-low")
            self._features = Line()

    def show(self, told: PredictionReport) -> None:
        """Show a report."""
        words = f"{_ASKS[told.asks]} by {told.model.replace('_', ' ')}, version {told.version}, in force from "
        self._line.show(text(words), time(told.effective_at))
        self._warning.show(*([text(f"⚠ {told.warning}", "ls-out")] if told.warning else []))
        self._features.show(text("learned from ", "ls-label"), code(", ".join(told.features)))
        quality = told.quality
        self._table.show([] if quality is None else _rows(quality))
        bins = [] if quality is None else [(one.chance, one.happened) for one in quality.reliability]
        self._chart.set_visible(bool(bins))
        if bins:
            self._chart.show(reliability_options(bins))


def _rows(quality: Any) -> list[dict[str, Any]]:
    newest = quality.versions[-1].measures if quality.versions else {}
    return [
        {
            "key": name,
            "measure": [text(words)],
            "model": [number(quality.measures[name], 3)],
            "newest": [number(newest.get(name), 3)],
            "base": [number(quality.base.get(name), 3)],
        }
        for name, words in _MEASURES.items()
        if quality.measures.get(name) is not None
    ]
