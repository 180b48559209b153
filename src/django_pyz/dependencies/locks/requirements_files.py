"""Turns requirements files, with everything pip allows, into one list of lines that means the same anywhere.

Nested files are included, editable packages become regular ones, and local paths absolute
(https://pip.pypa.io/en/stable/reference/requirements-file-format/).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django_pyz.dependencies.locks.wanted import INDEX_OPTIONS, Wanted
from django_pyz_runtime.errors import UserError, system_reason

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"(?P<name>-[a-z]|--[a-z][a-z-]*)(?:(?<=^-.)|(?=\s|=|$))\s*=?\s*(?P<value>.*)")
_SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-f": "--find-links",
}
_FILE_URL = re.compile(r"([\w.-]+\s*(?P<extras>\[[^\]]*\])?\s*@\s*)?(?P<url>file:[^\s;]+)(?P<rest>.*)")
_PATH = re.compile(r"(?P<path>[^\[;#]+?)(?P<extras>\[[^\]]*\])?(?P<rest>\s*;.*|\s+--.*|\s*)")
_EGG = re.compile(r"[#&]egg=(?P<name>[^&\s]+)")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))


def read(files: Sequence[Path], root: Path) -> Wanted:
    """The lines of files.

    Args:
        files: the files.
        root: the project's folder: the last one that local paths are resolved against.

    Raises:
        UserError: a file cannot be read, or names a missing one.
    """
    folders = [folder for folder in files[0].resolve().parents if folder.is_relative_to(root)]
    return _Reader(folders or [root], files).wanted


def parse(text: str, folder: Path) -> Wanted:
    """The lines of a text, with paths relative to a folder.

    Raises:
        UserError: it names a file that cannot be read.
    """
    reader = _Reader([folder])
    reader.add_text(text, folder)
    return reader.wanted


def included_files(path: Path) -> set[Path]:
    """A requirements file and those it includes, directly or not.

    Raises:
        UserError: one cannot be read.
    """
    return _Reader([path.parent], [path]).seen


def read_files(path: Path) -> set[Path]:
    """All files read to install a requirements file: included ones, constraints, and packages given by path.

    Raises:
        UserError: one cannot be read.
    """
    reader = _Reader([path.parent], [path])
    found = set(reader.seen)
    for line in reader.wanted.lines:
        named = Path(line.removeprefix("--constraint ").partition(" ")[0])
        if named.is_absolute() and named.is_file():
            found |= included_files(named) if line.startswith("--constraint ") else {named}
    return found


class _Reader:
    """Reads requirements files, and collects their lines.

    Args:
        folders: where to look for local paths, besides the folder of the file.
        files: the ones to read.
    """

    def __init__(self, folders: Sequence[Path], files: Sequence[Path] = ()) -> None:
        self.seen: set[Path] = set()
        self._folders = folders
        self._requirements: list[str] = []
        self._index: list[str] = []
        for file in files:
            self.add_file(file)

    @property
    def wanted(self) -> Wanted:
        """The lines read so far."""
        return Wanted(tuple(self._requirements), tuple(dict.fromkeys(self._index)))

    def add_file(self, path: Path) -> None:
        """Read a file, once."""
        path = path.resolve()
        if path not in self.seen:
            self.seen.add(path)
            self.add_text(_text(path), path.parent)

    def add_text(self, text: str, folder: Path) -> None:
        """Read a text, with paths relative to a folder."""
        for line in _logical_lines(text):
            if line.startswith("-"):
                self._add_option(line, folder)
            else:
                self._requirements.append(self._requirement(line, folder))

    def _add_option(self, line: str, folder: Path) -> None:
        found = _OPTION.fullmatch(line)
        if not found:
            raise UserError(f"requirements in {folder}: wanted an option, found {line!r}")
        name, value = _SHORT.get(found["name"], found["name"]), found["value"].strip()
        if name != "--editable" and value[:1] in ("'", '"'):
            value = value.strip(value[0])
        if name == "--editable":
            self._requirements.append(self._requirement(value, folder, is_path=True))
        elif name == "--requirement" and "://" not in value:
            self.add_file(folder / value)
        elif name == "--constraint" and "://" not in value:
            self._requirements.append(f"--constraint {(folder / value).resolve()}")
        elif name in INDEX_OPTIONS:
            if name == "--find-links" and "://" not in value:
                value = str(self._existing(value, folder) or value)
            self._index.append(f"{name} {value}".strip())
        else:
            self._requirements.append(f"{name} {value}".strip())

    def _requirement(self, text: str, folder: Path, *, is_path: bool = False) -> str:
        """A requirement; a path becomes absolute."""
        if file := _FILE_URL.fullmatch(text):
            is_path = True
            text = _file_path(file["url"]) + (file["extras"] or "") + file["rest"]
        elif "://" in text:
            return _named(text)
        found = _PATH.fullmatch(text)
        if not found or not (is_path or _looks_like_path(found["path"])):
            return text
        path = self._existing(found["path"].strip(), folder)
        if path is None:
            raise UserError(f"requirements in {folder}: {found['path']}: found no such file or folder")
        return f"{path}{found['extras'] or ''}{found['rest'].rstrip()}"

    def _existing(self, name: str, folder: Path) -> Path | None:
        """The nearest folder in which a path exists; pip resolves against its working folder, which is unknown here.

        A folder counts if it can be installed, so that `-e .` in requirements/base.txt means the project.
        """
        places = [(place / name).resolve() for place in dict.fromkeys((folder, *self._folders))]
        found = [path for path in places if path.exists()]
        return next((path for path in found if path.is_file() or _is_package(path)), next(iter(found), None))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
        return content.decode(encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({system_reason(error)})") from None


def _logical_lines(text: str) -> Iterator[str]:
    """Lines joined at backslashes, without comments."""
    parts: list[str] = []
    for line in text.splitlines():
        is_comment = bool(_COMMENT.match(line))
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        joined = _COMMENT.sub("", "".join((*parts, " " + line if is_comment else line))).strip()
        parts = []
        if joined:
            yield joined
    if rest := "".join(parts).strip():
        yield rest


def _file_path(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path) + _egg_extras(f"#{parts.fragment}")


def _egg_extras(url: str) -> str:
    egg = _EGG.search(url)
    return "[" + egg["name"].partition("[")[2] if egg and "[" in egg["name"] else ""


def _looks_like_path(text: str) -> bool:
    return text.startswith((".", "/")) or "/" in text or text.endswith((".whl", ".tar.gz", ".zip"))


def _is_package(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))


def _named(url: str) -> str:
    """A URL preceded by its name: installers no longer read the name from `#egg=`."""
    address, space, rest = url.partition(" ")
    egg = _EGG.search(address)
    if not egg:
        return url
    kept = [part for part in address.partition("#")[2].split("&") if not part.startswith("egg=")]
    address = address.partition("#")[0] + ("#" + "&".join(kept) if kept else "")
    return f"{unquote(egg['name'])} @ {address}{space}{rest}"
