import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tt_core.course.report import bar_text, data_uri, render, verdict, write
from tt_core.milestones import Bar, Measure, Milestone, Picture, Result, Source
from tt_core.milestones.runner import Outcome

ATTACK = "</p></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


class Page(HTMLParser):
    """Every element of a page with its attributes, and the text that a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def outcome(text: str = "words", after: float = 100.0, url: str = "https://doi.org/10.1037/h0042519") -> Outcome:
    result = Result(
        Measure(f"accuracy {text}", 50, "%"),
        Measure(f"accuracy {text}", after, "%"),
        Bar(90),
        measures=(Measure(f"epochs {text}", 438, text),),
        pictures=(Picture(f"title {text}", f"caption {text}", f"alt {text}", SVG),),
        remarks=(f"remark {text}",),
    )
    sources = (Source(f"paper {text}", url),)
    milestone = Milestone(
        f"lenet {text}", 1998, f"heading {text}", f"story {text}", ("09",), lambda *_: result, sources
    )
    return Outcome(milestone.name, milestone, result, seconds=1.25)


def page(*outcomes: Outcome) -> Page:
    return Page(render(outcomes, {"Python": "3.11", "seed": "0"}, "tt milestone all --seed 0"))


def test_the_report_says_what_was_measured_and_on_what() -> None:
    words = re.sub(r"\s+", " ", page(outcome()).words)
    for expected in ("50 %", "100 %", "≥ 90 %", "1.2 s", "passed", "1 of 1 passed.", "438", "Python 3.11 · seed 0"):
        assert expected in words
    for part in ("heading", "story", "caption", "title", "remark", "paper", "epochs"):
        assert f"{part} words" in words


def test_a_milestone_that_broke_is_shown_with_its_error() -> None:
    found = page(outcome(), Outcome("gpt", error="ImportError: no tokens"))
    assert "1 of 2 passed: gpt is broken." in found.words
    assert "ImportError: no tokens" in found.words
    assert len(found.all("article")) == 2


def test_nothing_that_a_milestone_says_becomes_markup() -> None:
    found = page(outcome(ATTACK, url="javascript:alert(3)"), Outcome(f"gpt {ATTACK}", error=ATTACK))
    plain = page(outcome(url=""), Outcome("gpt", error="words"))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]
    assert found.words.count(ATTACK) >= 10
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]


def test_only_lasting_web_addresses_become_links() -> None:
    def links(url: str) -> list[str | None]:
        return [link["href"] for link in page(outcome(url=url)).all("a") if link["href"] != "#lenet words"]

    assert links("https://doi.org/10.1037/h0042519") == ["https://doi.org/10.1037/h0042519"]
    for url in ("javascript:alert(1)", " https://example.org", "file:///etc/passwd", "data:text/html,x", ""):
        assert links(url) == []


def test_pictures_are_images_that_the_page_holds_itself_with_words_for_those_who_do_not_see_them() -> None:
    (image,) = page(outcome()).all("img")
    kind, _, data = str(image["src"]).partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == SVG
    assert image["alt"] == "alt words"


def test_a_png_keeps_its_type() -> None:
    assert data_uri(Picture("t", "c", "a", b"\x89PNG", "image/png")) == "data:image/png;base64,iVBORw=="


def test_the_page_forbids_itself_scripts_and_the_network() -> None:
    found = page(outcome())
    (policy,) = [meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).split("; ")[0] == "default-src 'none'"
    assert "script-src" not in str(policy)
    assert "img-src data:;" in str(policy)
    assert not found.all("script") + found.all("link") + found.all("iframe") + found.all("object")
    style = found.words
    assert "@import" not in style
    assert "url(" not in style


def test_the_page_adapts_to_phones_and_to_the_dark() -> None:
    text = render([outcome()], {}, "tt milestone all")
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert "@media (prefers-color-scheme: dark)" in text
    assert '<html lang="en">' in text


@pytest.mark.parametrize(
    "bar,text", [(Bar(90), "≥ 90 %"), (Bar(0.125, "at most"), "≤ 0.125 %"), (Bar(12000), "≥ 12,000 %")]
)
def test_a_bar_is_written_with_its_side_and_unit(bar: Bar, text: str) -> None:
    assert bar_text(Result(Measure("m", 0, "%"), Measure("m", 1, "%"), bar)) == text


def test_the_verdict_names_what_did_not_pass() -> None:
    outcomes = [outcome(), outcome("b", after=10), Outcome("gpt", error="x")]
    assert verdict(outcomes) == "1 of 3 passed: lenet b missed its bar, gpt is broken."
    assert verdict(outcomes[:1]) == "1 of 1 passed."


def test_writing_makes_the_folder_and_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "report.html"
    write(path, "first ≥")
    write(path, "second ≥")
    assert path.read_text(encoding="utf-8") == "second ≥"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_report_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    write(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
