"""What the pull requests stand on: a commit of a checkout of upstream, or a release from pip as a repository."""

import ast
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from overlay.errors import OverlayError
from overlay.layout import Layout
from overlay.take import take
from overlay.upstream import PACKAGE


SOURCES = f"src/{PACKAGE}"  # where upstream's repository has the package
OF_A_RELEASE = {  # who and when, so that the same release gives the same commit
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "upstream"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "upstream@invalid"),
    **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2000-01-01T00:00:00+00:00"),
}


@dataclass(frozen=True)
class Base:
    """A commit of upstream.

    Attributes:
        repository: a bare repository of our own. It borrows the objects of the checkout, which is only read.
        files: the texts of the package's Python files, by their paths under `transformers/`.
        who: author, committer and time for commits on top, as environment variables of git.
    """

    repository: Path
    commit: str
    release: str
    files: dict[str, str]
    who: dict[str, str]


def git(repository: Path, *arguments: str, given: str | bytes | None = None, **environment: str) -> str:
    """The output of a git command, without the newline at its end.

    Raises:
        OverlayError: the command failed.
    """
    command = ["git", "-c", "core.autocrlf=false", "-c", "gc.auto=0", *arguments]
    given = given.encode() if isinstance(given, str) else given
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(command, cwd=repository, input=given, capture_output=True, env=kept | environment)
    if done.returncode:
        raise OverlayError(
            f"git {' '.join(arguments[:3])} failed: {done.stderr.decode(errors='replace').strip()}",
            way_out="correct what git reports",
            file=repository,
        )
    return done.stdout.decode().rstrip("\n")


def base_of(layout: Layout, upstream: str, home: Path) -> Base:
    """The base that `UPSTREAM` names.

    Args:
        upstream: a release, or the folder of a checkout; `folder@name` is a branch, tag or commit of it.
        home: where the repository is made; it must not exist.

    Raises:
        OverlayError: there is no such release or commit, or the commit has no Transformers.
    """
    folder, _, name = upstream.partition("@")
    if Path(folder).is_dir():
        return _of_checkout(Path(folder).resolve(), name or "HEAD", home)
    return _of_release(layout, upstream, home)


def _of_checkout(checkout: Path, name: str, home: Path) -> Base:
    commit = git(checkout, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    git(checkout.parent, "clone", "--quiet", "--bare", "--shared", "--no-tags", str(checkout), str(home))
    release = Version(_version(git(home, "show", f"{commit}:{SOURCES}/__init__.py"))).base_version
    form = "%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI"
    values = git(home, "log", "-1", f"--format={form}", commit).split("\0")
    names = [f"GIT_{one}_{what}" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")]
    return Base(home, commit, release, _read(home, commit), dict(zip(names, values, strict=True)))


def _of_release(layout: Layout, release: str, home: Path) -> Base:
    try:
        release = str(Version(release))
    except ValueError as error:
        raise OverlayError(
            f"{release!r} is neither a release nor a folder",
            way_out="name a release such as 5.0.0, or a checkout of upstream",
        ) from error
    take(layout, release)
    tree = home.with_name(f"{home.name}.tree")
    shutil.copytree(layout.upstream(release) / PACKAGE, tree / SOURCES, ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir(parents=True)
    git(home, "init", "--quiet", "--bare", "--initial-branch=release")
    git(home, f"--work-tree={tree}", "add", "--force", ".", GIT_DIR=str(home))
    made = git(home, "write-tree")
    commit = git(home, "commit-tree", made, "-m", f"Transformers {release}", **OF_A_RELEASE)
    git(home, "update-ref", "refs/heads/release", commit)
    shutil.rmtree(tree)
    return Base(home, commit, release, _read(home, commit), OF_A_RELEASE)


def _read(repository: Path, commit: str) -> dict[str, str]:
    """All Python files of the package, in one pass of git."""
    names = git(repository, "ls-tree", "-r", "--name-only", "-z", commit, f"{SOURCES}/").split("\0")
    names = [name for name in names if name.endswith(".py")]
    asked = "".join(f"{commit}:{name}\n" for name in names)
    command = ["git", "cat-file", "--batch"]
    answer = subprocess.run(command, cwd=repository, input=asked.encode(), capture_output=True, check=True).stdout
    files, at = {}, 0
    for name in names:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[-1])
        files[name.removeprefix(f"{SOURCES}/")] = answer[end + 1 : end + 1 + size].decode()
        at = end + 1 + size + 1
    return files


def _version(source: str) -> str:
    """The `__version__` that a module states."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__version__":
            return ast.literal_eval(node.value)
    raise OverlayError("states no `__version__`", way_out="name a checkout of Transformers", file="__init__.py")
