"""The interface between the wings: what a bundle needs to know at run time about the build and the project.

The build wing writes a `Manifest` as JSON into the payload; the run wing reads it back from the unpacked tree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from django_pyz_runtime.bundle import names
from django_pyz_runtime.bundle.names import MANIFEST_FILE, env_prefix
from django_pyz_runtime.errors import UserError

FORMAT = 1
FILE_NAME = MANIFEST_FILE
PROJECT_FOLDER = names.PROJECT_FOLDER
STATIC_FOLDER = "__static__"
"""Where the static files collected at build time lie inside site-packages."""
SERVER_FOLDER = "__server__"
"""Where the gunicorn that `runserve` runs lies inside site-packages; the project's own, if any, lies beside it."""
METRICS_FOLDER = "__metrics__"
"""Where prometheus-client lies there, for the process that serves metrics; the project's processes do not import it."""
SERVES = {"name": "django-pyz:serves", "value": "true"}
"""Marks what is in these two in the list of packages (CycloneDX 1.6, properties of a component)."""
PROGRAM_FOLDER = "__bin__"
"""Where the programs of the packages and the bundle's own `python` lie inside site-packages."""


class Variable(NamedTuple):
    """An environment variable that the project's settings read.

    Attributes:
        name: of the variable.
        default: the source text of the value taken where it is not set; None where there is none, or that cannot be
            told.
        kind: what the settings make of it: "text", "bool", "int", "float", "list", "url" ..., "" where that is not
            said.
        where: file and line, relative to the project, as "shop/settings.py:12".
        is_required: whether the settings cannot be imported without it.
        condition: when it is read, where the build did not come by, as "if not DEBUG"; else "".
    """

    name: str
    default: str | None
    kind: str
    where: str
    is_required: bool = False
    condition: str = ""


class Manifest(NamedTuple):
    """Facts about a bundled project.

    Attributes:
        name: names the configuration, data and cache folders and the environment prefix.
        script: the name of the executable.
        settings_module: the default of DJANGO_SETTINGS_MODULE.
        import_roots: folders for sys.path, relative to the tree, first one first.
        python: the version the bundle was built with, as "3.11".
        bound_to_python: whether it holds modules compiled for that version only.
        least_patch: the first patch release of that version that it runs with, as 3 for 3.11.3; 0 for all.
        below_patch: the first one after that which it does not run with; 0 for none.
        has_extensions: whether it holds compiled modules or libraries, which no file system mounted noexec can hold.
        last_import_roots: folders for the end of sys.path, likewise: those above manage.py's.
        folder: the one of manage.py, relative to the tree.
        manage_py: path of a manage.py that does more than Django's own, relative to the tree, else "".
        manage_call: a function that stands for manage.py where a package has a console script instead, as
            "shop.cli:main", else "".
        wsgi_module: the project's WSGI module, for settings without WSGI_APPLICATION; "" where there is none.
        asgi_module: the project's ASGI module, likewise.
        routes_websockets: whether the ASGI application has a route for websockets.
        variables: the environment variables that the settings read.
        generates_key: whether the settings may make up a secret key at each import.
        data_paths: paths beside the code that hold data, relative to the project's folder; folders end with a slash.
        has_static: whether static files were collected at build time.
        has_pth: whether site-packages holds .pth files to be honoured.
        sealed: values fixed at build time, "section.key" to text.
        version: the project's, for people; "" where nothing says it.
        built_by: the version of django-pyz that built it; "" for one that did not say so.
        commit: the version control revision of the source, with "+changes" where the tree was not clean; or "".
        sbom: the installed packages as a CycloneDX 1.6 document.
    """

    name: str
    script: str
    settings_module: str
    import_roots: tuple[str, ...]
    python: str
    bound_to_python: bool = False
    least_patch: int = 0
    below_patch: int = 0
    has_extensions: bool = False
    last_import_roots: tuple[str, ...] = ()
    folder: str = PROJECT_FOLDER
    manage_py: str = ""
    manage_call: str = ""
    wsgi_module: str = ""
    asgi_module: str = ""
    routes_websockets: bool = False
    variables: tuple[Variable, ...] = ()
    generates_key: bool = False
    data_paths: tuple[str, ...] = ()
    has_static: bool = False
    has_pth: bool = False
    sealed: Mapping[str, str] = MappingProxyType({})
    version: str = ""
    built_by: str = ""
    commit: str = ""
    sbom: Mapping[str, Any] = MappingProxyType({})

    def to_json(self) -> str:
        """The manifest as JSON text, the same for equal manifests."""
        fields = self._asdict() | {"variables": [variable._asdict() for variable in self.variables]}
        return json.dumps({"format": FORMAT, **fields}, indent=1, sort_keys=True, default=dict) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest back.

        Raises:
            UserError: the text is no manifest of this format.
        """
        try:
            data = json.loads(text)
            found = data.pop("format")
            if found != FORMAT:
                raise UserError(f"manifest: wanted format {FORMAT}, found {found!r}", hint="Build the file again.")
            return cls(**{name: _READERS[name](value) for name, value in data.items() if name in _READERS})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"manifest: damaged ({error})", hint="Build the file again.") from None

    @property
    def patch_limits(self) -> str:
        """Which patch releases it runs with, behind the version; "" for all."""
        least = f", from {self.python}.{self.least_patch} on" if self.least_patch else ""
        below = f", before {self.python}.{self.below_patch}" if self.below_patch else ""
        return least + below

    @property
    def env_prefix(self) -> str:
        """The prefix of the environment variables of level two, for example PROJECT__ ."""
        return env_prefix(self.name)


def _reader(kind: type, item: type = object) -> Callable[[Any], Any]:
    """What checks a value from JSON, which must be of a type and hold items of another.

    A list becomes a tuple; the reader raises TypeError where a value does not fit.
    """

    def read(value: Any) -> Any:
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if not isinstance(value, kind) or not all(isinstance(one, item) for one in items):
            raise TypeError(f"wanted {kind.__name__}, found {type(value).__name__}")
        return tuple(items) if kind is list else value

    return read


def _variables(value: Any) -> tuple[Variable, ...]:
    variables = tuple(Variable(**item) for item in value)
    for found in variables:
        texts = (found.name, found.default or "", found.kind, found.where, found.condition)
        if not all(isinstance(text, str) for text in texts) or not isinstance(found.is_required, bool):
            raise TypeError("wanted strings and a boolean in a variable")
    return variables


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("name", "script", "settings_module", "python", "folder"), _reader(str)),
    **dict.fromkeys(("version", "built_by", "commit"), _reader(str)),
    **dict.fromkeys(("manage_py", "manage_call", "wsgi_module", "asgi_module"), _reader(str)),
    **dict.fromkeys(("bound_to_python", "has_extensions", "routes_websockets"), _reader(bool)),
    **dict.fromkeys(("generates_key", "has_static", "has_pth"), _reader(bool)),
    **dict.fromkeys(("least_patch", "below_patch"), _reader(int)),
    **dict.fromkeys(("import_roots", "last_import_roots", "data_paths"), _reader(list, str)),
    "variables": _variables,
    "sealed": _reader(dict, str),
    "sbom": _reader(dict),
}
"""For each field: what checks its value from JSON and makes it the field's."""
