"""Find the milestones of all installed packages through their entry points."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from tt_core.milestones import Milestone

GROUP = "tt.milestones"


@dataclass(frozen=True, slots=True)
class Broken:
    """A milestone that is announced but cannot be used, and why."""

    name: str
    reason: str


def announced() -> dict[str, EntryPoint]:
    """Return the entry points by name, importing none of them; the first package on the path wins a name."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)
    return found


def load(entry: EntryPoint) -> Milestone | Broken:
    """Import one milestone; a package that fails to import is reported, it must not stop the others."""
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a plug-in's import may raise anything
        return Broken(entry.name, f"{entry.value} cannot be imported: {type(error).__name__}: {error}")
    if not isinstance(found, Milestone):
        return Broken(entry.name, f"{entry.value} is a {type(found).__name__}; expected a tt_core.milestones.Milestone")
    if found.name != entry.name:
        return Broken(entry.name, f"{entry.value} calls itself {found.name!r}; expected the name of its entry point")
    return found
