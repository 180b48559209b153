"""What looks like a secret stops a build."""

from __future__ import annotations

import base64
import hashlib
import string
import tomllib
from pathlib import Path

import pytest

from django_pyz.files import secret_scan
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_tree


def drawn(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """A text as if drawn by lot, always the same; nothing in this file has the shape of a secret."""
    numbers = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(10))
    return "".join(alphabet[number % len(alphabet)] for number in numbers[:length])


def pem(kind: str = "PRIVATE KEY", headers: str = "") -> str:
    """A private key, or what has its form."""
    body = base64.encodebytes(hashlib.sha512(b"x").digest() * 4).decode()
    return f"-----BEGIN {kind}-----\n{headers}{body}-----END {kind}-----\n"


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
SECRETS = {
    "a private key": [
        pem(),
        pem("RSA PRIVATE KEY"),
        pem("EC PRIVATE KEY"),
        pem("OPENSSH PRIVATE KEY"),
        pem("ENCRYPTED PRIVATE KEY"),
        pem("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\n\n"),
        pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"),
        '{"type": "service_account", "private_key": "' + pem().replace("\n", "\\n") + '"}',
        "KEY = (\n" + "".join(f"    '{line}\\n'\n" for line in pem().splitlines()) + ")",
        'KEY = """' + pem().replace("\n", "\r\n") + '"""',
    ],
    "a private key in base64": [in_base64(pem()), in_base64(pem("RSA PRIVATE KEY"))],
    "an AWS access key id": ["AKIA" + drawn(16, UPPER), f'key = "ASIA{drawn(16, UPPER)}"'],
    "an AWS secret access key": [
        f"AWS_SECRET_ACCESS_KEY={drawn(40)}",
        f'aws_secret_access_key = "{drawn(40)}"',
        f'{{"SecretAccessKey": "{drawn(40)}"}}',
        f"os.environ['AWS_SECRET_ACCESS_KEY'] = '{drawn(40)}'",
    ],
    "an Azure storage key": [f"AccountName=shop;AccountKey={drawn(86)}==;EndpointSuffix=core.windows.net"],
    "a GitHub token": [f"ghp_{drawn(36)}", f"gho_{drawn(36)}", f"github_pat_{drawn(22)}_{drawn(59)}"],
    "a GitLab token": [f"glpat-{drawn(20)}"],
    "a Slack token": [f"xoxb-123456789012-123456789012-{drawn(24)}"],
    "a Slack app token": [f"xapp-1-A{drawn(10, UPPER)}-1234567890123-{drawn(64, HEX)}"],
    "a Slack webhook": [f"https://hooks.slack.com/services/T{drawn(10, UPPER)}/B{drawn(10, UPPER)}/{drawn(24)}"],
    "a live Stripe key": [f"sk_live_{drawn(24)}", f"rk_live_{drawn(99)}"],
    "a Google API key": [f"GOOGLE_KEY = 'AIza{drawn(35)}'"],
    "a Google OAuth client secret": [f"GOCSPX-{drawn(28)}"],
    "a SendGrid key": [f"SG.{drawn(22)}.{drawn(43)}"],
    "an npm token": [f"//registry.npmjs.org/:_authToken=npm_{drawn(36)}".replace("=", " = ")],
    "a PyPI token": [f"pypi-AgEIcHlwaS5vcmc{drawn(80)}"],
    "a DigitalOcean token": [f"dop_v1_{drawn(64, HEX)}"],
    "a Hugging Face token": [f"hf_{drawn(34)}"],
    "an Anthropic key": [f"sk-ant-api03-{drawn(93)}"],
    "an OpenAI key": [f"sk-{drawn(20)}T3BlbkFJ{drawn(20)}", f"sk-proj-{drawn(74)}T3BlbkFJ{drawn(74)}"],
    "a Shopify token": [f"shpat_{drawn(32, HEX)}"],
    "a HashiCorp Vault token": [f"hvs.{drawn(90)}"],
    "a Docker token": [f"dckr_pat_{drawn(27)}"],
    "a URL with credentials": [
        f"RUN pip install --extra-index-url https://shop:{drawn(12)}@pypi.example.org/simple x",
        f"PIP_INDEX_URL=https://{drawn(30)}@pypi.example.org/simple",
        f"git+https://{drawn(40)}@example.org/shop/library.git",
    ],
}


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in SECRETS.items() for text in texts])
def test_a_secret_stops_the_build_and_is_not_told(tmp_path: Path, what: str, text: str) -> None:
    write_tree(tmp_path, {"conf/x.py": f"# one\n# two\n{text}\n"})

    with pytest.raises(UserError) as raised:
        secret_scan.check(tmp_path, [Path("conf/x.py")], ())

    first, *found = raised.value.problem.splitlines()
    line = 4 if text.startswith("KEY = (") else 3
    assert (first, found) == (
        "this looks like a secret, and anyone with the file could read it:",
        [f"  conf/x.py:{line}: {what}"],
    )


