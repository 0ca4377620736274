"""An owner, a desk and gates for drills: the real commands, on real files, at any time.

The clocks stand still, and the drill moves their one hand. Owner and desk share a home;
a stick carries files to the gates, which are folders of their own.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.config import load_config
from ostiary.credential import verify
from ostiary.errors import CredentialError
from ostiary.gate.clock import SystemClock
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.reasons import Reason
from ostiary.storage.home import Home

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
gate_key = "home/gates/{key}.private.json"
status_lists = ["acme.cwt"]
[credentials]
max_status_age_hours = {hours}
[passage]
door = "simulated"
"""


@dataclass
class Hand:
    """The hand of all clocks."""

    at: datetime = START

    def tell(self) -> Callable[[SystemClock], datetime]:
        """What stands in for `SystemClock.now`."""
        return lambda clock: self.at.astimezone(clock.zone)


@dataclass
class Machine:
    """A machine with a home, on which commands are run."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    def run(self, *words: str | Path) -> Result:
        environment = {"OSTIARY_HOME": str(self.home.path)}
        return CliRunner().invoke(app, list(map(str, words)), env=environment)

    def done(self, *words: str | Path) -> str:
        """Run what has to succeed; what it said."""
        result = self.run(*words)
        assert result.exit_code == 0, (words, result.output, result.exception)
        return result.output


@dataclass
class Gate(Machine):
    """A gate that syncs from a stick, and is restarted when the drill says so."""

    name: str
    hand: Hand
    status_hours: int = 24
    files: KnowledgeFiles = field(init=False)

    def install(self, root: Path) -> Path:
        """Make the gate's key, and lay down its first root; the key's public half."""
        self.folder.mkdir()
        self.done("keys", "new", "gate", self.name)
        shutil.copy(root, self.folder / "root.cose")
        self.configure(self.name)
        return self.home.path / "gates" / f"{self.name}.public.json"

    def configure(self, key: str) -> None:
        """Say by which key file the gate opens what was handed over; start it."""
        text = CONFIG.format(key=key, hours=self.status_hours)
        (self.folder / "gate.toml").write_text(text)
        self.start()

    def start(self) -> None:
        """Start, or start again: nothing is remembered but what lies on the disk."""
        self.files = KnowledgeFiles(load_config(self.config), "drill/1", 4)

    @property
    def config(self) -> Path:
        return self.folder / "gate.toml"

    @property
    def record(self) -> Path:
        return self.folder / "high-water.json"

    def sync(self, stick: Path) -> Result:
        return self.run("sync", "--config", self.config, "--from", stick)

    def see_frames(self) -> None:
        """Let the time pass, as the gate's frames do."""
        self.files.pass_time(self.hand.at)

    def refusal(self, text: str) -> Reason | None:
        """Why the gate refuses a pass now; None where it takes it."""
        self.see_frames()
        try:
            verify(text, self.files.at(self.hand.at), self.hand.at)
        except CredentialError as error:
            return error.reason
        return None


@dataclass
class Company(Machine):
    """The owner's machine, which is the desk's too, with a stick."""

    hand: Hand = field(default_factory=Hand)
    gates: dict[str, Gate] = field(default_factory=dict)
    passes: int = 0

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    def found(self, zone_days: int = 365) -> None:
        """Make one owner, one issuer, one zone, and sign the first list."""
        self.stick.mkdir(parents=True)
        self.done("keys", "new", "root", "ada")
        self.done("keys", "new", "issuer", "acme")
        self.done("keys", "new", "zone", "north", "--days", str(zone_days))
        self.done("trust", "add", "acme", "--zone", "north")
        self.done("trust", "sign")

    def new_gate(self, name: str, status_hours: int = 24) -> Gate:
        """Install a gate, list it, and hand the zone's keys over to it."""
        gate = Gate(self.folder / name, name, self.hand, status_hours)
        public = gate.install(self.home.root_path)
        self.done("trust", "add", public, "--zone", "north")
        self.done("trust", "sign")
        self.gates[name] = gate
        self.fill_stick()
        assert gate.sync(self.stick).exit_code == 0
        return gate

    def fill_stick(self, *names: str) -> None:
        """Put on the stick what is in force, with keys for these gates, or for all."""
        self.done("status", "build", "acme")
        for path in self.home.path.glob("*.cose"):
            shutil.copy(path, self.stick)
        shutil.copy(self.home.path / "status" / "acme.cwt", self.stick)
        for name in names or self.gates:
            self.done("keys", "hand-over", "north", "--to", name, "--out", self.stick)

    def issue(self, days: int = 30) -> str:
        """A pass without a face for the zone."""
        self.passes += 1
        out = self.folder / f"{self.passes}.txt"
        words = ("--zone", "north", "--days", str(days), "--out", out)
        self.done("issue", "--faceless", *words)
        return out.read_text().strip()

    def wait(self, time: timedelta) -> None:
        """Let time pass, everywhere."""
        self.hand.at += time
