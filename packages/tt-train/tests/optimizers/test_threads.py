"""How work is shared."""

from __future__ import annotations

import pytest

from tt_train.optimizers import threads
from tt_train.optimizers.threads import ENOUGH, allowed, share


def ranges(count: int, work: int) -> list[range]:
    done: list[range] = []
    share(done.append, count, work)
    return sorted(done, key=lambda places: places.start)


def test_little_work_stays_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed", lambda: 4)
    assert ranges(10, ENOUGH - 1) == [range(10)]


def test_much_work_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed", lambda: 3)
    assert ranges(10, 100 * ENOUGH) == [range(3), range(3, 6), range(6, 10)]
    assert ranges(1, 100 * ENOUGH) == [range(1)]


def test_what_goes_wrong_in_a_thread_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed", lambda: 2)

    def task(places: range) -> None:
        if places.start:
            raise KeyError(places)

    with pytest.raises(KeyError):
        share(task, 2, 2 * ENOUGH)


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
@pytest.mark.parametrize("wanted, count", [("1", 1), ("", None), ("many", None)])
def test_the_users_limit_counts(name: str, wanted: str, count: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    default = allowed()
    monkeypatch.setenv(name, wanted)
    assert allowed() == (count or default)
