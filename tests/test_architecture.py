"""The house's rules that a program can check: imports, sizes, reasons, and what must be named nowhere."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
PACKAGES = ("bot", "config", "sandbox", "tools")
REVISIONS = ROOT / "bot" / "store" / "migrations" / "versions"
REGISTRIES = re.compile(
    "|".join((r"pypi\.(?:org|python)", "python" + "hosted", r"registry\.npm" + "js", r"(?:deb|security)\.debian" + r"\.org"))
)


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def files_of_the_project() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [path for name in listing.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def named(path: Path, line: int, what: str = "") -> str:
    return f"{path.relative_to(ROOT)}:{line} {what}".strip()


def test_imports_point_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")  # a process apart: it sets up logging of its own
    ran = subprocess.run([command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_domain_imports_the_standard_library_and_itself_alone() -> None:
    foreign = []
    for path in modules("bot/domain"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            ours = (name.startswith("bot.domain") or name.partition(".")[0] in sys.stdlib_module_names for name in names)
            foreign += [named(path, node.lineno, name) for name, fine in zip(names, ours, strict=True) if not fine]
    assert foreign == []


def test_the_domain_never_awaits() -> None:
    assert [
        named(path, f.lineno, f.name)
        for path in modules("bot/domain")
        for f in functions(path)
        if isinstance(f, ast.AsyncFunctionDef)
    ] == []


def test_modules_are_short() -> None:
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in modules(*PACKAGES) if REVISIONS not in path.parents}
    assert [named(path, size) for path, size in sizes.items() if size > LONGEST_MODULE] == []


def test_functions_are_short() -> None:
    long = [
        named(path, f.lineno, f"{f.name} has {size} lines")
        for path in modules(*PACKAGES)
        if REVISIONS not in path.parents
        for f in functions(path)
        if (size := (f.end_lineno or f.lineno) - f.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def comment_lines(source: str) -> set[int]:
    return {token.start[0] for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT}


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in caught)


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def broad_without_reason(path: Path) -> list[str]:
    source = path.read_text("utf-8")
    comments = comment_lines(source)
    return [
        named(path, node.lineno, "catches everything and gives no reason")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and is_broad(node) and not raises_again(node)
        if not comments & {node.lineno, node.lineno - 1}
    ]


def test_whoever_catches_everything_says_why() -> None:
    assert [line for path in modules(*PACKAGES) for line in broad_without_reason(path)] == []


def test_a_broad_except_without_reason_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "a.py").write_text(
        "try:\n    x()\nexcept Exception:\n    pass\n"
        "try:\n    x()\nexcept (OSError, Exception):  # why\n    pass\n"
        "try:\n    x()\nexcept BaseException:\n    y()\n    raise\n"
        "try:\n    x()\n# why\nexcept Exception:\n    pass\n"
        "try:\n    x()\nexcept:\n    pass\n"
    )
    assert [line.split()[0] for line in broad_without_reason(tmp_path / "a.py")] == ["a.py:3", "a.py:21"]


def test_no_file_names_a_package_registry() -> None:
    named_in = [
        named(path, number)
        for path in files_of_the_project()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if REGISTRIES.search(line)
    ]
    assert named_in == []


def test_the_product_knows_no_path_outside_the_repository() -> None:
    outside = re.compile(r"\.\./shared|(?<![\w.<])/work(?=[/\"'\s]|$)", re.MULTILINE)
    found = [
        named(path, text.count("\n", 0, match.start()) + 1, match.group())
        for package in ("bot", "config", "sandbox")
        for path in files_of_the_project()
        if path.is_relative_to(ROOT / package)
        for text in [path.read_text("utf-8", errors="replace")]
        for match in outside.finditer(text)
    ]
    assert found == []


def test_every_dependency_has_an_exact_version() -> None:
    pinned = {re.split(r"==", line)[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().split()}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = set(re.findall(r'^  "([a-z][a-z0-9-]*)(?:\[\w+\])?>=', project, re.MULTILINE))
    assert len(wanted) > 30
    assert wanted - pinned == set()
