"""Carries out the steps of a composite action as GitHub's runner does.

Usage: action.py ACTION FOLDER NAME=VALUE…, with the action's inputs. The steps run in FOLDER, and the first that fails ends it.
See https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
"""

import os
import re
import subprocess
import sys

import yaml


def main(action: str, folder: str, *given: str) -> int:
    with open(action, encoding="utf-8") as file:
        description = yaml.safe_load(file)
    inputs = {name: str(value["default"]) for name, value in description["inputs"].items() if "default" in value}
    for name, value in (pair.split("=", 1) for pair in given):
        assert name in description["inputs"], f"the action has no input {name}"
        inputs[name] = value

    def expanded(text: str) -> str:
        return re.sub(r"\$\{\{\s*inputs\.(\w+)\s*\}\}", lambda found: inputs[found[1]], text)

    for step in description["runs"]["steps"]:
        print(f"== {step['name']}", flush=True)
        environment = {name: expanded(value) for name, value in step.get("env", {}).items()}
        # The options that the runner gives to `shell: bash`.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", expanded(step["run"])]
        assert step["shell"] == "bash", step
        code = subprocess.run(command, cwd=folder, env=os.environ | environment, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
