"""Where reports are delivered to: the ``[deliver.NAME]`` tables of voc.toml, typed and checked.

A secret never stands in a file. A setting that ends in ``_env`` names a variable of the environment, and no message
here shows the value of a setting, which could be a secret that was put in the wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Final

from voc.errors import ConfigError

SMTP, SLACK, TEAMS, FEISHU, DINGTALK, WECOM, WEBHOOK = (
    "smtp", "slack", "teams", "feishu", "dingtalk", "wecom", "webhook",
)  # fmt: skip
KINDS: Final = (SMTP, SLACK, TEAMS, FEISHU, DINGTALK, WECOM, WEBHOOK)
STARTTLS, TLS, PLAIN = "starttls", "tls", "none"
HTML, XLSX, PDF = "html", "xlsx", "pdf"
_LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant")  # of reports; a test holds it to voc.config.LANGUAGES
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_RECIPIENTS: Final = 50

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|::1", re.ASCII)
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])", re.ASCII
)
_NAMED: Final = re.compile(r"(?P<name>[^<>]{1,100}?)\s*<(?P<address>[^<>]+)>")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
# Names that people give to settings that hold a secret. ``url`` is one: a webhook's URL is its password.
_SECRETS: Final = re.compile(
    r"(?:^|_)(?:pass|passwd|password|passphrase|pwd|secret|token|key|apikey|url|uri|webhook|sign|signature)$"
)


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """A mail server and who gets the report. ``security`` is starttls, tls (from the first byte) or none, which only
    this machine itself may have; ``password_env`` names a variable; ``attach`` are kinds of files."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: str = STARTTLS
    user: str = ""
    password_env: str = ""
    attach: tuple[str, ...] = (HTML, XLSX, PDF)
    language: str = ""
    quotes: bool = True

    kind = SMTP

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that it needs."""
        return (self.password_env,) if self.password_env else ()


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """A webhook of the service ``kind``; ``url_env`` and ``secret_env`` name variables. The secret signs: feishu and
    dingtalk as these services ask for it, webhook in a header of its own."""

    name: str
    kind: str
    url_env: str
    secret_env: str = ""
    language: str = ""
    quotes: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables that it needs."""
        return (self.url_env, *([self.secret_env] if self.secret_env else []))


Channel = SmtpChannel | WebhookChannel
_SIGNED: Final = frozenset({FEISHU, DINGTALK, WEBHOOK})
_KEYS: Final[Mapping[str, str]] = {"from": "sender"}  # a word that Python keeps for itself


def looks_secret(key: str) -> bool:
    """Whether a setting of this name would hold a secret."""
    return bool(_SECRETS.search(key.lower()))


def secret_refused(where: str, path: str, variable: str) -> ConfigError:
    """The error for a secret that stands in a file."""
    return ConfigError(
        f"{where} in {path} holds a secret, which must not stand in a file",
        "Remove it from the file and change it where it was issued. Put the new one into the environment, and name the "
        f'variable: {where.rsplit(".", 1)[-1].removesuffix("_env")}_env = "{variable}".',
    )


def parse_channel(name: str, table: Mapping[str, object], path: str) -> Channel:
    """The channel of the table ``[deliver.name]``. ConfigError names the key and ``path``, never a value that could be
    secret."""
    where = f"deliver.{name}"
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"[{_shown(where)}] in {path}: the name of a channel has up to 40 letters, digits, - and _",
            "For example [deliver.board].",
        )
    kind = table.get("kind")
    for key, value in table.items():
        if looks_secret(key):
            raise secret_refused(f"{where}.{key}", path, f"VOC_{name.upper().replace('-', '_')}_{key.upper()}")
        if key.endswith("_env") and not (isinstance(value, str) and _VARIABLE.fullmatch(value)):
            variable = f"VOC_{name.upper().replace('-', '_')}_{key.removesuffix('_env').upper()}"
            raise secret_refused(f"{where}.{key}", path, variable)
    if kind not in KINDS:
        raise ConfigError(f"{where}.kind in {path} is no kind of channel", f"Known are: {', '.join(KINDS)}.")
    if kind == SMTP:
        return _smtp(name, table, path)
    return _webhook(name, table, path)


def _smtp(name: str, table: Mapping[str, object], path: str) -> SmtpChannel:
    channel = SmtpChannel(name=name, **_typed(SmtpChannel, name, table, path, fixed={"name", "kind"}))  # type: ignore[arg-type]
    _check_smtp(channel, path)
    _check_language(channel, path)
    return channel


def _webhook(name: str, table: Mapping[str, object], path: str) -> WebhookChannel:
    values = _typed(WebhookChannel, name, table, path, fixed={"name", "kind"})
    channel = WebhookChannel(name=name, kind=str(table["kind"]), **values)  # type: ignore[arg-type]
    if channel.secret_env and channel.kind not in _SIGNED:
        raise _wrong(name, "secret_env", path, f"{channel.kind} knows no signature", "Remove it.")
    _check_language(channel, path)
    return channel


