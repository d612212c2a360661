"""Read and write times as people do: 90s, 10m, 1h."""

import re

import click

UNITS = {"s": 1, "m": 60, "h": 3600}


def read(text: str) -> float:
    """Return the seconds that a time stands for.

    >>> read("10m"), read("1h30m"), read("0.5s")
    (600.0, 5400.0, 0.5)

    Raises:
        click.BadParameter: it is not a time, or none at all.

    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if "".join(map("".join, parts)) != text or not seconds:
        raise click.BadParameter(f"expected a time as 90s, 10m or 1h; got {text!r}.")
    return seconds


def show(seconds: float) -> str:
    """Write seconds in the largest unit that leaves no fraction.

    >>> show(600.0), show(5400), show(90), show(0.5)
    ('10m', '90m', '90s', '0.5s')
    """
    for unit in ("h", "m"):
        if seconds % UNITS[unit] == 0:
            return f"{seconds / UNITS[unit]:g}{unit}"
    return f"{seconds:.10g}s"


def about(seconds: float) -> str:
    """Write a long time as people say it, to two digits.

    >>> about(2.24), about(400), about(10815), about(157000)
    ('2.2 seconds', '6.7 minutes', '3.0 hours', '44 hours')
    """
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} seconds"


def _two_digits(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"
