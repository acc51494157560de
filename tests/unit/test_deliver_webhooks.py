"""Webhooks against a real https server: where they may go, what is signed, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.delivery import DROP, SLOW, TRICKLE, Hook, https_server, trust
from voc.channels import WebhookChannel
from voc.config import DeliverConfig
from voc.deliver import NotSent, Refused, TryLater, Uncertain, pack, send
from voc.deliver.https import Target, is_public, target_of
from voc.deliver.secrets import masked
from voc.deliver.webhooks import HOSTS
from voc.pipeline.letters import alert_letter

LETTER = alert_letter("a feed stopped 客服", "Harbour Line", "en")
LIMITS = DeliverConfig(("localhost",), True, 1, 0.0, 5.0)
SECRET = "SECabcdef0123"
NOW = 1_700_000_000.25


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))


def sent(
    hook: Hook, kind: str = "slack", limits: DeliverConfig = LIMITS, signed: bool = False, url: str = ""
) -> tuple[str, int]:
    channel = WebhookChannel("team", kind, "VOC_U", "VOC_S" if signed else "")
    secrets = {"VOC_U": url or hook.url} | ({"VOC_S": SECRET} if signed else {})
    return send(pack(channel, LETTER), secrets, limits, clock=lambda: NOW, pause=hook.pauses.append)


def not_sent(
    kind: type[NotSent], hook: Hook, service: str = "slack", limits: DeliverConfig = LIMITS, url: str = ""
) -> str:
    with pytest.raises(NotSent) as caught:
        sent(hook, service, limits, url=url)
    error = caught.value
    assert type(error) is kind, error.detail
    seen: BaseException | None = error
    while seen is not None:
        for piece in ("s3cretTokenXYZ", "T0AA11BB", "kk99AAbb77"):
            assert piece not in str(seen) and piece not in repr(seen.args)
        seen = seen.__cause__
    return error.detail


def test_a_message_is_posted_once_with_a_key() -> None:
    with https_server(Hook()) as hook:
        assert sent(hook) == ("200", 1)
    (asked,) = hook.asked
    assert asked.path == "/services/T0AA11BB/B0CC22DD/s3cretTokenXYZ?key=kk99AAbb77"
    assert asked.headers["Content-Type"] == "application/json; charset=utf-8"
    assert len(asked.headers["Idempotency-Key"]) == 32
    assert asked.json["text"] == "a feed stopped 客服"


def test_feishu_signs_in_the_body() -> None:
    with https_server(Hook([(200, {}, b'{"code":0,"msg":"success"}')])) as hook:
        sent(hook, "feishu", signed=True)
    body = hook.asked[0].json
    key = f"{body['timestamp']}\n{SECRET}".encode()
    assert body["timestamp"] == "1700000000"
    assert base64.b64decode(body["sign"]) == hmac.new(key, b"", hashlib.sha256).digest()
    assert body["msg_type"] == "interactive"


def test_dingtalk_signs_in_the_address() -> None:
    with https_server(Hook([(200, {}, b'{"errcode":0,"errmsg":"ok"}')])) as hook:
        sent(hook, "dingtalk", signed=True)
    asked = parse_qs(urlsplit(hook.asked[0].path).query)
    text = f"{asked['timestamp'][0]}\n{SECRET}".encode()
    assert asked["timestamp"] == ["1700000000250"] and asked["key"] == ["kk99AAbb77"]
    assert base64.b64decode(asked["sign"][0]) == hmac.new(SECRET.encode(), text, hashlib.sha256).digest()


def test_a_generic_webhook_signs_in_a_header() -> None:
    with https_server(Hook([(204, {}, b"")])) as hook:
        sent(hook, "webhook", signed=True)
    asked = hook.asked[0]
    text = asked.headers["X-Voc-Timestamp"].encode() + b"." + asked.body
    assert asked.headers["X-Voc-Signature"] == "v1=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((301, {"Location": "https://evil.example/"}, b""), Refused),
        ((307, {"Location": "https://evil.example/"}, b""), Refused),
        ((400, {}, b"invalid_payload"), Refused),
        ((404, {}, b"no_service"), Refused),
        ((429, {}, b"slow down"), TryLater),
        ((500, {}, b""), TryLater),
        ((503, {}, b""), TryLater),
        ((502, {}, b""), Uncertain),
        ((504, {}, b""), Uncertain),
    ],
)
def test_what_an_answer_means(answer: tuple[int, dict[str, str], bytes], kind: type[NotSent]) -> None:
    with https_server(Hook([answer])) as hook:
        assert f"answered {answer[0]}" in not_sent(kind, hook)
    assert len(hook.asked) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    ("service", "said", "kind"),
    [
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', Refused),
        ("feishu", b'{"code":11232,"msg":"frequency limited"}', TryLater),
        ("dingtalk", b'{"errcode":310000,"errmsg":"keywords not in content"}', Refused),
        ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast"}', TryLater),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', Refused),
        ("wecom", b'{"errcode":-1}', TryLater),
        ("wecom", b"<html>", Uncertain),
        ("wecom", b"[" * 60_000, Uncertain),
        ("feishu", b"3", Uncertain),
    ],
)
def test_an_answer_of_200_can_be_a_refusal(service: str, said: bytes, kind: type[NotSent]) -> None:
    with https_server(Hook([(200, {}, said)])) as hook:
        not_sent(kind, hook, service)


def test_a_busy_service_is_asked_again_after_what_it_says() -> None:
    answers = [(429, {"Retry-After": "7"}, b""), (500, {}, b""), (200, {}, b"ok")]
    with https_server(Hook(answers)) as hook:
        assert sent(hook, limits=replace(LIMITS, attempts=4, backoff=0.5)) == ("200", 3)
    assert hook.pauses[0] == 7.0 and hook.pauses[1] < 2
    assert len({asked.headers["Idempotency-Key"] for asked in hook.asked}) == 1
    with https_server(Hook([(429, {"Retry-After": "9999"}, b"")])) as hook:
        not_sent(TryLater, hook, limits=replace(LIMITS, attempts=4))
    assert len(hook.asked) == 1, "longer than a minute is not waited for"


@pytest.mark.parametrize("fault", [DROP, SLOW])
def test_no_answer_leaves_it_open_and_is_not_tried_again(fault: str) -> None:
    with https_server(Hook([fault])) as hook:
        not_sent(Uncertain, hook, limits=replace(LIMITS, attempts=3, timeout=0.5))
    assert len(hook.asked) == 1


def test_a_server_that_drops_before_the_message_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drop() -> None:
            for _ in range(2):
                server.accept()[0].close()

        thread = threading.Thread(target=drop, daemon=True)
        thread.start()
        hook = Hook(port=server.getsockname()[1])
        assert "(2 attempts)" in not_sent(TryLater, hook, limits=replace(LIMITS, attempts=2))
        thread.join(5)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up() -> None:
    with https_server(Hook([TRICKLE])) as hook:
        not_sent(Uncertain, hook, limits=replace(LIMITS, timeout=0.3))


def test_a_certificate_of_another_name_or_of_nobody_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with https_server(Hook(), name="hooks.example.org") as hook:
        assert "certificate of localhost is not valid" in not_sent(Refused, hook)
        assert not hook.asked
    monkeypatch.delenv("SSL_CERT_FILE")
    with https_server(Hook()) as hook:
        assert "certificate of localhost is not valid" in not_sent(Refused, hook)
        assert not hook.asked


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.slack.com/services/x", "does not begin with https://"),
        ("hooks.slack.com/services/x", "does not begin with https://"),
        ("https://hooks.slack.com.evil.example/x", "which is not allowed"),
        ("https://evil.example/hooks.slack.com", "which is not allowed"),
        ("https://hooks.slack.com@evil.example/x", "names no host by its name"),
        ("https://user:pw@hooks.slack.com/x", "names no host by its name"),
        ("https://93.184.216.34/x", "an address instead of a host"),
        ("https://2130706433/x", "an address instead of a host"),
        ("https://0x7f000001/x", "an address instead of a host"),
        ("https://[::1]/x", "names no host by its name"),
        ("https://hooks.slack.com:99999/x", "is no URL"),
        ("https://hooks.slack.com/x y", "does not begin with https://"),
        ("https://hooks.slack.com/x\r\nHost: evil", "does not begin with https://"),
        ("https://h\u00f6oks.slack.com/x", "does not begin with https://"),
        ("https://hooks.slack.com./x", "names no host"),
        ("", "does not begin with https://"),
    ],
)
def test_urls_that_lead_elsewhere_are_refused_without_being_shown(url: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        target_of(url, "the URL in VOC_U", HOSTS["slack"], private=False)
    assert said in caught.value.detail and "/x" not in caught.value.detail


def test_hosts_are_those_of_the_service_and_those_allowed() -> None:
    def target(url: str, *hosts: str) -> Target:
        return target_of(url, "the URL in VOC_U", hosts, private=False)

    assert target("https://HOOKS.slack.com/a?b=c", *HOSTS["slack"]).path == "/a?b=c"
    assert target("https://prod-1.westeurope.logic.azure.com:443/workflows/a", *HOSTS["teams"]).port == 443
    for url in ("https://hooks.slack.com/a", "https://a.example.com/", "https://example.com/"):
        with pytest.raises(Refused, match="not allowed"):
            target(url, *HOSTS["webhook"], "b.example.com", "*.c.example.com")
    assert target("https://x.c.example.com", "*.C.example.com").path == "/"
    with pytest.raises(Refused, match="not allowed"):
        target("https://c.example.com", "*.c.example.com")


def test_an_allowed_name_that_leads_into_the_own_network_is_refused() -> None:
    with https_server(Hook()) as hook:
        detail = not_sent(Refused, hook, limits=replace(LIMITS, private_addresses=False))
    assert "not public" in detail and not hook.asked


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("::1", False), ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False), ("fd00::1", False), ("224.0.0.1", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_secret_that_a_service_says_back_is_not_kept() -> None:
    with https_server(Hook()) as hook:
        coded = base64.b64encode(hook.url.encode()).decode()
        hook.answers = [(400, {}, f"bad: {hook.url} S3CRETTOKENXYZ {coded}".encode())]
        detail = not_sent(Refused, hook)
    assert "[secret]" in detail


def test_masks_leave_other_words_alone() -> None:
    url = "https://hooks.slack.com/services/T0AA11BB/s3cretTokenXYZ"
    assert masked("try again: T0AA11BB\u202e\nplease", (url,)) == "try again: [secret] please"
    assert masked("x" * 500, (url,)) == "x" * 199 + "…"
    assert masked("pw abc", ("abc", "")) == "pw [secret]"
