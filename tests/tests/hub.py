"""A class on one server: the configuration of install/hub with the real JupyterHub and two real accounts.

Both learners log in as with a browser and run lesson 1; then the second tries to reach what is the first one's.
"""

import json
import subprocess
from pathlib import Path

import requests
from machine import SYSTEM, Kernel, claim, first_cells, machine_environment, processes, run, wait_until

ADDRESS = "http://127.0.0.1:8000"
FIRST, SECOND, STRANGER = "soma-t1", "soma-t2", "soma-t3"
SECRET = "what-only-the-first-may-know"


class Learner:
    """A browser that is used by somebody."""

    def __init__(self, name):
        self.name, self.http = name, requests.Session()

    def log_in(self, password):
        page = self.http.get(f"{ADDRESS}/hub/login", timeout=60)
        token = page.text.split('name="_xsrf" value="')[1].split('"')[0]
        form = {"username": self.name, "password": password, "_xsrf": token}
        return self.http.post(f"{ADDRESS}/hub/login?next=/hub/home", data=form, timeout=60)

    def hub(self, method, path, **options):
        headers = {"X-XSRFToken": self.http.cookies.get("_xsrf", path="/hub/"), "Referer": f"{ADDRESS}/hub/home"}
        return self.http.request(method, f"{ADDRESS}/hub/api/{path}", headers=headers, timeout=60, **options)

    def server(self):
        return self.hub("GET", f"users/{self.name}").json()["servers"].get("")

    def start(self):
        begun = self.hub("POST", f"users/{self.name}/server")
        assert begun.status_code in (201, 202), begun.text
        wait_until(f"{self.name}'s server", lambda: (self.server() or {}).get("ready"))
        page = self.http.get(f"{ADDRESS}/user/{self.name}/lab", timeout=60)
        assert page.status_code == 200 and "JupyterLab" in page.text, page.text[:500]

    def ask(self, method, path, of=None, **options):
        """Asks a server: the learner's own, or somebody else's."""
        path = f"/user/{of or self.name}/{path}"
        token = self.http.cookies.get("_xsrf", path=f"/user/{self.name}/")
        headers = {"X-XSRFToken": token or "", "Referer": ADDRESS}
        return self.http.request(method, ADDRESS + path, headers=headers, timeout=60, allow_redirects=False, **options)

    def cookies(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)

    def kernel(self, name, of=None):
        path = f"{ADDRESS}/user/{of or self.name}/api/kernels/{name}/channels"
        return Kernel(path.replace("http", "ws", 1), cookie=self.cookies(), origin=ADDRESS)

    def start_kernel(self):
        made = self.ask("POST", "api/kernels", json={"name": "soma"})
        assert made.status_code == 201, made.text
        return made.json()["id"]


def start_hub(machine, **settings):
    environment = {**machine_environment(), **settings, "SOMA_HUB_STATE": "/run/soma-hub"}
    command = [SYSTEM / "jupyter/bin/jupyterhub", "--config", SYSTEM / "hub/jupyterhub_config.py"]
    hub = machine.service("jupyterhub", command, env=environment, cwd="/")

    def answers():
        assert hub.poll() is None, "JupyterHub has ended"
        try:
            return requests.get(f"{ADDRESS}/hub/api/", timeout=5).ok
        except requests.ConnectionError:
            return False

    wait_until("JupyterHub", answers)
    return hub


