"""What becomes of the engine process when the program around it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

PATIENCE = 60  # seconds; only a failing test waits that long

PROGRAM = """
import sys, time
from pathlib import Path
from photofind.encoders.registry import ModelRegistry
from photofind.engine.client import EngineClient, EngineConfig

def main() -> None:
    folder = Path(sys.argv[1])
    encoder = ModelRegistry(folder, builtin=folder).get("builtin")
    client = EngineClient(encoder, EngineConfig(device="cpu"))
    try:
        try:
            client.analyze(folder / "no.jpg", encode=False).result(60)
        except Exception as error:
            print(client.status().pid, flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        client.close()
        print("closed", flush=True)

if __name__ == "__main__":
    main()
"""


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + PATIENCE
    while not is_gone(pid):
        assert time.monotonic() < end, "the engine outlived its program"
        time.sleep(0.05)


@pytest.fixture
def program(tmp_path: Path, saved_model: Path) -> subprocess.Popen[str]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, "utf-8")
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, str(script), str(saved_model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def engine_pid(program: subprocess.Popen[str]) -> int:
    assert program.stdout is not None
    return int(program.stdout.readline())


def test_engine_ends_when_its_program_is_killed(program: subprocess.Popen[str]) -> None:
    with program:
        pid = engine_pid(program)
        assert not is_gone(pid)
        program.kill()
        program.wait(PATIENCE)
        wait_until_gone(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a process group")
def test_ctrl_c_leaves_no_traceback_and_no_process(program: subprocess.Popen[str]) -> None:
    with program:
        pid = engine_pid(program)
        os.killpg(program.pid, signal.SIGINT)
        out, err = program.communicate(timeout=PATIENCE)
        assert (program.returncode, out, err) == (0, "closed\n", "")
        wait_until_gone(pid)
