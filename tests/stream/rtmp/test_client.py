"""RTMPS: what is sent to servers that ask for TLS; and that a server whose name is not proven gets nothing."""

import asyncio
import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest

from stream.rtmp.client import RtmpPublisher
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from tests.stream.io.feeding import write
from tests.stream.rtmp.test_server import pictures

pytest.importorskip("cryptography")


def certificate(folder: Path) -> tuple[Path, Path]:
    """For 127.0.0.1, signed by itself: chain and key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return chain, secret


def test_a_publisher_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, key = certificate(tmp_path)
    slot = Slot()

    async def main() -> tuple[int, int]:
        server = RtmpServer({digest("live/key"): slot})
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chain, key)
        url = f"rtmps://127.0.0.1:{await server.open('127.0.0.1', 0, context)}/live/key"
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(RtmpPublisher, url)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        reading = asyncio.create_task(asyncio.to_thread(pictures, slot))
        sent = await asyncio.to_thread(write, url, 2.0, format="flv", size=(320, 240))
        got = await reading
        await server.close()
        return sent, got

    sent, got = asyncio.run(main())
    assert sent == got == 60