def _typed(
    kind: type[SmtpChannel | WebhookChannel], name: str, table: Mapping[str, object], path: str, fixed: set[str]
) -> dict[str, object]:
    """The values of ``table`` by field, each of the type of the field; fields in ``fixed`` are not set by it."""
    known = {f.name: f for f in fields(kind) if f.name not in fixed}
    shown = {field: key for key, field in _KEYS.items()}
    values: dict[str, object] = {}
    for key, value in table.items():
        field = _KEYS.get(key, key)
        if key == "kind":
            continue
        if field not in known or key in shown:
            names = [shown.get(f, f) for f in known]
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(names)}."
            raise ConfigError(f"unknown key deliver.{name}.{_shown(key)} in {path}", hint)
        values[field] = _value(name, key, str(known[field].type), value, path)
    missing = [f for f, spec in known.items() if spec.default is MISSING and not values.get(f)]
    if missing:
        key = shown.get(missing[0], missing[0])
        raise ConfigError(f"deliver.{name} in {path} lacks {key}", f"For example: {key} = {_EXAMPLES[key]}")
    return values


_EXAMPLES: Final = {
    "host": '"smtp.example.com"',
    "from": '"Customer voice <voc@example.com>"',
    "to": '["board@example.com"]',
    "url_env": '"VOC_SLACK_URL", a variable of the environment',
}


def _value(name: str, key: str, wanted: str, value: object, path: str) -> object:
    if wanted == "tuple[str, ...]":
        given = [value] if isinstance(value, str) else value
        if isinstance(given, list) and all(isinstance(one, str) for one in given):
            return tuple(given)
        raise _wrong(name, key, path, "it is no list of texts", f'For example: {key} = ["one", "two"]')
    types = {"str": str, "int": int, "bool": bool}
    if type(value) is not types[wanted]:
        words = {"str": "text between quotes", "int": "whole number", "bool": "true or false"}
        raise _wrong(name, key, path, f"it has to be a {words[wanted]}", "See [deliver] in the commented voc.toml.")
    return value


def _check_smtp(channel: SmtpChannel, path: str) -> None:
    name = channel.name
    if not _HOST.fullmatch(channel.host):
        raise _wrong(name, "host", path, "it is no name of a server", 'For example: host = "smtp.example.com"')
    if not 1 <= channel.port <= 65535:
        raise _wrong(name, "port", path, "there is no such port", "587 with starttls, 465 with tls.")
    if channel.security not in (STARTTLS, TLS, PLAIN):
        raise _wrong(name, "security", path, "it is not starttls, tls or none", "587 is starttls, 465 is tls.")
    if channel.security == PLAIN and channel.host.lower() not in _LOCAL:
        raise _wrong(
            name, "security", path, "none sends customers' words readable for all on the way",
            "Only a server on this machine (host = \"localhost\") may go without; use starttls or tls.",
        )  # fmt: skip
    if channel.security == PLAIN and channel.user:
        raise _wrong(name, "user", path, "a password would be sent without encryption", "Use starttls or tls.")
    if bool(channel.user) != bool(channel.password_env):
        raise _wrong(name, "user", path, "user and password_env go together", 'password_env = "VOC_SMTP_PASSWORD"')
    if _CONTROL.search(channel.user):
        raise _wrong(name, "user", path, "it holds control characters", "Type it anew.")
    address(channel.sender, f"deliver.{name}.from in {path}")
    if not 1 <= len(channel.to) <= _MOST_RECIPIENTS:
        raise _wrong(name, "to", path, f"1 to {_MOST_RECIPIENTS} addresses", "Use the address of a list.")
    for number, one in enumerate(channel.to, start=1):
        address(one, f"address {number} of deliver.{name}.to in {path}")
    if not set(channel.attach) <= {HTML, XLSX, PDF}:
        raise _wrong(name, "attach", path, "it names another kind of file", 'attach = ["html", "xlsx", "pdf"]')


def _check_language(channel: Channel, path: str) -> None:
    if channel.language and channel.language not in _LANGUAGES:
        raise _wrong(channel.name, "language", path, "there is no such report", f"Known: {', '.join(_LANGUAGES)}.")


def address(text: str, where: str) -> tuple[str, str]:
    """(name, address) of ``a@example.com`` or ``Name <a@example.com>``; ConfigError names ``where``. Nothing that could
    end a header line or add another recipient passes."""
    match = _NAMED.fullmatch(text)
    name, plain = (match["name"].strip().strip('"'), match["address"]) if match else ("", text)
    if _CONTROL.search(text) or not _ADDRESS.fullmatch(plain) or ".." in plain:
        raise ConfigError(
            f"{where} is no mail address",
            'For example: "Customer voice <voc@example.com>"; a domain in other letters goes in its xn-- form.',
        )
    return name, plain


def _wrong(name: str, key: str, path: str, problem: str, hint: str) -> ConfigError:
    return ConfigError(f"deliver.{name}.{key} in {path}: {problem}", hint)


def _shown(key: str) -> str:
    return _CONTROL.sub("?", key)[:60]
