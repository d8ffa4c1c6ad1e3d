"""Signing identities: made once, kept private, replaceable."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from stream.marks.keys import Identity, SigningError, local_identity, own_identity

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_made_at_first_use_and_kept(tmp_path: Path) -> None:
    first = local_identity(tmp_path / "signing", NOW)
    assert local_identity(tmp_path / "signing", NOW) == first
    assert sorted(path.name for path in (tmp_path / "signing").iterdir()) == ["chain.pem", "key.pem", "root.pem"]
    assert (tmp_path / "signing" / "root.pem").read_bytes() == first.root
    assert [path.name for path in tmp_path.iterdir()] == ["signing"], "scraps were left"


def test_leaf_and_root_are_what_c2pa_asks_for(tmp_path: Path) -> None:
    leaf, root = local_identity(tmp_path / "signing", NOW).certificates
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign
    wanted = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(wanted) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier is not None
    assert leaf.not_valid_before_utc < NOW < leaf.not_valid_after_utc - timedelta(days=3000)


def test_the_root_cannot_sign_again(tmp_path: Path) -> None:
    """Its key is nowhere: the one key file is the leaf's."""
    identity = local_identity(tmp_path / "signing", NOW)
    assert identity.key is not None
    key = serialization.load_pem_private_key(identity.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == identity.certificates[0].public_key()
    assert b"PRIVATE" not in (tmp_path / "signing" / "chain.pem").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_the_key_is_private(tmp_path: Path) -> None:
    local_identity(tmp_path / "signing", NOW)
    key = tmp_path / "signing" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    key.chmod(0o644)
    local_identity(tmp_path / "signing", NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600, "what a backup gave to others is taken back"


def test_many_at_once_end_with_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: local_identity(tmp_path / "signing", NOW), range(8)))
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["signing"]


def test_machines_differ(tmp_path: Path) -> None:
    one, two = (local_identity(tmp_path / name, NOW) for name in "ab")
    assert one.producer != two.producer and one.name != two.name
    assert 0 <= one.producer < 1 << 20


def test_names_tell_nothing_of_the_user(tmp_path: Path) -> None:
    text = local_identity(tmp_path / "signing", NOW).certificates[0].subject.rfc4514_string()
    assert text.startswith("O=Understudy,CN=Understudy local signer ")


def test_secrets_stay_out_of_logs(tmp_path: Path) -> None:
    identity = local_identity(tmp_path / "signing", NOW)
    assert "PRIVATE" not in repr(identity) and identity.name in repr(identity)


def test_own_chain_and_key(tmp_path: Path) -> None:
    local = local_identity(tmp_path / "signing", NOW)
    own = own_identity(tmp_path / "signing" / "chain.pem", tmp_path / "signing" / "key.pem")
    assert own == local and own.algorithm == "ES256"


def test_mistakes_say_how_to_mend_them(tmp_path: Path) -> None:
    local_identity(tmp_path / "signing", NOW)
    chain = tmp_path / "signing" / "chain.pem"
    with pytest.raises(SigningError, match="either a key file or a remote"):
        own_identity(chain)
    with pytest.raises(SigningError, match="give an https address"):
        own_identity(chain, remote="http://signer.example")
    with pytest.raises(SigningError, match="check the path"):
        own_identity(tmp_path / "none.pem", tmp_path / "none.key")
    with pytest.raises(SigningError, match="no PEM"):
        _ = Identity(b"garbage", b"key").certificates
    (tmp_path / "file").write_text("")
    with pytest.raises(SigningError, match="make it writable"):
        local_identity(tmp_path / "file" / "signing", NOW)


def test_another_thing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "signing").mkdir()
    (tmp_path / "signing" / "notes.txt").write_text("mine")
    with pytest.raises(SigningError, match="in the way"):
        local_identity(tmp_path / "signing", NOW)
    assert (tmp_path / "signing" / "notes.txt").read_text() == "mine"
