"""Reports the server's state: to the service manager by sd_notify(3), and to everybody else by its record."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator, MutableMapping

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.record import VARIABLE, Record

_EXTENSION_USEC = 120_000_000


class Notifier:
    """Speaks for this process; without an address it says nothing.

    Args:
        address: of the service manager's socket: a path, or @ and a name in the abstract namespace.
        is_watched: whether the service manager expects watchdog pings.
        record: a file with the same reports, readable by all.
    """

    def __init__(self, address: str, *, is_watched: bool = False, record: Record | None = None) -> None:
        self._address = address
        self.record = record or Record()
        self._is_watched = is_watched

    @classmethod
    def take(cls, environ: MutableMapping[str, str], pid: int, record: Record | None = None) -> Notifier:
        """The one that the environment names; it is taken out of there, so that no one else speaks for the service.

        Args:
            environ: whose NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are removed.
            pid: of this process; the watchdog may be for another one.
            record: which goes on with the file that the environment names, where it names one.
        """
        if (path := environ.pop(VARIABLE, "")) and record:
            record.resume(path)
        address = environ.pop("NOTIFY_SOCKET", "")
        watchdog, owner = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
        return cls(address, is_watched=bool(watchdog) and owner in ("", str(pid)), record=record)

    def ready(self, status: str, *, is_busy: bool = False) -> None:
        """The service can be used; also said at the end of a reload.

        Args:
            status: a line for people, as in all that follow.
            is_busy: whether another reload has been asked for, and has not ended.
        """
        # A server that is asked while it starts may have refused that before it is ready.
        if not is_busy and self.record.facts.get("ended", 0) < self.record.facts.get("asked", 0):
            self._ended("")
        self.record.say(state="serving", status=status)
        self._tell(READY="1", STATUS=status)

    def asked(self) -> None:
        """A reload was requested."""
        self.record.say(asked=self.record.facts.get("asked", 0) + 1)

    def refused(self, status: str, reason: str, *, is_ready: bool = True) -> None:
        """A reload was refused; the service is unchanged.

        Args:
            status: a line for people.
            reason: the full text.
            is_ready: whether it can be used.
        """
        self._ended(reason)
        if is_ready:
            self.record.say(state="serving", status=status)
            self._tell(READY="1", STATUS=status)
        else:
            self.status(status)

    def to_next(self) -> dict[str, str]:
        """Variables for the next master in this process."""
        return {VARIABLE: self.record.path} if self.record.path else {}

    def _ended(self, refusal: str) -> None:
        self.record.say(ended=self.record.facts.get("asked", 0), refused=refusal)

    def reloading(self, status: str) -> None:
        """A reload has begun; `ready` ends it."""
        self.record.say(state="reloading", status=status)
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell(RELOADING="1", MONOTONIC_USEC=str(now), STATUS=status)

    def stopping(self, status: str) -> None:
        """The service is stopping."""
        self.record.say(state="stopping", status=status)
        self._tell(STOPPING="1", STATUS=status)

    def status(self, status: str) -> None:
        """Report a status line for people."""
        self.record.say(status=status)
        self._tell(STATUS=status)

    def waiting(self, status: str) -> None:
        """The service cannot start yet and keeps trying; report this again within two minutes."""
        self.record.say(state="waiting", status=status)
        self._tell(STATUS=status, EXTEND_TIMEOUT_USEC=str(_EXTENSION_USEC))

    def alive(self) -> None:
        """Send a watchdog ping, if one is expected."""
        if self._is_watched:
            self._tell(WATCHDOG="1")

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Report an error in the block, as the reason why the service has not started."""
        try:
            yield
        except UserError as error:
            self.status(headline(str(error)))
            raise

    def _tell(self, **fields: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        text = "\n".join(f"{name}={value}" for name, value in fields.items())
        # A service manager that is away or busy must not end or stop the service.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(1)
            out.sendto(text.encode(), address)


def headline(text: str) -> str:
    """The most useful line of a message: the first, or the last of a traceback."""
    lines = text.strip().splitlines() or [""]
    return lines[-1] if lines[0].startswith("Traceback") else lines[0]