def main(machine):
    with machine:
        first_account = machine.account(FIRST, "first password", ["learners"])
        second_account = machine.account(SECOND, "second password", ["learners"])
        machine.account(STRANGER, "third password", ["users"])
        hub = start_hub(machine, SOMA_HUB_MEMORY="4G", SOMA_HUB_PROCESSORS="1")
        claim("JupyterHub starts with the configuration as it is")

        assert Learner(STRANGER).log_in("third password").status_code == 403
        assert Learner(FIRST).log_in("second password").status_code == 403
        first, second = Learner(FIRST), Learner(SECOND)
        assert first.log_in("first password").ok and second.log_in("second password").ok
        claim("learners log in with the system's passwords, others and wrong passwords are refused")

        for learner in [first, second]:
            learner.start()
        claim("each has a server with JupyterLab")

        lessons = first.ask("GET", "api/contents/lessons/en").json()
        assert "01-tensors.ipynb" in [entry["name"] for entry in lessons["content"]], lessons
        claim("the lessons lie in each learner's home")

        kernels, channels = {}, {}
        for learner in [first, second]:
            kernels[learner] = learner.start_kernel()
            channels[learner] = learner.kernel(kernels[learner])
            for code, shown in first_cells(6):
                found = channels[learner].run(code)
                assert not shown or shown in found, (code, found, shown)
        claim("lesson 1 runs in each, over the WebSocket, with the lesson's results")
        for learner in [first, second]:
            used = channels[learner].run(f"!{SYSTEM}/bin/soma cache")
            assert used.startswith("0 compiled cells") and used.rstrip().endswith(" 0 misses"), used
        claim("no learner has compiled anything")

        limits(channels[first])
        closed_to_others(machine, first, second, kernels, channels, first_account, second_account)

        first.ask("DELETE", f"api/kernels/{kernels[first]}")
        ends_with_its_session(first_account)
        assert first.hub("DELETE", f"users/{FIRST}/server").status_code in (202, 204)
        wait_until("no process of the first", lambda: not processes(first_account.pw_uid))
        assert channels[second].run("6 * 7") == "42"
        claim("a server that is stopped leaves no process, and the other goes on")

        for channel in channels.values():
            channel.close()
        machine.end(hub)
        wait_until("an empty machine", lambda: not processes())
        assert left_in_tmp() == [], left_in_tmp()
        claim("when the hub ends, nothing is left running and nothing in /tmp")

        idle_ones_end(machine, second_account)


def limits(channel):
    said = channel.run("!ulimit -v; nproc; umask; grep processes /proc/self/limits")
    assert said.split()[:6] == [str(4 << 20), "1", "0077", "Max", "processes", "1000"], said
    channel.run("let kept = 7;")
    reply, _ = channel.result(channel.execute("let big: Vec<u8> = vec![1; 6 << 30]; big.len()"))
    assert reply["status"] == "error", reply
    assert channel.run("kept") == "7"
    claim("a learner's processes have the limits, and a cell that wants more memory fails alone")


