"""What is the embedded store's own: crashes, the one writer, readers in other processes, changed mappings, memory."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from store import columns, mappings
from store.base import StoreAway, StoreTaken
from tests.servers import ROOT, until
from tests.stores import Opener, nest

NOON = 1_795_608_000_000


class Writer:
    """A process of its own that writes (tests/store_writer.py)."""

    def __init__(self, folder: Path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.store_writer", str(folder), "t"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.greeting = self.answer()

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def do(self, command: str) -> str:
        assert self.process.stdin
        print(command, file=self.process.stdin, flush=True)
        return self.answer()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def memory(self) -> int:
        """Bytes that are its own."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssShmem")))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Callable[[], Writer]]:
    with ExitStack() as stack:

        def start() -> Writer:
            one = Writer(tmp_path)
            stack.callback(one.kill)
            return one

        yield start


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener("embedded", "t", tmp_path)
    yield opener
    opener.close()


def test_what_was_flushed_survives_kill_9_and_the_rest_is_gone(writer: Callable[[], Writer], opener: Opener) -> None:
    first = writer()
    assert first.do("create 0 100") == "ok"
    assert first.do("flush") == "ok"
    assert first.do("create 100 50") == "ok"
    assert first.do("put 0 10") == "ok"
    first.kill()
    store = opener(write=True)
    store.setup()
    assert (
        {hit["_id"] for hit in store.scan("view")} == {hit["_id"] for hit in store.scan("event")} == {str(n) for n in range(100)}
    )
    [zero] = store.get([("t-view-2026.11", "0")])
    assert zero is not None
    assert zero["hit"]["receipt"] == "create"


def test_a_writer_killed_while_it_writes_leaves_whole_documents_once(writer: Callable[[], Writer], opener: Opener) -> None:
    """Each round is repeated by the next writer, as the importer repeats a batch."""
    for round_ in range(6):
        one = writer()
        for first in range(0, 100 * round_ + 1, 100):
            assert one.do(f"create {first} 100") == "ok"
        assert one.process.stdin
        print("flush", file=one.process.stdin, flush=True)  # and no wait for its answer
        one.kill()
    last = writer()
    assert last.do("create 0 600") == "ok"
    assert last.do("refresh") == "ok"
    store = opener()
    for kind in ("view", "event"):
        assert sorted(int(hit["_id"]) for hit in store.scan(kind)) == list(range(600))
        assert store.count(kind) == 600


def test_there_is_one_writer(writer: Callable[[], Writer], opener: Opener, tmp_path: Path) -> None:
    first = writer()
    with pytest.raises(StoreTaken, match="another importer writes"):
        opener(write=True)
    assert writer().greeting.startswith("taken: another importer")
    first.kill()
    opener(write=True).close()
    assert writer().greeting == "ok"


@pytest.mark.parametrize("cut", [1, 4, 300])
def test_what_a_crash_left_half_written_in_the_journal_is_nothing(cut: int, writer: Callable[[], Writer], opener: Opener) -> None:
    one = writer()
    one.do("create 0 10")
    one.do("refresh")
    one.do("create 10 10")
    one.do("flush")
    journal = opener.folder / "store" / "journal"
    whole = journal.stat().st_size
    assert whole > 0, "the first flush after a commit waits for the next one"
    one.do("create 20 10")
    one.do("flush")
    one.kill()
    with journal.open("r+b") as file:
        file.truncate(whole + cut)
    store = opener(write=True)
    store.setup()
    assert sorted(int(hit["_id"]) for hit in store.scan("view")) == list(range(20))
    store.create([opener.document("view", "20", {"@timestamp": NOON})])
    store.flush()
    store.close()
    assert opener().count("view") == 21


def test_what_was_flushed_is_found_in_other_processes_within_some_seconds(writer: Callable[[], Writer], opener: Opener) -> None:
    one, reader = writer(), opener()
    for n in range(3):  # nothing comes after the last that would make it move
        assert one.do(f"create {n} 1") == "ok"
        assert one.do("flush") == "ok"
    until(lambda: reader.count("view") == 3, "three views", 5)


def test_an_erased_document_does_not_come_back_from_the_journal(writer: Callable[[], Writer], opener: Opener) -> None:
    one = writer()
    one.do("create 0 10")
    one.do("refresh")
    one.do("create 10 10")
    one.do("flush")
    one.kill()
    store = opener(write=True)
    store.setup()
    assert store.delete("view", {"terms": {"url.path": ["/3", "/15"]}}) == 2
    store.create([opener.document("event", "99", {"@timestamp": NOON})])
    store.flush()
    assert store.count("view") == 18


def test_a_reader_follows_the_writer_of_another_process(writer: Callable[[], Writer], opener: Opener) -> None:
    reader = opener()
    assert reader.count("view") == 0
    one = writer()
    for n in range(5):
        assert one.do(f"create {n * 10} 10") == "ok"
        assert reader.count("view") == n * 10
        assert one.do("refresh") == "ok"
        assert reader.count("view") == (n + 1) * 10
        assert (
            reader.search("view", {"size": 0, "aggs": {"n": {"cardinality": {"field": "url.path"}}}})["aggregations"]["n"][
                "value"
            ]
            == (n + 1) * 10
        )


def test_a_scan_sees_the_documents_of_its_beginning(writer: Callable[[], Writer], opener: Opener) -> None:
    one = writer()
    one.do("create 0 3000")
    one.do("refresh")
    scan = opener().scan("view")
    seen = [next(scan)["_id"]]
    for n in range(12):
        one.do(f"create {3000 + n * 100} 100")
        one.do("refresh")  # merges take away the files of the beginning
    seen += [hit["_id"] for hit in scan]
    assert seen == [str(n) for n in range(3000)]


