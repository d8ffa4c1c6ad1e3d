"""Opens the project's own networks from a file, the shipped one or one that a user trained. Knows declarations and
devices, not what the networks see."""

from pathlib import Path

from engines.backends.choose import open_engine
from engines.errors import ModelError
from engines.mesh.field import lightnet
from engines.occlusion import eyewear, network
from engines.protocol import Engine
from engines.store.catalog import load_catalog
from engines.store.onnx_header import read_head
from engines.store.recognise import fits

PRECISION = "bf16"  # a third of the time, the same maps to a hundredth


def open_occlusion(file: Path = network.WEIGHTS, device: str = "auto", strict: bool = False) -> Engine:
    """The network of what lies before a face, for `OcclusionNet`. device, strict: as `open_engine` has them. Raises
    ModelError where the file is another network, DeviceError."""
    return _opened(file, "occlusion", device, strict)


def open_eyewear(file: Path = eyewear.WEIGHTS, device: str = "auto", strict: bool = False) -> Engine:
    """The network of spectacles, for `EyewearNet`. As `open_occlusion`."""
    return _opened(file, "eyewear", device, strict)


def open_light(file: Path = lightnet.WEIGHTS, device: str = "auto", strict: bool = False) -> Engine:
    """The network of the light on painted faces, for `LightNet`. As `open_occlusion`."""
    return _opened(file, "light", device, strict)


def _opened(file: Path, kind: str, device: str, strict: bool) -> Engine:
    if not file.is_file():
        raise ModelError(f"there is no file {file}; `understudy train` writes {kind}.onnx into its --output")
    want, head = load_catalog().model(kind), read_head(file)
    if not fits(want, head):
        seen, wanted = (", ".join(map(str, (*m.inputs, *m.outputs))) for m in (head, want))
        raise ModelError(
            f"{file} is no {kind} network: it declares {seen}, which should be {wanted}; "
            "take the file that `understudy train` wrote"
        )
    return open_engine(file, device, PRECISION, strict=strict)
