#!/usr/bin/env python3
"""Starts Soma on a host or in a container, for Jupyter Enterprise Gateway's process proxies.

The gateway runs this program where a kernel is to be. It starts `soma kernel`, waits until the kernel listens, and sends
the connection's ports and key back to the gateway: in JSON, encrypted with AES, whose key is encrypted with the gateway's
RSA key. Then it takes the gateway's requests on a port of its own, `{"signum": n}` and `{"shutdown": 1}`, and ends with
the kernel, as the kernel ends with it. The protocol is that of the gateway's own launchers:
https://jupyter-enterprise-gateway.readthedocs.io/en/latest/contributors/kernel-launchers.html

It needs `pycryptodomex` (Debian: python3-pycryptodome), and nothing else beside Python.
"""

import argparse
import base64
import ipaddress
import json
import logging
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from Cryptodome.Cipher import AES, PKCS1_v1_5
from Cryptodome.PublicKey import RSA
from Cryptodome.Util.Padding import pad

log = logging.getLogger("launch_soma")
PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
# How long a kernel may take to listen, and to end when it is asked to; seconds.
START, END = 60, 10
# The gateway looks every few seconds whether the kernel is alive. Without a word for so long it is gone for good.
ORPHANED = float(os.environ.get("SOMA_ORPHANED_AFTER", "900"))


def main():
    arguments = parser().parse_known_args()[0]
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    gateway, _, gateway_port = arguments.response_address.rpartition(":")
    try:
        # A group of its own: what the gateway signals by group is this program and its kernel, and nobody else.
        os.setpgrp()
    except PermissionError:
        pass
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if os.path.isdir(folder := os.environ.get("KERNEL_WORKING_DIR", "")):
        os.chdir(folder)
    address = arguments.address or address_towards(gateway, int(gateway_port))
    requests = bind(address, ports_of(arguments.port_range))
    requests.listen(16)
    kernel = None
    try:
        kernel, connection = start(arguments.soma, address, ports_of(arguments.port_range))
        answer = {**connection, "kernel_id": arguments.kernel_id, "comm_port": requests.getsockname()[1]}
        answer.update(pid=os.getpid(), pgid=os.getpgid(0))
        try:
            with socket.create_connection((gateway, int(gateway_port)), timeout=30) as response:
                response.sendall(encrypted(answer, arguments.public_key))
        except OSError as error:
            raise SystemExit(f"the gateway cannot be told of the kernel at {arguments.response_address}: {error}") from error
        trusted = {gateway, *arguments.gateway}
        serve(requests, kernel, lambda peer: is_trusted(peer, requests.getsockname(), trusted))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if kernel:
            end(kernel)
        # Only now: a port that nobody listens on tells the gateway that the kernel is gone.
        requests.close()
    return kernel.returncode


def parser():
    parser = argparse.ArgumentParser(description="Start Soma for Jupyter Enterprise Gateway.", allow_abbrev=False)

    def from_gateway(name, about, otherwise=None):
        # Containers are told in variables of the environment; the longer form is that of gateways before version 3.
        default = os.environ.get(name.upper().replace("-", "_"), otherwise)
        names = [f"--{name}", f"--RemoteProcessProxy.{name}"]
        parser.add_argument(*names, dest=name.replace("-", "_"), default=default, required=default is None, help=about)

    from_gateway("response-address", "where the gateway waits for the connection, ADDRESS:PORT")
    from_gateway("public-key", "the gateway's RSA key, DER in base64")
    from_gateway("kernel-id", "the gateway's name for the kernel")
    from_gateway("port-range", "LOWEST..HIGHEST of the ports to use; 0..0 for any", "0..0")
    parser.add_argument("--soma", default=str(Path(__file__).resolve().parent / "soma"), help="the kernel's program")
    parser.add_argument("--address", help="where to listen; default: the address that faces the gateway")
    parser.add_argument("--gateway", action="append", default=[], help="an address that the gateway's requests may have, too")
    return parser


