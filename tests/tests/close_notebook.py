"""Opens a notebook's session over Jupyter Server's REST and WebSocket interfaces, runs a cell, closes the session.

With `--leave-running` it goes away in the middle of a cell that does not end.
"""

import json
import sys
import uuid

import requests
import websocket


def main(address, token, *options):
    server = requests.Session()
    server.headers["Authorization"] = f"token {token}"
    notebook = {"path": "lesson.ipynb", "name": "lesson.ipynb", "type": "notebook", "kernel": {"name": "soma"}}
    session = server.post(f"{address}api/sessions", json=notebook, timeout=120)
    session.raise_for_status()
    session = session.json()
    kernel = session["kernel"]["id"]
    channels = websocket.create_connection(
        f"{address.replace('http', 'ws', 1)}api/kernels/{kernel}/channels",
        header=[f"Authorization: token {token}"],
        timeout=120,
    )
    execute(channels, "6 * 7")
    assert wait_for(channels, "execute_result")["content"]["data"]["text/plain"] == "42"
    wait_for(channels, "execute_reply")
    if "--leave-running" in options:
        execute(channels, 'println!("endless");\nloop { std::thread::yield_now(); }')
        assert wait_for(channels, "stream")["content"]["text"] == "endless\n"
        return
    channels.close()
    server.delete(f"{address}api/sessions/{session['id']}", timeout=60).raise_for_status()
    assert server.get(f"{address}api/kernels", timeout=60).json() == []


def execute(channels, code):
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "test",
        "session": uuid.uuid4().hex,
        "date": "2026-01-01T00:00:00Z",
        "version": "5.4",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channels.send(json.dumps(message))


def wait_for(channels, kind):
    while True:
        message = json.loads(channels.recv())
        if message["header"]["msg_type"] == "error":
            raise AssertionError(message["content"])
        if message["header"]["msg_type"] == kind:
            return message


if __name__ == "__main__":
    main(*sys.argv[1:])
