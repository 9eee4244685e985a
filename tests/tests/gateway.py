"""Kernels on other hosts: install/gateway with the real Jupyter Enterprise Gateway and two hosts that it reaches by ssh.

A host is an sshd with a network, processes and temporary files of its own; the wire between hosts is a bridge that leads
nowhere else. (An address of the loopback device would be no other host: there the gateway does not use ssh.) Then the
Kernel Gateway, and JupyterLab with `--gateway-url`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import requests
from machine import ROOT, SYSTEM, Kernel, claim, first_cells, machine_environment, processes, run, shell, wait_until

GATEWAY = "http://127.0.0.1:8888"
OWN, HOSTS = "10.99.0.1", ["10.99.0.2", "10.99.0.3"]
TOKEN = "token of the gateway"
ACCOUNT, OTHER = "soma-t1", "soma-t2"
KERNELS = Path("/usr/local/share/jupyter/kernels")


class Server:
    """The interfaces of a server with kernels."""

    def __init__(self, address, token):
        self.address, self.headers = address, {"Authorization": f"token {token}"}

    def call(self, method, path, status, body=None):
        answer = requests.request(method, f"{self.address}/{path}", json=body, headers=self.headers, timeout=120)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer

    def start(self, name, **more):
        return self.call("POST", "api/kernels", 201, {"name": name, **more}).json()["id"]

    def channels(self, kernel):
        header = [f"{name}: {value}" for name, value in self.headers.items()]
        return Kernel(f"{self.address.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels", header=header)

    def answers(self):
        try:
            return requests.get(f"{self.address}/api", headers=self.headers, timeout=5).ok
        except requests.ConnectionError:
            return False


class Host:
    """A host that the gateway reaches by ssh."""

    def __init__(self, machine, address, key):
        self.address = address
        folder = Path(f"/run/host-{address}")
        folder.mkdir()
        settings = [
            f"ListenAddress {address}",
            f"HostKey {key}",
            "PidFile none",
            "UsePAM no",
            "PasswordAuthentication no",
            "AuthorizedKeysFile /etc/ssh/keys_of_gateway",
        ]
        (folder / "sshd_config").write_text("\n".join(settings))
        # When its first process is killed, all of the host is.
        command = (
            "mount -t tmpfs -o mode=1777 tmpfs /tmp && ip link set lo up && "
            f"until ip address show | grep -q {address}/; do sleep 0.05; done && exec /usr/sbin/sshd -D -e -f {folder}/sshd_config"
        )
        unshare = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", command]
        self.outer = machine.service(f"sshd-{address}", unshare, env=machine_environment())
        children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        self.init = int(wait_until("a host's first process", lambda: children.read_text().split())[0])
        wait_until("a host's network", lambda: os.readlink(f"/proc/{self.init}/ns/net") != os.readlink("/proc/self/ns/net"))
        self.plug = f"to{address.rsplit('.')[-1]}"
        shell("ip", "link", "add", self.plug, "type", "veth", "peer", "name", "wire", "netns", self.init)
        shell("ip", "link", "set", self.plug, "master", "switch", "up")
        shell("nsenter", "-t", self.init, "-n", "ip", "address", "add", f"{address}/24", "dev", "wire")
        shell("nsenter", "-t", self.init, "-n", "ip", "link", "set", "wire", "up")
        wait_until(f"sshd on {address}", lambda: is_open(address, 22))

    def listening(self):
        """The ports on which kernels and their launchers listen, and at which addresses."""
        found = set()
        for line in Path(f"/proc/{self.init}/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            address, port = words[1].split(":")
            if words[3] == "0A":
                found.add((socket.inet_ntoa(int(address, 16).to_bytes(4, "little")), int(port, 16)))
        return found - {(self.address, 22)}

    def processes(self, user, *words):
        """Those of an account, with these words."""
        own = os.readlink(f"/proc/{self.init}/ns/pid")
        return [
            process
            for process, found in processes(user).items()
            if all(word in found for word in words) and os.readlink(f"/proc/{process}/ns/pid") == own
        ]

    def left_in_tmp(self):
        return sorted(path.name for path in (Path(f"/proc/{self.init}") / "root" / "tmp").iterdir())

    def kill(self):
        os.kill(self.init, signal.SIGKILL)
        self.outer.wait(60)


def is_open(address, port):
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == 0


def main(machine):
    with machine:
        account = machine.account(ACCOUNT, "a password", ["users"])
        machine.account(OTHER, "another password", ["users"])
        shutil.copy(ROOT / "install/gateway/launch_soma.py", SYSTEM / "bin")
        shutil.copytree(ROOT / "install/gateway/distributed", KERNELS / "soma_distributed")
        impatient_entry()
        hosts = two_hosts(machine)
        gateway, server = start_gateway(machine)
        claim("the Enterprise Gateway starts")

        kernels = [start(server) for _ in hosts]
        for host in hosts:
            listening = host.listening()
            assert len(listening) == 6 and {address for address, _ in listening} == {host.address}, listening
        claim("of two kernels each host has one, which listens on six ports of the address that faces the gateway")
        channels = [server.channels(kernel) for kernel in kernels]
        for channel in channels:
            for code, shown in first_cells(6):
                found = channel.run(code)
                assert not shown or shown in found, (code, found, shown)
        claim("lesson 1 runs on both, with the lesson's results")
        said = channels[0].run("!env | cut -d= -f1 | sort | tr '\\n' ' '")
        print(f"   the environment of a kernel: {said.strip()}")

        interrupted(server, kernels[0], channels[0])
        refused_to_others(machine, hosts[0], channels[0])
        restarted(server, kernels[0], channels[0])
        for channel, kernel in zip(channels, kernels):
            channel.close()
            server.call("DELETE", f"api/kernels/{kernel}", 204)
        wait_until("no process of the kernels", lambda: not processes(account.pw_uid))
        claim("kernels that are shut down leave no process")
        nothing_is_left(hosts)

        kernel_is_killed(server, hosts, account)
        launcher_is_killed(server, hosts, account)
        through_jupyterlab(machine, account)
        host_is_killed(server, hosts, account)
        gateway_is_killed(server, gateway, account)
        nothing_is_left(hosts[1:])
        hosts[1].kill()
        wait_until("an empty machine", lambda: not processes())
        local_kernel_gateway(machine, account)
        wait_until("an empty machine", lambda: not processes())


def impatient_entry():
    """A second entry, whose kernels end soon when no gateway asks for them."""
    entry = shutil.copytree(KERNELS / "soma_distributed", KERNELS / "soma_impatient") / "kernel.json"
    settings = json.loads(entry.read_text())
    settings["env"]["SOMA_ORPHANED_AFTER"] = "10"
    entry.write_text(json.dumps(settings))


def start(server):
    return server.start("soma_distributed", env={"KERNEL_USERNAME": ACCOUNT})


def nothing_is_left(hosts):
    for host in hosts:
        left = host.left_in_tmp()
        assert all(name.startswith("kernel-") and name.endswith(".log") for name in left), left
    claim("in a host's /tmp nothing is left but the logs that the gateway makes there")


def two_hosts(machine):
    Path("/run/sshd").mkdir(mode=0o755)
    key, of_gateway = Path("/etc/ssh/key_of_test"), Path.home() / ".ssh/id_ed25519"
    of_gateway.parent.mkdir(mode=0o700, exist_ok=True)
    for file in [key, of_gateway]:
        shell("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    shutil.copy(f"{of_gateway}.pub", "/etc/ssh/keys_of_gateway")
    public = Path(f"{key}.pub").read_text()
    (Path.home() / ".ssh/known_hosts").write_text("".join(f"{address} {public}" for address in HOSTS))
    shell("ip", "link", "add", "switch", "type", "bridge")
    shell("ip", "address", "add", f"{OWN}/24", "dev", "switch")
    shell("ip", "link", "set", "switch", "up")
    return [Host(machine, address, key) for address in HOSTS]


def start_gateway(machine):
    # The gateway waits for a lost host as long as the system does, and does nothing else meanwhile: 7 s instead of 127.
    Path("/proc/sys/net/ipv4/tcp_syn_retries").write_text("2")
    environment = {
        **machine_environment(),
        "EG_AUTH_TOKEN": TOKEN,
        "EG_REMOTE_USER": ACCOUNT,
        "EG_RESPONSE_IP": OWN,
        "EG_LIST_KERNELS": "True",
        "EG_KERNEL_LAUNCH_TIMEOUT": "60",
    }
    command = [SYSTEM / "gateway/bin/jupyter-enterprisegateway", "--ip=127.0.0.1", "--port=8888", "--port_retries=0"]
    command += [f"--EnterpriseGatewayApp.remote_hosts={HOSTS}"]
    gateway = machine.service("enterprise-gateway", command, env=environment, cwd="/")
    server = Server(GATEWAY, TOKEN)

    def answers():
        assert gateway.poll() is None, "the gateway has ended"
        return server.answers()

    wait_until("the gateway", answers)
    return gateway, server


def interrupted(server, kernel, channel):
    channel.run("let kept = 7;")
    request = channel.execute('println!("endless"); loop {}')
    channel.until("stream", request)
    server.call("POST", f"api/kernels/{kernel}/interrupt", 204)
    reply, _ = channel.result(request)
    assert (reply["status"], reply["ename"]) == ("error", "Interrupted"), reply
    assert channel.run("kept") == "7"
    claim("an endless loop is interrupted, and variables are kept")


def refused_to_others(machine, host, channel):
    """Another account of the host asks the launcher to end the kernel, on every port that it finds."""
    script = f"""
