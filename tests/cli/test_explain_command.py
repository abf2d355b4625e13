"""`livesegments explain`: the text of a small story, and what is said when the input is wrong."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livesegments.cli import main
from livesegments.core.explain import Explanation

GOLDEN = Path(__file__).parent / "explain_story.txt"  # written anew by: UPDATE_GOLDEN=1 pytest tests/cli
STORY = """
version: 1
limits: {samples: 2}
features:
  country:          {trait: country}
  orders:           {count: Order Completed}
  revenue_90d:      {sum: Order Completed, of: [revenue, total], within: 90d}
  shoes_7d:         {count: Product Viewed, where: 'category == "shoes"', within: 7d}
  days_since_order: {days_since: Order Completed}
  open_rate:        {ratio: [Email Opened, Email Delivered], within: 30d}
  orders_per_month: {rate: Order Completed, per: 30d}
  brands:           {top: Order Completed, of: products.brand, n: 2}
  basket:           {value: 'revenue_90d / orders'}
segments:
  high_value:  {title: High value, when: 'revenue_90d >= 500', exit_when: 'revenue_90d < 400', min_dwell: 7d}
  lapsing:     {when: 'orders == 1 && days_since_order > 30'}
  recent:      {when: 'days_since_order < 10 || !has(country)'}
  browsers:    {when: 'shoes_7d >= 2 && !high_value'}
  readers:     {when: 'open_rate > 0.5'}
  first_swiss: {when: 'country == "CH"', kind: static}
"""


def event(kind: str, name: str | None, time: str, **fields: Any) -> str:
    record = {"type": kind, "event": name, "messageId": f"{time}{name}", "userId": "u-1", "timestamp": f"2024-{time}Z"}
    return json.dumps({key: value for key, value in (record | fields).items() if value is not None})


LINES = [
    event("identify", None, "11-01T10:00:00", traits={"country": "CH [bold]\u001b[31m"}),
    event("track", "Order Completed", "11-02T10:00:00", properties={"revenue": 620, "products": [{"brand": "A"}]}),
    event("trakc", "Order Completed", "11-02T11:00:00", properties={"revenue": 620}),
    *(
        event("track", "Product Viewed", f"11-0{day}T12:00:00", properties={"category": "shoes"})
        for day in (3, 3, 5, 6, 7)
    ),
    event("track", "Email Delivered", "11-06T09:00:00.250"),
    "{not an event of 'u-1'",
    'not an event of "u-1"',
    event("page", None, "11-08T06:00:00", userId="u-2"),
    event("page", None, "11-30T06:00:00", userId="u-2", type="alias"),
]


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "segments.yaml").write_text(STORY)
    (tmp_path / "events.jsonl").write_text("\n".join(LINES))
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["explain", *arguments])
    return int(done.value.code or 0)


@pytest.mark.usefixtures("story")
def test_a_small_story_is_told_in_100_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("u-1", "--events", "events.jsonl") == 0
    output = capsys.readouterr()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(output.out)
    assert output.out == GOLDEN.read_text()
    assert max(map(len, output.out.splitlines())) <= 100
    assert "\x1b" not in output.out
    assert output.err == "definition: segments.yaml\n"


@pytest.mark.usefixtures("story")
def test_json_is_one_explanation_of_the_same(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("u-1", "--events", "events.jsonl", "--json", "--quiet") == 0
    output = capsysbinary.readouterr()
    explanation = msgspec.json.decode(output.out, type=Explanation, strict=True)
    assert (explanation.user_id, explanation.at) == ("u-1", "2024-11-08T06:00:00.000Z")
    assert explanation.counts.dead_letters == {"invalid_event": 1, "invalid_json": 1}
    assert explanation.counts.duplicates == 1
    assert [segment.segment for segment in explanation.segments if segment.member] == ["high_value", "recent"]
    assert output.err == b""


def test_a_time_a_folder_and_gzip_are_read(story: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (story / "in").mkdir()
    (story / "in" / "1.jsonl.gz").write_bytes(gzip.compress("\n".join(LINES[:2]).encode()))
    (story / "in" / "2.jsonl").write_text("\n".join(LINES[2:]))
    assert run("u-1", "--events", "in", "--at", "2024-12-25", "--json", "-q") == 0
    explanation = msgspec.json.decode(capsysbinary.readouterr().out, type=Explanation)
    assert explanation.at == "2024-12-25T00:00:00.000Z"
    assert [segment.segment for segment in explanation.segments if segment.member] == ["high_value", "lapsing"]


def test_ids_are_found_however_they_are_written(story: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    line = event("page", None, "11-01T10:00:00", userId='ü/"1')
    (story / "escaped.jsonl").write_text(line.replace("/", "\\/") + "\n" + line.replace("11-01", "11-02"))
    (story / "plain.jsonl").write_text(json.dumps(json.loads(line), ensure_ascii=False))
    for name, count in (("escaped.jsonl", 2), ("plain.jsonl", 1)):
        assert run('ü/"1', "--events", name, "--json", "-q") == 0
        assert msgspec.json.decode(capsysbinary.readouterr().out, type=Explanation).counts.applied == count


@pytest.mark.usefixtures("story")
def test_an_unknown_user_is_told_who_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("u-3", "--events", "events.jsonl", "-q") == 2
    message = "events.jsonl: required events of user 'u-3', found none among those of 2 users"
    assert capsys.readouterr().err == f"error: {message}; did you mean 'u-2' or 'u-1'?\n"
    assert run("somebody", "--events", "events.jsonl", "-q") == 2
    assert capsys.readouterr().err.endswith("those of 2 users\n")


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--events", "nothing.jsonl"], "nothing.jsonl: required a file or a folder of events"),
        (["--events", "events.jsonl", "--at", "soon"], "--at: expected a time such as"),
        (["--events", "events.jsonl", "--config", "none.yaml"], "none.yaml:1 expected a definition file"),
    ],
)
def test_wrong_input_is_exit_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert run("u-1", *arguments) == 2
    assert said in capsys.readouterr().err


LINES_OF_ONE = """
version: 1
features: {o: {count: A}, w: {count: A, within: 10d}, country: {trait: country}}
segments:
  few:    {when: '10 - o > 3'}
  half:   {when: 'o / 2 >= 3'}
  both:   {when: 'o + w >= 6'}
  abroad: {when: '!(country in ["DE"])'}
  not_yet: {when: 'o > 5 || !(!few || country.contains("E"))', exit_when: '!half'}
