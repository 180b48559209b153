"""What a proxy says of its client is believed of proxies only: scheme, address and host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.http.raw_http import ask, configure_echo

STRANGER = "127.0.0.2"
SECURE = ["X-Forwarded-Proto: https", "X-Forwarded-Protocol: ssl", "X-Forwarded-Ssl: on"]
INTERFACES = ["wsgi", "asgi"]


@pytest.fixture(scope="module", params=INTERFACES)
def site(
    request: pytest.FixtureRequest, sample_bundle: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The echo, which trusts this machine's 127.0.0.1, as it does by default."""
    machine = Machine(tmp_path_factory.mktemp("site"), sample_bundle)
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    configure_echo(machine, interface=request.param)
    with machine.serving("--migrate", FORWARDED_ALLOW_IPS="*") as server:
        yield server


def said(site: Server, *lines: str, source: str = "", path: str = "/") -> dict[str, Any]:
    answers = ask(site.url, path, *lines, source=source)
    assert answers.statuses == [200], answers.data
    return answers.said


@pytest.mark.parametrize("line", SECURE)
def test_a_proxy_s_word_for_the_scheme_counts(site: Server, line: str) -> None:
    assert said(site, line)["scheme"] == "https"


@pytest.mark.parametrize(
    "line",
    [
        *SECURE,
        "X_Forwarded_Proto: https",
        "X-FORWARDED-PROTO: https",
        "X-Forwarded-Scheme: https",
        "X-Scheme: https",
        "Front-End-Https: on",
        "Forwarded: for=10.0.0.1;proto=https",
        "X-Url-Scheme: https",
        "wsgi.url_scheme: https",
        "Https: on",
    ],
)
def test_a_stranger_s_word_for_the_scheme_does_not(site: Server, line: str) -> None:
    assert said(site, line, source=STRANGER)["scheme"] == "http"


def test_two_words_for_the_scheme_that_differ_are_refused(site: Server) -> None:
    answers = ask(site.url, "/", "X-Forwarded-Proto: http", "X-Forwarded-Ssl: on")
    assert answers.statuses == [400]


@pytest.mark.parametrize("source", ["127.0.0.1", STRANGER])
@pytest.mark.parametrize("line", ["X-Forwarded-For: 10.0.0.1", "X-Real-Ip: 10.0.0.1", "Forwarded: for=10.0.0.1"])
def test_the_client_s_address_is_the_connection_s(site: Server, line: str, source: str) -> None:
    assert said(site, line, source=source)["client"] == source


@pytest.mark.parametrize(
    "line", ["Remote_Addr: 10.0.0.1", "Remote-Addr: 10.0.0.1", "REMOTE_ADDR: 10.0.0.1", "Http_Remote_Addr: 10.0.0.1"]
)
def test_no_header_is_taken_for_a_variable_of_the_server(site: Server, line: str) -> None:
    assert said(site, line, source=STRANGER)["client"] == STRANGER


@pytest.mark.parametrize("source", ["127.0.0.1", STRANGER])
def test_a_header_with_underscores_is_not_taken_for_one_with_dashes(site: Server, source: str) -> None:
    meta = said(site, "X_Forwarded_For: 10.0.0.1", "X_Auth_User: admin", source=source)["meta"]
    assert "HTTP_X_FORWARDED_FOR" not in meta
    assert "HTTP_X_AUTH_USER" not in meta


@pytest.mark.parametrize("source", ["127.0.0.1", STRANGER])
@pytest.mark.parametrize("line", ["X-Forwarded-Host: evil.example.org", "X-Host: evil.example.org"])
def test_the_host_is_that_of_the_request_unless_django_is_told_otherwise(site: Server, line: str, source: str) -> None:
    assert said(site, line, source=source, path="/host")["host"] == "localhost"


@pytest.mark.parametrize("source", ["127.0.0.1", STRANGER])
@pytest.mark.parametrize("line", ["Script_Name: /x", "SCRIPT_NAME: /x", "Path_Info: /x", "Script-Name: /x"])
def test_nobody_chooses_the_path(site: Server, line: str, source: str) -> None:
    """Nor does a proxy, which may pass on what its client has sent."""
    meta = said(site, line, source=source, path="/x/y")
    assert (meta["path"], meta["script_name"], meta["path_info"]) == ("/x/y", "", "/x/y")


@pytest.mark.parametrize("interface", INTERFACES)
def test_who_is_a_proxy_is_the_operator_s_choice(interface: str, migrated: Machine) -> None:
    serve = f"[serve]\ninterface = {interface}\nworkers = 1\n"
    configure_echo(migrated, more=f"{serve}[gunicorn]\nforwarded_allow_ips = {STRANGER}\n")
    with migrated.serving() as server:
        assert said(server, SECURE[0], source=STRANGER)["scheme"] == "https"
        assert said(server, SECURE[0])["scheme"] == "http"


@pytest.mark.parametrize("interface", INTERFACES)
def test_whoever_may_use_the_unix_socket_is_a_proxy(interface: str, migrated: Machine) -> None:
    configure_echo(migrated, interface=interface)
    address = f"unix:{migrated.folder}/s"
    with migrated.started("runserve", "--bind", address) as server:
        wait_for_line(server, "Listening at: unix:")
        secure = ask(address, "/", "X-Forwarded-Proto: https", "X-Forwarded-For: 10.0.0.1").said
        assert secure["scheme"] == "https"
        assert secure["client"] in ("", None)
        assert ask(address, "/").said["scheme"] == "http"
