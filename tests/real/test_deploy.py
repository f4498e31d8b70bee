"""The examples in deploy/, as far as a machine can try them: nginx in front of a real collector, and what systemd says."""

import http.client
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import COMMANDS
from settings import SETTINGS
from tests.running import CHROME
from tests.servers import ROOT, RedisServer, Server, free_port

DEPLOY = ROOT / "deploy"
NGINX = "/usr/sbin/nginx"
SETTING_NAMES = {row.variable for row in SETTINGS}


class Collector(Server):
    """`fizzstat collect` behind a proxy."""

    def __init__(self, folder: Path, redis_url: str, prefix: str):
        self.port = free_port()
        environ = {
            "FIZZSTAT_DATA_DIR": str(folder / "data"),
            "FIZZSTAT_COLLECT_PORT": str(self.port),
            "FIZZSTAT_COLLECT_PROCESSES": "1",
            "FIZZSTAT_REDIS_URL": redis_url,
            "FIZZSTAT_REDIS_PREFIX": prefix,
            "FIZZSTAT_PROXY_COUNT": "1",
        }
        super().__init__("collect", folder, [str(ROOT / "fizzstat"), "collect"], environ)

    def ready(self) -> bool:
        return port_answers(self.port)


class Nginx(Server):
    """deploy/nginx.conf as it is, but for ports, and certificates that are made here."""

    def __init__(self, folder: Path, collector: int):
        self.tls, self.plain, self.folder = free_port(), free_port(), folder
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=stats.example.com"]
        subprocess.run([*command, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        (folder / "users").write_text("me:$apr1$x$1\n")
        self.text = (DEPLOY / "nginx.conf").read_text()
        self.config = folder / "nginx.conf"
        self.config.write_text(self._main(self._here(collector)))
        super().__init__("nginx", folder, [NGINX, "-c", str(self.config), "-e", "stderr", "-g", "daemon off;"])

    def _here(self, collector: int) -> str:
        changes = {
            "listen 443 ssl": f"listen 127.0.0.1:{self.tls} ssl",
            "listen 80": f"listen 127.0.0.1:{self.plain}",
            "server 127.0.0.1:8000": f"server 127.0.0.1:{collector}",
            "/etc/nginx/fizzstat.users": str(self.folder / "users"),
        }
        text = self.text
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        text = re.sub(r"/etc/letsencrypt/live/\S+/fullchain.pem", str(self.folder / "cert.pem"), text)
        return re.sub(r"/etc/letsencrypt/live/\S+/privkey.pem", str(self.folder / "key.pem"), text)

    def _main(self, site: str) -> str:
        """Around it, what Debian's nginx.conf has; everything is written into the folder."""
        paths = "\n".join(
            f"{name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        return (
            f"{user}\nworker_processes 1;\npid {self.folder}/nginx.pid;\nevents {{}}\n"
            f"http {{\n{paths}\naccess_log {self.folder}/access.log;\n{site}\n}}\n"
        )

    def ready(self) -> bool:
        return port_answers(self.plain)

    def ask(
        self, method: str, path: str, body: bytes = b"", host: str = "stats.example.com", **headers: str
    ) -> tuple[int, bytes]:
        with closing(self.connection()) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, {"Host": host, "User-Agent": CHROME, **named})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=10, context=context)


def port_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, redis: RedisServer) -> Iterator[Nginx]:
    collector = Collector(tmp_path_factory.mktemp("collect"), redis.url, "proxied")
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), collector.port)
    collector.start()
    proxy.start()
    yield proxy
    proxy.kill()
    collector.kill()


def hits(redis: RedisServer) -> list[dict[str, Any]]:
    with redis.client() as client:
        lists = [client.lrange(key, 0, -1) for key in client.scan_iter("proxied:*:queue")]
    return [json.loads(entry) for entries in lists for entry in entries]


