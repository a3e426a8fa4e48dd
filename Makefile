.PHONY: test
test:
	uv sync --all-groups
	uv run ruff format --check .
	uv run ruff check .
	uv run pyright
	uv run lint-imports
	uv run pytest -n 2
