"""An encrypted kernel as jupyter_client starts it: who has the connection file is served, and nobody else hears anything."""

import json
import os

import zmq
from jupyter_client.manager import start_new_kernel
from strict import wait_until

TIMEOUT = 120
SECRET = "this is between us"


def subscriber(connection, **keys):
    """A socket that wants all that the kernel publishes."""
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.linger = 0
    socket.subscribe(b"")
    for name, key in keys.items():
        setattr(socket, name, key)
    socket.connect(f"tcp://{connection['ip']}:{connection['iopub_port']}")
    return socket


def main():
    manager, client = start_new_kernel(TIMEOUT, "soma", transport_encryption="required")
    try:
        with open(manager.connection_file) as file:
            connection = json.load(file)
        public, secret = (connection[name].encode() for name in ("curve_publickey", "curve_secretkey"))
        mine, other = zmq.curve_keypair(), zmq.curve_keypair()
        friend = subscriber(connection, curve_serverkey=public, curve_publickey=public, curve_secretkey=secret)
        strangers = {
            "without keys": subscriber(connection),
            "with another server's key": subscriber(
                connection, curve_serverkey=other[0], curve_publickey=mine[0], curve_secretkey=mine[1]
            ),
            "with the public key alone": subscriber(
                connection, curve_serverkey=public, curve_publickey=mine[0], curve_secretkey=mine[1]
            ),
        }
        # The friend is welcomed; the strangers have had as long as that, and all of the cells below.
        assert friend.poll(TIMEOUT * 1000), "who has the keys is not welcomed"

        def run(code):
            said = []
            reply = client.execute_interactive(code, timeout=TIMEOUT, output_hook=said.append)
            assert reply["content"]["status"] == "ok", reply["content"]
            return "".join(message["content"].get("text", "") for message in said)

        assert SECRET in run(f'println!("{SECRET}");')
        # Frames that are longer than one length byte can say, and than what is read at once.
        assert len(run('println!("{}", "x".repeat(3_000_000));')) == 3_000_001
        text = "y" * 2_000_000
        assert run(f'println!("{{}}", "{text}".len());') == "2000000\n"
        # Questions in between, to a user, too.
        client.kernel_info(reply=True, timeout=TIMEOUT)
        wait_until("the heart beats", lambda: client.hb_channel.is_beating())

        heard = b""
        while SECRET.encode() not in heard:
            assert friend.poll(TIMEOUT * 1000), "who has the keys hears nothing"
            heard += b"".join(friend.recv_multipart())
        for who, socket in strangers.items():
            assert not socket.poll(0), f"a subscriber {who} hears {socket.recv_multipart()}"
        assert os.stat(manager.connection_file).st_mode & 0o077 == 0
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    zmq.Context.instance().destroy(linger=0)


if __name__ == "__main__":
    main()
