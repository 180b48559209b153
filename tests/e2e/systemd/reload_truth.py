"""Reloads whose exit code must be the truth, in the unit as shipped and in one that hides all it can."""

from __future__ import annotations

from tests.e2e.systemd.booted_releases import FAILS, SETTINGS, ReleaseSite

_PRIVATE = "/etc/flat/private"
_CREDENTIALS = f"""\
[Service]
User=strange
Group=
DynamicUser=yes
ProtectSystem=strict
StateDirectory=
StateDirectory=strange
CacheDirectory=
CacheDirectory=strange
LoadCredential=settings.ini:{_PRIVATE}/settings.ini
LoadCredential=key:{_PRIVATE}/key
ExecStart=
ExecStart=/usr/bin/flat --config ${{CREDENTIALS_DIRECTORY}}/settings.ini runserve
"""
"""Nobody but the service's own processes can read the configuration, and its user is made for it alone."""
_SETTINGS = f"{SETTINGS}SECRET_KEY@credential = key\nDATABASES = {{}}\n"
ONE, TWO = {"one hello a@example.org"}, {"two hello a@example.org"}


def check_reloads(site: ReleaseSite) -> None:
    """Start, reload to a release that is broken, and once it is mended: the exit code is what becomes of each."""
    site.systemctl("start")
    main_pid = site.main_pid
    site.machine.path(FAILS).touch()
    site.replace(site.two)
    done = site.machine.run("systemctl", "reload", site.unit)
    assert (done.returncode, f"Job for {site.unit} failed" in done.stderr) == (1, True), done.stderr
    said = site.journal()
    assert "reload refused, the server keeps running:" in said
    assert "RuntimeError: release two is broken" in said
    assert (site.show("ActiveState"), site.main_pid, _answers(site)) == ("active", main_pid, ONE)

    site.machine.path(FAILS).unlink()
    site.systemctl("reload")
    assert (site.show("ActiveState"), site.main_pid, _answers(site)) == ("active", main_pid, TWO)


def hide_settings(site: ReleaseSite) -> None:
    """Have the configuration and the key as credentials, and a user that is made for the service alone."""
    folder = site.machine.path(_PRIVATE)
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in (("settings.ini", _SETTINGS), ("key", "a key that is long enough: 0123456789 0123456789")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    # What makes a release fail is among the data of the site as shipped.
    site.machine.path(site.data).chmod(0o751)
    site.drop_in(_CREDENTIALS)


def _answers(site: ReleaseSite) -> set[str]:
    return {site.shows() for _ in range(10)}
