"""Opens a notebook's session over Jupyter Server's REST and WebSocket interfaces, runs a cell, closes the session.

With `--leave-running` it goes away in the middle of a cell that does not end.
"""

import sys

from server_api import Channels, Server


def main(address, token, *options):
    server = Server(address, token)
    notebook = {"path": "lesson.ipynb", "name": "lesson.ipynb", "type": "notebook", "kernel": {"name": "soma"}}
    session = server.call("POST", "api/sessions", 201, notebook).json()
    channels = Channels(server, session["kernel"]["id"])
    reply, outputs = channels.run("6 * 7")
    assert reply["status"] == "ok", reply
    assert [(kind, content["data"]["text/plain"]) for kind, content in outputs] == [("execute_result", "42")], outputs
    if "--leave-running" in options:
        endless = channels.execute('println!("endless");\nloop { std::thread::yield_now(); }')
        assert channels.until("stream", endless)[-1][2]["text"] == "endless\n"
        return
    channels.socket.close()
    server.call("DELETE", f"api/sessions/{session['id']}", 204)
    assert server.get("api/kernels") == []


if __name__ == "__main__":
    main(*sys.argv[1:])
