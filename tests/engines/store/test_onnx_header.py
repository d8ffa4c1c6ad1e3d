"""The declaration of an ONNX file that nobody trusts yet: what is read of it, and what is refused."""

from pathlib import Path

import pytest
from onnx import TensorProto, helper

from engines.errors import ModelError
from engines.store.catalog import load_catalog
from engines.store.onnx_header import read_head
from engines.store.recognise import recognise
from tests.engines.store.onnx_files import external


def test_data_beside_the_file_is_found_or_missed(tmp_path: Path) -> None:
    file = external(tmp_path / "a.onnx", "w.bin")
    with pytest.raises(ModelError, match=r"lacks its data file 'w\.bin'"):
        read_head(file)
    (tmp_path / "w.bin").write_bytes(b"0" * 12)
    assert read_head(file).external == ("w.bin",)
    with pytest.raises(ModelError, match=r"keeps weights in w\.bin.*make one file of it"):
        recognise(file, load_catalog())


def test_outside_data_hidden_in_a_nodes_attribute_is_found(tmp_path: Path) -> None:
    hidden = TensorProto(name="c", data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
    hidden.external_data.add(key="location", value="../../secret")
    inner = helper.make_graph([helper.make_node("Constant", [], ["y"], value=hidden)], "inner", [], [])
    outer = helper.make_node("If", ["x"], ["z"], then_branch=inner, else_branch=inner)
    path = tmp_path / "a.onnx"
    path.write_bytes(helper.make_model(helper.make_graph([outer], "g", [], [])).SerializeToString())
    with pytest.raises(ModelError, match="outside its own folder"):
        read_head(path)


def foreign(domain: str, defined: bool = False, inner: bool = False) -> bytes:
    """A graph with one node of this domain, which the file may define itself."""
    node = helper.make_node("Secret", ["x"], ["y"], domain=domain)
    if inner:
        body = helper.make_graph([node], "inner", [], [])
        node = helper.make_node("If", ["x"], ["y"], then_branch=body, else_branch=body)
    model = helper.make_model(helper.make_graph([node], "g", [], []))
    if defined:
        own = helper.make_node("Neg", ["x"], ["y"])
        model.functions.append(
            helper.make_function(domain, "Secret", ["x"], ["y"], [own], [helper.make_opsetid("", 13)])
        )
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("inner", [False, True])
def test_operators_of_a_makers_own_are_refused_before_any_runtime_looks(tmp_path: Path, inner: bool) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(foreign("evil.corp", inner=inner))
    with pytest.raises(ModelError, match=r"needs operators of evil\.corp, which no runtime here has"):
        read_head(path)


def test_operators_that_are_standard_or_defined_in_the_file_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    for domain, defined in (("", False), ("com.microsoft", False), ("mine", True)):
        path.write_bytes(foreign(domain, defined))
        assert read_head(path).domains <= {"", domain}
