# Every command of the project.

# the main job on a small shop
demo:
    uv run livesegments demo

# lint, types, tests: what CI runs
ci:
    .ci/run

test *arguments:
    uv run pytest {{arguments}}

# without a cluster and a broker: seconds
quick:
    uv run pytest -m "not flink and not kafka"

lint:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy

format:
    uv run ruff check --fix .
    uv run ruff format .
