"""The least of an MQTT 3.1.1 broker: takes logins and messages, acknowledges, and remembers."""

import collections
import contextlib
import socket
import struct
import threading

Login = collections.namedtuple("Login", "user password will_topic will")
Message = collections.namedtuple("Message", "topic text retained")
ACCEPTED, BAD_LOGIN = 0, 4


class TinyBroker:
    """Listens on a free port of this computer, or on a given one; `stop` cuts everybody off."""

    def __init__(self, port=0, answer=ACCEPTED):
        self.logins, self.messages = [], []
        self.answer = answer
        self._changed = threading.Condition()
        self._sockets = []
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()

    def stop(self):
        with self._changed:
            for connection in (self._server, *self._sockets):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()

    def wait_for(self, holds):
        """Waits until `holds(self)`; False if that takes longer than anything here should."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), 20)

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with self._changed:
                self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while packet := _packet(stream):
                head, body = packet
                # Nobody sees what came before it is acknowledged: a broker stopped in between would get it again.
                with self._changed:
                    reply = self._reply(head, body)
                    try:
                        connection.sendall(reply)
                    except OSError:
                        return
                    self._changed.notify_all()
                if head >> 4 == 1 and self.answer != ACCEPTED:
                    return

    def _reply(self, head, body):
        if head >> 4 == 1:  # CONNECT
            self.logins.append(_login(body))
            return bytes([0x20, 2, 0, self.answer])
        if head >> 4 == 3:  # PUBLISH
            topic, rest = _text(body)
            number, text = rest[:2], rest[2:]
            self.messages.append(Message(topic, text.decode(errors="surrogateescape"), bool(head & 1)))
            assert head & 6 == 2, "QoS 1 is what we send"
            return bytes([0x40, 2]) + number
        return bytes([0xD0, 0]) if head >> 4 == 12 else b""  # PINGREQ


def _packet(stream):
    """(first byte, rest) of the next packet; None at the end."""
    try:
        head = stream.read(1)
        length, shift = 0, 0
        while head:
            byte = stream.read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return head[0], stream.read(length)
    except (OSError, IndexError):
        pass
    return None


def _login(body):
    protocol, rest = _text(body)
    assert (protocol, rest[0]) == ("MQTT", 4)
    flags, fields = rest[1], []
    _, rest = _text(rest[4:])  # the client's name
    for present in (flags & 4, flags & 4, flags & 128, flags & 64):
        text, rest = _text(rest) if present else (None, rest)
        fields.append(text)
    will_topic, will, user, password = fields
    return Login(user, password, will_topic, will if flags & 32 else None)


def _text(data):
    length = struct.unpack_from(">H", data)[0]
    return data[2 : 2 + length].decode(), data[2 + length :]