@pytest.mark.parametrize(
    "text",
    [
        'if line.startswith("-----BEGIN PRIVATE KEY-----"):',
        'if line.startswith("-----BEGIN PRIVATE KEY-----"):\n'
        + '    read(KeyBackendConfigurationModel2, "ZWXYVBQJKGT/13456789")\n' * 9,
        'Url(key="-----BEGIN PRIVATE KEY-----\\n...")\n' + "# The quick brown fox jumps over the lazy dog: 1234.\n" * 9,
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{'x' * 300}\n-----END RSA PRIVATE KEY-----",
        pem("CERTIFICATE"),
        pem("PUBLIC KEY"),
        in_base64(pem("CERTIFICATE")),
        "AKIA" + "IOSFODNN7" + "EXAMPLE",
        "AKIA" + "X" * 16,
        f"AKIA{drawn(16, UPPER)}AAAA",
        f"data:image/png;base64,abc/AKIA{drawn(16, UPPER)}abc=",
        "AWS_SECRET_ACCESS_KEY = os.environ['AWS_SECRET_ACCESS_KEY']",
        "AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
        f"integrity: sha512-{drawn(40)}",
        "AccountKey=" + "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6" + drawn(42) + "==",
        "ghp_" + "x" * 36,
        "ghs_" + "16C7e42F292c6912E7710c838347Ae178B4a",
        f"sk_test_{drawn(24)}",
        "xoxb-your-token-here",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        f"GOOGLE_MAPS_KEY = 'AIza{drawn(35)}'",
        "pip install --index-url https://user:password@pypi.example.org/simple",
        "pip install --index-url https://${USER}:${PASSWORD}@pypi.example.org/simple",
        "pip install --index-url https://pypi.example.org/simple",
        "git+https://git@example.org/shop/library.git",
        "pip install --index-url https://pypi.example.org/simple # mail: somebody@example.org",
        f"self.assertURL('https://shop:{drawn(12)}@example.org/')",
    ],
)
def test_what_only_looks_like_it_does_not(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"x.py": text})

    secret_scan.check(tmp_path, [Path("x.py")], ())


def test_a_key_for_browsers_is_no_secret_in_what_is_sent_to_them(tmp_path: Path) -> None:
    write_tree(tmp_path, {"site.js": f"const key = 'AIza{drawn(35)}'"})

    secret_scan.check(tmp_path, [Path("site.js")], ())


