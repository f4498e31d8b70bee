"""A process that writes into an embedded store, to be killed: commands on standard input, `ok` after each is done.

    python -m tests.store_writer FOLDER PREFIX

`create FIRST COUNT` and `put FIRST COUNT` write views with the ids FIRST, FIRST + 1, …; `flush` flushes, `refresh`
refreshes; `failing` makes every further write to a file fail, as on a full disk.
"""

import resource
import signal
import sys
from pathlib import Path

from store.base import StoreAway, StoreTaken
from tests.stores import Opener, nest

NOON = 1_795_608_000_000


def main(folder: str, prefix: str) -> None:
    opener = Opener("embedded", prefix, Path(folder))
    try:
        store = opener(write=True)
    except StoreTaken as error:
        print(f"taken: {error}", flush=True)
        return
    store.setup()
    print("ok", flush=True)
    for line in sys.stdin:
        command, *numbers = line.split()
        try:
            if command == "failing":
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (int(numbers[0]), resource.RLIM_INFINITY))
            elif command == "flush":
                store.flush()
            elif command == "refresh":
                store.refresh()
            else:
                first, count = map(int, numbers)
                documents = [
                    opener.document(kind, str(n), nest({"@timestamp": NOON + n, "hit.receipt": command, "url.path": f"/{n}"}))
                    for n in range(first, first + count)
                    for kind in ("view", "event")
                ]
                written = store.create(documents) if command == "create" else store.put(documents, version=1)
                assert {one.state for one in written} <= {"created", "exists", "put"}
            print("ok", flush=True)
        except StoreAway as error:
            print(f"away: {error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