def closed_to_others(machine, first, second, kernels, channels, first_account, second_account):
    """The second learner tries everything that an account can, with what the first has at that moment."""
    channel, kernel = channels[first], kernels[first]
    channel.run(f'let secret = "{SECRET}"; println!("{{secret}}");')
    first.ask("PUT", "api/contents/secret.txt", json={"type": "file", "format": "text", "content": SECRET})

    # Through the proxy, with the cookies that a browser has.
    pages = ["lab", "api/kernels", f"api/kernels/{kernel}", "api/sessions", "api/terminals"]
    for path in [*pages, "api/contents", "api/contents/secret.txt", "files/secret.txt"]:
        answer = second.ask("GET", path, of=FIRST)
        assert answer.status_code in (302, 403, 404) and SECRET not in answer.text, (path, answer.status_code, answer.text)
        if answer.status_code == 302:
            followed = second.http.get(ADDRESS + answer.headers["Location"], timeout=60)
            assert followed.status_code in (403, 404), (path, answer.headers, followed.status_code, followed.text)
    for method, path, body in [
        ("POST", "api/kernels", {"name": "soma"}),
        ("DELETE", f"api/kernels/{kernel}", None),
        ("POST", f"api/kernels/{kernel}/interrupt", None),
        ("PUT", "api/contents/planted.txt", {"type": "file", "format": "text", "content": ""}),
    ]:
        answer = second.ask(method, path, of=FIRST, json=body)
        assert answer.status_code == 403, (method, path, answer.status_code, answer.text)
    claim("the other's server refuses pages, kernels and files")
    try:
        second.kernel(kernel, of=FIRST)
    except Exception as error:
        assert getattr(error, "status_code", None) in (403, 302), repr(error)
    else:
        raise AssertionError("the other's kernel can be reached")
    claim("the other's kernel refuses the WebSocket")
    of_first = [("GET", f"users/{FIRST}"), ("DELETE", f"users/{FIRST}/server"), ("POST", f"users/{FIRST}/tokens")]
    for method, path in [*of_first, ("GET", "users"), ("POST", "shutdown")]:
        answer = second.hub(method, path)
        assert answer.status_code in (403, 404), (method, path, answer.status_code, answer.text)
    claim("the hub refuses what concerns the other")

    # On the machine, as the second learner's cells could. The test looks up the paths as root, so that nothing is
    # refused merely because it is not found.
    home = Path(first_account.pw_dir)
    sessions = [path for path in Path("/tmp").glob("soma-*") if path.stat().st_uid == first_account.pw_uid]
    connection = list(home.glob(".local/share/jupyter/runtime/kernel-*.json"))
    assert sessions and connection, (sessions, connection)
    paths = [home, home / "secret.txt", home / "lessons", home / ".cache/soma", home / ".local/share/jupyter/runtime"]
    paths += [*connection, *sessions, *(session / "channel" for session in sessions), *(session / "src" for session in sessions)]
    paths += [Path("/run/soma-hub"), *Path("/run/soma-hub").iterdir()]
    of_kernel = json.loads(connection[0].read_text())
    task = {
        "paths": [str(path) for path in paths],
        "processes": sorted(processes(first_account.pw_uid)),
        "ports": [of_kernel[f"{name}_port"] for name in ["shell", "iopub", "stdin", "control", "hb"]],
        "server": next(port for port in listening(first_account.pw_uid) if port not in of_kernel.values()),
        "kernel": kernel,
        "first": FIRST,
        "token": token_of(second_account),
    }
    assert task["processes"] and len(set(task["ports"])) == 5
    attack = subprocess.Popen(
        [str(SYSTEM / "jupyter/bin/python"), "-c", ATTACK, json.dumps(task)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"HOME": second_account.pw_dir, "PATH": "/usr/bin:/bin"},
        **machine.identity(SECOND),
    )
    # The eavesdropper listens: now the first shows something.
    assert attack.stdout.readline() == "listening\n", attack.communicate(timeout=60)
    for _ in range(5):
        assert SECRET in channel.run('println!("{secret}");')
    said, _ = attack.communicate(timeout=120)
    assert attack.returncode == 0 and SECRET not in said, said
    assert channel.run("secret.len()") == str(len(SECRET))
    for line in said.splitlines():
        claim(line)


