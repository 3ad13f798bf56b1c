"""`lumen record` with the real engines: what a plain script reads, makes and writes stands in its log, `why` goes from a
name to the file behind it, and a replay needs no file. The program `lumen` is the argument.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LUMEN = sys.argv[1]

SCRIPT = """\
import pandas as pd

def mean_by(frame, key):
    return frame.groupby(key)["price"].mean()

sales = pd.read_csv("sales.csv")
goods = pd.read_csv("goods.csv")
joined = sales.merge(goods, on="good")
joined["price"] = joined["count"] * joined["each"]
limit = 10
dear = joined.query("price > @limit")
means = mean_by(dear, "kind")
best = means.max()
print("best", best)
means.to_csv("means.csv")
"""
SALES = "good,count\nnail,100\nsaw,2\nsaw,1\nglue,3\n"
GOODS = "good,kind,each\nnail,metal,0.25\nsaw,metal,20.0\nglue,paint,4.5\n"


def lumen(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LUMEN_PYTHON": sys.executable,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        **variables,
    }
    return subprocess.run([LUMEN, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def expect(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> str:
    said = done.stdout + done.stderr
    missing = [part for part in parts if part not in said]
    if done.returncode != code or missing:
        raise SystemExit(
            f"{done.args[1:]}: status {done.returncode}, expected {code}; missing {missing} in\n{said}"
        )
    return said


def made(script: str = SCRIPT) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="recorded-"))
    (folder / "s.py").write_text(script)
    (folder / "sales.csv").write_text(SALES)
    (folder / "goods.csv").write_text(GOODS)
    return folder


def whole() -> None:
    folder = made()
    # 25 of nails, 40 and 20 of saws: a third of 85; by hand.
    expect(lumen(folder, "record", "s.py"), 0, "best 28.333333333333332", "lumen why best")
    assert (folder / "means.csv").read_text() == "kind,price\nmetal,28.333333333333332\npaint,13.5\n"
    said = expect(
        lumen(folder, "why", "best"),
        0,
        "means.max()",
        "s.py:13",
        "goods.csv",
        "sales.csv",
        "means@12",
        "dear@11",
    )
    assert "means.csv" not in said, said
    # A call inside of a function is one of the script's.
    expect(lumen(folder, "why", "means"), 0, "mean_by(dear", "SeriesGroupBy.mean@4")
    expect(lumen(folder, "why", "limit"), 0, "limit = 10")
    expect(lumen(folder, "why", "besst"), 2, "Did you mean `best`?")
    answer = json.loads(lumen(folder, "why", "sales", "--json").stdout)
    assert [file["path"] for file in answer["inputs"]] == ["sales.csv"], answer["inputs"]
    expect(lumen(folder, "verify"), 0, "Verified")
    # The replay takes the files from the log, and says where they are others now.
    (folder / "sales.csv").write_text(SALES.replace("nail,100", "nail,400"))
    (folder / "means.csv").unlink()
    expect(lumen(folder, "verify"), 4, "`sales.csv` was altered")
    assert not (folder / "means.csv").exists()
    (folder / "sales.csv").unlink()
    (folder / "goods.csv").unlink()
    expect(lumen(folder, "verify"), 0, "Not on this machine", "Verified")
    # An equal script over other data is another run; what changed is told by name.
    (folder / "sales.csv").write_text(SALES.replace("nail,100", "nail,400"))
    (folder / "goods.csv").write_text(GOODS)
    expect(lumen(folder, "record", "s.py"), 0, "best 53.333333333333336")
    expect(lumen(folder, "diff"), 1, "best@13")


def pandas_means_the_same_under_the_recorder() -> None:
    """What a script prints is what it prints without: reference counts, frames and stack levels are not ours to change."""
    script = (
        "import pandas as pd, warnings, sys\n"
        "warnings.simplefilter('always')\n"
        "df = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'x']})\n"
        "df['a'][0] = 5\n"
        "df['a'].replace(1, 7, inplace=True)\n"
        "lo = 1\n"
        "def above(frame, lo):\n    return frame.query('a > @lo')\n"
        "print(above(df, 2), sys.argv[1:], __name__, __file__)\n"
        "for _, part in df.groupby('b'):\n    print(part.a.tolist())\n"
        "print(df.a.apply(lambda v: v + 1).sum(), {'x', 'y', 'z'})\n"
        "try:\n    df['c']\nexcept KeyError as error:\n    print('no', error)\n"
    )
    folder = made(script)
    recorded = lumen(folder, "record", "s.py", "--", "-v", "1")
    plain = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "lumen.pandas", "s.py", "-v", "1"],
        cwd=folder, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True,
    )  # fmt: skip
    assert plain.returncode == 0 and recorded.returncode == 0, (plain.stderr, recorded.stderr)
    assert plain.stdout and recorded.stdout == plain.stdout, (recorded.stdout, plain.stdout)
    warned = [line for line in plain.stderr.splitlines() if ": ChainedAssignmentError" in line]
    assert (
        warned
        and [line for line in recorded.stderr.splitlines() if ": ChainedAssignmentError" in line] == warned
    ), recorded.stderr


def what_is_not_recorded_is_told() -> None:
    folder = made(
        "import helper\nimport pandas as pd\ntext = open('notes.txt').read()\ncount = len(text)\nprint(count)\n"
    )
    (folder / "notes.txt").write_text("abc")
    (folder / "helper.py").write_text("")
    expect(lumen(folder, "record", "s.py"), 0, "3")
    expect(
        lumen(folder, "verify"),
        0,
        "open notes.txt, by the script itself at line 3",
        "import helper.py",
        "Verified",
    )
    (folder / "notes.txt").write_text("abcd")
    expect(lumen(folder, "verify"), 1, "count@4")


def failures_are_recorded() -> None:
    folder = made("import pandas as pd\nx = 1\ndf = pd.read_csv('none.csv')\n")
    said = expect(
        lumen(folder, "record", "s.py"),
        6,
        "FileNotFoundError: [Errno 2] No such file or directory: 'none.csv'",
        "s.py:3",
    )
    assert "lumen/record" not in said, said
    expect(lumen(folder, "verify"), 0, "Verified")
    expect(lumen(folder, "resume"), 2, "already failed")
    expect(lumen(made("import sys\nx = 1\nsys.exit(3)\n"), "record", "s.py"), 3)
    expect(lumen(made("x = = 1\n"), "record", "s.py"), 6, "SyntaxError", "s.py:1")
    expect(lumen(made("import pandas._libs\n"), "record", "s.py"), 6, "pandas._libs is internal to pandas")
    expect(lumen(made(), "record", "s.py", LUMEN_PYTHON="/nowhere/python3"), 2, "cannot start", "--python")
    expect(lumen(made(), "record", "none.py"), 2, "cannot read `none.py`")


def values_without_bounds() -> None:
    """A great integer, a print beyond one message, bytes that part a character, a list that holds itself."""
    folder = made(
        "import sys\n"
        "big = 2**20000\n"
        "print('ä' * 3_000_000)\n"
        "sys.stdout.buffer.write('ä'.encode()[:1])\nsys.stdout.buffer.write('ä'.encode()[1:])\n"
        "ring = [1]\nring.append(ring)\n"
        "functions = [len]\n"
    )
    recorded = lumen(folder, "record", "s.py")
    assert recorded.returncode == 0 and recorded.stdout == "ä" * 3_000_000 + "\nä", recorded.stderr
    expect(lumen(folder, "why", "big"), 0, "an integer of 20,001 bits")
    expect(lumen(folder, "verify"), 0, "Verified")


def what_a_value_comes_from() -> None:
    """`+=` reads what it binds; a function reads and binds what those that it calls do, defined before or after."""
    folder = made(
        "import pandas as pd\n"
        "total = 1\n"
        "def outer():\n    global seen\n    seen = inner()\n"
        "def inner():\n    return total + 1\n"
        "total += 5\n"
        "outer()\n"
        "x = 1; x = 2; x = 3\n"
    )
    expect(lumen(folder, "record", "s.py"), 0)
    expect(lumen(folder, "why", "total"), 0, "total@8", "total@2")
    expect(lumen(folder, "why", "seen"), 0, "seen@9", "total@8")
    assert json.loads(lumen(folder, "why", "x", "--json").stdout)["result"]["summary"] == "3"


def tensors_too() -> None:
    folder = made(
        "import torch\nt = torch.arange(6, dtype=torch.float32).reshape(2, 3)\ns = (t @ t.T).sum().item()\nprint(s)\n"
    )
    expect(lumen(folder, "record", "s.py"), 0, "83.0")
    expect(lumen(folder, "why", "s"), 0, "t@2")
    expect(lumen(folder, "verify"), 0, "Verified")


if __name__ == "__main__":
    for check in (
        whole, pandas_means_the_same_under_the_recorder, what_is_not_recorded_is_told, failures_are_recorded, tensors_too,
        values_without_bounds, what_a_value_comes_from,
    ):  # fmt: skip
        check()
        print(f"{check.__name__}: ok")
