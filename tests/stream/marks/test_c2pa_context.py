"""Neither signing nor reading asks the network, whatever a file or a certificate names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from stream.marks.c2pa_context import offline_context
from stream.marks.keys import Identity, local_identity
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.marks.sign import prove, sign_file
from tests.stream.marks.clips import clip, pictures
from tests.stream.marks.listener import Listener, listening
from tests.stream.marks.manifests import MANIFEST

XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{url}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as told:
        yield told


def photo(path: Path, provenance: str) -> Path:
    """A JPEG whose XMP says that its record lies elsewhere."""
    data = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    block = b"http://ns.adobe.com/xap/1.0/\0" + XMP.format(url=provenance).encode()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])
    return path


def test_the_listener_would_hear_it(tmp_path: Path, listener: Listener) -> None:
    """c2pa as it comes does ask: the tests below can fail."""
    path = photo(tmp_path / "in.jpg", f"{listener.url}/record.c2pa")
    with pytest.raises(c2pa.C2paError, match="could not fetch"), path.open("rb") as file:
        c2pa.Reader("image/jpeg", file)
    assert listener.asked == ["GET /record.c2pa"]


def test_an_input_that_names_a_record_elsewhere(tmp_path: Path, listener: Listener) -> None:
    source = photo(tmp_path / "in.jpg", f"{listener.url}/record.c2pa")
    output = photo(tmp_path / "out.jpg", f"{listener.url}/output.c2pa")
    identity = local_identity(tmp_path / "signing")
    sign_file(output, MANIFEST, source, identity)
    assert read_provenance(output, identity.root).state is ManifestState.TRUSTED
    told = read_provenance(source, identity.root)
    assert told.state is ManifestState.MISSING and told.elsewhere == f"{listener.url}/record.c2pa"
    assert listener.asked == []


def test_a_certificate_that_names_a_status_service(tmp_path: Path, listener: Listener) -> None:
    identity = with_status_service(local_identity(tmp_path / "signing"), f"{listener.url}/ocsp")
    path = clip(tmp_path / "out.mp4", pictures(count=3))
    prove(identity)
    sign_file(path, MANIFEST, None, identity)
    assert read_provenance(path, identity.root).state is ManifestState.TRUSTED
    assert read_provenance(path).state is ManifestState.VALID
    assert listener.asked == []


def test_a_timestamp_is_asked_for_where_it_was_wanted(tmp_path: Path, listener: Listener) -> None:
    own = local_identity(tmp_path / "signing")
    path = clip(tmp_path / "out.mp4", pictures(count=3))
    with pytest.raises(Exception, match="could not be signed"):
        sign_file(path, MANIFEST, None, Identity(own.chain, own.key, timestamp=f"{listener.url}/stamp"))
    assert listener.asked == ["POST /stamp"]


def test_a_context_without_roots_trusts_nobody() -> None:
    with offline_context() as context:
        assert context.is_valid


def with_status_service(identity: Identity, url: str) -> Identity:
    """The same kind of chain, whose leaf says where its status can be asked for."""
    leaf, _ = identity.certificates
    key, root_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    now = datetime.now(UTC)

    def begun(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(leaf.issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )

    def copied(
        builder: x509.CertificateBuilder, of: x509.Certificate, *names: type[x509.ExtensionType]
    ) -> x509.CertificateBuilder:
        for name in names:
            found = of.extensions.get_extension_for_class(name)
            builder = builder.add_extension(found.value, found.critical)
        return builder

    own_root = identity.certificates[1]
    root = copied(begun(leaf.issuer, root_key.public_key()), own_root, x509.BasicConstraints, x509.KeyUsage)
    root_made = root.add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False).sign(
        root_key, hashes.SHA256()
    )
    builder = copied(
        begun(leaf.subject, key.public_key()), leaf, x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage
    )
    made = (
        builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
        .add_extension(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))]
            ),
            False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(made.public_bytes(pem) + root_made.public_bytes(pem), secret)