def test_all_are_told_at_once_with_what_lets_the_build_go_on(tmp_path: Path) -> None:
    token = f"ghp_{drawn(36)}"
    write_tree(tmp_path, {"tests/key.pem": pem(), "a[1].py": f"{token}\n{token}", 'b".py': token})
    files = [Path("tests/key.pem"), Path("a[1].py"), Path('b".py')]

    with pytest.raises(UserError) as raised:
        secret_scan.check(tmp_path, files, ())

    assert raised.value.problem.splitlines()[1:] == [
        "  tests/key.pem:1: a private key",
        "  a[1].py:1: a GitHub token, and 1 more in this file",
        '  b".py:1: a GitHub token',
    ]
    assert token not in raised.value.problem + raised.value.hint
    pasted = tomllib.loads(raised.value.hint[raised.value.hint.index("[tool") :])
    allowed = pasted["tool"]["django-pyz"]["allow-secrets"]
    assert allowed == ["tests/key.pem", "a[1].py", 'b".py']
    assert ("--allow-secrets" in raised.value.hint, "--exclude" in raised.value.hint) == (True, True)
    secret_scan.check(tmp_path, files, tuple(allowed))


def test_many_files_are_allowed_by_their_folders(tmp_path: Path) -> None:
    names = [f"tests/{folder}/{number}.txt" for folder in "ab" for number in range(20)]
    write_tree(tmp_path, dict.fromkeys(names, pem()))

    with pytest.raises(UserError) as raised:
        secret_scan.check(tmp_path, [Path(name) for name in names], ())

    assert raised.value.problem.endswith("\n  and 20 more files")
    assert 'allow-secrets = ["tests/a", "tests/b"]' in raised.value.hint
    secret_scan.check(tmp_path, [Path(name) for name in names], ("tests/a", "tests/b"))


@pytest.mark.parametrize("pattern", ["tests/key.pem", "tests", "tests/", "tests/*", "*.pem"])
def test_a_file_may_be_allowed_by_a_pattern(tmp_path: Path, pattern: str) -> None:
    write_tree(tmp_path, {"tests/key.pem": pem()})

    secret_scan.check(tmp_path, [Path("tests/key.pem")], (pattern,))


def test_files_of_no_text_and_large_ones_are_not_read_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\0" + pem().encode())
    (tmp_path / "large").write_bytes(pem().encode() + b" " * 2_000_000)

    secret_scan.check(tmp_path, [Path("binary"), Path("large"), Path("missing")], ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", "#!/bin/sh\nexport DB_PASSWORD=correct-horse\nexec serve\n"),
        ("Dockerfile", 'FROM x\nENV API_TOKEN="f7sK2mPq"\n'),
        ("compose.yml", "services:\n  web:\n    environment:\n      - DJANGO_SECRET_KEY=f7sK2mPq9\n"),
        ("shop.service", "[Service]\nEnvironment=SMTP_PASSWORD=f7sK2mPq9\n"),
    ],
)
def test_a_password_in_an_assignment_stops_the_build(tmp_path: Path, name: str, text: str) -> None:
    write_tree(tmp_path, {name: text})

    with pytest.raises(UserError, match=r"(?m): a password or token$"):
        secret_scan.check(tmp_path, [Path(name)], ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("settings.py", 'SECRET_KEY="f7sK2mPq9"\n'),
        ("README.md", "export DB_PASSWORD=correct-horse\n"),
        ("run.sh", "export DB_PASSWORD=$1\nTOKEN=$(cat token)\nPASSWORD=postgres\nAPI_TOKEN=change-me-1\n"),
        ("run.sh", "SECRET_KEY=build-only-1\nTOKEN_FILE=/run/token-1\nSECRET_NAME=prod-db-login\n"),
        ("run.sh", "if [ $PASSWORD=f7sK2mPq9 ]; then\n"),
    ],
)
def test_an_assignment_of_something_else_does_not(tmp_path: Path, name: str, text: str) -> None:
    write_tree(tmp_path, {name: text})

    secret_scan.check(tmp_path, [Path(name)], ())


def test_of_a_file_with_many_secrets_one_line_is_shown(tmp_path: Path) -> None:
    token = f"ghp_{drawn(36)}"
    write_tree(tmp_path, {"x.txt": f"{token} {token} {token}\n" + f"{token}\n" * 500})

    with pytest.raises(UserError) as raised:
        secret_scan.check(tmp_path, [Path("x.txt")], ())

    assert raised.value.problem.splitlines()[1:] == ["  x.txt:1: a GitHub token, and 500 more in this file"]
