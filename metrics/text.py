"""Figures in Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from collections.abc import Iterable, Iterator, Sequence
from hmac import compare_digest

from metrics.table import Metric
from metrics.tally import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def allowed(authorization: str, key: str) -> bool:
    """Whether an Authorization header names the key (FIZZSTAT_METRICS_KEY); nobody may read without one."""
    scheme, _, given = authorization.strip().partition(" ")
    return bool(key) and scheme.lower() == "bearer" and compare_digest(given.strip().encode(), key.encode())


def render(metrics: Iterable[Metric], figures: Figures) -> str:
    """A gauge without a value is not known and left out; a counter without one is 0."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric, figures))


def _lines(metric: Metric, figures: Figures) -> Iterator[str]:
    if metric.kind in ("counter", "gauge"):
        found = _of(figures, metric.name)
        if not found and metric.kind == "counter" and not metric.labels:
            found = {(): 0.0}
        samples = [_sample(metric.name, metric.labels, labels, value) for labels, value in sorted(found.items())]
    else:
        samples = list(_distribution(metric, figures))
    if samples or metric.kind != "gauge":
        yield f"# HELP {metric.name} {_escaped(metric.help)}"
        yield f"# TYPE {metric.name} {metric.kind}"
        yield from samples


def _distribution(metric: Metric, figures: Figures) -> Iterator[str]:
    buckets, sums = _of(figures, f"{metric.name}_bucket"), _of(figures, f"{metric.name}_sum")
    for labels, total in sorted(sums.items()):
        n = 0.0
        for bound in (*metric.buckets, float("inf")):
            n += buckets.get((*labels, f"{bound:g}"), 0.0)
            if metric.kind == "histogram":
                le = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield _sample(f"{metric.name}_bucket", (*metric.labels, "le"), (*labels, le), n)
        yield _sample(f"{metric.name}_sum", metric.labels, labels, total)
        yield _sample(f"{metric.name}_count", metric.labels, labels, n)


def _of(figures: Figures, name: str) -> dict[tuple[str, ...], float]:
    return {row[1:]: value for row, value in figures.items() if row[0] == name}


def _sample(name: str, labels: Sequence[str], values: Sequence[str], value: float) -> str:
    pairs = ",".join(f'{label}="{_escaped(text, quoted=True)}"' for label, text in zip(labels, values, strict=True))
    number = f"{value:.0f}" if value.is_integer() else repr(value)
    return f"{name}{{{pairs}}} {number}" if pairs else f"{name} {number}"


def _escaped(text: str, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text
