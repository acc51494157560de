"""Secrets beside the store: made once, kept from others, and what is said where one is not as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from voc.errors import StoreError
from voc.pipeline.keys import KEY_FILE, RETIRED, pseudonym_keys
from voc.pipeline.views import pseudonym_key
from voc.store import SecretHints, Store, private_folder, secret

HINTS = SecretHints("refused", "exposed", "empty")


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOC_KEY", raising=False)


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert secret(path, HINTS) == secret(path, HINTS) == path.read_bytes()
    assert (len(path.read_bytes()), path.stat().st_mode & 0o777) == (32, 0o600)
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_each_fault_has_its_hint(tmp_path: Path) -> None:
    path = tmp_path / "key"
    secret(path, HINTS)
    path.chmod(0o640)
    with pytest.raises(StoreError, match=r"others can read the secret in .*mode 0640") as exposed:
        secret(path, HINTS)
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty") as empty:
        secret(path, HINTS)
    with pytest.raises(StoreError, match="cannot keep a secret") as refused:
        secret(tmp_path / "nowhere" / "key", HINTS)
    assert [e.value.hint for e in (exposed, empty, refused)] == ["exposed", "empty", "refused"]


def test_only_the_key_of_pseudonyms_is_said_to_be_rotated(tmp_path: Path) -> None:
    pseudonym_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(StoreError) as rotated:
        pseudonym_key(tmp_path)
    assert "voc key rotate" in str(rotated.value.hint)

    with Store.open(tmp_path / "w") as store:
        store.mark("c1")
        (tmp_path / "w" / "subjects.key").chmod(0o644)
        with pytest.raises(StoreError, match=r"subjects\.key") as fixed:
            store.mark("c2")
    assert "rotate" not in str(fixed.value.hint) and "chmod 600" in str(fixed.value.hint)


def test_a_retired_key_that_others_can_read_is_not_rotated_either(tmp_path: Path) -> None:
    private_folder(tmp_path / RETIRED)
    (tmp_path / RETIRED / "0123.key").write_bytes(b"old")
    (tmp_path / RETIRED / "0123.key").chmod(0o644)
    with pytest.raises(StoreError) as told:
        pseudonym_keys(tmp_path)
    assert "rotate" not in str(told.value.hint) and "old exports" in str(told.value.hint)
