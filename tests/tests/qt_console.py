"""The dialogue that qtconsole has with a kernel, word for word, from its window's opening to its closing.

No window is opened: what qtconsole sends is sent here (its `JupyterWidget` and `FrontendWidget` say what and when),
and what it reads of each answer is looked at.
"""

from jupyter_client.manager import KernelManager
from pygments.lexers import get_lexer_by_name
from strict import Strict, execute_request, wait_until

FUNCTION = "/// Twice as much.\nfn twice(x: i32) -> i32 {\n    x * 2\n}"


def main():
    manager = KernelManager(kernel_name="soma")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    console = Strict(client)
    try:
        opens(console)
        takes_lines_until_a_cell_is_complete(console)
        helps_with_typing(console)
        shows_results_errors_and_pages(console)
        evaluates_expressions_unseen(console)
        interrupts(console)
        console.nothing_more("iopub", "shell", "control", "stdin")
        closes(console, manager)
    finally:
        client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def opens(console):
    assert console.iopub("iopub_welcome", "") == {"subscription": ""}
    # Both are sent before either is answered.
    info = console.send("shell", "kernel_info_request", {})
    tail = {"raw": True, "output": False, "hist_access_type": "tail", "n": 1000}
    history = console.send("shell", "history_request", tail)
    content = console.shell("kernel_info_reply", info)
    assert content["status"] == "ok" and content["banner"].startswith("Soma"), content
    # What highlights the lines that are typed, and their results.
    assert get_lexer_by_name(content["language_info"]["name"]).name == "Rust"
    assert get_lexer_by_name(content["language_info"]["pygments_lexer"]).name == "Rust"
    content = console.shell("history_reply", history)
    assert content["status"] == "ok", content
    for session, line, source in content["history"]:
        assert (type(session), type(line), type(source)) == (int, int, str), content
    console.between(info)
    console.between(history)
    assert prompt_number(console) == 1


def prompt_number(console):
    """What stands in the next `In [ ]`: qtconsole runs nothing, unseen, and looks at the reply's number."""
    reply = console.ask("shell", "execute_request", execute_request("", silent=True, store_history=False))
    assert (reply["status"], reply["payload"], reply["user_expressions"]) == ("ok", [], {}), reply
    return reply["execution_count"] + 1


def takes_lines_until_a_cell_is_complete(console):
    first_line = FUNCTION[: FUNCTION.index("{") + 1]
    reply = console.ask("shell", "is_complete_request", {"code": first_line})
    assert reply == {"status": "incomplete", "indent": "    "}, reply
    reply = console.ask("shell", "is_complete_request", {"code": FUNCTION})
    assert reply["status"] == "complete", reply
    reply, _ = run(console, FUNCTION)
    assert (reply["status"], reply["execution_count"], reply["payload"]) == ("ok", 1, []), reply
    assert prompt_number(console) == 2


def run(console, code, *outputs):
    """Runs a cell whose outputs are of these kinds; gives the reply and their contents."""
    request = console.send("shell", "execute_request", execute_request(code))
    # When the reply is there, qtconsole takes all outputs that have come and writes the next prompt below them.
    reply = console.shell("execute_reply", request)
    typed, *contents = console.between(request, "execute_input", *outputs)
    assert typed["code"] == code, typed
    return reply, contents


def helps_with_typing(console):
    # At an opening parenthesis it asks what is called; the first time, the answer may take longer than it waits.
    def call_tip():
        reply = console.ask("shell", "inspect_request", {"code": "twice(", "cursor_pos": 6, "detail_level": 0})
        assert reply["status"] == "ok", reply
        return reply["found"] and "Twice as much." in reply["data"]["text/plain"] and reply

    tip = wait_until("a call tip with the function's documentation", call_tip)
    assert "fn twice(x: i32) -> i32" in tip["data"]["text/plain"], tip
    reply = console.ask("shell", "complete_request", {"code": "let y = twi;", "cursor_pos": 11})
    assert (reply["status"], reply["cursor_start"], reply["cursor_end"]) == ("ok", 8, 11), reply
    assert "twice" in reply["matches"], reply
    reply = console.ask("shell", "complete_request", {"code": "nothing_is_called_so", "cursor_pos": 20})
    assert (reply["status"], reply["matches"]) == ("ok", []), reply


def shows_results_errors_and_pages(console):
    reply, (printed, result) = run(console, 'println!("one\\ntwo"); twice(21)', "stream", "execute_result")
    assert printed == {"name": "stdout", "text": "one\ntwo\n"}, printed
    assert result["data"]["text/plain"] == "42" and result["execution_count"] == reply["execution_count"] == 2, result

    reply, outputs = run(console, ":doc twice")
    [page] = reply["payload"]
    assert (page["source"], page["start"], outputs) == ("page", 0, []), reply
    assert "Twice as much." in page["data"]["text/plain"], page

    reply, [error] = run(console, "missing + 1", "error")
    assert reply["status"] == "error", reply
    for field in ["ename", "evalue", "traceback"]:
        assert reply[field] == error[field], (reply, error)
    # It writes the traceback as it is, colours and all.
    assert "\x1b[" in "".join(error["traceback"]) and "missing" in "".join(error["traceback"]), error
    assert prompt_number(console) == 5


def evaluates_expressions_unseen(console):
    wanted = execute_request("", silent=True, store_history=False, user_expressions={"good": "twice(4)", "bad": "missing"})
    reply = console.ask("shell", "execute_request", wanted)
    assert reply["user_expressions"]["good"] == {"status": "ok", "data": {"text/plain": "8"}, "metadata": {}}, reply
    assert reply["user_expressions"]["bad"]["status"] == "error", reply
    # A hidden cell shows nothing, but does what it does.
    hidden = execute_request('println!("unseen"); let hidden = 5;', silent=True, store_history=False)
    assert console.ask("shell", "execute_request", hidden)["status"] == "ok"
    _, [result] = run(console, "hidden", "execute_result")
    assert result["data"]["text/plain"] == "5", result


def interrupts(console):
    cell = console.send("shell", "execute_request", execute_request("loop {}"))
    console.busy(cell)
    console.iopub("execute_input", cell)
    interrupt = console.send("control", "interrupt_request", {})
    assert console.control("interrupt_reply", interrupt) == {"status": "ok"}
    seen, _ = console.until_idle(cell, interrupt)
    assert [kind for kind, _ in seen] == ["error", "status"], seen
    assert seen[0][1]["ename"] == "Interrupted", seen
    assert console.shell("execute_reply", cell)["ename"] == "Interrupted"
    _, [result] = run(console, "hidden", "execute_result")
    assert result["data"]["text/plain"] == "5", result


def closes(console, manager):
    request = console.send("control", "shutdown_request", {"restart": False})
    reply = {"status": "ok", "restart": False}
    assert console.control("shutdown_reply", request) == reply
    assert console.between(request, "shutdown_reply") == [reply]
    wait_until("the kernel's end", lambda: not manager.is_alive())


if __name__ == "__main__":
    main()
