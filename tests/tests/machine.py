"""A machine of its own for a test that needs accounts, hosts and services: nothing of it is left afterwards.

`run(main)` calls `main(machine)` as root in namespaces of its own: processes, mounts and network. Inside, `/etc`,
`/home`, `/opt`, `/tmp`, `/root` and others are the test's own, so accounts are real and yet gone when it ends; the
network has nothing but a loopback device. What the test starts cannot outlive it.

Invariant: what is shared with the machine outside (the toolchain, Python environments) is mounted so that it cannot be
written.
"""

import argparse
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

try:
    import websocket
except ImportError:
    # Outside, before there is an environment that has it.
    websocket = None

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM = Path("/opt/soma")
INSIDE = "SOMA_TEST_MACHINE"
SHARED = Path("/usr/local/share/soma")
# No step takes longer, however busy the machine is.
LIMIT = 120
# The exit code of a test that cannot be tried here.
NOT_HERE = 77
REACH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def claim(text):
    """One line for what has been shown."""
    print(f"ok: {text} ({time.monotonic() - STARTED:.0f} s)", flush=True)


STARTED = time.monotonic()


def wait_until(what, look, limit=LIMIT):
    """What `look` gives, as soon as that is something."""
    deadline = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {limit} s for {what}"
        time.sleep(0.05)
    return found


def run(main, **options):
    """Calls `main` on a machine of its own and exits with 0 if it returned. `options` are those that it has besides, with
    what they are by default."""
    known = parser()
    for name, value in options.items():
        known.add_argument(f"--{name}", type=type(value), default=value)
    arguments = known.parse_args()
    if INSIDE not in os.environ:
        sys.exit(outside(arguments))
    child = os.fork()
    if child:
        # The first process of a machine has to take leave of all others.
        while True:
            process, status = os.wait()
            if process == child:
                sys.exit(os.waitstatus_to_exitcode(status) and 1)
    machine = Machine(arguments)
    main(machine)
    print("all claims hold", flush=True)


def parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--soma", type=Path, required=True, help="the kernel's binary")
    parser.add_argument("--shared", type=Path, required=True, help="what `soma warm --into` has left for that binary")
    parser.add_argument("--needs", nargs="*", default=[], help="programs that the test needs besides")
    parser.add_argument("--environments", type=Path, required=True, help="jupyter, gateway and node; made if missing")
    parser.add_argument("--logs", action="store_true", help="show what services said, also when all is well")
    return parser


def outside(arguments):
    if why := not_here(arguments):
        print(f"this cannot be tried here: {why}", file=sys.stderr)
        return NOT_HERE
    folder = tempfile.mkdtemp(prefix="machine-", dir="/var/tmp")
    environment = {INSIDE: folder, "PATH": REACH, "LANG": "C.UTF-8", "SOMA_TEST_SYSROOT": sysroot()}
    if rustup := shutil.which("rustup"):
        environment["SOMA_TEST_RUSTUP"] = str(Path(rustup).resolve())
    python = arguments.environments.resolve() / "jupyter/bin/python"
    # Whoever ends this program ends the machine.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    command += ["--mount-proc", str(python), *sys.argv]
    try:
        return subprocess.run(command, env=environment, timeout=1200).returncode
    finally:
        shutil.rmtree(folder)


def not_here(arguments):
    """Why there can be no such machine, if there cannot."""
    if os.geteuid() != 0:
        return "accounts need root"
    for program in ["setpriv", "unshare", "ip", "npm", "useradd", *arguments.needs]:
        if not shutil.which(program, path=f"{os.environ.get('PATH', '')}:{REACH}"):
            return f"there is no program {program}"
    # What a machine is made of: some containers have root, and not these.
    trial = "mount -t tmpfs tmpfs /mnt && ip link set lo up && ip link add name trial type bridge"
    made = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "sh", "-c", trial], capture_output=True, text=True)
    if made.returncode:
        return f"this system gives no namespaces: {made.stderr.strip()}"
    try:
        make_environments(arguments.environments)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"what it needs could not be fetched: {error}"
    return None


def sysroot():
    return subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True).stdout.strip()


