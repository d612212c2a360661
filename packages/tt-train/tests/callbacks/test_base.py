from typing import Any

from tt_train.callbacks import EVENTS, BestModel, Callback, EarlyStopping, listeners, named


class Shout(Callback):
    """Hears of two moments."""

    def on_batch_end(self, trainer: Any) -> None:
        trainer.append(self)

    def on_fit_end(self, trainer: Any) -> None:
        trainer.append(self)


def test_only_moments_of_ones_own_are_called() -> None:
    heard: list[Any] = []
    first, second = Shout(), Shout()
    found = {event: listeners([first, Callback(), second], event) for event in EVENTS}
    assert {event: len(each) for event, each in found.items() if each} == {"on_batch_end": 2, "on_fit_end": 2}
    for listener in found["on_batch_end"]:
        listener(heard)  # type: ignore[arg-type]  # it is appended to
    assert heard == [first, second]


def test_a_subclass_hears_what_its_parent_does() -> None:
    class Louder(Shout):
        pass

    assert len(listeners([Louder()], "on_batch_end")) == 1


def test_several_of_one_class_have_names_of_their_own() -> None:
    callbacks = [EarlyStopping(), BestModel(), EarlyStopping(), EarlyStopping()]
    found = named(callbacks)
    assert list(found) == ["EarlyStopping 1", "BestModel 1", "EarlyStopping 2", "EarlyStopping 3"]
    assert list(found.values()) == callbacks


def test_the_base_class_hears_and_remembers_nothing() -> None:
    callback = Callback()
    for event in EVENTS:
        assert getattr(callback, event)(None) is None
    assert callback.state_dict() == {}
    callback.load_state_dict({})