import socket
for port in {sorted(port for _, port in host.listening())}:
    for request in [b'{{"shutdown": 1}}', b'{{"signum": 9}}', b'nonsense', b'[1]', b'']:
        with socket.create_connection(("{host.address}", port), timeout=30) as caller:
            try:
                caller.sendall(request)
                caller.shutdown(socket.SHUT_WR)
                caller.recv(1)
            except OSError:
                pass
"""
    user = ["setpriv", "--reuid", OTHER, "--regid", OTHER, "--clear-groups"]
    shell("nsenter", "-t", host.init, "-n", *user, SYSTEM / "jupyter/bin/python", "-c", script)
    assert channel.run("kept") == "7"
    claim("another account of the host can neither end nor signal a kernel")


def restarted(server, kernel, channel):
    server.call("POST", f"api/kernels/{kernel}/restart", 200)
    has_lost_its_variables(server, kernel, channel)
    claim("a kernel is restarted: it has its name as before, and no variables")


def opened_anew(server, kernel):
    """Channels that a kernel answers on. For a while after a crash the gateway opens them to where the old one was."""
    channel = server.channels(kernel)
    request = channel.send("shell", "kernel_info_request", {})
    try:
        channel.until("kernel_info_reply", request, limit=5)
    except TimeoutError:
        channel.close()
        return None
    return channel


def has_lost_its_variables(server, kernel, channel):
    # The new kernel may be on another host: JupyterLab opens the channels anew, and so does this.
    channel.close()
    channel = wait_until("channels that lead to the new kernel", lambda: opened_anew(server, kernel))
    reply, _ = channel.result(channel.execute("kept"))
    assert (reply["status"], reply["ename"]) == ("error", "E0425"), reply
    assert channel.run("6 * 7") == "42"
    channel.close()


def host_of(hosts, account):
    """The host that has the only kernel."""
    [host] = [host for host in hosts if host.processes(account.pw_uid, "soma kernel")]
    return host


def comes_back(server, kernel, channel, what):
    """The front end is told of a restart, and then has a kernel without variables."""
    channel.until("status", execution_state="restarting")
    has_lost_its_variables(server, kernel, channel)
    claim(f"{what}: the front end is told `restarting`; its variables are lost, its notebook goes on")


def kernel_is_killed(server, hosts, account):
    kernel = start(server)
    channel = server.channels(kernel)
    channel.run("let kept = 7;")
    [process] = host_of(hosts, account).processes(account.pw_uid, "soma kernel")
    os.kill(process, signal.SIGKILL)
    comes_back(server, kernel, channel, "a kernel that is killed starts again")
    server.call("DELETE", f"api/kernels/{kernel}", 204)
    wait_until("no process of the kernels", lambda: not processes(account.pw_uid))


def launcher_is_killed(server, hosts, account):
    kernel = start(server)
    channel = server.channels(kernel)
    channel.run("let kept = 7;")
    host = host_of(hosts, account)
    before = host.processes(account.pw_uid)
    [process] = host.processes(account.pw_uid, "launch_soma.py")
    os.kill(process, signal.SIGKILL)
    wait_until("the end of the kernel whose launcher was killed", lambda: not set(before) & set(processes(account.pw_uid)))
    comes_back(server, kernel, channel, "a kernel ends with its launcher")
    server.call("DELETE", f"api/kernels/{kernel}", 204)
    wait_until("no process of the kernels", lambda: not processes(account.pw_uid))


def host_is_killed(server, hosts, account):
    """The first host is gone, as if somebody had pulled the plug."""
    kernels = [start(server), start(server)]
    channels = [server.channels(kernel) for kernel in kernels]
    for channel in channels:
        channel.run("let kept = 7;")
    lost = int(not hosts[0].address in channels[0].run("!hostname -I"))
    hosts[0].kill()
    assert channels[1 - lost].run("kept") == "7"
    claim("when a host is lost, kernels on others go on")
    comes_back(server, kernels[lost], channels[lost], "a kernel of the lost host starts again on another")
    assert channels[1 - lost].run("kept") == "7"
    channels[1 - lost].close()
    server.call("DELETE", f"api/kernels/{kernels[1 - lost]}", 204)
    # The gateway may believe that the kernel of the lost host is still about to start, and answer with an error.
    answer = requests.delete(f"{GATEWAY}/api/kernels/{kernels[lost]}", headers=server.headers, timeout=120)
    print(f"   ending the kernel that came back is answered with {answer.status_code}")


def start_jupyterlab(machine, *options, **environment):
    """JupyterLab as somebody who has no kernels on this machine."""
    command = [SYSTEM / "jupyter/bin/jupyter-lab", "--no-browser", "--ip=127.0.0.1", "--port=8899", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", *options]
    environment = {**machine_environment(), "HOME": f"/home/{OTHER}", **environment}
    process = machine.service("jupyterlab", command, env=environment, **machine.identity(OTHER))
    server = Server("http://127.0.0.1:8899", TOKEN)

    def answers():
        assert process.poll() is None, "JupyterLab has ended"
        return server.answers()

    wait_until("JupyterLab", answers)
    return process, server


def has_all_that_a_kernel_has(server, name):
    """A kernel is started, asked, interrupted, restarted and ended through a server."""
    specs = server.call("GET", "api/kernelspecs", 200).json()["kernelspecs"]
    assert specs[name]["spec"]["interrupt_mode"] == "message", specs
    kernel = server.start(name)
    channel = server.channels(kernel)
    for code, shown in first_cells(4):
        found = channel.run(code)
        assert not shown or shown in found, (code, found, shown)
    interrupted(server, kernel, channel)
    restarted(server, kernel, channel)
    server.call("DELETE", f"api/kernels/{kernel}", 204)


def through_jupyterlab(machine, account):
    options = [f"--gateway-url={GATEWAY}", f"--GatewayClient.auth_token={TOKEN}"]
    lab, server = start_jupyterlab(machine, *options, KERNEL_USERNAME=ACCOUNT)
    has_all_that_a_kernel_has(server, "soma_distributed")
    wait_until("no process of the kernels", lambda: not processes(account.pw_uid))
    machine.end(lab)
    claim("JupyterLab with --gateway-url needs nothing more")


def gateway_is_killed(server, gateway, account):
    # The gateway goes on to ask the lost host, in its turn.
    body = {"name": "soma_impatient", "env": {"KERNEL_USERNAME": ACCOUNT}}
    answers = [requests.post(f"{GATEWAY}/api/kernels", json=body, headers=server.headers, timeout=120) for _ in range(2)]
    assert sorted(answer.status_code for answer in answers) == [201, 500], [answer.text for answer in answers]
    [refused] = [answer.json() for answer in answers if answer.status_code == 500]
    assert HOSTS[0] in refused["reason"], refused
    claim("while a host is lost, each start that is its turn fails with a sentence that names it, and others succeed")
    assert processes(account.pw_uid)
    gateway.kill()
    gateway.wait(60)
    wait_until("kernels that nobody asks for any more", lambda: not processes(account.pw_uid))
    claim("when the gateway is killed, its kernels end by themselves (here after 10 s, usually after 15 min)")


def local_kernel_gateway(machine, account):
    command = [SYSTEM / "jupyter/bin/jupyter-kernelgateway", "--KernelGatewayApp.ip=127.0.0.1", "--KernelGatewayApp.port=8889"]
    command += ["--KernelGatewayApp.port_retries=0", f"--KernelGatewayApp.auth_token={TOKEN}"]
    # An environment with nothing in it: what `soma install` has noted must do.
    process = machine.service("kernel-gateway", command, env={}, **machine.identity(ACCOUNT))
    server = Server("http://127.0.0.1:8889", TOKEN)

    def answers():
        assert process.poll() is None, "the Kernel Gateway has ended"
        return server.answers()

    wait_until("the Kernel Gateway", answers)
    has_all_that_a_kernel_has(server, "soma")
    claim("the Kernel Gateway needs nothing more, also in an empty environment")
    lab, through_lab = start_jupyterlab(machine, f"--gateway-url={server.address}", f"--GatewayClient.auth_token={TOKEN}")
    has_all_that_a_kernel_has(through_lab, "soma")
    claim("and JupyterLab uses it with --gateway-url")
    machine.end(lab)
    machine.end(process)
    wait_until("no process of the kernels", lambda: not processes(account.pw_uid))


if __name__ == "__main__":
    run(main)
