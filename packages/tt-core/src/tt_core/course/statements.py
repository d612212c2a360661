"""What is asked about statements when two versions of a file are compared."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from typing import TypeAlias, TypeGuard

from tt_core.course.symbols import Function

Block: TypeAlias = ast.ClassDef | ast.If
Key: TypeAlias = tuple[str, ...]

ROLES = ("overload", "getter", "setter", "deleter", "register")


def by_lines(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Yield the statements, those that share a line together."""
    group: list[ast.stmt] = []
    for node in body:
        if group and first_line(node) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def first_line(node: ast.stmt) -> int:
    """Return the line (from 1) where a statement begins, with its decorators."""
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def is_block(node: ast.stmt) -> TypeGuard[Block | Function]:
    """Tell whether a statement has a head and a body and nothing more."""
    return isinstance(node, Function | ast.ClassDef) or (isinstance(node, ast.If) and not node.orelse)


def has_docstring(node: ast.Module | Block | Function) -> bool:
    """Tell whether the first statement of the body is a docstring."""
    return not isinstance(node, ast.If) and bool(node.body) and is_text(node.body[0])


def is_text(node: ast.AST) -> bool:
    """Tell whether a statement is nothing but a string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def without_body(node: Block | Function) -> ast.AST:
    """Return the statement's head alone."""
    return type(node)(**{**dict(ast.iter_fields(node)), "body": []})


def meaning(node: ast.AST) -> str:
    """Return what a statement says, whatever its place and formatting; of a docstring the indentation is formatting."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return inspect.cleandoc(node.value.value)
    return ast.dump(node)


def key(nodes: Sequence[ast.stmt]) -> Key:
    """Return what makes statements on one line the same ones in another version of the file."""
    return tuple(word for node in nodes for word in _key(node))


def _key(node: ast.stmt) -> Key:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            found = ("def", role(node), node.name)
        case ast.ClassDef():
            found = ("class", "", node.name)
        case ast.ImportFrom():
            found = ("from", "", "." * node.level + (node.module or ""))
        case ast.Import():
            found = ("import", "", ", ".join(map(ast.unparse, node.names)))
        case ast.Assign():
            found = ("=", "", ", ".join(map(ast.unparse, node.targets)))
        case ast.AnnAssign():
            found = ("=", "", ast.unparse(node.target))
        case ast.If():
            found = ("if", "", ast.unparse(node.test))
        case _:
            found = ("text", "", "a string") if is_text(node) else ("do", "", ast.unparse(node))
    return found


def role(node: Function) -> str:
    """Return which of several functions of one name it is: an overload, a property's setter."""
    words = [getattr(each, "attr", getattr(each, "id", "")) for each in map(called, node.decorator_list)]
    return next((word for word in words if word in ROLES), "")


def called(node: ast.expr) -> ast.expr:
    """Return the function of a call, any other expression as it is."""
    return node.func if isinstance(node, ast.Call) else node


def binds(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines in its scope."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (bound_by(ast.unparse(alias)) for alias in node.names)
    else:
        yield from (
            each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        )
        yield from (name for each in getattr(node, "body", ()) for name in binds(each))


def bound_by(alias: str) -> str:
    """Return the name that an import binds, as it is written there.

    >>> bound_by("os.path"), bound_by("numpy as np")
    ('os', 'np')
    """
    return alias.rpartition(" as ")[2].partition(".")[0]


def uses(node: ast.stmt) -> Iterator[str]:
    """Yield the names and attributes that a statement reads anywhere inside."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr


def imports(nodes: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Return what a single import statement imports, each as it is written; nothing for other statements."""
    node = nodes[0]
    if len(nodes) > 1 or not isinstance(node, ast.Import | ast.ImportFrom):
        return ()
    return tuple(map(ast.unparse, node.names))