def test_a_full_disk_is_a_store_that_is_away_and_comes_back(writer: Callable[[], Writer], opener: Opener) -> None:
    one = writer()
    one.do("create 0 100")
    one.do("flush")
    one.do("failing 100")
    answers = [one.do("create 100 500"), one.do("flush")]  # whichever is the first to need the disk
    assert any(answer.startswith("away: the store in") for answer in answers)
    one.do("failing -1")
    assert one.do("create 0 600") == "ok"
    assert one.do("refresh") == "ok"
    assert opener().count("view") == opener().count("event") == 600


@pytest.fixture
def older_mappings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], None]]:
    """A function after which view.json has the field `page.title` of that type, until the test ends."""

    def forget() -> None:
        for cached in (mappings.properties, mappings.fields, columns.schema, columns._tree):
            cached.cache_clear()

    def change(type_: str) -> None:
        folder = tmp_path_factory.mktemp("mappings")
        for file in mappings.FOLDER.iterdir():
            text = file.read_text()
            if file.name == "view.json":
                text = text.replace('"page.title": {"type": "keyword"}', f'"page.title": {{"type": "{type_}"}}')
                assert type_ in text
            (folder / file.name).write_text(text)
        monkeypatch.setattr(mappings, "FOLDER", folder)
        forget()

    yield change
    monkeypatch.undo()
    forget()


def test_after_a_change_of_mappings_setup_indexes_the_documents_anew(
    opener: Opener, older_mappings: Callable[[str], None]
) -> None:
    store = opener(write=True)
    store.setup()
    documents = [opener.document("view", str(n), nest({"@timestamp": NOON + n, "page.title": str(n)})) for n in range(2500)]
    documents.append(opener.document("view", "odd", nest({"@timestamp": NOON, "page.title": "no number", "url.path": "/"})))
    store.create(documents)
    store.create([opener.document("event", "1", {"@timestamp": NOON})])
    store.flush()
    store.refresh()
    store.put(documents[:5], version=1)  # leaves deleted documents behind
    store.refresh()
    reader = opener()
    assert reader.count("view", {"term": {"page.title": "7"}}) == 1
    store.close()

    older_mappings("flattened")
    store = opener(write=True)
    with pytest.raises(StoreAway, match="setup"):
        store.count("view")
    with pytest.raises(StoreAway, match="setup"):
        opener().count("view")
    store.setup()
    assert store.count("view") == 2501
    assert store.count("event") == 1
    assert store.get([(one.index, one.id) for one in documents]) == [orjson.loads(one.source) for one in documents]
    assert reader.count("view") == 2501, "a reader that was open goes on with the new index"
    assert sorted(path.name for path in (opener.folder / "store").iterdir()) == ["event", "journal", "view", "writer.lock"]


def test_a_setup_that_was_killed_between_the_old_index_and_the_new_is_done_again(
    opener: Opener, older_mappings: Callable[[str], None]
) -> None:
    store = opener(write=True)
    store.create([opener.document("view", "1", {"@timestamp": NOON})])
    store.flush()
    store.close()
    folder = opener.folder / "store"
    (folder / "view").rename(folder / "view.old")
    (folder / "view.new").mkdir()
    (folder / "view.new" / "half").write_text("done")
    older_mappings("long")
    store = opener(write=True)
    store.setup()
    assert store.count("view") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["journal", "view", "writer.lock"]


def test_an_importer_that_has_written_much_stays_small(writer: Callable[[], Writer]) -> None:
    one = writer()
    for n in range(40):
        assert one.do(f"create {n * 1000} 1000") == "ok"
        assert one.do("flush") == "ok"
    assert one.memory() < 110 << 20


def test_a_reader_makes_no_files(opener: Opener) -> None:
    reader = opener()
    assert reader.search("view", {})["hits"]["hits"] == []
    assert reader.health()["ok"] is True
    assert not (opener.folder / "store").exists()


def test_a_store_that_cannot_be_read_says_where(opener: Opener) -> None:
    store = opener(write=True)
    store.create([opener.document("view", "1", {"@timestamp": NOON})])
    store.flush()
    store.close()
    (opener.folder / "store" / "view" / "meta.json").write_text("{")
    with pytest.raises(StoreAway, match=str(opener.folder)):
        opener().count("view")
    assert opener().health()["ok"] is False


def test_the_lock_is_not_inherited(opener: Opener) -> None:
    """A child that outlives the importer must not keep the store."""
    store = opener(write=True)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        try:
            store.close()
            opener(write=True).close()
        finally:
            child.kill()


def test_a_worker_is_told_when_another_ones_failure_took_what_it_had_not_flushed(opener: Opener) -> None:
    store = opener(write=True)
    view, event = opener.document("view", "1", {"@timestamp": NOON}), opener.document("event", "2", {"@timestamp": NOON})
    store.create([view])
    broken = opener.folder / "store" / "event"
    broken.mkdir()
    (broken / "meta.json").write_text("{")
    with ThreadPoolExecutor(1) as other, pytest.raises(StoreAway):
        other.submit(store.create, [event]).result()
    with pytest.raises(StoreAway):
        store.flush()
    assert store.get([(view.index, view.id)]) == [None]
    assert [one.state for one in store.create([view])] == ["created"]
    store.refresh()
    assert store.count("view") == 1
