"""Parallel work on a Ray cluster; only this module uses Ray (the extra `[cluster]`)."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from tradertape_server.platform.compute.worker_process import Batch, Numbered, Work, run_shipped
from tradertape_server.platform.errors import Unavailable


def connected(address: str) -> Any:
    """Return the ray module, connected to the cluster. Raises Unavailable with the remedy."""
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise Unavailable(
            "A cluster address is set, but Ray is not installed: "
            "install tradertape-server[cluster], or clear TRADERTAPE_RAY_ADDRESS."
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise Unavailable(f"The cluster at {address} does not respond: {error}") from error
    return ray


def processors(ray: Any) -> int:
    """How many items the cluster can process at once."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def submit(ray: Any, work: Work, shipped: Any, items: list[Numbered]) -> Any:
    """Submit a chunk of items; pass the returned reference to `result`."""
    return ray.remote(run_shipped).remote(work, shipped, items)


def result(ray: Any, sent: Any) -> Batch:
    """Return the results of a chunk; raises what the work raised."""
    try:
        return ray.get(sent)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause or error) from error
    except ray.exceptions.RayError as error:
        raise Unavailable(f"The cluster lost a chunk: {error}") from error
