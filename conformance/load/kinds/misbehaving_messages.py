"""The misbehaving server's WebSockets: the path says what a session does after some of its messages."""

import socket

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Event, RejectConnection, Request, TextMessage
from wsproto.utilities import RemoteProtocolError

DONE = 1000
GOING_AWAY = 1001
_MEDDLED_AT = 2
"""The number of the message at which something happens."""
_LAST = 4
"""The number of the last one, of a server that closes right behind it."""
_CHUNK = 65_536


def converse(connection: socket.socket, head: bytes, path: str) -> bool:
    """Answer each message by itself, until the one at which the path says something else.

    Paths: ``/echo``, ``/feed`` (four messages come with the handshake), ``/feed-then-done`` (and the close with them,
    in one write), ``/done`` (the close comes with the last of four), ``/done-early`` (with that message), ``/lost``
    (that message is not answered), ``/twice`` (it is answered twice), ``/going`` (then the server closes because it
    goes), ``/cut``, ``/reset``, ``/refused``; after ``?`` the number of the last message that the client has had, with
    which a session goes on as ``/echo`` where that is above 0; ``/forgets`` goes on, too, and leaves out the next one.

    Returns:
        False where the connection is to be reset.
    """
    what, _, last = path.partition("?")
    session = WSConnection(ConnectionType.SERVER)
    session.receive_data(head)
    while True:
        for event in session.events():
            more = _meet(connection, session, event, what, int(last or 0))
            if more is not None:
                return more
        data = connection.recv(_CHUNK)
        if not data:
            return True
        try:
            session.receive_data(data)
        except RemoteProtocolError:
            return True


def _meet(connection: socket.socket, session: WSConnection, event: Event, what: str, had: int) -> bool | None:
    """What comes; None where the session goes on, else as ``converse``."""
    if isinstance(event, Request):
        refused = what == "/refused"
        answer = session.send(RejectConnection(status_code=503) if refused else AcceptConnection())
        if what in ("/feed", "/feed-then-done"):
            answer += b"".join(session.send(TextMessage(data=str(number))) for number in range(1, _LAST + 1))
        if what == "/feed-then-done":
            answer += session.send(CloseConnection(code=DONE))
        connection.sendall(answer)
        return True if refused else None
    if isinstance(event, TextMessage) and session.state is ConnectionState.OPEN:
        return _answer(connection, session, what, event.data, had)
    if isinstance(event, CloseConnection):
        if session.state is ConnectionState.REMOTE_CLOSING:
            connection.sendall(session.send(event.response()))
        return True
    return None


def _answer(connection: socket.socket, session: WSConnection, what: str, text: str, had: int) -> bool | None:
    """Answer one message; None where the session goes on, else as ``converse``."""
    again = session.send(TextMessage(data=text))
    meddled = int(text) == (_LAST if what == "/done" else _MEDDLED_AT)
    if had:
        if not (what == "/forgets" and int(text) == had + 1):
            connection.sendall(again)
    elif not meddled:
        connection.sendall(again)
    elif what == "/twice":
        connection.sendall(again + session.send(TextMessage(data=text)))
    elif what in ("/going", "/forgets"):
        connection.sendall(again + session.send(CloseConnection(code=GOING_AWAY, reason="going away")))
    elif what in ("/done", "/done-early"):
        connection.sendall(again + session.send(CloseConnection(code=DONE)))
    elif what == "/cut":
        return True
    elif what == "/reset":
        return False
    elif what != "/lost":
        connection.sendall(again)
    return None
