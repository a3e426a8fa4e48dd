"""Random numbers by name: what one company draws never depends on others, nor on the last day.

Each (seed, purpose, name) has its own PCG64 stream read one number a session, so a longer world
repeats a shorter one and a new company leaves the rest as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stream(seed: int, purpose: str, name: str = "") -> np.random.Generator:
    """Return the generator of that name; equal arguments give equal numbers."""
    digest = hashlib.blake2b(f"{purpose}/{name}".encode(), digest_size=16).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def normals(seed: int, purpose: str, names: Sequence[str], count: int) -> Floats:
    """Standard normal draws as (count, N), one column a name."""
    return _columns(seed, purpose, names, count, lambda rng: rng.standard_normal(count))


def uniforms(seed: int, purpose: str, names: Sequence[str], count: int) -> Floats:
    """Uniform draws in [0, 1) as (count, N), one column a name."""
    return _columns(seed, purpose, names, count, lambda rng: rng.random(count))


def fat_tailed(
    seed: int, purpose: str, names: Sequence[str], count: int, *, tail: float, largest: float
) -> Floats:
    """Student-t draws of `tail` degrees of freedom scaled to variance 1, cut at +-`largest`."""
    scale = np.sqrt((tail - 2) / tail)
    drawn = _columns(seed, purpose, names, count, lambda rng: rng.standard_t(tail, count) * scale)
    return np.clip(drawn, -largest, largest)


def autoregressive(shocks: Floats, memory: float, spread: float) -> Floats:
    """AR(1) along axis 0 driven by unit shocks: x = memory * x + e, of deviation `spread`."""
    path = shocks * (spread * np.sqrt(1 - memory**2))
    for t in range(1, len(path)):
        path[t] += memory * path[t - 1]
    return path


def _columns(
    seed: int,
    purpose: str,
    names: Sequence[str],
    count: int,
    draw: Callable[[np.random.Generator], Floats],
) -> Floats:
    drawn = np.empty((len(names), count))
    for i, name in enumerate(names):
        drawn[i] = draw(stream(seed, purpose, name))
    return np.ascontiguousarray(drawn.T)
