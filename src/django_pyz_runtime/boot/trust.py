"""May this process run code from that folder? Only if nobody but root and its own user could have written it."""

from __future__ import annotations

import errno
import os
import stat

_MOST_LINKS = 40
"""As Linux has it (path_resolution(7))."""


class Untrusted(Exception):
    """A folder that another user could have written.

    Args:
        reason: which one and why.
        mend: the next step, if it is one command, else "".
    """

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.mend = mend


def check(path: str, uid: int) -> None:
    """Check a folder and every folder above it.

    Each must be owned by root or by `uid`, and be writable by nobody else. A folder above may be open to all if it
    is sticky and owned by root, as /tmp is: its entries cannot be replaced by strangers.

    Args:
        path: an existing folder; symbolic links in it must have been resolved.
        uid: the user who is going to run what lies there. For root, nothing but root's own is trusted.

    Raises:
        Untrusted: with the path at fault and the reason.
    """
    mode = os.lstat(path).st_mode
    if not stat.S_ISDIR(mode):
        raise Untrusted(f"{path} is {'a symbolic link' if stat.S_ISLNK(mode) else 'not a folder'}")
    check_file(path, uid)


def check_file(path: str, uid: int) -> None:
    """The same for a file and every folder above it.

    Raises:
        Untrusted: with the path at fault and the reason.
        OSError: there is no such file.
    """
    check_one(path, uid)
    folder = path
    while folder != (folder := os.path.dirname(folder)):
        check_one(folder, uid, may_be_sticky=True)


def check_configuration(path: str, uid: int) -> None:
    """Check that root reads no configuration that another user could have written; other users are not restricted.

    Raises:
        Untrusted: with the path at fault and the reason.
        OSError: there is no such file.
    """
    if uid == 0:
        check_file(os.path.realpath(path), uid)


def check_is_file(path: str) -> None:
    """Check that a file can be read more than once: the launcher does, child processes do, and so does a reload.

    Raises:
        OSError: it is a pipe, a socket, a device or a folder, or not there.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        kind = "pipe" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "device"
        text = f"wanted a regular file (it is read several times), found a {kind}; save the content to a file"
        raise OSError(errno.EINVAL, text, path)


def resolve(path: str, uid: int) -> str:
    """The path without symbolic links. Each of them must belong to root or the user: others cannot be trusted.

    Args:
        path: absolute; the last parts of it need not be there.
        uid: the user who is going to write there.

    Raises:
        Untrusted: with the link at fault.
    """
    resolved, links = "/", 0
    names = path.split("/")[::-1]
    while names:
        name = names.pop()
        if name == "..":
            resolved = os.path.dirname(resolved)
        if name in ("", ".", ".."):
            continue
        entry = os.path.join(resolved, name)
        try:
            target = os.readlink(entry)
        except OSError:
            resolved = entry
            continue
        links += 1
        if (owner := os.lstat(entry).st_uid) not in (0, uid) or links > _MOST_LINKS:
            raise Untrusted(f"{entry} is a symbolic link of user id {owner} to {target}")
        names += target.split("/")[::-1]
        resolved = "/" if target.startswith("/") else resolved
    return resolved


def check_one(path: str, uid: int, *, may_be_sticky: bool = False) -> None:
    """Check a file or folder alone, if those above it were already checked.

    Raises:
        Untrusted: with the path at fault and the reason.
    """
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        raise Untrusted(f"{path} is a symbolic link")
    if status.st_uid not in (0, uid):
        why = f"{path} is owned by user id {status.st_uid}, not by root or user id {uid}"
        raise Untrusted(why + _unmapped(status.st_uid))
    open_to = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not open_to or (may_be_sticky and status.st_mode & stat.S_ISVTX and status.st_uid == 0):
        return
    why = f"{path} can be written by other users ({mode_text(status.st_mode)})"
    if open_to == stat.S_IWGRP and _is_private_group(status.st_gid, uid):
        if not _has_access_list(path):
            return
        why += ", by its ACL (remove it: setfacl -b)"
        raise Untrusted(why, _command("setfacl -b", path, status.st_uid))
    raise Untrusted(why, _command("chmod go-w", path, status.st_uid))


def closing(path: str) -> str:
    """The command that takes a file's rights from everyone; this user, who may be part of that, can still read it."""
    import grp
    import shlex

    status = os.stat(path)
    if os.geteuid() in (0, status.st_uid) or status.st_gid in (os.getegid(), *os.getgroups()):
        return _command("chmod o-rwx", path, status.st_uid)
    try:
        group = grp.getgrgid(os.getegid()).gr_name
    except KeyError:
        group = str(os.getegid())
    quoted = shlex.quote(path)
    return f"as root: chgrp {group} {quoted} && chmod g=r,o= {quoted}"


def closing_to_writers(path: str) -> str:
    """The command that takes the right to write a file from everyone; for root from the group as well."""
    status = os.stat(path)
    who = "go" if os.geteuid() == 0 and status.st_mode & stat.S_IWGRP else "o"
    return _command(f"chmod {who}-w", path, status.st_uid)


def _command(command: str, path: str, owner: int) -> str:
    """A command for a path, and that it is root's where this user may not give it."""
    import shlex

    return f"{'' if os.geteuid() in (0, owner) else 'as root: '}{command} {shlex.quote(path)}"


def mode_text(mode: int) -> str:
    """A mode as messages name it."""
    return f"mode {stat.S_IMODE(mode):04o}"


def whose(path: str) -> str:
    """The owner and the mode of a file as messages name them; "" where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f" (owner {user_name(status.st_uid)}, {mode_text(status.st_mode)})"


def user_name(uid: int) -> str:
    """The name of a user; where there is none the number."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _unmapped(owner: int) -> str:
    """The message about an owner that stands for all unmapped users of this user namespace (user_namespaces(7))."""
    try:
        with open("/proc/sys/kernel/overflowuid") as overflow, open("/proc/self/uid_map") as mapped:
            if owner != int(overflow.read()) or mapped.read().split() == ["0", "0", "4294967295"]:
                return ""
    except (OSError, ValueError):
        return ""
    return (
        ": in this user namespace, unmapped owners all look the same; "
        "map the owner into it, or start the file outside it"
    )


def _has_access_list(path: str) -> bool:
    """Whether an ACL may grant rights to more users than the mode shows (acl(5)); the group bits are the limit."""
    try:
        return "system.posix_acl_access" in os.listxattr(path)
    except OSError:
        return False


def _is_private_group(gid: int, uid: int) -> bool:
    """Whether a group is the one that Debian and others make for each user, with nobody else in it.

    Never for root: on many systems other accounts have group 0.
    """
    import grp
    import pwd

    if uid == 0:
        return False
    try:
        members = {*grp.getgrgid(gid).gr_mem, *(user.pw_name for user in pwd.getpwall() if user.pw_gid == gid)}
        return members == {pwd.getpwuid(uid).pw_name}
    except KeyError:
        return False
