"""`livesegments clusters`: the table, JSON and picture of what was learned, and what is said of wrong input."""

import json
from pathlib import Path

import msgspec
import pytest

from livesegments.cli import main
from livesegments.core.replay import Replay
from livesegments.models.book import ModelBook
from livesegments.models.clusters.report import ClusteringReport
from livesegments.models.engine import engine_with_models
from livesegments.models.passes import learn_models
from models.three_groups import DEFINITION, DEFINITION_TEXT, GROUPS, shop_lines


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clusters")
    (folder / "segments.yaml").write_text(DEFINITION_TEXT)
    (folder / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in shop_lines()))
    book = folder / "models.jsonl"
    book.write_bytes(b"".join(row.payload + b"\n" for row in learn_models(DEFINITION, shop_lines())))
    return folder


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture
def told(place: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> ClusteringReport:
    monkeypatch.chdir(place)
    assert run("clusters", "--events", "events.jsonl", "--json", "-q") == 0
    [report] = msgspec.json.decode(capsysbinary.readouterr().out, type=list[ClusteringReport])
    return report


def test_the_planted_groups_are_found_with_their_names_sizes_and_centres(told: ClusteringReport) -> None:
    found = {cluster.name: cluster for cluster in told.clusters}
    assert set(found) == set(GROUPS)
    for name, (users, orders, _) in GROUPS.items():
        assert found[name].users == pytest.approx(users, rel=0.1)
        assert found[name].medians["orders_30d"] == pytest.approx(orders, rel=0.35)
    assert "high orders_30d" in found["High"].apart
    assert sum(cluster.share for cluster in told.clusters) == pytest.approx(1.0)


def test_stability_and_quality_are_told(told: ClusteringReport) -> None:
    assert told.stability.versions >= 5
    assert told.stability.kept is not None
    assert told.stability.kept > 0.9
    assert told.silhouette is not None
    assert told.silhouette > 0.5
    assert told.ssq_ratio == pytest.approx(1.0, abs=0.05)
    assert told.stability.user_moved is not None
    assert told.stability.user_moved > 0


def test_the_sizes_are_those_of_a_replay(told: ClusteringReport) -> None:
    book = ModelBook()
    for row in learn_models(DEFINITION, shop_lines()):
        book.add(row.payload)
    replay = Replay(engine_with_models(DEFINITION, book))
    list(replay.run(shop_lines()))
    documents = [json.loads(document) for document in replay.documents()]
    for cluster in told.clusters:
        assert cluster.users == sum(one["clusters"].get("groups") == cluster.name for one in documents)


def test_a_file_of_models_counts_the_users_of_the_sample(
    place: Path, capsysbinary: pytest.CaptureFixture[bytes], told: ClusteringReport
) -> None:
    assert run("clusters", "--models", str(place / "models.jsonl"), "--json") == 0
    [report] = msgspec.json.decode(capsysbinary.readouterr().out, type=list[ClusteringReport])
    assert sorted(cluster.users or 0 for cluster in report.clusters) == [40, 60, 80]  # the learner's sample, all users
    assert [cluster.medians for cluster in report.clusters] == [cluster.medians for cluster in told.clusters]
    assert report.stability.kept == told.stability.kept


def test_people_get_a_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("clusters", "--models", str(place / "models.jsonl")) == 0
    captured = capsys.readouterr()
    assert "Middle" in captured.out
    assert "versions: " in captured.err
    assert "quality: " in captured.err


@pytest.mark.parametrize(("name", "head"), [("clusters.png", b"\x89PNG"), ("clusters.svg", b"<?xml")])
def test_a_picture_is_drawn(place: Path, name: str, head: bytes) -> None:
    assert run("clusters", "--models", str(place / "models.jsonl"), "--picture", str(place / name), "-q") == 0
    assert (place / name).read_bytes().startswith(head)


@pytest.mark.parametrize(
    ("arguments", "told_words"),
    [
        (["clusters"], "--events PATH or --models FILE, found neither"),
        (["clusters", "--events", "events.jsonl", "--models", "models.jsonl"], "found both"),
        (["clusters", "--models", "missing.jsonl"], "found nothing"),
        (["clusters", "--models", "events.jsonl"], "events.jsonl: required at least one model, found none"),
        (["clusters", "--models", "models.jsonl", "--picture", "c.jpg"], ".png or .svg"),
        (["clusters", "--models", "models.jsonl", "--picture", "no/c.png"], "existing folder"),
        (["clusters", "--events", "none.jsonl"], "none.jsonl"),
    ],
)
def test_mistakes_are_told(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told_words: str,
) -> None:
    monkeypatch.chdir(place)
    assert run(*arguments) == 2
    assert told_words in capsys.readouterr().err
