"""Temperature scaling: one number that makes a classifier's probabilities honest. Source: Guo et al., 2017."""

import numpy as np
import numpy.typing as npt

from engines.values import F32

I64 = npt.NDArray[np.int64]
COLDEST, HOTTEST = 0.05, 20.0


def softmax(logits: F32, temperature: float = 1.0) -> F32:
    """Probabilities (n, k) of logits (n, k)."""
    z = logits.astype(np.float64) / temperature
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True), np.float32)


def log_loss(logits: F32, labels: I64, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood, nats. logits: (n, k). labels: (n,), 0 to k - 1."""
    z = logits.astype(np.float64) / temperature
    z = z - z.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]))


def fit(logits: F32, labels: I64) -> float:
    """The temperature of least log-loss, by golden section over its logarithm, in which the loss has one minimum.

    ValueError where there is nothing to fit.
    """
    if len(labels) == 0:
        raise ValueError("no labelled logits to fit a temperature to")
    low, high, golden = np.log(COLDEST), np.log(HOTTEST), (np.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = (log_loss(logits, labels, float(np.exp(x))) for x in (a, b))
    for _ in range(48):
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = log_loss(logits, labels, float(np.exp(a)))
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = log_loss(logits, labels, float(np.exp(b)))
    return float(np.exp((low + high) / 2))


def crossed(logits: F32, labels: I64) -> tuple[float, F32]:
    """The temperature to use, and probabilities (n, k) that are fair to judge it by: each half of the answers (every
    other one) as the temperature fitted to the other half has it.

    The mean of both in logarithms; 1 where on the halves that they were not fitted to they do not lower the log-loss: a
    few hundred answers do not say much.
    """
    even = np.arange(len(labels)) % 2 == 0
    found = [fit(logits[half], labels[half]) for half in (even, ~even)]
    other = np.where(even, found[1], found[0]).astype(np.float32)[:, None]
    scaled = np.asarray(logits / other, np.float32)
    if log_loss(scaled, labels) >= log_loss(logits, labels):
        return 1.0, softmax(logits)
    return float(np.sqrt(found[0] * found[1])), softmax(scaled)
