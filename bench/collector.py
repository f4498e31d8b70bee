"""The collector's rate against an empty WSGI app and a plain Flask view: `.venv/bin/python -m bench.collector`.

All three run behind the same uWSGI (deploy/uwsgi.ini) and the Redis that `make run` starts, and are asked in turns, so that
whatever else the machine does meets all of them. wrk asks over 32 connections. After each round it is checked that every
hit with a 202 is in Redis. Rates are hits a second, medians over the rounds; µs are CPU time a hit, by process.
"""

import argparse
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import redis

from deploy.run import _redis_server
from deploy.serve import threads
from hits import ledger
from hits.queue import Queue
from tests.servers import ROOT, Server, free_port

APPS = {"empty": "bench.collector_apps:empty", "naive": "bench.collector_apps:naive", "FizzStat": "collect.wsgi:application"}
PREFIX = "fizzstat"
PARTITIONS = 16


class Round(NamedTuple):
    """`rate` in hits a second, `p99` in ms, `cpu` in µs a hit of processes, router and Redis, `memory` in MB a process."""

    rate: float
    p99: float
    cpu: tuple[float, float, float]
    memory: float


class Redis(Server):
    def __init__(self, folder: Path):
        self.socket = folder / "redis.sock"
        self.client = redis.Redis(unix_socket_path=str(self.socket))
        conf = [str(ROOT / "deploy/redis.conf"), "--dir", str(folder), "--unixsocket", str(self.socket)]
        super().__init__("redis", folder, [str(_redis_server()), *conf])

    def ready(self) -> bool:
        return self.socket.exists() and bool(self.client.ping())


class Uwsgi(Server):
    def __init__(self, folder: Path, name: str, redis_url: str, processes: int, threads: int):
        self.port = free_port()
        values = {
            "FIZZSTAT_BIND": "127.0.0.1",
            "FIZZSTAT_COLLECT_PORT": str(self.port),
            "FIZZSTAT_COLLECT_PROCESSES": str(processes),
            "FIZZSTAT_DATA_DIR": str(folder / "data"),
            "FIZZSTAT_REDIS_URL": redis_url,
            "FIZZSTAT_REDIS_PREFIX": PREFIX,
            "FIZZSTAT_PARTITIONS": str(PARTITIONS),
            "FIZZSTAT_PROXY_COUNT": "1",
            "FIZZSTAT_HOME": str(ROOT),
            "FIZZSTAT_SOCKET": str(folder / f"{name}.sock"),
            "BENCH_APP": APPS[name],
            "BENCH_THREADS": str(threads),
        }
        uwsgi = Path(sysconfig.get_path("scripts"), "uwsgi")
        super().__init__(name, folder, [str(uwsgi), "--ini", str(ROOT / "bench/collector.ini"), "--listen", "1024"], values)
        self.command = ["env", "-C", str(ROOT), *self.command]

    def ready(self) -> bool:
        return subprocess.run(["curl", "-sf", "-d", "{}", "-o", "/dev/null", f"http://127.0.0.1:{self.port}/hit"]).returncode in (
            0,
            22,
        )

    def processes(self) -> tuple[list[int], int]:
        """Pids of the processes, and the router's."""
        assert self.process
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        *workers, router = map(int, found)
        return workers, router


def one_round(server: Uwsgi, own_redis: Redis, seconds: int) -> Round:
    own_redis.client.flushall()
    workers, router = server.processes()
    groups = [workers, [router], [own_redis.process.pid]]  # type: ignore[union-attr]
    before = [sum(map(cpu, group)) for group in groups]
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", "-s", "bench/collector.lua", f"http://127.0.0.1:{server.port}"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    requests, micros, p99, errors = map(int, said.partition("BENCH ")[2].split())
    assert not errors, said
    used = [(sum(map(cpu, group)) - start) / requests * 1e6 for group, start in zip(groups, before, strict=True)]
    if server.name == "FizzStat":
        received = ledger.read(Queue(own_redis.client, PREFIX, PARTITIONS))
        assert received.balanced
        assert requests <= received.received <= requests + 32, (requests, received)  # 32 were cut off before their answer
    return Round(requests / micros * 1e6, p99 / 1000, (used[0], used[1], used[2]), max(map(resident, workers)))


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def servers(processes: int, threads: int) -> Iterator[tuple[list[Uwsgi], Redis]]:
    with TemporaryDirectory(prefix="bench-") as folder, ExitStack() as running:
        own_redis = Redis(Path(folder))
        running.callback(own_redis.kill)
        own_redis.start()
        started = []
        for name in APPS:
            server = Uwsgi(Path(folder), name, f"unix://{own_redis.socket}", processes, threads)
            running.callback(server.kill)
            server.start()
            started.append(server)
        yield started, own_redis


def measure(processes: int, of_each: int, rounds: int, seconds: int) -> None:
    with servers(processes, of_each) as (started, own_redis):
        found = [{server.name: one_round(server, own_redis, seconds) for server in started} for _ in range(rounds)]
    ratios = {name: median(one["FizzStat"].rate / one[name].rate for one in found) for name in APPS}
    print(f"\n{processes} process(es): {ratios['empty']:.2f} of the empty WSGI, {ratios['naive']:.2f} times the naive Flask view")
    print(f"{'':10}{'hits/s':>8}{'least':>8}{'most':>8}{'p99 ms':>8}   µs of CPU: app, router, Redis   MB a process")
    for name in APPS:
        mine = [one[name] for one in found]
        rates = [one.rate for one in mine]
        used = " ".join(f"{median(one.cpu[i] for one in mine):6.0f}" for i in range(3))
        print(
            f"{name:10}{median(rates):8,.0f}{min(rates):8,.0f}{max(rates):8,.0f}{median(one.p99 for one in mine):8.1f}   "
            f"{used:27}   {mine[0].memory:.0f}, {mine[-1].memory:.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--threads", type=int, help="of each process; else as ./fizzstat collect has them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each round")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        subprocess.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", "wrk"], check=True)
    for processes in given.processes:
        measure(processes, given.threads or threads(processes), given.rounds, given.seconds)
    print(f"\nload of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
