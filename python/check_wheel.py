"""The wheel, built by maturin and installed where nothing of this checkout is in reach: it must import and compute.

    check_wheel.py [--profile dev]

Run with any Python 3.11 or later that has `venv`. It builds with the profile of `pyproject.toml` (release) unless another
is named, in Cargo's own target directory, and installs into an environment of its own that is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent

# What somebody does first. Each expected value is computed by hand.
CHECKS = """
import importlib.util, pathlib, sys
assert importlib.util.find_spec("pandas") is None, "pandas is in the environment"
import lumen
import lumen.pandas as pd
import lumen.torch as torch
home = pathlib.Path(lumen.__file__).parent
assert (home / "py.typed").is_file(), "type checkers pass over the package without py.typed"
assert pathlib.Path(sys.prefix) in home.parents, f"imported from {home}"
frame = pd.DataFrame({"k": ["x", "y", "x"], "v": [1, 2, 3]})
assert frame.groupby("k")["v"].sum().to_dict() == {"x": 4, "y": 2}
assert frame.to_csv(index=False) == "k,v\\nx,1\\ny,2\\nx,3\\n"
assert str(pd.Timestamp("2024-07-01", tz="Europe/Paris").utcoffset()) == "2:00:00"
weight = torch.tensor([2.0, 3.0], requires_grad=True)
(weight * weight).sum().backward()
assert weight.grad.tolist() == [4.0, 6.0]
print("the wheel imports and computes:", home)
"""


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> None:
    """Runs a command, or ends with what it said."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    print(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "")


def main() -> int:
    parser = argparse.ArgumentParser(description="build the wheel and use it in an empty environment")
    parser.add_argument("--profile", default="release", help="Cargo's profile: release, or dev while working")
    profile = parser.parse_args().profile
    with tempfile.TemporaryDirectory(prefix="lumen-wheel-") as folder:
        room = Path(folder)
        run(sys.executable, "-m", "venv", room / "env", cwd=room)
        python = room / "env/bin/python"
        # maturin's target directory is Cargo's, so that a second build is quick.
        env = os.environ | {"MATURIN_PEP517_ARGS": f"--profile {profile}"}
        quiet = ("--quiet", "--disable-pip-version-check")
        run(python, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", room, SOURCE, cwd=room, env=env)
        wheels = sorted(room.glob("lumen-*.whl"))
        if len(wheels) != 1:
            raise SystemExit(f"expected one wheel, found {[wheel.name for wheel in wheels]}")
        run(python, "-m", "pip", "install", *quiet, wheels[0], cwd=room)
        # -I: neither the folder nor PYTHONPATH may stand in for what the wheel lacks.
        run(python, "-I", "-c", CHECKS, cwd=room)
    return 0


if __name__ == "__main__":
    sys.exit(main())