"""


def test_what_a_reader_is_told_is_of_the_feature_and_for_the_condition(
    story: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (story / "lines.yaml").write_text(LINES_OF_ONE)
    events = [event("track", "A", f"11-01T10:00:0{second}") for second in (1, 2)]
    events.insert(0, event("identify", None, "11-01T10:00:00", traits={"country": "CH"}))
    (story / "two.jsonl").write_text("\n".join(events))
    assert run("u-1", "--events", "two.jsonl", "--config", "lines.yaml", "-q") == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "yes 10 - o > 3 2 5 more ends it" in told
    assert "no o / 2 >= 3 2 needs 4 more" in told
    assert "no o + w >= 6 o 2, w 2 `o + w` needs 2 more" in told
    assert told[told.index("in abroad (Abroad), since 2024-11-01 10:00") + 1] == 'yes !(country in ["DE"]) CH'
    assert '2024-11-01 10:00 enters abroad identify: !(country in ["DE"]) [CH]' in told
    start = told.index("out not_yet (Not yet)")
    assert told[start + 1 : start + 7] == [
        'enters when o > 5 || !(!few || country.contains("E")): yes',
        "no o > 5 2 needs 4 more",
        "yes few true",
        'yes !country.contains("E") CH',
        "leaves when !half: yes",
        "yes !half false",
    ]


@pytest.mark.parametrize(
    ("user", "last"),
    [("u-1", event("erase", None, "11-03T10:00:00")), ("a-1", event("identify", None, "11-03T10:00:00"))],
    ids=["erased", "merged"],
)
def test_changes_of_who_is_gone_are_told_as_they_counted(
    story: Path, capsys: pytest.CaptureFixture[str], user: str, last: str
) -> None:
    (story / "gone.yaml").write_text(
        "identity: {links: 100d}\nfeatures: {rev: {sum: A, of: revenue}}\nsegments: {st: {when: '!(rev < 3)'}}\n"
    )
    first = {"properties": {"revenue": 10}, "anonymousId": "a-1", "userId": None if user == "a-1" else user}
    lines = [event("track", "A", "11-02T10:00:00", **first), last.replace("{", '{"anonymousId": "a-1", ', 1)]
    (story / "gone.jsonl").write_text("\n".join(lines))
    assert run(user, "--events", "gone.jsonl", "--config", "gone.yaml", "-q") == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "Segments" not in told
    assert "2024-11-02 10:00 enters st A: !(rev < 3) [10]" in told
