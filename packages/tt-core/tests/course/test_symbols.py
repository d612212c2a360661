import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tt_core.course.lessons import Exercise, LessonError, Symbol
from tt_core.course.skeletons import blank
from tt_core.course.symbols import Source

NOT_BUILT = "raise NotImplementedError"


def exercise(*names: str) -> Exercise:
    return Exercise("02.1", "it", "What it does", tuple(Symbol("m", name) for name in names), 1, ("", "", ""))


def blanked(text: str, *names: str) -> str:
    return blank(text, "m", [exercise(*names)])


CASES = {
    "plain": ("f", "def f(x):\n    return x\n", 'def f(x):\n    raise NotImplementedError("02.1 f: What it does")\n'),
    "docstring": (
        "f",
        'def f(x):\n    """Return x.\n\n    As it is.\n    """\n\n    y = x  # why\n    return y  # so\n\n\nz = 1\n',
        (
            'def f(x):\n    """Return x.\n\n    As it is.\n    """\n'
            '    raise NotImplementedError("02.1 f: Return x.")\n\n\nz = 1\n'
        ),
    ),
    "docstring only": (
        "f",
        'def f(x):\n    """Return x."""  # short\n# end\n',
        'def f(x):\n    """Return x."""  # short\n    raise NotImplementedError("02.1 f: Return x.")\n# end\n',
    ),
    "docstring with a semicolon": (
        "f",
        'def f(x):\n    """Return x."""; y = x\n    return y\n',
        'def f(x):\n    """Return x."""\n    raise NotImplementedError("02.1 f: Return x.")\n',
    ),
    "one line": ("f", "def f(): return 1\n", 'def f(): raise NotImplementedError("02.1 f: What it does")\n'),
    "one line of two": (
        "f",
        "def f(): x = 1; return x  # c\nf()",
        'def f(): raise NotImplementedError("02.1 f: What it does")\nf()',
    ),
    "one line with a docstring": (
        "f",
        'def f(): "One."; return 1\n',
        'def f(): "One."; raise NotImplementedError("02.1 f: One.")\n',
    ),
    "one line of docstring": (
        "f",
        'def f(): "One."  # c\n',
        'def f(): "One."; raise NotImplementedError("02.1 f: One.")\n',
    ),
    "long signature, body on its last line": (
        "f",
        "def f(\n    x,  # (N,)\n): return x\n",
        'def f(\n    x,  # (N,)\n): raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "no newline at the end": (
        "f",
        "def f():\n    return 1",
        'def f():\n    raise NotImplementedError("02.1 f: What it does")',
    ),
    "comments above the first statement": (
        "f",
        "def f():  # signature\n    # first\n\n    # then\n    return 1\n",
        'def f():  # signature\n    raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "comments before and after": (
        "f",
        "# before\ndef f():\n    return 1\n    # inside\n# after\n",
        '# before\ndef f():\n    raise NotImplementedError("02.1 f: What it does")\n    # inside\n# after\n',
    ),
    "nested function first": (
        "f",
        "def f(g):\n    @wraps(g)\n    def inner():\n        return g()\n    return inner\n",
        'def f(g):\n    raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "a nested function": (
        "f.inner",
        "def f():\n    def inner():\n        return 1\n    return inner\n",
        'def f():\n    def inner():\n        raise NotImplementedError("02.1 inner: What it does")\n    return inner\n',
    ),
    "async": (
        "f",
        "async def f():\n    await g()\n",
        'async def f():\n    raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "decorated": (
        "f",
        "@a\n@ b(\n    1\n)\n@(c)\ndef f():\n    return 1\n",
        '@a\n@ b(\n    1\n)\n@(c)\ndef f():\n    raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "property": (
        "A.x",
        (
            "class A:\n    @property\n    def x(self):\n        return self._x\n\n    @x.setter\n    def x(self, v):\n"
            "        self._x = v\n\n    y = 1\n"
        ),
        (
            'class A:\n    @property\n    def x(self):\n        raise NotImplementedError("02.1 x: What it does")\n\n'
            '    @x.setter\n    def x(self, v):\n        raise NotImplementedError("02.1 x: What it does")\n\n'
            "    y = 1\n"
        ),
    ),
    "dataclass": (
        "A.f",
        (
            "@dataclass(frozen=True)\nclass A:\n    x: int = 0\n\n    @classmethod\n    def f(cls) -> 'A':\n"
            "        return cls(1)\n"
        ),
        (
            "@dataclass(frozen=True)\nclass A:\n    x: int = 0\n\n    @classmethod\n    def f(cls) -> 'A':\n"
            '        raise NotImplementedError("02.1 f: What it does")\n'
        ),
    ),
    "class in a class": (
        "A.B.f",
        "class A:\n    class B:\n        def f(self): return 1\n    def f(self): return 2\n",
        (
            'class A:\n    class B:\n        def f(self): raise NotImplementedError("02.1 f: What it does")\n'
            "    def f(self): return 2\n"
        ),
    ),
    "overload": (
        "f",
        "@overload\ndef f(x: int) -> int: ...\n@typing.overload\ndef f(x: str) -> str: ...\ndef f(x):\n    return x\n",
        (
            "@overload\ndef f(x: int) -> int: ...\n@typing.overload\ndef f(x: str) -> str: ...\ndef f(x):\n"
            '    raise NotImplementedError("02.1 f: What it does")\n'
        ),
    ),
    "for type checkers": (
        "f",
        "if TYPE_CHECKING:\n    def f(): ...\nelse:\n    def f():\n        return 1\n",
        (
            "if TYPE_CHECKING:\n    def f(): ...\nelse:\n    def f():\n"
            '        raise NotImplementedError("02.1 f: What it does")\n'
        ),
    ),
    "in blocks": (
        "f",
        "try:\n    def f(): return 1\nexcept E:\n    def f(): return 2\nwith c:\n    def f(): return 3\n",
        "try:\n    def f(): raise NotImplementedError(0)\nexcept E:\n    def f(): raise NotImplementedError(0)\n"
        "with c:\n    def f(): raise NotImplementedError(0)\n".replace("(0)", '("02.1 f: What it does")'),
    ),
    "tabs": ("f", "def f():\n\treturn 1\n", 'def f():\n\traise NotImplementedError("02.1 f: What it does")\n'),
    "DOS": (
        "f",
        "def f():\r\n    return 1\r\n\r\nx = 1\r\n",
        'def f():\r\n    raise NotImplementedError("02.1 f: What it does")\r\n\r\nx = 1\r\n',
    ),
    "form feed": (
        "f",
        "x = 1\n\f\ndef f():\n    return 1\n\f\ny = 2\n",
        'x = 1\n\f\ndef f():\n    raise NotImplementedError("02.1 f: What it does")\n\f\ny = 2\n',
    ),
    "other separators of lines": (
        "f",
        "x = '\u2028\x0b\x1c'\ndef f(s='ß\u2028'): return s\n",
        "x = '\u2028\x0b\x1c'\ndef f(s='ß\u2028'): raise NotImplementedError(\"02.1 f: What it does\")\n",
    ),
    "not ASCII": (
        "f",
        'é = "日本"; α = 1\ndef f(ß="日本"): """Σ × "α"."""; return ß  # 日本\n',
        'é = "日本"; α = 1\ndef f(ß="日本"): """Σ × "α"."""; raise NotImplementedError("02.1 f: Σ × \\"α\\".")\n',
    ),
    "byte order mark": (
        "f",
        "\ufeffdef f(): return 'é'\n",
        '\ufeffdef f(): raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "type comment": (
        "f",
        "def f(x):\n    # type: (int) -> int\n    return x  # type: ignore[foo]\n",
        'def f(x):\n    raise NotImplementedError("02.1 f: What it does")\n',
    ),
    "text of many lines at the end": (
        "f",
        'def f():\n    return """\nx = 1\n"""\n\ny = 1\n',
        'def f():\n    raise NotImplementedError("02.1 f: What it does")\n\ny = 1\n',
    ),
    "continued line": (
        "f",
        "def f():\n    return 1 + \\\n        2;\ny = 1\n",
        'def f():\n    raise NotImplementedError("02.1 f: What it does")\ny = 1\n',
    ),
}


