"""Everything in one value: the machine, its software, its measured speed, and what to change."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tt_core.environment.advice import Advice, advise
from tt_core.environment.blas import Blas, find_blas
from tt_core.environment.cpu import Cpu, find_cpu
from tt_core.environment.files import ROOT
from tt_core.environment.memory import Memory, find_memory
from tt_core.environment.software import NumPy, Python, System, find_numpy, find_python, find_system
from tt_core.environment.speed import Speed, measure_speed
from tt_core.environment.variables import find_variables


@dataclass(frozen=True, slots=True)
class Report:
    """What `report` found; `speed` is None where nothing was measured."""

    python: Python
    numpy: NumPy
    blas: Blas
    cpu: Cpu
    memory: Memory
    system: System
    variables: dict[str, str]
    speed: Speed | None = None
    advice: tuple[Advice, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the report as dictionaries, lists, texts and numbers, ready for `json.dumps`."""
        return asdict(self)


def report(*, measure: bool = True, root: Path = ROOT) -> Report:
    """Describe this machine, and measure its speed for about two seconds unless `measure` is False.

    `root` is the folder below which `/proc` and `/sys` are read. Nothing secret is in the result: of the environment
    only the variables named in `VARIABLES`, and paths without home folder and user name.
    """
    processor, store = find_cpu(root), find_memory(root)
    draft = Report(
        python=find_python(),
        numpy=find_numpy(),
        blas=find_blas(root),
        cpu=processor,
        memory=store,
        system=find_system(root),
        variables=find_variables(),
        speed=measure_speed(processor.caches, store.available) if measure else None,
    )
    return replace(draft, advice=advise(draft))
