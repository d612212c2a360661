"""tox's plugin: what compares with the last release is skipped, and says why, while there is none to compare with."""

import runpy
from pathlib import Path

from tox.plugin import impl
from tox.tox_env.api import ToxEnv
from tox.tox_env.errors import Skip

why_not = runpy.run_path(str(Path(__file__).parent / "tools" / "releases.py"))["why_not"]


@impl
def tox_on_install(tox_env: ToxEnv) -> None:
    """Skip before anything is installed."""
    _, *factors = tox_env.conf.name.split("-")
    if factors[1:] == ["released"] and (reason := why_not(f"tt-{factors[0]}")):
        print(f"{tox_env.conf.name}: skipped: {reason}")  # tox -q would keep it to itself
        raise Skip(reason)
