"""The one door to parallel work: wherever the items go, the results are equal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tradertape_core.backtest.config import BacktestConfig
from tradertape_core.backtest.robustness.grid import grid
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import complete
from tradertape_server.features.backtests.studies.variant_work import Variant, VariantWork
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.errors import Unavailable

POINTS = grid({"/stops/target_pct": [6, 8, 10], "/stops/atr_stop_mult": [-1, 2, 3]})


@pytest.fixture
def compute() -> Iterator[Compute]:
    compute = Compute(workers=2)
    yield compute
    compute.close()


@pytest.fixture
def work(simulated_home: Path) -> VariantWork:
    return VariantWork(
        home=str(simulated_home),
        data_set="simulated",
        data_version="",
        document=complete(dict(BASE_MODELS["v3_dip_buyer"])),
        config=BacktestConfig(date(2023, 1, 1), date(2024, 1, 1), universe="nifty_50"),
        warm_up=300,
    )


VARIANTS = [Variant(point) for point in POINTS]


def _expected(work: VariantWork) -> list[Any]:
    opened = work.open(work.load())
    return [work.run(opened, variant) for variant in VARIANTS]


def test_short_work_stays_in_this_process(compute: Compute, work: VariantWork) -> None:
    assert compute.mapper(work).results(VARIANTS) == _expected(work)
    assert compute.pool_threshold_s() > 2  # no worker was started


def test_bt_06_a_pool_finds_what_one_process_finds(compute: Compute, work: VariantWork) -> None:
    expected = _expected(work)

    found = compute.mapper(work, place="pool").results(VARIANTS)

    assert found == expected
    assert sum("error" in row for row in found) == 3  # a bad value fails alone there too


@pytest.mark.slow
def test_a_worker_that_dies_is_told_and_the_next_work_has_a_new_pool(
    compute: Compute, work: VariantWork
) -> None:
    mapper = compute.mapper(work, place="pool")
    assert len(mapper.results(VARIANTS[:2])) == 2
    for process in list(compute.pool()._processes.values()):
        os.kill(process.pid or 0, signal.SIGKILL)

    with pytest.raises(Unavailable, match="worker process died"):
        mapper.results(VARIANTS)

    assert len(mapper.results(VARIANTS[:2])) == 2


def test_cancelled_work_ends_after_the_batch_it_is_at(compute: Compute, work: VariantWork) -> None:
    found: list[int] = []

    mapper = compute.mapper(work, is_cancelled=lambda: bool(found))
    for batch in mapper.map(VARIANTS):
        found += [index for index, _ in batch]

    assert found == [0]


@pytest.mark.slow
def test_what_the_work_raises_comes_out_of_the_pool_whole(
    compute: Compute, work: VariantWork
) -> None:
    from dataclasses import replace

    from tradertape_core.kernel.errors import InvalidInput

    lost = replace(work, data_set="no-such-set")

    with pytest.raises(InvalidInput, match="no-such-set"):
        compute.mapper(lost, place="pool").results(VARIANTS)


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_bt_06_a_ray_cluster_finds_what_pool_and_process_find(
    compute: Compute, work: VariantWork
) -> None:
    import logging
    import shutil
    import tempfile

    ray = pytest.importorskip("ray")
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # sockets need a short path
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        configure_logging=False,
        logging_level=logging.ERROR,
        log_to_driver=False,
        object_store_memory=100 * 1024 * 1024,
        _temp_dir=folder,
    )
    try:
        clustered = Compute(ray_address="auto").mapper(work).results(VARIANTS)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)

    assert clustered == _expected(work)
    assert clustered == compute.mapper(work, place="pool").results(VARIANTS)


def test_a_cluster_that_is_not_there_says_so(work: VariantWork) -> None:
    pytest.importorskip("ray")
    from tradertape_server.platform.compute import cluster

    with pytest.raises(Unavailable, match="does not respond"):
        cluster.connected("nonsense://nowhere")
