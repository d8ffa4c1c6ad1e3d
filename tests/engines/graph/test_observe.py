"""Inner tensors made visible, and old graphs lifted: what was computed before is computed after."""

import numpy as np

from engines.graph.observe import expose
from engines.graph.opset import lifted
from tests.engines.graph.graphs import W, X, net, run


def test_inner_tensors_come_out_after_the_outputs() -> None:
    y, m, r = run(expose(net(), ["m", "r"]))
    assert np.array_equal(m, X @ W)
    assert np.array_equal(r, np.maximum(X @ W, 0)) and np.array_equal(y, -r)


def test_what_is_an_output_already_is_not_one_twice() -> None:
    seen = expose(net(), ["y", "m", "m"])
    assert [value.name for value in seen.graph.output] == ["y", "m"]
    assert len(run(seen)) == 2


def test_the_original_stays_as_it_was() -> None:
    model = net()
    before = model.SerializeToString()
    expose(model, ["m"])
    lifted(model)
    assert model.SerializeToString() == before
