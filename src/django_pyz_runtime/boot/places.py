"""The possible places of an unpacked tree, best first. Standard library only: this runs before anything is unpacked."""

from __future__ import annotations

import os

from django_pyz_runtime.boot import trust
from django_pyz_runtime.bundle.names import env_prefix, user_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INSTALLED = "/usr/lib/{name}/releases"
"""Where an installation keeps its releases; one below another root or prefix has them in the same place beside bin."""


def installed_folders(name: str, executable: str) -> Iterator[str]:
    """The folders that may hold the tree of an installed release.

    Args:
        name: the project's name.
        executable: absolute path of the file.
    """
    yield (usual := INSTALLED.format(name=name))
    prefix = os.path.dirname(os.path.dirname(executable))
    if (own := os.path.join(prefix, *usual.split("/")[2:])) != usual:
        yield own
    # That of an executable which is kept beside its code.
    if prefix != usual and prefix.endswith(f"/{name}/releases"):
        yield prefix


def tree_folders(name: str, environ: Mapping[str, str], uid: int, configuration: str) -> Iterator[str]:
    """The folders that may hold unpacked trees, in order of preference.

    Args:
        name: the project's name.
        environ: the environment; CACHE_DIRECTORY is systemd's.
        uid: the user who runs.
        configuration: path of the configuration file, which may set `[project] cache_dir`.
    """
    if given := environ.get("CACHE_DIRECTORY", "").split(":")[0]:
        yield given
    chosen = environ.get(env_prefix(name) + "PROJECT__CACHE_DIR") or _configured(configuration, uid)
    if os.path.isabs(chosen := os.path.expanduser(chosen)):
        yield chosen
    if uid == 0:
        yield f"/var/cache/{name}"
    if user_cache := user_folder("XDG_CACHE_HOME", ".cache", environ):
        yield os.path.join(user_cache, name)


def temporary_folder(name: str, uid: int) -> str:
    """The last resort: a folder of the user's own under the system's temporary one.

    Raises:
        FileNotFoundError: there is none that can be written.
    """
    import tempfile

    return os.path.join(os.path.realpath(tempfile.gettempdir()), f"{name}-{uid}")


def _configured(configuration: str, uid: int) -> str:
    """`[project] cache_dir` of a configuration file; "" where root reads one that another user could have written.

    The file is read here and once more with all levels (config.levels): this is before there is a tree to import that
    from, and what is wrong with the file is reported there.
    """
    try:
        trust.check_is_file(configuration)
        with open(configuration, "rb") as file:
            content = file.read()
        if b"cache_dir" not in content:
            return ""
        trust.check_configuration(configuration, uid)
    except (OSError, ValueError, trust.Untrusted):
        return ""
    from django_pyz_runtime.boot import ini

    entries, _ = ini.read(content)
    return next((entry.text for entry in entries if (entry.section, entry.key) == ("project", "cache_dir")), "")