# What a learner tries against another's; it runs as that learner and ends with an error if anything is not refused.
ATTACK = """
import json, os, socket, sys, urllib.request, urllib.error, zmq
task = json.loads(sys.argv[1])

def refused(what, action):
    try:
        found = action()
    except PermissionError:
        return
    raise SystemExit(f"{what} was not refused: {found!r}")

sockets = []
for port in task["ports"]:
    for kind in (zmq.SUB, zmq.DEALER):
        peer = zmq.Context.instance().socket(kind)
        peer.linger = 0
        if kind == zmq.SUB:
            peer.subscribe(b"")
        peer.connect(f"tcp://127.0.0.1:{port}")
        if kind == zmq.DEALER:
            peer.send_multipart([b"<IDS|MSG>", b"", b'{"msg_type":"execute_request","msg_id":"1"}', b"{}", b"{}", b'{"code":"6*7"}'])
        sockets.append(peer)
print("listening", flush=True)
for peer in sockets:
    assert not peer.poll(1500 if peer is sockets[2] else 100), peer.recv_multipart()
print("its kernel's ports tell a stranger nothing")

for path in task["paths"]:
    refused(path, lambda: os.listdir(path) if not path.count(".") else open(path).read())
    refused(path, lambda: os.open(path, os.O_RDONLY))
    refused(path, lambda: os.open(path, os.O_WRONLY) if not os.path.isdir(path) else os.mkdir(path + "/planted"))
    if path.endswith("/channel"):
        refused(path, lambda: socket.socket(socket.AF_UNIX).connect(path))
print("its home, lessons, cache, connection file, session's folder and sockets are closed, and so is what the hub keeps")

tried = 0
for process in task["processes"]:
    try:
        refused(f"a signal to {process}", lambda: os.kill(process, 0))
        for name in ["environ", "mem", "maps", "fd", "cwd", "root"]:
            path = f"/proc/{process}/{name}"
            look = {"fd": os.listdir, "cwd": os.readlink, "root": os.readlink}.get(name, lambda path: open(path, "rb").read(1))
            refused(path, lambda: look(path))
        tried += 1
    except (ProcessLookupError, FileNotFoundError):
        # A copy that waited for the end of a cell.
        continue
assert tried >= 3, tried
print("its processes can neither be looked into nor be signalled")

for headers in [{}, {"Authorization": "token " + task["token"]}]:
    for path in ["api/kernels", "api/contents/secret.txt", f"api/kernels/{task['kernel']}"]:
        address = f"http://127.0.0.1:{task['server']}/user/{task['first']}/{path}"
        try:
            answer = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30)
        except urllib.error.HTTPError as error:
            assert error.code in (403, 404), error
        else:
            raise SystemExit(f"{address} answers {answer.read()}")
for address in ["http://127.0.0.1:8001/api/routes", "http://127.0.0.1:8081/hub/api/users"]:
    try:
        answer = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30)
    except urllib.error.HTTPError as error:
        assert error.code == 403, error
    else:
        raise SystemExit(f"{address} answers {answer.read()}")
print("its server, the hub and the proxy refuse, on their own ports too, with another learner's token")
"""


def token_of(account):
    """The token that a learner's server, and so each of the learner's cells, has."""
    for process in processes(account.pw_uid):
        for entry in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
            if entry.startswith(b"JUPYTERHUB_API_TOKEN="):
                return entry.split(b"=", 1)[1].decode()
    raise AssertionError("no token")


def listening(user):
    """The ports on which an account listens."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and int(words[7]) == user:
            yield int(words[1].split(":")[1], 16)


def ends_with_its_session(account):
    def is_gone():
        return not [words for words in processes(account.pw_uid).values() if "soma" in words and "jupyterhub" not in words]

    wait_until("no process of the kernel", is_gone)
    assert not [path for path in Path("/tmp").glob("soma-*") if path.stat().st_uid == account.pw_uid]
    claim("a kernel that is shut down leaves neither a process nor a folder")


def left_in_tmp():
    return sorted(path.name for path in Path("/tmp").iterdir() if path.name.startswith("soma-"))


def idle_ones_end(machine, account):
    hub = start_hub(machine, SOMA_HUB_IDLE_KERNEL="2", SOMA_HUB_IDLE_SERVER="8")
    learner = Learner(SECOND)
    assert learner.log_in("second password").ok
    learner.start()
    kernel = learner.start_kernel()
    channel = learner.kernel(kernel)
    assert channel.run("6 * 7") == "42"
    wait_until("an idle kernel to end", lambda: not [words for words in processes(account.pw_uid).values() if "soma kernel" in words])
    claim("a kernel that nobody uses ends, also with its tab open")
    channel.close()
    wait_until("an idle server to end", lambda: not processes(account.pw_uid))
    claim("a server that nobody uses ends")
    machine.end(hub)
    wait_until("an empty machine", lambda: not processes())
    assert left_in_tmp() == [], left_in_tmp()


if __name__ == "__main__":
    run(main)
