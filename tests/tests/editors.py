"""The way in which editors drive kernels: they say what is wanted before they listen.

VS Code and Zed connect the shell socket first and ask for kernel_info until it is answered, connect iopub only then,
run code of their own that nobody may see, ask for a debugger that there may not be, open comms for widgets, and
interrupt and restart by messages.
"""

from jupyter_client.manager import KernelManager
from strict import Strict, execute_request, wait_until

HIDDEN = {"silent": True, "store_history": False, "allow_stdin": False}


def main():
    manager = KernelManager(kernel_name="soma")
    manager.start_kernel()
    client = manager.client()
    editor = Strict(client)
    try:
        last_request = asks_before_it_listens(editor)
        begins_to_listen(editor, last_request)
        runs_cells_that_leave_no_trace(editor)
        asks_for_a_debugger_and_for_widgets(editor)
        interrupts_with_cells_waiting(editor)
        asks_while_a_cell_runs(editor)
        editor.nothing_more("iopub", "shell", "control", "stdin")
        restarts(editor, manager)
    finally:
        client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def asks_before_it_listens(editor):
    # iopub is not connected: `busy` and `idle` reach nobody, and must not be missed.
    for channel in ["shell", "control"] * 3:
        request = editor.send(channel, "kernel_info_request", {})
        reply = editor.take(channel, "kernel_info_reply", request)
        assert (reply["status"], reply["protocol_version"][:2], reply["debugger"]) == ("ok", "5.", False), reply
        assert "debugger" not in reply["supported_features"], reply
        assert (reply["language_info"]["name"], reply["language_info"]["file_extension"]) == ("rust", ".rs"), reply
    request = editor.send("shell", "execute_request", execute_request("let early = 1;", **HIDDEN))
    reply = editor.shell("execute_reply", request)
    assert (reply["status"], reply["execution_count"]) == ("ok", 0), reply
    return request


def begins_to_listen(editor, last_request):
    editor.client.iopub_channel.start()
    # From the welcome on nothing is missed, and nothing from before it comes late.
    assert editor.iopub("iopub_welcome", "") == {"subscription": ""}
    editor.nothing_more("iopub", but_idle_of=last_request)
    # Without a welcome, an editor asks until it sees `idle`.
    for channel in ["shell", "control"]:
        assert editor.ask(channel, "kernel_info_request", {})["status"] == "ok"


def runs_cells_that_leave_no_trace(editor):
    assert run(editor, "early + 1", "execute_result", store_history=False)["data"]["text/plain"] == "2"
    request = editor.send("shell", "execute_request", execute_request('println!("unseen"); early', **HIDDEN))
    editor.between(request)
    assert editor.shell("execute_reply", request)["status"] == "ok"
    request = editor.send("shell", "execute_request", execute_request("missing", **HIDDEN))
    editor.between(request)
    assert editor.shell("execute_reply", request)["status"] == "error"
    # The first cell of the user is number 1 all the same, and the only one in the history.
    assert run(editor, "early + 2", "execute_result")["execution_count"] == 1
    here = {"hist_access_type": "range", "session": 0, "start": 1, "stop": 9, "raw": True, "output": False}
    history = editor.ask("shell", "history_request", here)["history"]
    assert [source for _, _, source in history] == ["early + 2"], history


def run(editor, code, output, **changed):
    """Runs a cell that has this one output, and gives it."""
    request = editor.send("shell", "execute_request", execute_request(code, **changed))
    _, content = editor.between(request, "execute_input", output)
    editor.shell("execute_reply", request)
    return content


def asks_for_a_debugger_and_for_widgets(editor):
    wanted = {"type": "request", "seq": 7, "command": "debugInfo", "arguments": {}}
    reply = editor.ask("control", "debug_request", wanted)
    assert (reply["type"], reply["request_seq"], reply["command"]) == ("response", 7, "debugInfo"), reply
    assert reply["success"] is False and "no debugger" in reply["message"], reply

    assert editor.ask("shell", "comm_info_request", {"target_name": "jupyter.widget"}) == {"status": "ok", "comms": {}}
    opened = editor.send("shell", "comm_open", {"comm_id": "c1", "target_name": "jupyter.widget", "data": {}})
    [closed] = editor.between(opened, "comm_close")
    assert closed["comm_id"] == "c1", closed
    for kind in ["comm_msg", "comm_close"]:
        editor.between(editor.send("shell", kind, {"comm_id": "c1", "data": {}}))

    reply = editor.ask("control", "no_such_request", {})
    assert reply["status"] == "error" and "no_such_request" in reply["evalue"], reply


def interrupts_with_cells_waiting(editor):
    running = editor.send("shell", "execute_request", execute_request("let kept = 3; loop {}"))
    waiting = editor.send("shell", "execute_request", execute_request('println!("never")'))
    editor.busy(running)
    editor.iopub("execute_input", running)
    interrupt = editor.send("control", "interrupt_request", {})
    assert editor.control("interrupt_reply", interrupt) == {"status": "ok"}
    ended, never, _ = editor.until_idle(running, waiting, interrupt)
    assert [kind for kind, _ in ended] == ["error", "status"], ended
    assert [kind for kind, _ in never] == ["status"], never
    assert editor.shell("execute_reply", running)["ename"] == "Interrupted"
    assert editor.shell("execute_reply", waiting)["status"] == "aborted"
    # Nothing runs: an interrupt is answered, and harms nobody.
    assert editor.ask("control", "interrupt_request", {}) == {"status": "ok"}
    assert run(editor, "early + 3", "execute_result")["data"]["text/plain"] == "4"


def asks_while_a_cell_runs(editor):
    cell = editor.send("shell", "execute_request", execute_request("loop {}"))
    editor.busy(cell)
    editor.iopub("execute_input", cell)

    def ask(channel, kind, content):
        reply = editor.ask(channel, kind, content)
        # Who goes by the last status must not take the kernel for idle.
        editor.busy(cell)
        return reply

    for channel in ["shell", "control"]:
        assert ask(channel, "kernel_info_request", {})["status"] == "ok"
    reply = ask("shell", "complete_request", {"code": "ear", "cursor_pos": 3})
    assert "early" in reply["matches"], reply
    assert ask("shell", "is_complete_request", {"code": "("})["status"] == "incomplete"
    interrupt = editor.send("control", "interrupt_request", {})
    assert editor.control("interrupt_reply", interrupt) == {"status": "ok"}
    editor.until_idle(cell, interrupt)
    assert editor.shell("execute_reply", cell)["status"] == "error"


def restarts(editor, manager):
    request = editor.send("control", "shutdown_request", {"restart": True})
    reply = {"status": "ok", "restart": True}
    assert editor.control("shutdown_reply", request) == reply
    assert editor.between(request, "shutdown_reply") == [reply]
    wait_until("the kernel's end", lambda: not manager.is_alive())
    # The next kernel takes the same connection file; the sockets that are open find it by themselves. (The manager's
    # own `restart_kernel` first sends the dead kernel an interrupt, which at times reaches the new one.)
    manager.start_kernel()
    assert editor.iopub("iopub_welcome", "") == {"subscription": ""}
    assert editor.ask("shell", "kernel_info_request", {})["status"] == "ok"
    assert run(editor, "early", "error")["ename"] == "E0425"
    assert run(editor, "40 + 2", "execute_result")["execution_count"] == 2
    editor.nothing_more("iopub", "shell", "control", "stdin")


if __name__ == "__main__":
    main()
