"""What the tests of delivery share: a certificate authority, an https server and a mail server that can misbehave, and
a workspace with a report that was built, not run."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests import report_inputs as fixed
from voc.report import Report, build_report, render_json
from voc.store import Store

WEEK = fixed.WEEK
MAIL = """
[deliver]
attempts = 1
[deliver.board]
kind = "smtp"
host = "localhost"
port = {port}
user = "voc@example.com"
password_env = "VOC_SMTP_PASSWORD"
from = "Customer voice <voc@example.com>"
to = ["board@example.com"]
language = "zh-Hant"
attach = ["xlsx"]
[deliver.team]
kind = "wecom"
url_env = "VOC_TEAM_URL"
"""


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def trust(folder: Path) -> str:
    """A file with the certificate of the authority, for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)


@cache
def server_context(name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(name).configure_cert(context)
    return context


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Hook:
    """What an https server was asked, and what it answers: (status, headers, body), DROP, SLOW or TRICKLE, the last for
    ever; ``pauses``: those of who asks again."""

    answers: list[Any] = field(default_factory=lambda: [(200, {}, b"ok")])
    asked: list[Asked] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    port: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/services/T0AA11BB/B0CC22DD/s3cretTokenXYZ?key=kk99AAbb77"


DROP, SLOW, TRICKLE = "drop", "slow", "trickle"


@contextmanager
def https_server(hook: Hook, name: str = "localhost") -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
            hook.asked.append(Asked(self.path, dict(self.headers.items()), body))
            if answer == SLOW:
                hook.release.wait(20)
            while answer == TRICKLE and not hook.release.wait(0.1):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    break
            if answer in (DROP, SLOW, TRICKLE):
                self.close_connection = True
                return
            status, headers, said = answer
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            plain, address = super().get_request()
            plain.settimeout(10)
            return server_context(name).wrap_socket(plain, server_side=True), address

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        hook.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Box:
    """The mails that a server took; ``mail_from``, ``rcpt`` and ``data`` decide what it answers."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    rcpt: Callable[[str], str] = lambda address: "250 OK"
    data: Callable[[int], str] = lambda number: "250 Taken"
    password: str = ""
    tried: int = 0
    port: int = 0
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.tried += 1
        answer = self.data(self.tried)
        self.encrypted.append(session.ssl is not None)
        if answer in (DROP, "250 Taken"):
            parsed = message_from_bytes(envelope.content or b"", policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.recipients.append(list(envelope.rcpt_tos))
        if answer == DROP:
            assert server.transport is not None
            server.transport.abort()
        if answer == SLOW:
            time.sleep(1.5)
        return answer

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password.encode(), handled=False)


@contextmanager
def mail_server(box: Box, name: str = "localhost", *, starttls: bool = True, **options: Any) -> Iterator[Box]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    secure = {"tls_context": server_context(name), "require_starttls": True} if starttls else {}
    login: dict[str, Any] = {}
    if box.password:  # smtplib gives the name with AUTH LOGIN, which aiosmtpd does not take
        login = {"authenticator": box.check, "auth_required": True, "auth_exclude_mechanism": ["LOGIN"]}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **secure, **login, **options)
    controller.start()
    try:
        yield box
    finally:
        with suppress(OSError):
            controller.stop()


@cache
def report(*, company: str = "Harbour Line", revised: bool = False, partial: bool = False) -> Report:
    base = replace(fixed.inputs(), company=company)
    if partial:
        base = fixed.with_rows(base, fixed.week_rows(last_partial=True))
    if revised:  # a late document
        more = replace(base.coverage, documents=base.coverage.documents + 1)
        base = replace(base, previous=report(company=company), coverage=more)
    return build_report(base)


def workspace(folder: Path, toml: str, *reports: Report) -> Path:
    """A workspace that holds ``reports`` as its revisions."""
    with Store.open(folder / "w") as store:
        for one in reports or (report(),):
            store.save_report(one.week, one.revision, f"digest {one.revision}", render_json(one))
    (folder / "w" / "voc.toml").write_text(toml, "utf-8")
    return folder / "w"
