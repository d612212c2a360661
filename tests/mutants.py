"""Break the mathematics in small ways, one at a time: the tests must notice each.

    python tests/mutants.py [COUNT [SEED]]

The mutations are made from the syntax tree of the files that hold the calculus: an operator, a sign, a constant or a
comparison is exchanged, a factor or a call is left out, two arguments or two rules change places. COUNT of them (80
unless given, 0 is all) are drawn by SEED, evenly from the files. Each goes into a copy of the package that stands first
on the path; the working tree is not touched. The exit code is 1 if one survives, with the tests that ought to know it.

A mutation that no test can notice, because it changes no result, stands in EQUIVALENT or CHOICES_OF_SPEED with
its reason.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "packages/tt-core/tests"
WORKERS = 2
SECONDS = 300  # for one mutant: a loop without an end is noticed too

# what is mutated, and the tests that should notice, the fastest first
FILES = {
    "derivatives.py": ["test_derivatives.py", "operations", "primitives", "test_activations.py", "test_losses.py"],
    "activations.py": ["test_activations.py", "layers/test_activations.py"],
    "losses/classification.py": ["test_losses.py"],
    "losses/probability.py": ["test_losses.py"],
    "losses/reduction.py": ["test_losses.py"],
    "losses/regression.py": ["test_losses.py"],
    "losses/similarity.py": ["test_losses.py"],
}

# (file, what it says, what the mutation makes of it): why it is the same
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "losses/regression.py",
        f'sub(same_shape("{name}", input, target), target)',
        f"sub(target, same_shape('{name}', input, target))",
    ): "the loss depends on the difference's size alone"
    for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")
}

# (file, line): why all of it may change
CHOICES_OF_SPEED = {
    ("derivatives.py", "if y.ndim == 2 and x.ndim > 2:"): "the engine adds up over the batch as well, only slower",
}

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
PAIRS = ["add sub", "mul div", "lt gt", "le ge", "eq ne", "sin cos", "sinh cosh", "exp expm1", "log log1p", "tril triu",
         "sum mean", "cumsum cumprod", "sigmoid tanh", "square abs", "sqrt rsqrt", "softmax log_softmax"]  # fmt: skip
NAMES = {a: b for pair in map(str.split, PAIRS) for a, b in (pair, pair[::-1])}
ORDERED = {"sub", "div", "lt", "le", "gt", "ge", "pow", "select", "where", "masked_fill", "zero_where", "lerp"}
CONVERSIONS = {"wrap", "list", "tuple", "int", "float", "dict", "set", "map", "zip", "enumerate", "any", "all", "range"}
SKIPPED = (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)  # what is said of an error is not calculus
NOT_VALUES = ("annotation", "returns", "decorator_list", "type_params", "bases")


class Mutant(NamedTuple):
    """One change of one place.

    Attributes:
        file: relative to the package.
        line: where, counted from 1.
        start, end: the bytes that are replaced.
        old, new: what was there, and what comes there.
    """

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.file}:{self.line}: {old}  →  {new}"


def values(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node below that computes something: not docstrings, annotations, decorators and errors."""
    for field, content in ast.iter_fields(node):
        if field in NOT_VALUES:
            continue
        for child in content if isinstance(content, list) else [content]:
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__":
                continue
            yield child
            yield from values(child)


def changes(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what could stand in a node's place."""
    match node:
        case ast.BinOp():
            yield from other_terms(node)
        case ast.UnaryOp(ast.USub() | ast.Invert() | ast.Not(), operand):
            yield operand
        case ast.Compare(left, [op], [right]):
            for table in (OPPOSITES, BOUNDS):
                if type(op) in table:
                    yield ast.Compare(left, [table[type(op)]()], [right])
        case ast.BoolOp(op, operands):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), operands)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value):
            yield from other_constants(value)
        case ast.Call():
            yield from other_calls(node)


