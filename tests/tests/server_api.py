"""Jupyter Server's REST and WebSocket interfaces, used as the programs that build on them use them.

Kernels and sessions are made, asked, interrupted, restarted and ended over HTTP; cells run over two WebSockets at
once, one for each of the two forms in which the server sends messages.
"""

import json
import sys
import uuid

import requests
import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from strict import wait_until

TIMEOUT = 120
V1 = "v1.kernel.websocket.jupyter.org"


class Server:
    """The REST interface: each call says which status it must be answered with."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"token {token}"

    def call(self, method, path, status, body=None):
        reply = self.http.request(method, self.address + path, json=body, timeout=TIMEOUT)
        assert reply.status_code == status, (method, path, reply.status_code, reply.text)
        return reply

    def get(self, path):
        return self.call("GET", path, 200).json()


class Channels:
    """All of a kernel's channels over one WebSocket, in the server's default form."""

    subprotocols = None

    def __init__(self, server, kernel):
        self.session = uuid.uuid4().hex
        self.socket = websocket.create_connection(
            f"{server.address.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={self.session}",
            header=[f"Authorization: token {server.token}"],
            subprotocols=self.subprotocols,
            timeout=TIMEOUT,
        )

    def write(self, channel, message):
        self.socket.send(json.dumps({**message, "channel": channel}))

    def read(self):
        message = json.loads(self.socket.recv())
        return message["channel"], message

    def send(self, channel, kind, content):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "test"}
        header.update(date="2026-01-01T00:00:00Z", version="5.4")
        self.write(channel, {"header": header, "parent_header": {}, "metadata": {}, "content": content})
        return header["msg_id"]

    def execute(self, code):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        return self.send("shell", "execute_request", {**content, "allow_stdin": False, "stop_on_error": True})

    def until(self, kind, parent):
        """What a request has caused up to this message, as (channel, kind, content)."""
        seen = []
        while not seen or seen[-1][1] != kind:
            channel, message = self.read()
            if message["parent_header"].get("msg_id") == parent:
                seen.append((channel, message["header"]["msg_type"], message["content"]))
        return seen

    def run(self, code):
        """A cell's reply and its outputs, as (kind, content). The channels are not in step: both ends are waited for."""
        request = self.execute(code)
        return self.result(request)

    def result(self, request):
        reply, outputs, idle = None, [], False
        while reply is None or not idle:
            channel, message = self.read()
            kind, content = message["header"]["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "execute_reply":
                assert channel == "shell", message
                reply = content
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind != "execute_input":
                assert channel == "iopub", message
                outputs.append((kind, content))
        return reply, outputs


class BinaryChannels(Channels):
    """The same in the newer form, in which a message's parts pass through the server as they are."""

    subprotocols = [V1]

    def write(self, channel, message):
        parts = [json.dumps(message[part]).encode() for part in ("header", "parent_header", "metadata", "content")]
        self.socket.send_binary(serialize_msg_to_ws_v1(parts, channel))

    def read(self):
        channel, parts = deserialize_msg_from_ws_v1(self.socket.recv())
        names = ("header", "parent_header", "metadata", "content")
        return channel, dict(zip(names, map(json.loads, parts)))


def main(address, token):
    server = Server(address, token)
    the_kernel_is_offered_with_its_logo(server)
    kernel = server.call("POST", "api/kernels", 201, {"name": "soma"}).json()["id"]
    listed = server.get("api/kernels")
    assert [(one["id"], one["name"]) for one in listed] == [(kernel, "soma")], listed

    plain, binary = Channels(server, kernel), BinaryChannels(server, kernel)
    assert (plain.socket.getsubprotocol(), binary.socket.getsubprotocol()) == (None, V1)
    assert server.get(f"api/kernels/{kernel}")["connections"] == 2
    for channels in [plain, binary]:
        it_says_what_it_is(channels)
    cells_run_and_all_see_what_they_show(plain, binary)
    a_cell_is_interrupted(server, kernel, plain)
    the_kernel_is_restarted(server, kernel, plain, binary)
    for channels in [plain, binary]:
        channels.socket.close()
    server.call("DELETE", f"api/kernels/{kernel}", 204)
    assert server.get("api/kernels") == []
    server.call("GET", f"api/kernels/{kernel}", 404)

    a_notebook_has_a_session(server)


def the_kernel_is_offered_with_its_logo(server):
    specs = server.get("api/kernelspecs")
    assert specs["default"] == "soma", specs
    soma = specs["kernelspecs"]["soma"]
    assert (soma["spec"]["display_name"], soma["spec"]["language"]) == ("Rust (Soma)", "rust"), soma
    assert soma["spec"]["interrupt_mode"] == "message", soma
    assert {"logo-32x32", "logo-64x64", "logo-svg"} <= set(soma["resources"]), soma
    for name, start in [("logo-64x64", b"\x89PNG"), ("logo-svg", b"<")]:
        image = server.call("GET", soma["resources"][name].lstrip("/"), 200)
        assert image.content.startswith(start) and image.headers["Content-Type"].startswith("image/"), image.headers


def it_says_what_it_is(channels):
    request = channels.send("shell", "kernel_info_request", {})
    channel, _, info = channels.until("kernel_info_reply", request)[-1]
    assert (channel, info["status"], info["language_info"]["name"]) == ("shell", "ok", "rust"), info
    assert info["help_links"], info
    for link in info["help_links"]:
        assert set(link) == {"text", "url"} and link["url"].startswith("https://"), link


def cells_run_and_all_see_what_they_show(plain, binary):
    reply, outputs = plain.run("use tensorlib::prelude::*;\nlet t = ones([2, 2]);\nt.sum()")
    assert (reply["status"], reply["execution_count"]) == ("ok", 1), reply
    [(kind, content)] = outputs
    assert kind == "execute_result" and content["data"]["text/plain"] == "tensor(4.)", outputs

    # What one has run, the other sees, text byte for byte.
    request = binary.execute('print!("50 %\\r100 %\\n"); eprint!("größer"); t.add_(1.0);')
    for seen in [binary.result(request)[1], seen_by(plain, request)]:
        text = {"stdout": "", "stderr": ""}
        for kind, content in seen:
            assert kind == "stream", seen
            text[content["name"]] += content["text"]
        assert text == {"stdout": "50 %\r100 %\n", "stderr": "größer"}, text

    reply, [(kind, error)] = binary.run("let n: i32 = \"text\";")
    assert (reply["status"], kind, reply["ename"]) == ("error", "error", "E0308"), reply
    assert error["traceback"] == reply["traceback"] != [], error
    assert plain.run("t.sum()")[1][0][1]["data"]["text/plain"] == "tensor(8.)"


def seen_by(channels, request):
    """The outputs of a request that was sent by somebody else."""
    outputs = []
    while True:
        _, message = channels.read()
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["header"]["msg_type"], message["content"]
        if content == {"execution_state": "idle"}:
            return outputs
        if kind not in ("status", "execute_input"):
            outputs.append((kind, content))


def a_cell_is_interrupted(server, kernel, channels):
    request = channels.execute('println!("endless");\nloop {}')
    channels.until("stream", request)
    assert server.get(f"api/kernels/{kernel}")["execution_state"] == "busy"
    server.call("POST", f"api/kernels/{kernel}/interrupt", 204)
    reply, outputs = channels.result(request)
    assert (reply["status"], reply["ename"], outputs[-1][0]) == ("error", "Interrupted", "error"), (reply, outputs)
    assert channels.run("t.sum()")[1][0][1]["data"]["text/plain"] == "tensor(8.)"
    wait_until("an idle kernel", lambda: server.get(f"api/kernels/{kernel}")["execution_state"] == "idle")


def the_kernel_is_restarted(server, kernel, plain, binary):
    restarted = server.call("POST", f"api/kernels/{kernel}/restart", 200).json()
    assert restarted["id"] == kernel, restarted
    # The same sockets lead to the new kernel, which knows nothing of the old one.
    for number, channels in enumerate([plain, binary], start=1):
        reply, [(kind, content)] = channels.run("t")
        assert (reply["status"], reply["ename"], reply["execution_count"]) == ("error", "E0425", number), reply
        assert kind == "error" and "cannot find value `t`" in content["evalue"], content


def a_notebook_has_a_session(server):
    body = {"path": "lesson.ipynb", "name": "lesson.ipynb", "type": "notebook", "kernel": {"name": "soma"}}
    session = server.call("POST", "api/sessions", 201, body).json()
    kernel = session["kernel"]["id"]
    # Whoever opens the notebook a second time is given the same kernel.
    assert server.call("POST", "api/sessions", 201, body).json()["kernel"]["id"] == kernel
    channels = Channels(server, kernel)
    assert channels.run("6 * 7")[1][0][1]["data"]["text/plain"] == "42"
    channels.socket.close()
    # The notebook is renamed, then given a new kernel.
    moved = server.call("PATCH", f"api/sessions/{session['id']}", 200, {"path": "moved.ipynb"}).json()
    assert (moved["path"], moved["kernel"]["id"]) == ("moved.ipynb", kernel), moved
    other = server.call("PATCH", f"api/sessions/{session['id']}", 200, {"kernel": {"name": "soma"}}).json()["kernel"]["id"]
    assert other != kernel
    assert [one["id"] for one in server.get("api/kernels")] == [other]
    server.call("DELETE", f"api/sessions/{session['id']}", 204)
    assert (server.get("api/sessions"), server.get("api/kernels")) == ([], [])


if __name__ == "__main__":
    main(*sys.argv[1:])
