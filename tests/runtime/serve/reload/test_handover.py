"""What one master leaves to the next."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from gunicorn.config import Config

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.listeners import at_port, at_socket
from django_pyz_runtime.serve.reload.handover import VARIABLE, Handover, Invocation, Listener, MetricsLeft, name_of
from django_pyz_runtime.serve.reload.master import left_to_next, taken_over
from django_pyz_runtime.serve.settings.addresses import check_addresses
from tests.programs import LOCALHOST

LEFT = Handover(42, [Listener("127.0.0.1:0", "127.0.0.1 5000", 7)], False, [43, 44])


def test_it_comes_back_from_the_environment_once() -> None:
    environ = LEFT.to_environ()
    assert Handover.take(environ, 42) == LEFT
    assert environ == {}
    assert Handover.take(environ, 42) is None


def test_what_tells_metrics_is_in_a_variable_of_its_own_which_older_releases_do_not_read() -> None:
    left = LEFT._replace(metrics=MetricsLeft(1, "127.0.0.1:0", "127.0.0.1 9100", 8, 9, 45))
    environ = left.to_environ()
    assert environ[VARIABLE] == LEFT.to_environ()[VARIABLE]
    assert Handover.take(environ, 42) == left
    assert environ == {}
    assert (left.has_port(9100), LEFT.has_port(9100)) == (True, False)


def test_what_is_meant_for_another_process_is_dropped() -> None:
    environ = LEFT.to_environ()
    assert Handover.take(environ, 1, 2) is None
    assert environ == {}


@pytest.mark.parametrize(
    ("bind", "address", "is_kept"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0), True),
        ("127.0.0.1:5000", ("127.0.0.1", 5000), True),
        pytest.param("localhost:5000", ("localhost", 5000), True, marks=pytest.mark.needs(LOCALHOST)),
        ("127.0.0.1:5001", ("127.0.0.1", 5001), False),
        ("no such host:5000", ("no such host", 5000), False),
        ("unix:/run/s", "/run/s", False),
    ],
)
def test_a_socket_is_kept_where_it_is_still_wanted(bind: str, address: object, is_kept: bool) -> None:
    assert bool(LEFT.keeps(bind, address)) is is_kept


# gunicorn looks at a descriptor through a socket of its own, and forgets that (gunicorn.sock.create_sockets).
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_listeners_are_taken_over_opened_and_closed_as_the_configuration_says(tmp_path: Path) -> None:
    config = Config()
    config.set("bind", [f"unix:{tmp_path}/a", f"unix:{tmp_path}/b"])
    first, binds = taken_over(config, None, Handover(1))
    inode = os.stat(tmp_path / "b").st_ino
    left = Handover(1, left_to_next(first, binds))
    config.set("bind", [f"unix:{tmp_path}/b", f"unix:{tmp_path}/c"])
    second, binds = taken_over(config, None, left)
    assert binds == [f"unix:{tmp_path}/b", f"unix:{tmp_path}/c"]
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]
    assert os.stat(tmp_path / "b").st_ino == inode
    for listener in second:
        listener.close()
    first[0].sock.detach()
    first[1].sock.detach()


def test_the_name_of_an_address_leaves_out_what_differs_between_families() -> None:
    assert name_of(("::1", 80, 0, 0)) == "::1 80"
    assert name_of("/run/s") == "/run/s"


def test_the_next_master_gets_the_environment_of_the_start_and_no_passed_sockets(tmp_path: Path) -> None:
    environ = {"A": "1", "LISTEN_PID": "9", "LISTEN_FDS": "1", "NOTIFY_SOCKET": "/n"}
    invocation = Invocation(tmp_path / "shop", ("runserve",), environ, "/")
    variables = invocation.variables(LEFT, "NOTIFY_SOCKET")
    assert variables == {"A": "1", VARIABLE: variables[VARIABLE]}
    assert invocation.command("--check") == [sys.executable, str(tmp_path / "shop"), "runserve", "--check"]
    assert invocation.version() == ((),)
    (tmp_path / "shop").touch(mode=0o755)
    assert invocation.command() == [str(tmp_path / "shop"), "runserve"]
    assert invocation.version() != ((),)


def test_who_listens_is_named_by_program_and_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "0.0.0.0"):
            assert at_port(host, port).endswith(f", process {os.getpid()}")
        assert at_port("127.0.0.2", port) == ""
    assert at_port("127.0.0.1", port) == ""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
        assert at_socket(client).endswith(f", process {os.getpid()}")


@pytest.mark.needs(LOCALHOST)
def test_who_listens_is_named_where_the_address_has_a_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert at_port("localhost", listener.getsockname()[1]).endswith(f", process {os.getpid()}")


def test_another_address_of_a_port_of_ours_wants_a_restart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        handover = Handover(1, [Listener("", name_of(listener.getsockname()), listener.fileno())])
        check_addresses([f"127.0.0.1:{port}"], handover)
        with pytest.raises(
            UserError, match="this server already listens on another address with that port\nRestart it"
        ):
            check_addresses([f"0.0.0.0:{port}"], handover)
        with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1"):
            check_addresses([f"192.0.2.1:{port}"], handover)
        with pytest.raises(UserError, match="is already in use by"):
            check_addresses([f"0.0.0.0:{port}"], Handover(1))
