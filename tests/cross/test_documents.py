"""What the documents say is true: examples run, links lead somewhere, CI runs what the README tells people to run."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md")])
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@every_document
def test_examples_run(path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, path.name, str(path), 0)
    if not example.examples:
        pytest.skip("no examples")
    for package in sorted({*re.findall(r"^>>> (?:from|import) (tt_\w+)", "\n".join(blocks), re.MULTILINE)}):
        pytest.importorskip(package, reason=f"{package} is not installed here")
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(example, out=said.append).failed == 0, "".join(said)


@every_document
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_tells_what_ci_runs() -> None:
    demo, test = re.findall(r"^    (python3 -m venv .* tox-uv .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert test in (ROOT / ".ci" / "run").read_text().splitlines()
    assert demo == f"{test} -e demo"
