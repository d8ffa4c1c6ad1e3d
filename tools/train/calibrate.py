"""`understudy calibrate ...`: artefacts fitted to labelled data. Options and printing only; fitting is in calib/."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError
from engines.occlusion.network import WEIGHTS
from tools.identity.calibrate import identity

if TYPE_CHECKING:
    from calib.routing import Sequence
    from calib.temperature import I64
    from engines.protocol import Engine
    from engines.values import F32
    from tools.synth.purposes import Purpose
    from tools.synth.shards import Shard


def register(app: typer.Typer) -> None:
    app.callback()(calibrate)
    app.command("routing")(routing)
    app.command("identity")(identity)


def calibrate() -> None:
    """Fits thresholds to labelled data."""


def answers(engine: "Engine", shard: "Shard", plate: bool = True) -> "F32":
    """The network's logits, float32 (n, 3), on a shard's crops, with their plates or without."""
    import numpy as np

    from tools.train.batches import prepared

    session, out = engine.session(), np.zeros((len(shard), 3), np.float32)
    for i in range(len(shard)):
        face = prepared(shard.face[i : i + 1], shard.maps[i : i + 1], shard.label[i : i + 1]).face
        if not plate:
            face[:, 3:6] = 0
        out[i] = np.asarray(session.run({"face": face})["logits"], np.float32)[0]
    session.close()
    return out


def _sequences(engine: "Engine", folder: Path, purpose: "Purpose") -> "list[Sequence]":
    from calib.routing import Sequence
    from tools.synth import shards

    found = (one for path in shards.found(folder, shards.sequences(purpose)) for one in shards.read(path).sequences())
    return [Sequence(answers(engine, one), one.label.astype(int)) for one in found]


def _crops(engine: "Engine", folder: Path, purpose: "Purpose") -> "tuple[F32, I64]":
    """Logits (n, 3) and labels (n,) of the crops whose label is sure."""
    import numpy as np

    from tools.synth import shards
    from tools.synth.crops import UNSURE

    shard = shards.read(shards.found(folder, purpose)[0])
    sure = shard.label != UNSURE
    return answers(engine, shard)[sure], np.asarray(shard.label[sure], np.int64)


def routing(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Labelled crops that `understudy train data` wrote.")],
    net: Annotated[Path, typer.Option(metavar="FILE.onnx", help="The occlusion network.")] = WEIGHTS,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.toml", help="Where they go.")] = Path(
        "routing.toml"
    ),
) -> None:
    """Fit the temperature and the thresholds with their hysteresis to the calibration people's crops and sequences, and
    tell how both do on the validation people's."""
    from calib import ece, temperature, thresholds
    from calib import routing as fitting
    from engines.backends.choose import open_engine
    from tools.synth import shards
    from tools.synth.purposes import Purpose

    fit_on, check_on = Purpose.CALIBRATION, Purpose.VALIDATION
    for purpose in (fit_on, check_on):
        if not (shards.found(data, purpose) and shards.found(data, shards.sequences(purpose))):
            raise InputError(f"{data} lacks crops or sequences for {purpose}; write some with `understudy train data`")
    engine = open_engine(net, "cpu", "f32")
    heat, _ = temperature.crossed(*_crops(engine, data, fit_on))
    logits, labels = _crops(engine, data, check_on)
    typer.echo("crops of the validation people:")
    for name, t in (("before", 1.0), ("after", heat)):
        p = temperature.softmax(logits, t)
        loss, error = temperature.log_loss(logits, labels, t), ece.ece(p, labels)
        right = float((p.argmax(1) == labels).mean())
        typer.echo(f"{name:7} temperature {t:.3f}  log-loss {loss:.4f}  ECE {error:.4f}  accuracy {right:.4f}")
    fitted = fitting.fit(_sequences(engine, data, fit_on), heat)
    checked = fitting.quality(_sequences(engine, data, check_on), fitted)
    typer.echo(
        f"their sequences: {checked.accuracy:.4f} of frames right, {checked.switches:.1f} switches per 100 frames "
        f"({checked.wanted:.1f} in the labels)"
    )
    notes = (
        "Route thresholds, by `understudy calibrate routing`.",
        f"On sequences of people they were not fitted to, {checked.accuracy:.3f} of frames right.",
    )
    thresholds.save(fitted, output, notes)
    typer.echo(f"wrote {output}")
