"""What a push on a plain socket takes for a yes, and where it is left to redis-py."""

import socket
from collections.abc import Iterator

import pytest

from hits.redis import QueueAway
from hits.scripts import Script
from hits.wire import Wire, packed

SCRIPT = Script("return 1")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours, and that of who answers."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (b":1\r\n", 1),
        (b":-1\r\n", -1),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", None),
        (b"-LOADING Redis is loading the dataset in memory\r\n", None),
        (b"-MISCONF Errors writing to the AOF file: No space left on device\r\n", None),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", None),
        (b":1\r\n:1\r\n", None),
        (b":\r\n", None),
        (b":x\r\n", None),
        (b"+OK\r\n", None),
        (b"$1\r\n1\r\n", None),
        (b"*0\r\n", None),
        (b"HTTP/1.1 400 Bad Request\r\n", None),
        (b"\r\n", None),
        (b":1", None),
        (b"", None),
    ],
)
def test_only_a_whole_number_on_a_line_of_its_own_is_a_yes(
    ends: tuple[socket.socket, socket.socket], answer: bytes, number: int | None
) -> None:
    ours, theirs = ends
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    wire = Wire(lambda: ours, (), 5)
    if number is None:
        with pytest.raises(QueueAway):
            wire.run(SCRIPT, ["k"], [b"x"])
        assert ours.fileno() == -1  # closed
    else:
        assert wire.run(SCRIPT, ["k"], [b"x"]) == number
    assert theirs.recv(1000) == packed(("EVALSHA", SCRIPT.sha, 1, "k", b"x"))


def test_an_answer_may_come_in_pieces(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    pieces = iter([b":", b"12", b"\r", b"\n"])

    class Slow(socket.socket):
        def recv(self, *arguments: int) -> bytes:
            theirs.sendall(next(pieces))
            return super().recv(*arguments)

    slow = Slow(fileno=ours.detach())
    wire = Wire(lambda: slow, (), 5)
    assert wire.run(SCRIPT, [], []) == 12
    wire.close()


def test_nobody_is_told_a_password_that_redis_refuses(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.sendall(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n")
    with pytest.raises(QueueAway, match="WRONGPASS") as refused:
        Wire(lambda: ours, [("AUTH", "secret")], 5).run(SCRIPT, [], [])
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("redis://127.0.0.1", True),
        ("redis://user:word@[::1]:6380/2", True),
        ("unix:///run/redis.sock?db=1", True),
        ("rediss://127.0.0.1", False),
        ("redis://127.0.0.1?socket_keepalive=yes", False),
    ],
)
def test_what_takes_more_than_a_plain_socket_is_left_to_redis_py(url: str, plain: bool) -> None:
    assert (Wire.to(url, 1.0) is not None) == plain