@pytest.mark.parametrize("name,text,expected", CASES.values(), ids=CASES)
def test_bodies_are_cut_out_and_nothing_else(name: str, text: str, expected: str) -> None:
    found = blanked(text, name)
    assert found == expected
    ast.parse(found.removeprefix("\ufeff"))


@pytest.mark.parametrize("name,text", [(name, text) for name, text, _ in CASES.values()], ids=CASES)
def test_the_body_goes_back_where_it_was(name: str, text: str) -> None:
    before, after = Source(text), Source(blanked(text, name))
    bodies = [before.body(function).of(text) for function in before.functions(name)]
    places = [after.body(function) for function in after.functions(name)]
    assert after.replaced(dict(zip(places, bodies, strict=True))) == text


@pytest.mark.parametrize("name,text", [(name, text) for name, text, _ in CASES.values()], ids=CASES)
def test_a_function_is_found_whole(name: str, text: str) -> None:
    source = Source(text)
    for function in source.functions(name):
        found = source.span(function).of(text)
        again = ast.parse(textwrap.dedent(" " * function.col_offset + found)).body[0]
        assert ast.dump(again) == ast.dump(function)


@pytest.mark.parametrize("name", ["g", "A.f", "f.x", "x"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(LessonError, match=f"there is no function '{name}' in the file"):
        Source("x = 1\ndef f(): return x\n").functions(name)


@pytest.mark.parametrize("text", ["def f(:\n", "x = '\0'\n", "\tx\n  y\n"])
def test_what_is_not_python_is_refused(text: str) -> None:
    with pytest.raises(SyntaxError):
        Source(text)


BODIES = st.sampled_from(
    ["pass", "return 1", "x = 'é'; return x", "if a:\n    return 1\nelse:\n    b()", "@d\ndef g(): pass\nreturn g",
     "# why\nreturn [\n  1,\n]  # so", "return '''\n  x\n'''", "for i in x:\n\n    yield i"]
)  # fmt: skip
DOCSTRINGS = st.sampled_from(["", '"""Do it."""', "'do it'", '"""Do.\n\n  "It" is done.\n"""', 'r"""\\x"""', '""'])
HEADS = st.sampled_from(
    ["def f():", "async def f(a, *, b=(1,\n   2)) -> 'é':", "@a\n@b.c(1)\ndef f(x):  # c", "def f(\n  x,\n):"]
)
AROUND = st.sampled_from(["", "x = 1\n", "# é\n", "def g(): return 1\n", "\f\n", "class A:\n    def f(self): pass\n"])
INDENTS = st.sampled_from(["", "    ", "  ", "\t"])


@st.composite
def modules(draw: st.DrawFn) -> tuple[str, str]:
    """A module, and the name of a function that stands somewhere in it."""
    inner = draw(INDENTS.filter(bool))
    content = "\n".join(each for each in (draw(DOCSTRINGS), draw(BODIES)) if each)
    function = f"{draw(HEADS)}\n{textwrap.indent(content, inner)}\n"
    name = "f"
    for k in range(draw(st.integers(0, 2))):
        function = f"class C{k}:\n{textwrap.indent(function, draw(INDENTS.filter(bool)))}"
        name = f"C{k}.{name}"
    before, after = draw(AROUND), draw(AROUND)
    if name == "f" and "class" not in before + after:
        function = f"if x:\n{textwrap.indent(function, inner)}" if draw(st.booleans()) else function
    text = before + function + after
    return name, text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(modules())
def test_any_body_is_cut_out_and_goes_back(module: tuple[str, str]) -> None:
    name, text = module
    found = blanked(text, name)
    before, after = Source(text), Source(found)
    (old,), (new,) = before.functions(name), after.functions(name)
    assert NOT_BUILT in after.body(new).of(found)
    assert after.replaced({after.body(new): before.body(old).of(text)}) == text
    assert (ast.get_docstring(old), ast.unparse(old.args)) == (ast.get_docstring(new), ast.unparse(new.args))
    assert len(new.body) == (1 if ast.get_docstring(old) is None else 2)