def make_environments(folder):
    """Two Python environments (the two want different versions of the same packages) and the hub's proxy."""
    # The system's own Python: every account can run it.
    for name, source in [("jupyter", "hub"), ("gateway", "gateway")]:
        if not (folder / name / "ready").exists():
            subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder / name], check=True)
            extra = ["jupyter_kernel_gateway==3.0.1", "websocket-client", "requests"] if name == "jupyter" else []
            pip = [folder / name / "bin/pip", "install", "-q", "-r", ROOT / f"install/{source}/requirements.txt", *extra]
            subprocess.run(pip, check=True)
            (folder / name / "ready").touch()
    if not (folder / "node/node_modules/.bin/configurable-http-proxy").exists():
        (folder / "node").mkdir(parents=True, exist_ok=True)
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "configurable-http-proxy@5.3.0"]
        subprocess.run(npm, cwd=folder / "node", check=True)


def shell(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, timeout=LIMIT, **options)


class Machine:
    """What there is: an installation of Soma for all accounts, in /opt/soma."""

    def __init__(self, arguments):
        self.arguments, self.show_logs = arguments, arguments.logs
        self.folder = Path(os.environ[INSIDE])
        self.services = []
        environments = arguments.environments.resolve()
        sysroot = Path(os.environ["SOMA_TEST_SYSROOT"]).resolve()
        rustup = os.environ.get("SOMA_TEST_RUSTUP")
        # What is needed of the machine outside is held while other folders take the places of its own.
        kept = {path: self.hold(path) for path in [environments, sysroot, ROOT]}
        copies = self.folder / "copies"
        copies.mkdir()
        shutil.copy2(arguments.soma, copies / "soma")
        if rustup:
            shutil.copy2(rustup, copies / "rustup")
        shutil.copytree(arguments.shared, copies / "shared")
        shell("cp", "-a", "/etc", self.folder / "etc")
        shell("mount", "--bind", self.folder / "etc", "/etc")
        held = self.hold(self.folder, "/mnt")
        for path in ["/home", "/opt", "/root", "/run", "/usr/local", "/var/log"]:
            shell("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
        for path in ["/tmp", "/var/tmp"]:
            shell("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
        for path, place in kept.items():
            self.show(held / place.relative_to(self.folder), path)
        shell("ip", "link", "set", "lo", "up")
        SYSTEM.mkdir()
        for name in ["jupyter", "gateway", "node"]:
            self.show(environments / name, SYSTEM / name)
        self.install(held / "copies", sysroot)
        os.chdir("/")

    def hold(self, path, place=None):
        place = Path(place or self.folder / "held" / uuid.uuid4().hex)
        place.mkdir(parents=True, exist_ok=True)
        shell("mount", "--rbind", path, place)
        return place

    def show(self, held, path):
        path.mkdir(parents=True, exist_ok=True)
        shell("mount", "--bind", held, path)
        shell("mount", "-o", "remount,bind,ro", path)

    def install(self, copies, sysroot):
        """As docs/deploy.md tells an administrator."""
        (SYSTEM / "bin").mkdir()
        shutil.copy2(copies / "soma", SYSTEM / "bin/soma")
        tools = SYSTEM / "rust/cargo/bin"
        tools.mkdir(parents=True)
        toolchains = SYSTEM / "rust/rustup/toolchains"
        toolchains.mkdir(parents=True)
        (toolchains / "class").symlink_to(sysroot)
        (SYSTEM / "rust/rustup/settings.toml").write_text('version = "12"\ndefault_toolchain = "class"\n')
        if (copies / "rustup").exists():
            shutil.copy2(copies / "rustup", tools / "rustup")
        for name in ["rustc", "cargo"]:
            rustup = tools / "rustup"
            (tools / name).symlink_to("rustup" if rustup.exists() else sysroot / "bin" / name)
        shell("cp", "-R", ROOT / "notebooks", SYSTEM / "lessons")
        shell("cp", "-R", ROOT / "install/hub", SYSTEM / "hub")
        # What `soma warm --into` leaves there: the libraries that cells link, and the lessons compiled.
        shutil.copytree(copies / "shared", SHARED)
        self.soma_environment = {"PATH": f"{tools}:{REACH}", "RUSTUP_HOME": str(SYSTEM / "rust/rustup"), "HOME": "/root"}
        command = [SYSTEM / "bin/soma", "install", "--prefix", "/usr/local"]
        said = shell(*command, env=self.soma_environment, capture_output=True, text=True)
        print((said.stdout + said.stderr).strip(), flush=True)

    def account(self, name, password, groups=()):
        """An account with an open home, as many systems make them."""
        for group in groups:
            shell("groupadd", "--force", group)
        shell("useradd", "--create-home", "-K", "HOME_MODE=0755", "--shell", "/bin/bash", "--groups", ",".join(groups), name)
        shell("chpasswd", input=f"{name}:{password}\n", text=True)
        return pwd.getpwnam(name)

    @staticmethod
    def identity(name):
        account = pwd.getpwnam(name)
        groups = os.getgrouplist(name, account.pw_gid)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups, "cwd": account.pw_dir}

    def as_account(self, name, command, **options):
        """What a command prints that somebody runs."""
        environment = {"HOME": pwd.getpwnam(name).pw_dir, "PATH": REACH, **options.pop("env", {})}
        options = {"capture_output": True, "text": True, **self.identity(name), **options}
        finished = subprocess.run([str(part) for part in command], env=environment, timeout=LIMIT, **options)
        assert finished.returncode == 0, (command, finished)
        return finished.stdout

    def service(self, name, command, **options):
        """Starts a service; what it says is shown when the test fails."""
        log = Path(f"/run/{name}.log")
        with open(log, "ab") as output:
            options = {"stdout": output, "stderr": output, "stdin": subprocess.DEVNULL, "start_new_session": True, **options}
            process = subprocess.Popen([str(part) for part in command], **options)
        self.services.append((name, process, log))
        return process

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for name, _, log in self.services:
            if kind or self.show_logs:
                print(f"--- {name}\n{log.read_text(errors='replace')[-60000:]}", file=sys.stderr, flush=True)

    @staticmethod
    def end(process, signum=signal.SIGTERM, limit=60):
        process.send_signal(signum)
        process.wait(limit)


def processes(user=None):
    """The processes of this machine (of one account), but for those of the test."""
    own = {1, os.getpid()}
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or int(entry.name) in own:
                continue
            owner = entry.stat().st_uid
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # Without words: it has ended and is taken leave of.
        if words and user in (None, owner):
            found[int(entry.name)] = words
    return found


def machine_environment():
    """What a service of the system is started with: next to nothing."""
    return {"PATH": REACH, "LANG": "C.UTF-8", "HOME": "/root"}


class Kernel:
    """All channels of a kernel over one WebSocket."""

    def __init__(self, address, **options):
        self.session = uuid.uuid4().hex
        separator = "&" if "?" in address else "?"
        self.socket = websocket.create_connection(f"{address}{separator}session_id={self.session}", timeout=LIMIT, **options)

    def send(self, channel, kind, content):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "test"}
        header.update(date="2026-01-01T00:00:00Z", version="5.3")
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel}
        self.socket.send(json.dumps(message))
        return header["msg_id"]

    def execute(self, code):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        return self.send("shell", "execute_request", {**content, "allow_stdin": False, "stop_on_error": True})

    def read(self, deadline=None):
        """The next message. Pings come in between, so that the socket's own limit would never be reached."""
        deadline = deadline or time.monotonic() + LIMIT
        while True:
            if time.monotonic() > deadline:
                raise TimeoutError("no message came")
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                _, frame = self.socket.recv_data_frame(control_frame=True)
            except websocket.WebSocketTimeoutException:
                continue
            assert frame.opcode != 8, f"the server has closed the channels: {frame.data}"
            if frame.opcode in (1, 2):
                message = json.loads(frame.data)
                return message["header"]["msg_type"], message["parent_header"].get("msg_id"), message["content"]

    def until(self, kind, request=None, limit=LIMIT, **fields):
        """The first message of this kind with these fields."""
        deadline = time.monotonic() + limit
        while True:
            found, parent, content = self.read(deadline)
            if found == kind and request in (None, parent) and fields.items() <= content.items():
                return content

    def result(self, request):
        """A cell's reply and what it showed, as (kind, content)."""
        reply, outputs, idle = None, [], False
        deadline = time.monotonic() + LIMIT
        while reply is None or not idle:
            kind, parent, content = self.read(deadline)
            if parent != request:
                continue
            if kind == "execute_reply":
                reply = content
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind != "execute_input":
                outputs.append((kind, content))
        return reply, outputs

    def run(self, code):
        """What a cell shows, as text; it must succeed."""
        reply, outputs = self.result(self.execute(code))
        assert reply["status"] == "ok", (code, reply, outputs)
        shown = [content["text"] if kind == "stream" else content["data"]["text/plain"] for kind, content in outputs]
        return "".join(shown)

    def close(self):
        self.socket.close()


def first_cells(count):
    """The first cells of lesson 1, each with the text that the lesson shows for it."""
    cells = json.loads((ROOT / "notebooks/en/01-tensors.ipynb").read_text())["cells"]
    for cell in [cell for cell in cells if cell["cell_type"] == "code"][:count]:
        shown = [output["data"]["text/plain"] for output in cell["outputs"] if "data" in output]
        yield "".join(cell["source"]), "".join("".join(text) for text in shown)
