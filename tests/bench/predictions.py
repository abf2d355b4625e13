"""Progressive validation on CDNOW: who buys again within 30 days, asked at each purchase.

Run `uv run --with scikit-learn python tests/bench/predictions.py` (it fetches CDNOW; without scikit-learn the
oracle is left out). Labels come 30 days after their question; scored is the last 75 % of the time. Models were tuned
on the customers with id % 4 in 1, 2, 3 and are reported on id % 4 == 0.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from predictions_cdnow import BARS, HORIZON_MS, learn, measured, new_learner, observations, read_purchases, true_labels

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.inputs import Observation, SequenceInput, user_input
from livesegments.models.predictions.learner import LearnerOptions
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.question import Model

HEADER = f"{'model':36}{'AUC':>8}{'log loss':>10}{'Brier':>8}{'ECE':>8}{'lift':>7}{'us/event':>10}"


def main() -> None:
    """Print the table, the inference times and which bars were missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--remainders", default="0", help="customers by id %% 4, such as 1,2,3 to tune")
    remainders = [int(digit) for digit in parser.parse_args().remainders.split(",")]
    purchases = read_purchases(remainders=remainders)
    stream, labels = observations(purchases), true_labels(purchases, HORIZON_MS)
    start_ms, end_ms = stream[0].at_ms, stream[-1].at_ms
    scored = [
        label is not None and observation.at_ms >= start_ms + 0.25 * (end_ms - start_ms)
        for observation, label in zip(stream, labels, strict=True)
    ]
    truth = np.array([label or 0 for label in labels])[scored]
    print(f"CDNOW, id % 4 in {remainders}: {len(stream)} questions, {len(truth)} scored, {truth.mean():.4f} say yes")
    print(HEADER)
    table = {}
    for name, answers, microseconds in run_all(stream):
        table[name] = measured(np.array(answers)[scored], truth)
        print(line(name, table[name]) + f"{microseconds:10.0f}")
    oracle = oracle_answers(stream, labels)
    if oracle is not None:
        table["oracle"] = measured(oracle[scored], truth)
        print(line("boosted trees, every 30 days", table["oracle"]))
    print_times(stream)
    print_bars(table)


def line(name: str, measures: dict[str, float | None]) -> str:
    """Return a row of the table."""
    numbers = [measures[key] for key in ("auc", "log_loss", "brier", "calibration_error", "lift")]
    return f"{name:36}" + "{:8.4f}{:10.4f}{:8.4f}{:8.4f}{:7.2f}".format(*numbers)


def run_all(stream: Sequence[Observation]) -> list[tuple[str, list[float], float]]:
    """Run every model once; the learner's newest state answers, or (daily) the newest published version."""
    newest, daily, monthly = (LearnerOptions(version_every_ms=days * DAY_MS) for days in (0, 1, 30))
    runs: list[tuple[str, Model, LearnerOptions]] = [
        ("logistic_regression", "logistic_regression", newest),
        ("logistic_regression, daily versions", "logistic_regression", daily),
        ("decision_tree", "decision_tree", newest),
        ("gru", "gru", newest),
        ("gru, daily versions", "gru", daily),
        ("lstm", "lstm", newest),
        ("bg_nbd", "bg_nbd", monthly),
        ("bg_nbd, daily versions", "bg_nbd", daily),
    ]
    results = [("base rate", base_answers(stream), 0.0)]
    for name, model, options in runs:
        started = time.perf_counter()
        answers = learn(model, options, stream)[0]
        results.append((name, answers, (time.perf_counter() - started) / len(stream) * 1e6))
    chances = {name: np.clip(answers, 1e-6, 1 - 1e-6) for name, answers, _ in results}
    odds = [np.log(chances[name] / (1 - chances[name])) for name in ("logistic_regression", "gru", "bg_nbd")]
    results.append(("mean log-odds of LR, GRU, BG/NBD", (1 / (1 + np.exp(-np.mean(odds, axis=0)))).tolist(), 0.0))
    return results


def base_answers(stream: Sequence[Observation]) -> list[float]:
    """Return the share of matured labels that came true, at each question."""
    learner, answers = new_learner("logistic_regression", LearnerOptions(version_every_ms=0)), []
    for observation in stream:
        learner.advance(observation.at_ms)
        answers.append(learner.base.predict_one()[1])
        learner.observe(observation)
    return answers


def oracle_answers(stream: Sequence[Observation], labels: Sequence[int | None]) -> np.ndarray | None:
    """Return the chances of boosted trees that are fitted anew every 30 days to all labels matured by then."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError:
        print("(no scikit-learn: the oracle is left out)")
        return None
    times = np.array([observation.at_ms for observation in stream])
    vectors = np.array([observation.vector for observation in stream])
    answers = np.full(len(stream), 0.5)
    for from_ms in range(int(times[0]) + 60 * DAY_MS, int(times[-1]) + 1, 30 * DAY_MS):
        known = times + HORIZON_MS <= from_ms
        asked = (times >= from_ms) & (times < from_ms + 30 * DAY_MS)
        targets = np.array([label for label, is_known in zip(labels, known, strict=True) if is_known])
        trees = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=40, random_state=0
        )
        if asked.any():
            answers[asked] = trees.fit(vectors[known], targets).predict_proba(vectors[asked])[:, 1]
    return answers


def print_times(stream: Sequence[Observation]) -> None:
    """Print the median time of one answer from a published version, as the Segmenter asks it."""
    print("\ninference, median us per event, and size of a version as JSON")
    for kind in ("logistic_regression", "decision_tree", "gru", "lstm", "bg_nbd"):
        learner = learn(kind, LearnerOptions(version_every_ms=30 * DAY_MS), stream[:6000])[1]
        model = PredictionModel.decode(learner.model.encode())
        times, largest = [], 0
        users = {}
        for observation in stream[:6000]:
            user = users.setdefault(observation.user, user_input(kind))
            user.apply(observation)
            times.append(timed(answer(model, user)))
            largest = max(largest, len(msgspec.msgpack.encode(user.encode())))
        size = len(model.encode())
        print(f"{kind:36}{statistics.median(times):8.1f} us{size:8} bytes, at most {largest} bytes per user")


def answer(model: PredictionModel, user: object) -> Callable[[], object]:
    """Return the call to time: one step for recurrent models, one vector for the others."""
    if isinstance(user, SequenceInput):
        return lambda: model.predict_for(user)
    vector = user.vector()
    return lambda: model.predict(vector)


def timed(call: Callable[[], object]) -> float:
    """Return how many microseconds the call took."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e6


def print_bars(table: dict[str, dict[str, float]]) -> None:
    """Print each bar and whether it was met."""
    print()
    for name, bar in BARS.items():
        auc, error = table[name]["auc"], table[name]["calibration_error"]
        verdict = "met" if auc >= bar and error <= 0.04 else "MISSED"
        print(f"{name}: AUC {auc:.4f} (bar {bar}), ECE {error:.4f} (bar 0.04): {verdict}")
    if "oracle" in table:
        best = max(BARS, key=lambda name: table[name]["auc"])
        distance = table["oracle"]["auc"] - table[best]["auc"]
        verdict = "met" if distance <= 0.01 else "MISSED"
        print(f"best of ours, {best}, is {distance:+.4f} AUC behind the oracle (bar 0.01): {verdict}")


if __name__ == "__main__":
    main()
