"""The error of a damaged data set: no figure is given from it, other sets stay available."""

from __future__ import annotations

from tradertape_core.kernel.errors import StoredDataDamaged


def advice(name: str) -> str:
    """What to do about damaged files of a data set."""
    if name == "simulated":
        return "Restart the server with `tradertape serve --demo`: it is generated again."
    return (
        f"Restore the folder market/{name} from a backup, or set it aside with "
        f"`tradertape data discard {name}` and import its files again. If they were changed on "
        f"purpose, `tradertape data accept {name}` makes them a new version."
    )


class DataSetDamaged(StoredDataDamaged):
    """A data set's files are not those that were written. problem: what is wrong with them."""

    def __init__(self, name: str, problem: str, remedy: str = "") -> None:
        remedy = remedy or advice(name)
        super().__init__(f"Data set {name} cannot be used: {problem}. {remedy}")
        self.name = name
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[DataSetDamaged], tuple[str, str, str]]:
        """Pickle with all members: it may come from a worker process."""
        return DataSetDamaged, (self.name, self.problem, self.remedy)