def test_nginx_finds_nothing_wrong_with_the_example(nginx: Nginx) -> None:
    checked = subprocess.run([NGINX, "-t", "-c", nginx.config, "-e", "stderr"], capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


def test_a_hit_comes_through_nginx_with_the_visitors_address(nginx: Nginx, redis: RedisServer) -> None:
    body = json.dumps({"url": "https://shop.example/through-nginx"}).encode()
    # what a visitor says of himself counts for nothing: nginx adds the address that it saw, and that one is taken
    assert nginx.ask("POST", "/hit", body, X_Forwarded_For="203.0.113.7")[0] == 202
    (hit,) = [one for one in hits(redis) if one["url"].endswith("/through-nginx")]
    assert hit["ip"] == "127.0.0.1"
    assert json.loads(nginx.ask("GET", "/readyz")[1])["proxies"] == 1


def test_the_scripts_the_pixel_and_long_lists_come_through_nginx(nginx: Nginx) -> None:
    assert b"document.currentScript" in nginx.ask("GET", "/tracker.js")[1]
    query = "url=https%3A%2F%2Fshop.example%2F" + "x" * 30_000
    assert nginx.ask("GET", f"/pixel.gif?{query}")[0] == 200
    assert nginx.ask("POST", "/event", b"[" + b" " * ((4 << 20) - 2) + b"]")[0] == 401  # it came as far as the question for a key
    assert nginx.ask("POST", "/event", b" " * (6 << 20))[0] == 413


def test_what_the_collector_tells_of_itself_stays_inside_and_the_dashboard_asks_who_comes(nginx: Nginx) -> None:
    assert nginx.ask("GET", "/metrics")[0] == 404
    assert nginx.ask("GET", "/", host="dashboard.example.com")[0] == 401
    assert nginx.ask("GET", "/api/openapi.json", host="dashboard.example.com")[0] != 401, "the API asks for keys of its own"


def test_http_leads_to_https_and_nginx_keeps_no_log_of_hits(nginx: Nginx) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=5)
    connection.request("GET", "/tracker.js", headers={"Host": "stats.example.com"})
    assert connection.getresponse().headers["Location"] == "https://stats.example.com/tracker.js"
    connection.close()
    nginx.ask("GET", "/pixel.gif?url=https%3A%2F%2Fshop.example%2F")
    assert "pixel" not in (nginx.folder / "access.log").read_text()


def test_too_many_hits_from_one_address_are_refused_by_nginx(nginx: Nginx) -> None:
    statuses = []
    with closing(nginx.connection()) as connection:
        for _ in range(500):  # on one connection, so faster than it allows
            connection.request("GET", "/pixel.gif", headers={"Host": "stats.example.com"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    assert statuses[0] == 400  # it came through: what is missing is a url
    assert 429 in statuses


def test_caddy_finds_nothing_wrong_with_the_example(tmp_path: Path) -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    environ = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    checked = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert "Valid configuration" in checked.stdout + checked.stderr


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, for a FizzStat that is in this checkout; an instance stands for the template."""
    folder = shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    for path in [*folder.glob("*.service"), *folder.glob("*.d/*.conf")]:
        path.write_text(path.read_text().replace("/opt/fizzstat", str(ROOT)))
    shutil.copy(folder / "fizzstat-import@.service", folder / "fizzstat-import@1.service")
    return folder


def systemd_analyze(units: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"}
    return subprocess.run(["systemd-analyze", *arguments], env=environ, cwd=units, capture_output=True, text=True, timeout=60)


def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    names = sorted(f"./{path.name}" for path in units.glob("fizzstat-*") if path.is_file())
    checked = systemd_analyze(units, "verify", "--man=no", *names)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_units_keep_fizzstat_in_its_place(units: Path) -> None:
    checked = systemd_analyze(units, "security", "--offline=yes", "--no-pager", "--threshold=25", "./fizzstat-run.service")
    assert checked.returncode == 0, checked.stdout[-300:]
    assert "exposure level" in checked.stdout


def test_every_unit_runs_a_command_that_there_is(units: Path) -> None:
    commands = {
        path.name: re.findall(r"^ExecStart=\S+/fizzstat (\w+)$", path.read_text(), re.M) for path in units.glob("*.service")
    }
    assert {command for found in commands.values() for command in found} == {
        "run",
        "collect",
        "import",
        "dashboard",
        "drain",
        "geoip",
    }
    assert all(len(found) == 1 and found[0] in COMMANDS for found in commands.values())
    variables = set(re.findall(r"FIZZSTAT_[A-Z_]+", "".join(path.read_text() for path in units.rglob("*.*") if path.is_file())))
    assert variables <= SETTING_NAMES


def test_the_compose_file_names_services_volumes_commands_and_settings_that_there_are() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"redis", "elasticsearch", "collect", "import", "dashboard"}
    for name, service in services.items():
        assert set(service.get("depends_on") or ()) <= set(services)
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
        if service["image"] == "fizzstat":
            assert service["command"][0] in COMMANDS, name
            assert set(service["environment"]) <= SETTING_NAMES
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()
            assert {port.split(":")[0] for port in service.get("ports", ())} <= {"127.0.0.1"}
    urls = (services["collect"]["environment"][f"FIZZSTAT_{name}_URL"] for name in ("REDIS", "STORE"))
    assert {url.split("/")[2].split(":")[0] for url in urls} <= set(services)


def test_the_compose_files_redis_keeps_what_it_takes(tmp_path: Path) -> None:
    words = shlex.split(yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["redis"]["command"])
    given = {word.removeprefix("--").replace("-", "_"): value for word, value in zip(words[1::2], words[2::2], strict=True)}
    server = RedisServer(tmp_path, **{name: value or '""' for name, value in given.items()})
    server.start()
    try:
        with server.client(decode_responses=True) as client:
            wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
            assert client.config_get(*wanted) == wanted
    finally:
        server.kill()


def test_the_image_is_made_of_files_that_there_are() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    sources = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert (ROOT / "fizzstat").stat().st_mode & 0o111
