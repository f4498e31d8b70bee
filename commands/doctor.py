"""`./fizzstat doctor`: what is missing or wrong here, and what mends it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.table import Table

from commands.app import App, pass_app
from commands.checks import Check, checks_for, name_of, sentence_of
from commands.checks.finding import LEVELS, Finding, Ward
from commands.screen import say, say_json, table
from hits.redis import QueueAway
from store.base import StoreError


@dataclass(frozen=True)
class Looked:
    """`state` is `well`, the worst level of what was found, or `unknown`: it could not be looked at."""

    check: str
    sentence: str
    state: str
    findings: Sequence[Finding]


@click.command()
@click.option(
    "--url", default="", help="The collector's address as browsers know it: the way through the proxy is looked at too."
)
@click.option("--all", "every", is_flag=True, help="Show what is well, too.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object, with all checks.")
@pass_app
def doctor(app: App, url: str, every: bool, as_json: bool) -> None:
    """Say what is missing or wrong here, and what mends it.

    Exit code 1 if something is wrong: hits are not counted, or may be lost. A warning, and a note of what FizzStat cannot promise
    here, leave it 0.
    """
    ward = Ward(app, url)
    looked = [look(check, ward) for check in checks_for(ward)]
    wrong = any(one.state == "error" for one in looked)
    if as_json:
        say_json({"ok": not wrong, "checks": [asdict(one) for one in looked]})
    else:
        shown = [one for one in looked if every or one.findings]
        if shown:
            say(_table(shown), "")
        say(_sum(looked))
    if wrong:
        raise SystemExit(1)


def look(check: Check, ward: Ward) -> Looked:
    try:
        findings = list(check(ward))
    except (QueueAway, StoreError):
        return Looked(name_of(check), sentence_of(check), "unknown", [])
    state = max((finding.level for finding in findings), key=LEVELS.index, default="well")
    return Looked(name_of(check), sentence_of(check), state, findings)


def _table(looked: Sequence[Looked]) -> Table:
    rows: list[tuple[str, str, str]] = []
    for one in looked:
        if not one.findings:
            said = (
                one.sentence if one.state == "well" else "This could not be looked at, since Redis or the store does not answer."
            )
            rows.append((one.check, one.state, said))
        for finding in one.findings:
            rows.append((one.check, finding.level, finding.sentence))
            if finding.mend:
                rows.append(("", "", f"→ {finding.mend}"))
    return table(("Check", "State", "What"), rows)


def _sum(looked: Sequence[Looked]) -> str:
    states = [one.state for one in looked]
    counted = [f"{states.count(state)} {word}" for state, word in (("well", "well"), ("note", "with a note")) if state in states]
    counted += [
        f"{states.count(state)} with {word}"
        for state, word in (("warning", "a warning"), ("error", "an error"))
        if state in states
    ]
    counted += [f"{states.count('unknown')} not looked at"] * ("unknown" in states)
    return f"{len(looked)} checks: {', '.join(counted)}."
