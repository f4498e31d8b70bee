"""The importer: a daemon that takes hits from the queue and writes documents, until it is told to stop.

It is some workers (FIZZSTAT_IMPORT_THREADS), each a thread with leases of its own: while one waits for the store or Redis,
another computes. They end after the turns that they are at.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event

from hits.together import run_together
from importer.away import Away
from importer.meter import Meter
from importer.turn import Observe
from importer.worker import Worker
from metrics.serve import serve
from metrics.table import IMPORT
from metrics.tally import Tally, read, tally_folder
from metrics.text import render
from settings import Settings
from store import open_store
from store.base import Store

log = logging.getLogger("fizzstat.importer")


def run(settings: Settings, stop: Event, observe: Observe = lambda moment: None) -> None:
    """Import until `stop` is set."""
    gc.freeze()  # what was imported stays; and batches are many objects that live briefly and hold no circles
    gc.set_threshold(100_000, 20, 20)
    folder = tally_folder(settings.data_dir)
    meters = [Meter(Tally(folder, "import")) for _ in range(settings.import_threads)]
    away = Away(stop)
    with _metrics(settings, folder):
        store = away.until_there(lambda: _open(settings), meters[0])
        if store is None:
            return
        try:
            workers = [away.until_there(partial(Worker, settings, store, stop, meter, observe), meter) for meter in meters]
            log.info("importing into %s", store.url)
            run_together([partial(worker.run, away) for worker in workers if worker], stop, "worker")
        finally:
            store.close()
        log.info("stopped")


@contextmanager
def _metrics(settings: Settings, folder: Path) -> Iterator[None]:
    """Serve /metrics meanwhile, if FIZZSTAT_METRICS_PORT says so; an importer works without it, too."""
    with ExitStack() as stack:
        if settings.metrics_port:
            text = partial(_metrics_text, folder)
            try:
                stack.callback(serve(settings.bind, settings.metrics_port, settings.metrics_key, text).shutdown)
            except OSError as error:
                log.error("FIZZSTAT_METRICS_PORT %d on %s cannot be used: %s", settings.metrics_port, settings.bind, error)
        yield


def _metrics_text(folder: Path) -> str:
    return render(IMPORT, read(folder, "import"))


def _open(settings: Settings) -> Store:
    store = open_store(settings, write=True)
    try:
        store.setup()
    except BaseException:
        store.close()
        raise
    return store
