"""Signed outputs read back: what they say, that one byte tells, that the input's manifest survives."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.happened import UsedModel, WhatHappened
from stream.marks.keys import Identity, SigningError, local_identity, own_identity
from stream.marks.manifest import Manifest
from stream.marks.provenance import Ingredient, ManifestState
from stream.marks.read import read_provenance
from stream.marks.sidecar import sidecar
from stream.marks.sign import prove, sign_file, signing_partial
from tests.stream.marks.clips import PAYLOAD, clip, pictures
from tests.stream.media.video.test_animation import animate

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MANIFEST = Manifest(
    title="out.mp4",
    version="0.1.0",
    happened=WhatHappened(NOW, 40, 37, routes={"pass": 3, "fast": 37}, models=(UsedModel("face_landmark", "ab" * 32),)),
    mark=PAYLOAD,
    consent=require_consent([ConsentedSource("a.jpg", "cd" * 32)], True, False, lambda _: False, NOW),
)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return local_identity(tmp_path_factory.mktemp("keys") / "signing")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("plain") / "in.mp4", pictures(mark=False, count=5))


def made(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    if path.suffix in (".jpg", ".png", ".webp", ".tiff"):
        cv2.imwrite(str(path), pictures(count=1)[0])
        return path
    return clip(path, pictures(count=5))


@pytest.mark.parametrize(
    "name", ["o.mp4", "o.mov", "o.avi", "o.m4v", "o.jpg", "o.png", "o.webp", "o.tiff", "o.mkv", "o.webm", "o.ts"]
)
def test_every_format_is_trusted_until_one_byte_flips(
    name: str, tmp_path: Path, identity: Identity, plain: Path
) -> None:
    path = made(tmp_path, name)
    beside = sign_file(path, MANIFEST, plain, identity)
    assert (beside is not None) == (path.suffix in (".mkv", ".webm", ".ts"))
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TRUSTED and told.sidecar == (beside.name if beside is not None else None)
    assert told.signer == identity.name and told.generator == "Understudy 0.1.0"
    assert told.ours and told.declares_ai and told.watermark == PAYLOAD.text
    assert told.ingredients == (Ingredient("in.mp4"),)
    assert read_provenance(path).state is ManifestState.VALID, "without our root the signer is nobody"
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    path.write_bytes(data)
    told = read_provenance(path, identity.root)
    if beside is None:
        assert told.state is ManifestState.TAMPERED
    else:  # a record beside it may be of another file: by itself it proves nothing
        assert told.state is ManifestState.MISSING
        assert [(one.name, one.namesake, one.watermark) for one in told.strays] == [(beside.name, True, PAYLOAD.text)]


def test_an_animated_png_keeps_its_manifest_beside_it(tmp_path: Path, identity: Identity, plain: Path) -> None:
    """Inside it would come before the chunk that says that the picture moves."""
    path = animate(tmp_path / "o.png")
    before = path.read_bytes()
    assert sign_file(path, MANIFEST, plain, identity) == tmp_path / "o.png.c2pa"
    assert path.read_bytes() == before
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TRUSTED and told.sidecar == "o.png.c2pa"
    path.write_bytes(before[:-30] + b"\1" + before[-29:])
    assert read_provenance(path, identity.root).state is not ManifestState.TRUSTED


@pytest.mark.parametrize("ending", ["webp", "gif"])
def test_other_animations_hold_it_and_still_move(tmp_path: Path, identity: Identity, plain: Path, ending: str) -> None:
    path = animate(tmp_path / f"o.{ending}")
    assert sign_file(path, MANIFEST, plain, identity) is None
    assert read_provenance(path, identity.root).state is ManifestState.TRUSTED
    assert len(cv2.imreadanimation(str(path))[1].frames) == 4


def test_nothing_is_left_beside_the_output(tmp_path: Path, identity: Identity, plain: Path) -> None:
    path = made(tmp_path, "o.part.mp4")
    sign_file(path, MANIFEST, plain, identity)
    assert [one.name for one in tmp_path.iterdir()] == ["o.part.mp4"]


def test_the_sidecar_takes_the_final_name(tmp_path: Path, identity: Identity) -> None:
    part, final = made(tmp_path, "o.part.mkv"), tmp_path / "o.mkv"
    assert sign_file(part, MANIFEST, None, identity, final) == tmp_path / "o.mkv.c2pa" == sidecar(final)
    part.rename(final)
    assert read_provenance(final, identity.root).state is ManifestState.TRUSTED


def test_the_inputs_own_manifest_survives(tmp_path: Path, identity: Identity) -> None:
    first, second = made(tmp_path, "first.mp4"), made(tmp_path, "second.mp4")
    sign_file(first, MANIFEST, None, identity)
    sign_file(second, MANIFEST, first, identity)
    told = read_provenance(second, identity.root)
    assert told.state is ManifestState.TRUSTED
    assert told.ingredients == (
        Ingredient("first.mp4", has_manifest=True, ours=True, declares_ai=True, generator="Understudy 0.1.0"),
    )
    assert told.from_ours and told.from_ai and told.earlier == (PAYLOAD.text,)


def test_an_input_of_a_format_without_manifests(tmp_path: Path, identity: Identity) -> None:
    source, path = made(tmp_path, "in.mkv"), made(tmp_path, "o.mp4")
    sign_file(path, MANIFEST, source, identity)
    assert read_provenance(path, identity.root).ingredients == (Ingredient("in.mkv"),)


def test_no_input_at_all(tmp_path: Path, identity: Identity) -> None:
    path = made(tmp_path, "o.mp4")
    sign_file(path, MANIFEST, None, identity)
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TRUSTED and told.declares_ai and told.ingredients == ()


def test_the_pictures_are_untouched(tmp_path: Path, identity: Identity, plain: Path) -> None:
    path = made(tmp_path, "o.png")
    before = cv2.imread(str(path))
    sign_file(path, MANIFEST, plain, identity)
    assert np.array_equal(np.asarray(before), np.asarray(cv2.imread(str(path))))


def test_unsigned_and_unreadable_files_hold_no_manifest(tmp_path: Path, plain: Path) -> None:
    assert read_provenance(plain).state is ManifestState.MISSING
    (tmp_path / "a.txt").write_text("no media")
    (tmp_path / "b.mp4").write_bytes(b"\0" * 100)
    (tmp_path / "c.mp4").write_bytes(b"")
    for path in sorted(tmp_path.iterdir()):
        assert read_provenance(path).state is ManifestState.MISSING


def test_a_manifest_that_no_longer_parses_was_tampered_with(tmp_path: Path, identity: Identity) -> None:
    path = made(tmp_path, "o.png")
    sign_file(path, MANIFEST, None, identity)
    data = path.read_bytes()
    at = data.index(b"jumdc2pa") + 200
    path.write_bytes(data[:at] + b"\xff" * 300 + data[at + 300 :])
    assert read_provenance(path, identity.root).state is ManifestState.TAMPERED


def test_a_record_beside_an_input_is_kept_inside(tmp_path: Path, identity: Identity) -> None:
    first, second = made(tmp_path, "first.mkv"), made(tmp_path, "second.mp4")
    sign_file(first, MANIFEST, None, identity)
    sign_file(second, MANIFEST, first, identity)
    told = read_provenance(second, identity.root)
    assert told.state is ManifestState.TRUSTED and told.from_ours and told.earlier == (PAYLOAD.text,)
    assert [(one.title, one.has_manifest, one.intact) for one in told.ingredients] == [("first.mkv", True, True)]


def test_a_recording_in_fragments_is_signed_inside(tmp_path: Path, identity: Identity) -> None:
    """As a live stream is recorded to MP4: readable from its first second on."""
    path = clip(tmp_path / "o.mp4", pictures(count=5), movflags="frag_keyframe+empty_moov+default_base_moof")
    assert sign_file(path, MANIFEST, None, identity) is None
    assert read_provenance(path, identity.root).state is ManifestState.TRUSTED
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)
    assert read_provenance(path, identity.root).state is ManifestState.TAMPERED


def test_a_link_at_the_signers_own_name_is_not_followed(tmp_path: Path, identity: Identity) -> None:
    path, victim = made(tmp_path, "o.mp4"), tmp_path / "victim"
    victim.write_text("precious")
    signing_partial(path).symlink_to(victim)
    sign_file(path, MANIFEST, None, identity)
    assert victim.read_text() == "precious"
    assert read_provenance(path, identity.root).state is ManifestState.TRUSTED


def test_a_broken_chain_leaves_the_file_whole(tmp_path: Path, identity: Identity) -> None:
    path = made(tmp_path, "o.mp4")
    before = path.read_bytes()
    other = local_identity(tmp_path / "other")
    with pytest.raises(SigningError, match="check the certificate chain"):
        sign_file(path, MANIFEST, None, Identity(identity.chain, other.key))
    assert path.read_bytes() == before


class RemoteSigner(BaseHTTPRequestHandler):
    """A signing service: raw ECDSA over what it is sent."""

    key: ec.EllipticCurvePrivateKey
    tokens: list[str | None]

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).tokens.append(self.headers["Authorization"])
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def remote(identity: Identity) -> Iterator[str]:
    assert identity.key is not None
    key = serialization.load_pem_private_key(identity.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    RemoteSigner.key, RemoteSigner.tokens = key, []
    with HTTPServer(("127.0.0.1", 0), RemoteSigner) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_remote_signer(tmp_path: Path, identity: Identity, remote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNER_TOKEN", "s3cret")
    (tmp_path / "chain.pem").write_bytes(identity.chain)
    path = made(tmp_path, "o.mp4")
    sign_file(path, MANIFEST, None, own_identity(tmp_path / "chain.pem", remote=remote))
    assert read_provenance(path, identity.root).state is ManifestState.TRUSTED
    assert RemoteSigner.tokens == ["Bearer s3cret"]


def test_a_remote_signer_that_is_away(tmp_path: Path, identity: Identity) -> None:
    (tmp_path / "chain.pem").write_bytes(identity.chain)
    path = made(tmp_path, "o.mp4")
    with pytest.raises(SigningError):
        sign_file(path, MANIFEST, None, own_identity(tmp_path / "chain.pem", remote="http://127.0.0.1:9/"))


def test_a_signer_is_proven_before_the_work(tmp_path: Path, identity: Identity, remote: str) -> None:
    """The right key, a remote signer that answers, a key of another chain, a signer that is away."""
    chain = tmp_path / "chain.pem"
    chain.write_bytes(identity.chain)
    prove(identity)
    prove(own_identity(chain, remote=remote))
    other = local_identity(tmp_path / "other" / "signing")
    assert other.key is not None
    (tmp_path / "key.pem").write_bytes(other.key)
    with pytest.raises(SigningError, match="the key and the chain belong together"):
        prove(own_identity(chain, tmp_path / "key.pem"))
    with pytest.raises(SigningError, match="nothing can be signed as"):
        prove(own_identity(chain, remote="http://127.0.0.1:9/"))
