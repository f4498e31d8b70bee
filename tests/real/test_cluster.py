"""The queue in a Redis Cluster: all that FizzStat does, where a script or command whose keys lie in two slots is refused; and
on three nodes, also while slots move from one to another."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from hits import dead
from hits.days import now_ms
from hits.drain import spooled
from hits.keys import salts_alive
from hits.redis import QueueAway, connect_to, redis_errors
from hits.spool import files, spool_folder
from importer.salts import Salts
from tests.real.shell import Shell
from tests.real.system import Load, Start
from tests.real.test_crashes import exact, first_hits, hit, later_hits, whole
from tests.servers import RedisServer, until

SLOTS = 16_384
ids = count()


class Nodes:
    """A cluster without replicas. Of one node only, whatever speaks to a Redis can speak to it, and `url` is a plain one."""

    def __init__(self, servers: list[RedisServer]):
        self.servers = servers
        for server in servers:
            server.url = server.url.removesuffix("/0")
        if len(servers) == 1:
            servers[0].client().execute_command("CLUSTER", "ADDSLOTS", *range(SLOTS))
            self.url = servers[0].url
        else:
            hosts = [server.url.removeprefix("redis://") for server in servers]
            create = ["redis-cli", "--cluster", "create", *hosts, "--cluster-yes"]
            subprocess.run(create, check=True, stdout=subprocess.DEVNULL, timeout=60)
            self.url = ",".join(f"redis+cluster://{host}" for host in hosts)
        self.wait()

    def wait(self) -> None:
        until(lambda: all(_agrees(server) for server in self.servers), "the cluster to agree")

    @contextmanager
    def away(self) -> Iterator[None]:
        for server in self.servers:
            server.stop()
        yield
        for server in self.servers:
            server.start()
        self.wait()

    def move(self, slot: int) -> None:
        """To the node after the one that has it, key by key, as `redis-cli --cluster reshard` does."""
        clients: list[Any] = [server.client() for server in self.servers]
        names = [client.execute_command("CLUSTER", "MYID").decode() for client in clients]
        owner = next(i for i, client in enumerate(clients) if slot in _slots(client.execute_command("CLUSTER", "NODES")))
        source, target = clients[owner], clients[(owner + 1) % len(clients)]
        target.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", names[owner])
        source.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", names[(owner + 1) % len(clients)])
        port = self.servers[(owner + 1) % len(clients)].url.rpartition(":")[2]
        while keys := source.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1):
            source.execute_command("MIGRATE", "127.0.0.1", port, keys[0], 0, 5000)
        for client in (target, source, *clients):
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", names[(owner + 1) % len(clients)])
        assert slot in _slots(target.execute_command("CLUSTER", "NODES"))


def _slots(nodes: bytes) -> set[int]:
    """Those of the node that was asked, by CLUSTER NODES: https://redis.io/docs/latest/commands/cluster-nodes/."""
    (mine,) = (line.split() for line in nodes.decode().splitlines() if "myself" in line)
    ranges = [slots.split("-") for slots in mine[8:] if not slots.startswith("[")]
    return {slot for each in ranges for slot in range(int(each[0]), int(each[-1]) + 1)}


def _agrees(server: RedisServer) -> bool:
    client: Any = server.client()
    return b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO")


@pytest.fixture(params=[1, 3], ids=["one node", "three nodes"])
def nodes(request: pytest.FixtureRequest, redis_server: Callable[..., RedisServer]) -> Nodes:
    return Nodes([redis_server(cluster_enabled="yes") for _ in range(request.param)])


@pytest.fixture
def three(redis_server: Callable[..., RedisServer]) -> Nodes:
    return Nodes([redis_server(cluster_enabled="yes") for _ in range(3)])


def stop(*processes: Any) -> None:
    for process in processes:
        process.terminate()
        assert process.wait(30) == 0


def test_a_cluster_serves_as_the_queue(system: Start, nodes: Nodes) -> None:
    one = system("embedded", nodes.url, FIZZSTAT_PARTITIONS="6")
    fizzstat = Shell(one.environ)
    importer, drain = one.start("import"), one.start("drain")
    one.take(first_hits())
    one.imported()
    with nodes.away():
        for each in later_hits():
            one.take([each])
        assert len(files(spool_folder(one.settings.data_dir))) == 1
    until(lambda: spooled(one.queue, spool_folder(one.settings.data_dir)) == 0, "the spool to be drained")
    exact(one.imported())
    whole(one)

    keys = one.queue.partitions[5]
    one.queue.client_of(5).rpush(keys.queue, b"nobody can read this")
    until(lambda: one.ledger().dead == 1, "a dead letter")
    (letter,) = dead.letters(one.queue)
    assert fizzstat("dead", "show", letter.receipt).code == 0
    assert fizzstat("dead", "drop", letter.receipt).code == 0
    assert one.ledger().dropped["discarded"] == 1
    assert fizzstat("status").code == 0
    looked = fizzstat("doctor")
    assert looked.code == 0, looked.out
    assert fizzstat("erase", "site", "example.com").code == 0
    assert one.documents("view") == one.documents("visit") == []
    assert one.ledger().balanced
    stop(importer, drain)

    salts = Salts(one.queue)
    salts.take({"2020-01-01"}, now_ms())
    one.client.zadd(salts_alive(one.settings.redis_prefix), {"2020-01-01": 0})
    assert salts.bury(now_ms()) == ["2020-01-01"]


def test_slots_that_move_between_nodes_cost_no_hit(system: Start, three: Nodes) -> None:
    one = system("embedded", three.url)
    processes = [one.start("import"), one.start("drain")]
    with Load(one, lambda: [hit("view", 1 + next(ids) % 50, 0, f"m{next(ids)}") for _ in range(3)]) as load:
        slots = [one.client.keyslot(keys.queue) for keys in one.queue.partitions]
        for n in range(3):
            until(lambda least=150 * (n + 1): load.taken > least, "some load")
            for slot in slots:
                three.move(slot)
        until(lambda: load.taken > 600, "some more load")
    ledger = one.imported()
    assert ledger.balanced
    # A push that a moving slot kept from being answered goes through the spool too.
    assert ledger.stored == load.taken
    assert set(ledger.dropped) <= {"repeat"}
    assert len(one.documents("view")) == load.taken
    stop(*processes)


def test_a_cluster_that_is_away_is_said_to_be_and_a_client_waits_for_it(three: Nodes) -> None:
    for server in three.servers:
        server.stop()
    client = connect_to(three.url.replace("//", "//:secret@"), 1.0)
    with pytest.raises(QueueAway) as away, redis_errors(client):
        client.get("x")
    assert "secret" not in away.value.where + str(away.value)
    assert three.servers[0].url.removeprefix("redis://") in away.value.where
