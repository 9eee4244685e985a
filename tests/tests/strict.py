"""A strict front end: every message that a kernel sends must be asked for, in order, or the test fails."""

import time
from queue import Empty

TIMEOUT = 120
QUIET = 0.3


class Strict:
    """Looks at what a client's channels receive. Signatures are checked by the client itself."""

    def __init__(self, client):
        self.client = client

    def send(self, channel, kind, content):
        """Sends a request and gives its id; channels are connected when they are first used."""
        message = self.client.session.msg(kind, content)
        getattr(self.client, f"{channel}_channel").send(message)
        return message["header"]["msg_id"]

    def take(self, channel, kind, parent):
        """The content of the channel's next message, which must be this one."""
        message = self._next(channel, kind)
        found = (message["msg_type"], message["parent_header"].get("msg_id", ""))
        assert found == (kind, parent), f"wanted {kind} of {parent} on {channel}, got {message}"
        assert message["header"]["version"].startswith("5."), message
        return message["content"]

    def shell(self, kind, parent):
        return self.take("shell", kind, parent)

    def control(self, kind, parent):
        return self.take("control", kind, parent)

    def iopub(self, kind, parent):
        return self.take("iopub", kind, parent)

    def busy(self, parent):
        assert self.iopub("status", parent) == {"execution_state": "busy"}

    def idle(self, parent):
        assert self.iopub("status", parent) == {"execution_state": "idle"}

    def between(self, parent, *kinds):
        """The contents of exactly these messages on iopub, between `busy` and `idle`."""
        self.busy(parent)
        contents = [self.iopub(kind, parent) for kind in kinds]
        self.idle(parent)
        return contents

    def ask(self, channel, kind, content):
        """Sends a request of which nothing is seen on iopub but `busy` and `idle`, and gives the reply."""
        request = self.send(channel, kind, content)
        reply = self.take(channel, kind.replace("_request", "_reply"), request)
        self.between(request)
        return reply

    def until_idle(self, *parents):
        """What comes on iopub until all of these requests are done, as (kind, content) for each; they may overlap.

        `busy` is left out: a running cell's is said again after every answer beside it, for front ends that go by the
        last status.
        """
        seen = {parent: [] for parent in parents}
        idle = ("status", {"execution_state": "idle"})
        while any(idle not in messages for messages in seen.values()):
            message = self._next("iopub", "messages until idle")
            parent = message["parent_header"].get("msg_id", "")
            assert parent in seen, f"nobody asked for {message}"
            assert idle not in seen[parent], f"after idle: {message}"
            if message["content"] != {"execution_state": "busy"}:
                seen[parent].append((message["msg_type"], message["content"]))
        return [seen[parent] for parent in parents]

    def nothing_more(self, *channels, but_idle_of=None):
        """Nothing has come that was not asked for; but perhaps the `idle` that follows this request's reply."""
        deadline = time.monotonic() + QUIET
        for channel in channels:
            try:
                message = getattr(self.client, f"{channel}_channel").get_msg(timeout=max(0, deadline - time.monotonic()))
            except Empty:
                continue
            late = message["parent_header"].get("msg_id") == but_idle_of
            if late and message["content"] == {"execution_state": "idle"}:
                continue
            raise AssertionError(f"nobody asked for this on {channel}: {message}")

    def _next(self, channel, what):
        try:
            return getattr(self.client, f"{channel}_channel").get_msg(timeout=TIMEOUT)
        except Empty:
            raise AssertionError(f"{what} did not come on {channel}") from None


def execute_request(code, **changed):
    """The content of an execute_request as jupyter_client sends it by default."""
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": True,
        "stop_on_error": True,
    }
    return {**content, **changed}


def wait_until(what, condition):
    """Waits for something that happens by itself."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)
