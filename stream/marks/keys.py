"""Signing identities: who signs what is made. A local one is made at first use; a user may bring a chain or a remote
signer. Knows certificates and key files; nothing of manifests.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engines.errors import UnderstudyError

_YEARS = timedelta(days=3650)
_PEM = serialization.Encoding.PEM


class SigningError(UnderstudyError):
    """The signing identity cannot be used, or the signature could not be made."""


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """chain: PEM, the signer's certificate first, its root last. key: PEM, unencrypted; None where `remote` signs.
    remote: URL that takes the bytes to sign and answers with the raw signature. timestamp: RFC 3161 URL, or None."""

    chain: bytes
    key: bytes | None
    remote: str | None = None
    timestamp: str | None = None

    def __post_init__(self) -> None:
        if (self.key is None) == (self.remote is None):
            raise SigningError("a signing identity needs either a key file or a remote signer; give one of them")

    def __repr__(self) -> str:  # a key in a log is a key lost
        return f"Identity({self.name!r}, {'remote' if self.remote else 'key'})"

    @property
    def certificates(self) -> list[x509.Certificate]:
        try:
            return x509.load_pem_x509_certificates(self.chain)
        except ValueError as error:
            raise SigningError(f"the certificate chain is no PEM: {error}; export it as PEM") from error

    @property
    def root(self) -> bytes:
        """PEM of the chain's last certificate, which a reader has to trust."""
        return self.certificates[-1].public_bytes(_PEM)

    @property
    def name(self) -> str:
        names = self.certificates[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else "unnamed signer"

    @property
    def producer(self) -> int:
        """20 bits for the invisible mark: the start of the root certificate's sha256."""
        digest = hashlib.sha256(self.certificates[-1].public_bytes(serialization.Encoding.DER)).digest()
        return int.from_bytes(digest[:3], "big") >> 4

    @property
    def algorithm(self) -> str:
        """C2PA's name of the algorithm that the signer's key asks for."""
        key = self.certificates[0].public_key()
        if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size in (256, 384, 521):
            return {256: "ES256", 384: "ES384", 521: "ES512"}[key.key_size]
        if isinstance(key, ed25519.Ed25519PublicKey):
            return "ED25519"
        if isinstance(key, rsa.RSAPublicKey):
            return "PS256"
        raise SigningError("the signer's certificate has a kind of key that C2PA does not take; use EC P-256")


def signing_folder() -> Path:
    """Where the local identity lives."""
    root = os.environ.get("UNDERSTUDY_SIGNING")
    return Path(root) if root else platformdirs.user_data_path("understudy", False) / "signing"


def local_identity(folder: Path | None = None, now: datetime | None = None) -> Identity:
    """This machine's own identity, made if it is not there yet. Raises SigningError.

    The root's key signs one certificate and is thrown away: nobody can sign more in its name, and there is one secret
    to keep instead of two."""
    folder = folder or signing_folder()
    if not (folder / "key.pem").exists():
        _make(folder, now or datetime.now(UTC))
    try:
        _keep_private(folder / "key.pem")
        return Identity((folder / "chain.pem").read_bytes(), (folder / "key.pem").read_bytes())
    except OSError as error:
        raise SigningError(
            f"the signing identity in {folder} cannot be read: {error.strerror}; mend or remove it"
        ) from error


def own_identity(
    chain: Path, key: Path | None = None, remote: str | None = None, timestamp: str | None = None
) -> Identity:
    """The user's certificate chain with a key file or a remote signer. Raises SigningError."""
    if remote is not None and not remote.startswith(
        ("https://", "http://localhost", "http://127.0.0.1", "http://[::1]")
    ):
        raise SigningError(f"the remote signer {remote} is not asked over plain http; give an https address")
    try:
        return Identity(chain.read_bytes(), key.read_bytes() if key else None, remote, timestamp)
    except OSError as error:
        raise SigningError(f"{error.filename} cannot be read: {error.strerror}; check the path") from error


def _keep_private(key: Path) -> None:
    """Takes back what a copy or a restored backup gave to others."""
    if os.name == "posix" and key.stat().st_mode & 0o077:
        key.chmod(0o600)


def _make(folder: Path, now: datetime) -> None:
    """All files appear together: two processes that begin at once end with the same identity."""
    mark = secrets.token_hex(4)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = (_name(f"Understudy local {what} {mark}") for what in ("root", "signer"))
    root = (
        _begun(root_name, root_name, root_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _begun(leaf_name, root_name, leaf_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    secret = leaf_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".signing-", dir=folder.parent))  # 0700
        (fresh / "chain.pem").write_bytes(leaf.public_bytes(_PEM) + root.public_bytes(_PEM))
        (fresh / "root.pem").write_bytes(root.public_bytes(_PEM))
        with os.fdopen(os.open(fresh / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
    except OSError as error:
        raise SigningError(
            f"no signing identity can be made in {folder}: {error.strerror}; make it writable"
        ) from error
    try:
        fresh.rename(folder)
    except OSError as error:
        shutil.rmtree(fresh)
        if not (folder / "key.pem").exists():
            raise SigningError(f"{folder} is in the way of the signing identity; remove it") from error


def _name(common: str) -> x509.Name:
    # C2PA readers show the organisation as the issuer; nothing in it tells who the user is.
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Understudy")]
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
