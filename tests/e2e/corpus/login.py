"""Logging in as a browser does: by the project's own form, with its cookies and hidden fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from tests.waiting import DEADLINE_SECONDS

USER = "keeper"
PASSWORD = "kept-over-releases"
MAKE_USER = ("createsuperuser", "--noinput", "--username", USER, "--email", "keeper@example.org")
_SHOWN_CHARACTERS = 500


@dataclass(frozen=True)
class Login:
    """A project's form.

    Attributes:
        url: the path of its page.
        then: the path of a page for users.
        shows: what only users find there.
        user: name of the field with the user's name.
        password: name of the field with the password.
        name: what the user is known by there.
    """

    url: str
    then: str
    shows: str = USER
    user: str = "username"
    password: str = "password"
    name: str = USER

    @classmethod
    def read(cls, table: dict[str, Any]) -> Login:
        """Take its entries."""
        return cls(**table)

    def try_at(self, address: str, headers: dict[str, str], password: str = PASSWORD) -> None:
        """Log in at a server.

        Raises:
            AssertionError: the page for users shows the same to others, or not to the user.
        """
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        browser.addheaders += [(name.replace("_", "-"), value) for name, value in headers.items()]
        assert self.shows not in _read(browser, address + self.then), f"{self.then}: shows {self.shows!r} to anyone"
        form = self._find_form(_read(browser, address + self.url))
        data = urlencode({**form.hidden, self.user: self.name, self.password: password}).encode()
        page = address + self.url
        answer = _read(browser, Request(urljoin(page, form.action), data, {"Referer": page}))
        found = _read(browser, address + self.then)
        assert self.shows in found, (
            f"{self.then}: wanted {self.shows!r}, found {found[:_SHOWN_CHARACTERS]!r}; "
            f"{self.url} answered {answer[:_SHOWN_CHARACTERS]!r}"
        )

    def _find_form(self, page: str) -> _Form:
        parser = _Forms()
        parser.feed(page)
        forms = [form for form in parser.forms if {self.user, self.password} <= form.names]
        assert forms, f"{self.url}: no form with {self.user!r} and {self.password!r}: {page[:_SHOWN_CHARACTERS]!r}"
        return forms[0]


@dataclass
class _Form:
    action: str
    names: set[str] = field(default_factory=set)
    hidden: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms of a page, with their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(found.get("action", "")))
        elif tag == "input" and self.forms and "name" in found:
            self.forms[-1].names.add(found["name"])
            if found.get("type") == "hidden":
                self.forms[-1].hidden[found["name"]] = found.get("value", "")


def _read(browser: OpenerDirector, what: str | Request) -> str:
    try:
        with browser.open(what, timeout=DEADLINE_SECONDS) as answer:
            text: bytes = answer.read()
    except HTTPError as error:
        raise AssertionError(f"{error.url}: {error}") from None
    return text.decode(errors="replace")
