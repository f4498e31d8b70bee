"""An importer or a drain that ends itself: `python -m tests.real.killed import|drain|freeze MOMENT [N]`, settings as always.

It dies by SIGKILL at the N-th time that the moment comes, such as "before settle"; with the moment "never" it runs until
SIGTERM. With `freeze` it is an importer that stops itself (SIGSTOP) instead.
"""

import os
import signal
import sys
from threading import Event

from hits import drain
from importer import daemon
from settings import load


def main(which: str, moment: str, n: int = 1) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    left = n

    def observe(now: str) -> None:
        nonlocal left
        if now == moment:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGSTOP if which == "freeze" else signal.SIGKILL)

    {"import": daemon.run, "freeze": daemon.run, "drain": drain.run}[which](load(), stop, observe)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
