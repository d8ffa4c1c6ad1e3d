"""`understudy calibrate ...`: artefacts fitted to labelled data. Options and printing only; fitting is in calib/."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError
from engines.occlusion.network import WEIGHTS

if TYPE_CHECKING:
    from calib.routing import Sequence
    from engines.protocol import Engine
    from engines.values import F32
    from tools.synth.shards import Shard


def register(app: typer.Typer) -> None:
    app.callback()(calibrate)
    app.command("routing")(routing)


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


def _sequences(engine: "Engine", folder: Path, prefix: str) -> "list[Sequence]":
    from calib.routing import Sequence
    from tools.synth import shards

    found = (one for path in shards.found(folder, prefix) for one in shards.read(path).sequences())
    return [Sequence(answers(engine, one), one.label.astype(int)) for one in found]


def routing(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Labelled crops that `understudy train data` wrote.")],
    net: Annotated[Path, typer.Option(metavar="FILE.onnx", help="The occlusion network.")] = WEIGHTS,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.toml", help="Where they go.")] = Path(
        "routing.toml"
    ),
) -> None:
    """Fit the temperature to the validation crops, the thresholds and their hysteresis to sequences, and tell how both
    do on what they were not fitted to."""
    import numpy as np

    from calib import ece, temperature, thresholds
    from calib import routing as fitting
    from engines.backends.choose import open_engine
    from tools.synth import shards
    from tools.synth.crops import UNSURE

    held = shards.found(data, "val")
    fit_on, check_on = (shards.found(data, n) for n in ("fit", "seq"))
    if not (held and fit_on and check_on):
        raise InputError(f"{data} lacks validation crops or sequences; write some with `understudy train data`")
    engine = open_engine(net, "cpu", "f32")
    shard = shards.read(held[0])
    sure = shard.label != UNSURE
    logits, labels = answers(engine, shard)[sure], shard.label[sure].astype(int)
    heat, scaled = temperature.crossed(logits, labels)
    for name, t, p in (("before", 1.0, temperature.softmax(logits)), ("after", heat, scaled)):
        loss = -float(np.log(p[np.arange(len(labels)), labels] + 1e-9).mean())
        right = float((p.argmax(1) == labels).mean())
        error = ece.ece(p, labels)
        typer.echo(f"{name:7} temperature {t:.3f}  log-loss {loss:.4f}  ECE {error:.4f}  accuracy {right:.4f}")
    fitted = fitting.fit(_sequences(engine, data, "fit"), heat)
    checked = fitting.quality(_sequences(engine, data, "seq"), fitted)
    typer.echo(
        f"sequences not fitted to: {checked.accuracy:.4f} of frames right, {checked.switches:.1f} switches per 100 "
        f"frames ({checked.wanted:.1f} in the labels)"
    )
    notes = (
        "Route thresholds, by `understudy calibrate routing`.",
        f"On held-back sequences {checked.accuracy:.3f} of frames right.",
    )
    thresholds.save(fitted, output, notes)
    typer.echo(f"wrote {output}")
