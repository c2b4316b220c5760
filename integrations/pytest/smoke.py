"""``test_program.py`` in runs of pytest: recorded, replayed with nobody there, failing where the program asks else."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import surroundings

from thence.testing import Provider


def pytest(folder: Path, provider: str, *options: str) -> str:
    """A run; what it says."""
    environ = surroundings(provider, folder / "store.db")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False).stdout


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    program = Path(shutil.copy(Path(__file__).with_name("test_program.py"), folder))
    with Provider() as provider:
        assert "1 passed" in pytest(folder, provider.url)
        assert len(provider.seen) == 1
    (cassette,) = folder.rglob("*.thence")
    said = pytest(folder, provider.url, "--thence-record=none")
    assert "1 passed" in said, said
    command = [sys.executable, "-m", "thence.cli", "import", str(cassette), "--store", str(folder / "kept.db")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("1 call")
    program.write_text(program.read_text().replace("temperature=0.2, messages", "temperature=0.3, messages"))
    said = pytest(folder, provider.url)
    print(said)
    assert "temperature: recorded 0.2 (CALL test_program.py:" in said, said
