"""Rewrites of ONNX graphs: open the batch axis, cast, quantise, expose. Knows graphs, not pictures or runtimes."""