def other_terms(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield the term with another operator, and either half of it."""
    if type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        yield node.left
    if isinstance(node.op, ast.Mult | ast.Add):
        yield node.right


def other_constants(value: object) -> Iterator[ast.expr]:
    """Yield another constant of the same type."""
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 1.25 if value else 1.0)


def other_calls(node: ast.Call) -> Iterator[ast.expr]:
    """Yield the call of a related function, with two arguments exchanged, or with one of them only; or no call."""
    function, arguments, keywords = node.func, node.args, node.keywords
    match function:
        case ast.Name(name) if name in NAMES:
            yield ast.Call(ast.Name(NAMES[name]), arguments, keywords)
        case ast.Attribute(owner, name) if name in NAMES:
            yield ast.Call(ast.Attribute(owner, NAMES[name]), arguments, keywords)
    texts = [ast.unparse(argument) for argument in arguments]
    name = ast.unparse(function).rpartition(".")[2]
    if name in ORDERED and len(arguments) > 1 and texts[0] != texts[1]:
        yield ast.Call(function, [arguments[1], arguments[0], *arguments[2:]], keywords)
    if len(keywords) > 1 and ast.unparse(function) == "derivative":
        one, two = keywords[:2]
        exchanged = [ast.keyword(one.arg, two.value), ast.keyword(two.arg, one.value), *keywords[2:]]
        yield ast.Call(function, arguments, exchanged)
    if len(arguments) == 1 and not keywords and name not in CONVERSIONS and not isinstance(arguments[0], ast.Starred):
        yield arguments[0]


def mutants(file: str, source: bytes) -> Iterator[Mutant]:
    """Yield every change of one file that still compiles and is not known to change nothing."""
    lines, starts = source.decode().splitlines(), [0]
    for row in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    for node in values(ast.parse(source)):
        if not isinstance(node, ast.expr) or node.end_lineno is None or node.end_col_offset is None:
            continue
        if (file, lines[node.lineno - 1].strip()) in CHOICES_OF_SPEED:
            continue
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        old = source[start:end].decode()
        for change in changes(node):
            new = ast.unparse(change)
            whole = isinstance(change, ast.Constant | ast.Name) or (isinstance(change, ast.Call) and change is not node)
            mutant = Mutant(file, node.lineno, start, end, old, new if whole else f"({new})")
            if (file, " ".join(old.split()), new) not in EQUIVALENT and compiles(source, mutant):
                yield mutant


def applied(source: bytes, mutant: Mutant) -> bytes:
    """Return the file with the change."""
    return source[: mutant.start] + mutant.new.encode() + source[mutant.end :]


def compiles(source: bytes, mutant: Mutant) -> bool:
    """Tell whether the changed file is Python at all."""
    try:
        ast.parse(applied(source, mutant))
    except SyntaxError:
        return False
    return True


def chosen(package: Path, count: int, seed: int) -> list[Mutant]:
    """Draw so many mutants, one file after the other in turn."""
    piles = []
    for file in FILES:
        pile = list(mutants(file, (package / file).read_bytes()))
        random.Random(seed).shuffle(pile)
        piles.append(pile)
    mixed = [mutant for mutant in chain.from_iterable(zip_longest(*piles)) if mutant is not None]
    return sorted(mixed[: count or None])


def passes(package: Path, tests: list[str], mutant: Mutant | None = None) -> bool:
    """Run tests on a copy of the package, changed or not, and tell whether all pass."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder, package.name)
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            target = copy / mutant.file
            target.write_bytes(applied(target.read_bytes(), mutant))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
        environment = os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            run = subprocess.run(
                [*command, *[str(TESTS / test) for test in tests]],
                cwd=ROOT, env=environment, timeout=SECONDS, check=False, capture_output=True, text=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    if mutant is None and run.returncode:
        print(run.stdout[-3000:], run.stderr[-3000:])
    if run.returncode not in (0, 1, 2):
        sys.exit(f"pytest could not run the tests {tests}: {run.stdout[-1000:]}{run.stderr[-1000:]}")
    return run.returncode == 0


def judge(package: Path, mutant: Mutant) -> tuple[Mutant, bool]:
    """Tell whether a mutant survives, and print it."""
    begun = time.perf_counter()
    survives = passes(package, FILES[mutant.file], mutant)
    print(f"{'SURVIVED' if survives else 'caught':8} {time.perf_counter() - begun:5.1f} s  {mutant}", flush=True)
    return mutant, survives


def main(count: int = 80, seed: int = 0) -> None:
    """Run the mutants and report."""
    spec = find_spec("tt_core")
    if spec is None or spec.origin is None:
        sys.exit("expected tt_core to be installed, or its src folder on PYTHONPATH")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        package = Path(shutil.copytree(Path(spec.origin).parent, Path(folder, "tt_core")))  # whoever edits meanwhile
        if not passes(package, list(dict.fromkeys(chain.from_iterable(FILES.values())))):
            sys.exit("expected the tests to pass before anything is broken; they do not")
        results = list(pool.map(lambda mutant: judge(package, mutant), chosen(package, count, seed)))
    survivors = [mutant for mutant, survives in results if survives]
    print(f"\n{len(results) - len(survivors)} of {len(results)} mutants caught (seed {seed})")
    for mutant in survivors:
        print(f"survived: {mutant}\n          expected a failure in {', '.join(FILES[mutant.file])}")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
