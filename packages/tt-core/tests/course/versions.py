"""Python files of all kinds of definitions, drawn at random, and edits of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

BLANK = 'raise NotImplementedError("02.1")'
KINDS = {
    "function": "def {name}(x):\n{doc}{body}",
    "async": "async def {name}(x, *, y=(1, 2)):  # awaited\n{doc}{body}",
    "decorated": "@staticmethod\n@cache(\n    1,\n)\ndef {name}(\n    x,\n    # a number\n    y=1,\n):\n{doc}{body}",
    "nested": "def {name}(x):\n{doc}    def inner(y):\n        return y  # {name}\n\n{body}",
    "property": "@property\ndef {name}(self):\n{doc}{body}",
    "generator": "def {name}(x):\n{doc}    if x:\n        yield x\n{body}",
}


@dataclass(frozen=True)
class Definition:
    name: str
    kind: str
    doc: str
    body: str
    lead: str

    @property
    def text(self) -> str:
        doc = f'    """{self.doc}"""\n' if self.doc else ""
        body = "".join(f"    {line}\n" for line in self.body.split("\n"))
        return self.lead + KINDS[self.kind].format(name=self.name, doc=doc, body=body)


@dataclass(frozen=True)
class Version:
    """A file: statements, functions and one class, in order; names are unique in each scope."""

    functions: tuple[Definition, ...]
    methods: tuple[Definition, ...]
    statements: tuple[str, ...]
    tail: str = ""

    @property
    def text(self) -> str:
        members = "\n".join(indented(each.text) for each in self.methods) or "    pass\n"
        head = '"""A file."""\n\n' + "".join(f"{line}\n" for line in self.statements)
        functions = "".join(f"\n\n{each.text}" for each in self.functions)
        return f'{head}{functions}\n\n@dataclass\nclass Thing(Base):\n    """A thing."""\n\n{members}{self.tail}'

    @property
    def names(self) -> dict[str, Definition]:
        return {each.name: each for each in self.functions} | {f"Thing.{each.name}": each for each in self.methods}


def indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def body_of(version: Version, name: str) -> str:
    """Return what stands behind the docstring of a function."""
    each = version.names[name]
    inner = (
        KINDS[each.kind].partition("{doc}")[2].replace("{body}", "    {body}").format(name=each.name, body=each.body)
    )
    lines = inner.split("\n")
    return "\n".join(
        [*(line[4:] for line in lines[: len(lines) - each.body.count("\n") - 1]), *each.body.split("\n")]
    ).strip()


bodies = st.sampled_from(
    [BLANK, "return x", "y = x\nreturn y  # so", "# first\nreturn {\n    1: x,\n}", "return '''a\nb'''"]
)
docs = st.sampled_from(["", "Return it.", "Return it.\n\n    >>> 1\n    1\n    "])
leads = st.sampled_from(["", "# a comment\n", "# two\n\n# comments\n"])
lines = st.sampled_from(
    [
        "import os",
        "from a import b, c",
        "from d import (\n    e,  # needed\n)",
        "A = 1",
        "B: int = 2",
        "x = 1; y = 2",
        "register(A)",
    ]
)


@st.composite
def definitions(draw: st.DrawFn, names: str) -> tuple[Definition, ...]:
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
    return tuple(
        Definition(name, draw(st.sampled_from(sorted(KINDS))), draw(docs), draw(bodies), draw(leads)) for name in chosen
    )


@st.composite
def versions(draw: st.DrawFn) -> Version:
    statements = tuple(draw(st.lists(lines, unique=True, max_size=4)))
    return Version(
        draw(definitions("fgh")), draw(definitions("fgk")), statements, draw(st.sampled_from(["", "\n# end\n"]))
    )


@st.composite
def changes(draw: st.DrawFn, each: Definition, who: str) -> Definition | None:
    """Return a definition with a change that names who made it, or as it is, or None if it was removed."""
    match draw(st.sampled_from(["", "", "body", "body", "doc", "lead", "gone"])):
        case "body":
            return replace(each, body=f"{who} = 1\nreturn {who}  # of {each.name}")
        case "doc":
            return replace(each, doc=f"Return what {who} says of {each.name}.")
        case "lead":
            return replace(each, lead=f"# {who} on {each.name}\n")
        case "gone":
            return None
    return each


@st.composite
def edited(draw: st.DrawFn, version: Version, who: str) -> Version:
    """Return another version of a file, as a learner, or the reference, may have changed it."""

    def all_of(found: tuple[Definition, ...], names: str) -> tuple[Definition, ...]:
        kept = [new for each in found if (new := draw(changes(each, who)))]
        for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=1)):
            place = draw(st.integers(0, len(kept)))
            kept.insert(place, Definition(f"{who}_{name}", "function", "", f"return '{who} {name}'", f"# of {who}\n"))
        return tuple(kept)

    added = draw(
        st.lists(st.sampled_from([f"import {who}", f"from a import {who}_b", f"{who.upper()} = 1"]), unique=True)
    )
    place = draw(st.integers(0, len(version.statements)))
    statements = (*version.statements[:place], *added, *version.statements[place:])
    return replace(
        version, functions=all_of(version.functions, "pq"), methods=all_of(version.methods, "pq"), statements=statements
    )
