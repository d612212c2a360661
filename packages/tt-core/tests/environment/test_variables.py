import getpass
from pathlib import Path

import pytest

from tt_core.environment.variables import VARIABLES, find_variables, home_folder, redact, user_name


def test_only_named_variables_that_are_set() -> None:
    environ = {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "", "AWS_SECRET_ACCESS_KEY": "hush", "OMP_PASSWORD": "hush"}
    assert find_variables(environ) == {"OMP_NUM_THREADS": "2"}


def test_no_name_is_listed_twice() -> None:
    assert len(set(VARIABLES)) == len(VARIABLES)


def test_values_are_redacted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert find_variables({"TT_DATA_DIR": f"{tmp_path}/data"}) == {"TT_DATA_DIR": "~/data"}


@pytest.mark.parametrize(
    "text,expected",
    [
        ("/home/ada", "~"),
        ("/home/ada/x:/home/ada/y", "~/x:~/y"),
        ("/home/adam/x", "/home/adam/x"),
        ("/mnt/home/ada/x", "/mnt/home/<user>/x"),
        ("/tmp/pytest-of-ada/x", "/tmp/pytest-of-<user>/x"),
        ("/data/ada", "/data/<user>"),
        ("/home/ada.old/ada_2", "/home/<user>.old/<user>_2"),
    ],
)
def test_redact(text: str, expected: str) -> None:
    assert redact(text, home="/home/ada", user="ada") == expected


def test_a_name_or_home_of_one_letter_is_no_secret() -> None:
    assert redact("/a/b", home="/", user="a") == "/a/b"


def test_redact_takes_a_windows_home_literally() -> None:
    assert redact(r"C:\Users\ada\python.exe", home=r"C:\Users\ada", user="ada") == r"~\python.exe"


def test_unknown_home_and_user_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> str:
        raise RuntimeError

    def nobody() -> str:
        raise OSError

    monkeypatch.setattr(Path, "home", lost)
    monkeypatch.setattr(getpass, "getuser", nobody)
    assert (home_folder(), user_name()) == ("", "")
    assert redact("/opt/python") == "/opt/python"
