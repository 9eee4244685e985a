"""JupyterHub for a class on one server: each learner has an account of the system, JupyterLab, and Soma.

    /opt/soma/jupyter/bin/jupyterhub --config jupyterhub_config.py        # as root

docs/deploy.md says how /opt/soma is made. What a school changes is in the first paragraph; every value there can be
given as a variable of the environment as well.
"""

import grp
import os
import pwd
import resource
import subprocess
from pathlib import Path

# The installation: jupyter/ (Python, JupyterHub, JupyterLab, the kernel's entry), rust/, lessons/, node/ (the proxy).
SOMA = Path(os.environ.get("SOMA_SYSTEM", "/opt/soma"))
# What the hub keeps: its database and keys, for root alone.
STATE = Path(os.environ.get("SOMA_HUB_STATE", "/var/lib/soma-hub"))
# Where browsers come in. Without a certificate nobody but this machine, for passwords would travel in the clear.
ADDRESS = os.environ.get("SOMA_HUB_ADDRESS", "http://127.0.0.1:8000")
CERTIFICATE, CERTIFICATE_KEY = os.environ.get("SOMA_HUB_CERTIFICATE", ""), os.environ.get("SOMA_HUB_KEY", "")
# The groups of the system whose members may log in, and may start and stop servers of others.
LEARNERS = os.environ.get("SOMA_HUB_LEARNERS", "learners")
TEACHERS = os.environ.get("SOMA_HUB_TEACHERS", "teachers")
# For each learner.
MEMORY = os.environ.get("SOMA_HUB_MEMORY", "4G")
PROCESSORS = float(os.environ.get("SOMA_HUB_PROCESSORS", "2"))
PROCESSES = int(os.environ.get("SOMA_HUB_PROCESSES", "1000"))
# Seconds after which what nobody uses is ended: a kernel (its variables are lost), a server (files stay).
IDLE_KERNEL = int(os.environ.get("SOMA_HUB_IDLE_KERNEL", "3600"))
IDLE_SERVER = int(os.environ.get("SOMA_HUB_IDLE_SERVER", "7200"))

c = get_config()  # noqa: F821

# Whatever the hub and the servers that it starts write is for its owner alone.
os.umask(0o077)
STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
c.JupyterHub.db_url = f"sqlite:///{STATE}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")

c.JupyterHub.bind_url = ADDRESS
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = CERTIFICATE, CERTIFICATE_KEY
# The proxy comes from npm; one on PATH is used where the installation has none.
proxy = SOMA / "node/node_modules/.bin/configurable-http-proxy"
if proxy.exists():
    c.ConfigurableHTTPProxy.command = [str(proxy)]

# Accounts and passwords are those of the system. The groups decide, for PAM lets any account in that has a password.
c.JupyterHub.authenticator_class = "pam"
# Only groups that exist are named: JupyterHub lets nobody in when it cannot find a group of teachers.
groups = {group.gr_name for group in grp.getgrall()} & {LEARNERS, TEACHERS}
if not groups:
    raise SystemExit(f"make a group for learners first: groupadd {LEARNERS}")
c.PAMAuthenticator.allowed_groups = groups
c.PAMAuthenticator.admin_groups = groups & {TEACHERS}

# Servers listen where only this machine can reach them; whoever does must show the hub's token.
c.Spawner.ip = "127.0.0.1"
c.Spawner.cmd = [str(SOMA / "jupyter/bin/jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.notebook_dir = "~"
# Thirty servers that start at once on two cores take longer than the usual 30 and 60 seconds.
c.Spawner.http_timeout = c.Spawner.start_timeout = 180
c.Spawner.args = [
    # Without encryption every account of the machine could read along what cells publish: code, output, errors.
    "--KernelManager.transport_encryption=required",
    # An idle kernel holds memory, also if its tab is open. Busy ones are left alone.
    f"--MappingKernelManager.cull_idle_timeout={IDLE_KERNEL}",
    f"--MappingKernelManager.cull_interval={max(1, min(300, IDLE_KERNEL // 4))}",
    "--MappingKernelManager.cull_connected=True",
]

# Nothing of the hub's own environment reaches learners but the language.
c.Spawner.env_keep = ["LANG", "LC_ALL", "TZ"]
c.Spawner.environment = {
    # rustup's proxies and the kernel's `jupyter` first, then the system with its C linker.
    "PATH": f"{SOMA}/rust/cargo/bin:{SOMA}/jupyter/bin:/usr/local/bin:/usr/bin:/bin",
    # Where the toolchains are: a learner's rustup would look in the learner's home. CARGO_HOME is not set on purpose:
    # `:dep` downloads crates, and each learner's cargo must be able to write its own folder.
    "RUSTUP_HOME": f"{SOMA}/rust/rustup",
    # The lessons' data is there once for all.
    "TENSORLIB_DATA": f"{SOMA}/lessons/data",
}


def prepare_home(spawner):
    """Closes the learner's home to others and lays out the lessons without their data, but for files that are there.

    It runs as the learner: root would follow links that a learner has left."""
    account = pwd.getpwnam(spawner.user.name)
    copy = 'tar --create --exclude=./data . | tar --extract --skip-old-files --no-same-owner --directory ~/lessons'
    script = f'chmod go= ~ && mkdir -p ~/lessons && {{ [ ! -d "$1" ] || {{ cd "$1" && {copy}; }}; }}'
    subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(SOMA / "lessons")],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
        umask=0o077,
        cwd="/",
        env={"HOME": account.pw_dir, "PATH": "/usr/bin:/bin"},
        timeout=60,
        check=True,
    )


c.Spawner.pre_spawn_hook = prepare_home

c.Spawner.mem_limit, c.Spawner.cpu_limit = MEMORY, PROCESSORS
if Path("/run/systemd/system").is_dir():
    # systemd keeps all processes of a learner in one group: the limits hold for all of them together, and nothing
    # that a learner starts outlives the server.
    c.JupyterHub.spawner_class = "systemd"
    c.SystemdSpawner.isolate_tmp = c.SystemdSpawner.isolate_devices = c.SystemdSpawner.disable_user_sudo = True
    c.SystemdSpawner.unit_extra_properties = {
        "UMask": "0077",
        "TasksMax": str(PROCESSES),
        # A learner's processes cannot even see those of others.
        "ProtectProc": "invisible",
    }
else:
    # Without systemd (a container, say) the limits are those that a process can have: memory for each process, the
    # number of processes and threads for each account, and the processors that it may run on.
    from jupyterhub.spawner import LocalProcessSpawner

    class LimitedSpawner(LocalProcessSpawner):
        """Starts a server with limits."""

        def make_preexec_fn(self, name):
            become_learner = super().make_preexec_fn(name)
            account, memory = pwd.getpwnam(name), self.mem_limit
            present = sorted(os.sched_getaffinity(0))
            count = max(1, min(round(self.cpu_limit or len(present)), len(present)))
            processors = {present[(account.pw_uid + number) % len(present)] for number in range(count)}

            def limit():
                for what, value in [(resource.RLIMIT_AS, memory), (resource.RLIMIT_NPROC, PROCESSES)]:
                    if value:
                        resource.setrlimit(what, (value, value))
                os.sched_setaffinity(0, processors)
                become_learner()

            return limit

    c.JupyterHub.spawner_class = LimitedSpawner

# What nobody uses is ended; a service with just the rights for that.
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            str(SOMA / "jupyter/bin/python"),
            "-m",
            "jupyterhub_idle_culler",
            f"--timeout={IDLE_SERVER}",
        ],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
