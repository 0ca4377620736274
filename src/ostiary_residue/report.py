"""What was searched and what was found, for people and for programs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ostiary_residue.places import Finding
from ostiary_residue.process import Policy


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a search.

    Attributes:
        decisions: what the gate decided, by reason.
        kinds: how many stretches were searched for, by kind.
        findings: by what was searched.
        policies: what may leave the memory behind our back.
    """

    decisions: Mapping[str, int]
    kinds: Mapping[str, int]
    findings: Sequence[Finding]
    policies: Sequence[Policy]

    @property
    def found(self) -> Counter[tuple[str, str]]:
        """How many runs, by kind and place."""
        return sum((each.found for each in self.findings), Counter())

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, and nothing can leave the memory unseen."""
        return not self.found and all(policy.safe for policy in self.policies)

    def lines(self) -> Iterator[str]:
        """The report for people."""
        counts = ", ".join(f"{count} {reason}" for reason, count in self._decisions())
        yield f"decisions: {sum(self.decisions.values())} ({counts})"
        total = sum(self.kinds.values())
        yield f"searched for: {total} stretches of {len(self.kinds)} kinds"
        for each in self.findings:
            yield (
                f"{each.what}: {each.places} places, {each.size / 1e6:.1f} MB; "
                f"{each.found.total()} found{_unread(each)}"
            )
        for policy in self.policies:
            yield f"{policy.what}: {policy.says}{'' if policy.safe else '  NOT SAFE'}"
        for (kind, place), count in sorted(self.found.items()):
            yield f"FOUND {count} x {kind}, in {place}"
        yield "nothing was found" if self.is_clean else "not clean: see above"

    def json(self) -> str:
        """The report for programs; it holds counts and places, never what was found."""
        table = {
            "decisions": dict(self._decisions()),
            "searched_for": dict(sorted(self.kinds.items())),
            "searched": [
                {
                    "what": each.what,
                    "places": each.places,
                    "bytes": each.size,
                    "unread": each.unread,
                    "found": [
                        {"kind": kind, "place": place, "runs": count}
                        for (kind, place), count in sorted(each.found.items())
                    ],
                }
                for each in self.findings
            ],
            "policies": [
                {"what": each.what, "says": each.says, "safe": each.safe}
                for each in self.policies
            ],
            "clean": self.is_clean,
        }
        return json.dumps(table, indent=2)

    def _decisions(self) -> list[tuple[str, int]]:
        return sorted(self.decisions.items(), key=lambda item: (-item[1], item[0]))


def _unread(finding: Finding) -> str:
    return f", {finding.unread} could not be read" if finding.unread else ""