def address_towards(gateway, port):
    """This host's address that faces the gateway: the kernel listens there and nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((gateway, port))
        return probe.getsockname()[0]


def ports_of(words):
    lowest, _, highest = words.partition("..")
    lowest, highest = int(lowest or 0), int(highest or 0)
    return (lowest, highest) if highest > lowest > 0 else (0, 0)


def bind(address, ports):
    """A socket on a port of the range that is free."""
    for _ in range(100):
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.bind((address, random.randint(*ports)))
            return bound
        except OSError as error:
            bound.close()
            problem = error
    raise SystemExit(f"no free port on {address} in {ports}: {problem}")


def start(soma, address, ports):
    """A kernel that listens, and its connection."""
    # A port may be taken between our look and the kernel's: then others are tried.
    for _ in range(3):
        bound = [bind(address, ports) for _ in PORTS]
        connection = {name: one.getsockname()[1] for name, one in zip(PORTS, bound)}
        for one in bound:
            one.close()
        connection.update(transport="tcp", ip=address, key=secrets.token_hex(32), signature_scheme="hmac-sha256")
        # For this account alone; the kernel reads it once, so it is gone when the kernel listens.
        with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
            file = Path(folder, "connection.json")
            file.touch(mode=0o600)
            file.write_text(json.dumps(connection))
            environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid())}
            kernel = subprocess.Popen([soma, "kernel", "--connection-file", file], env=environment, stdin=subprocess.DEVNULL)
            try:
                if listens(kernel, address, connection):
                    return kernel, connection
            except BaseException:
                end(kernel)
                raise
        log.warning("the kernel ended with code %s before it listened", kernel.returncode)
    raise SystemExit("the kernel does not start; its own words are above")


def listens(kernel, address, connection):
    deadline = time.monotonic() + START
    waiting = [connection[name] for name in PORTS]
    while waiting:
        if kernel.poll() is not None:
            return False
        if time.monotonic() > deadline:
            end(kernel)
            raise SystemExit(f"the kernel does not listen after {START} s")
        try:
            socket.create_connection((address, waiting[0]), timeout=5).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.02)
    return True


def encrypted(answer, public_key):
    """The connection as the gateway reads it, in version 1 of the protocol."""
    key = secrets.token_bytes(16)
    content = AES.new(key, AES.MODE_ECB).encrypt(pad(json.dumps(answer).encode(), 16))
    sealed = PKCS1_v1_5.new(RSA.import_key(base64.b64decode(public_key))).encrypt(key)
    payload = {"version": 1, "key": base64.b64encode(sealed).decode(), "conn_info": base64.b64encode(content).decode()}
    return base64.b64encode(json.dumps(payload).encode())


def serve(requests, kernel, is_trusted):
    """Carries out the gateway's requests until the kernel has ended."""
    requests.settimeout(0.25)
    heard = time.monotonic()
    while kernel.poll() is None:
        if ORPHANED and time.monotonic() - heard > ORPHANED:
            log.warning("nothing was heard from the gateway for %.0f s: the kernel ends", ORPHANED)
            return
        try:
            caller, peer = requests.accept()
        except TimeoutError:
            continue
        with caller:
            if not is_trusted(peer):
                log.warning("a request from %s is refused", peer[0])
                continue
            heard = time.monotonic()
            request = read(caller)
        signum = request.get("signum")
        if signum in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            log.info("signal %s for the kernel", signum)
            kernel.send_signal(signum)
        if request.get("shutdown"):
            log.info("the kernel is asked to end")
            return


def read(caller):
    """A request, which ends with the connection. What is none is as good as a look whether we are alive."""
    caller.settimeout(1)
    data = b""
    try:
        while len(data) < 4096 and (more := caller.recv(1024)):
            data += more
        request = json.loads(data or b"{}")
    except (OSError, ValueError) as error:
        log.warning("a request that cannot be read: %s", error)
        return {}
    return request if isinstance(request, dict) else {}


def is_trusted(peer, here, gateways):
    """Whether a request may come from there: the protocol has no passwords, and a host may have other people on it.

    From another host only the gateway may ask; from this one only root or this account (the gateway's own kernels, and the
    end of an ssh tunnel)."""
    if peer[0] != here[0] and not ipaddress.ip_address(peer[0]).is_loopback:
        return peer[0] in gateways
    return owner_of(peer, here) in (0, os.geteuid())


def owner_of(peer, here):
    """The account that has opened the other end of a connection within this host, by proc_net_tcp(5)."""
    wanted = [as_in_proc(peer), as_in_proc(here)]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1:3] == wanted:
            return int(words[7])
    return None


def as_in_proc(address):
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"


def end(kernel):
    """Lets the kernel end in order, and makes it."""
    if kernel.poll() is None:
        kernel.terminate()
        try:
            kernel.wait(END)
        except subprocess.TimeoutExpired:
            kernel.kill()
            kernel.wait()


if __name__ == "__main__":
    sys.exit(main())
