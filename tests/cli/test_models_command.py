"""`livesegments models`: the table, JSON and picture of how good predictions are, and what is said of wrong input."""

import json
from pathlib import Path

import pytest

from livesegments.cli import main
from livesegments.models.passes import learn_models
from livesegments.models.predictions.quality import Quality, Scored
from models.prediction_lines import START_MS, definition, shop_lines, text_of

NAMES = ("buys", "alive", "worth", "class_later")
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from models.prediction_lines import PREDICTIONS

    folder = tmp_path_factory.mktemp("models")
    (folder / "segments.yaml").write_text(text_of({name: PREDICTIONS[name] for name in NAMES}))
    (folder / "events.jsonl").write_bytes(b"\n".join(shop_lines()))
    rows = [row.payload for row in learn_models(definition(*NAMES), shop_lines())]
    (folder / "models.jsonl").write_bytes(b"\n".join(rows))
    return folder


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "140")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(["models", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_each_prediction_is_told_by_version_beside_the_base_rate(run) -> None:
    code, out, _ = run("--models", "models.jsonl")
    assert code == 0
    for name in NAMES:
        assert f"{name} (" in out
    assert out.count("base rate") == 3
    assert out.count("mean ") > 0
    assert "AUC" in out
    assert "version 9" in out


def test_json_from_events_is_that_of_the_models_file(run) -> None:
    code, out, _ = run("--models", "models.jsonl", "--json")
    reports = json.loads(out)
    assert (code, [report["prediction"] for report in reports]) == (0, sorted(NAMES))
    buys = next(report for report in reports if report["prediction"] == "buys")
    assert buys["quality"]["measures"]["auc"] > buys["quality"]["base"]["auc"]
    assert set(buys["quality"]["measures"]) == {"auc", "log_loss", "brier", "calibration_error", "lift"}
    assert run("--events", "events.jsonl", "--json", "-q")[1] == out


def test_pictures_are_png_and_svg(run, place: Path) -> None:
    pytest.importorskip("matplotlib")
    for name, begin in (("quality.png", b"\x89PNG"), ("quality.svg", b"<?xml")):
        assert run("--models", "models.jsonl", "--picture", name)[0] == 0
        assert (place / name).read_bytes().startswith(begin)


def test_a_model_worse_than_the_base_rate_for_a_day_is_warned_of(run, place: Path) -> None:
    quality = Quality(2)
    for number in range(400):
        outcome = float(number % 4 == 0)
        chance = 0.9 if outcome == 0.0 else 0.1
        quality.add(Scored(1, [1 - chance, chance], [0.75, 0.25], outcome), START_MS + number * DAY_MS // 100)
    import msgspec

    record = msgspec.json.encode(quality.record("buys", START_MS + 40 * DAY_MS))
    (place / "worse.jsonl").write_bytes((place / "models.jsonl").read_bytes() + b"\n" + record)
    _, out, err = run("--models", "worse.jsonl", "--json", "-q")
    assert "warning: predictions.buys has been worse than the base rate for" in err
    assert next(told for told in json.loads(out) if told["prediction"] == "buys")["warning"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required --events PATH or --models FILE, found neither"),
        (("--models", "models.jsonl", "--events", "events.jsonl"), "found both"),
        (("--models", "nowhere.jsonl"), "required a file of models"),
        (("--models", "models.jsonl", "--picture", "quality.gif"), "ends in .png or .svg"),
        (("--events", "events.jsonl", "--config", "none.yaml"), "required a section `predictions:`"),
    ],
)
def test_wrong_input_is_told_with_what_to_do(run, place: Path, arguments: tuple[str, ...], said: str) -> None:
    (place / "none.yaml").write_text("features:\n  a: {count: A}\n")
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
