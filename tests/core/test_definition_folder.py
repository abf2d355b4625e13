"""A definition split over the files of a folder is the same definition, and mistakes name the file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from livesegments.core.definition import Definition, load_definition
from livesegments.core.errors import DefinitionError

SHOP = Path(str(resources.files("livesegments"))) / "definitions" / "shop.yaml"


def split(text: str, folder: Path) -> None:
    """Write the features whole and the segments over two files, one of them without features before it by name."""
    lines = text.splitlines(keepends=True)
    begins = {line.split(":")[0]: number for number, line in enumerate(lines) if line[0].isalpha()}
    features, segments, clusters = begins["features"], begins["segments"], begins["clusters"]
    middle = next(number for number in range(segments + 5, clusters) if lines[number].startswith("  joined_on_mobile"))
    folder.mkdir()
    (folder / "0-shop.yaml").write_text("".join(lines[:features] + lines[clusters:]))
    (folder / "features.yml").write_text("".join(lines[features:segments]))
    (folder / "segments-a.yaml").write_text("".join(lines[segments:middle]))
    (folder / "segments-b.yaml").write_text("segments:\n" + "".join(lines[middle:clusters]))
    (folder / "notes.txt").write_text("no definition")


def test_the_shop_in_four_files_is_the_shop(tmp_path: Path) -> None:
    split(SHOP.read_text(), tmp_path / "shop")
    whole, parts = load_definition(SHOP), load_definition(tmp_path / "shop")
    assert parts.digest == whole.digest
    assert parts.limits == whole.limits
    assert list(parts.segments) == list(whole.segments)
    assert Definition.from_bytes(parts.to_bytes()).digest == whole.digest


def test_a_list_of_members_is_read_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "vip.txt").write_text("ann\nben\n")
    (tmp_path / "vip.yaml").write_text("segments:\n  vip: {members: vip.txt}\n")
    assert load_definition(tmp_path).segments["vip"].members == {"ann", "ben"}


def test_mistakes_name_their_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("timezone: UTC\nfeatures:\n  orders: {count: Order Completed}\n")
    (tmp_path / "b.yaml").write_text(
        "timezone: Europe/Berlin\nsegments:\n  vip: {when: 'order > 1'}\n"
        "features:\n  orders: {count: X}\n  x: {cont: Y}\n"
    )
    with pytest.raises(DefinitionError) as raised:
        load_definition(tmp_path)
    told = str(raised.value)
    b = tmp_path / "b.yaml"
    assert f'{b}:5 features.orders: "orders" stands in {tmp_path}/a.yaml:3 too: rename or remove one' in told
    assert f'{b}:1 timezone: "timezone" stands in {tmp_path}/a.yaml:1 too, and says otherwise' in told
    assert f'{b}:3 segments.vip.when: unknown name "order"; did you mean "orders"?' in told
    assert f"{b}:6 features.x: expected exactly one of" in told
    assert len(raised.value.problems) == 4


def test_broken_yaml_in_two_files_is_told_of_both(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("features: {\n")
    with pytest.raises(DefinitionError) as raised:
        load_definition(tmp_path)
    assert {problem.file for problem in raised.value.problems} == {f"{tmp_path}/a.yaml", f"{tmp_path}/b.yaml"}


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"expected a folder with files that end in \.yaml, found none"):
        load_definition(tmp_path)


def test_numbers_that_begin_with_0_are_told_of_as_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("features:\n  shop: {share: Order Completed, of: shop, equals: 01234}\n")
    told = []
    for place in (tmp_path, file):
        with pytest.raises(DefinitionError) as raised:
            load_definition(place)
        told.append(raised.value.problems)
    assert told[0] == told[1]
    assert "YAML reads 01234 as the number 1234" in told[0][0].message
