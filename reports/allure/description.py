"""What a scenario's page shows before anything is clicked: sentence, what to do, picture, numbers, proof."""

import base64
from html import escape

from conformance.judge.model import Judgement
from conformance.judge.wording import milliseconds, number
from reports.advice import what_to_do
from reports.figures import not_tested, proved
from reports.loss_text import lost_requests
from reports.model import ScenarioResult
from reports.picture.graph import call_graph

WIDTH = 960
"""Pixels for which the picture is drawn."""


def description(result: ScenarioResult, picture: bytes, promise: str, known: str) -> str:
    """HTML without script or style sheet; whatever comes from a record is escaped.

    Args:
        result: The scenario, judged.
        picture: The run as SVG; empty where there is none.
        promise: What must hold; empty where it is not known.
        known: A sentence on the known issue that matches; empty for none.
    """
    paragraphs = [f"<p><strong>{escape(_word(result))}: {escape(result.sentence)}</strong></p>"]
    if result.last_words:
        paragraphs.append(f"<pre>{escape(chr(10).join(result.last_words))}</pre>")
    if known:
        paragraphs.append(f"<p><strong>Known:</strong> {escape(known)}</p>")
    paragraphs.append(f"<p><strong>What to do:</strong> {escape(what_to_do(result))}</p>")
    if picture:
        paragraphs.append(_image(picture, result.sentence))
    graph = call_graph(result.judgement) if result.judgement is not None else ""
    if graph:
        paragraphs.append(_image(graph.encode(), "Who calls whom"))
    if result.judgement is not None and result.judgement.counts:
        paragraphs.append(_numbers(result.judgement))
        paragraphs.append(f"<p><strong>Proved:</strong> {escape(proved(result.judgement))}</p>")
    if result.judgement is not None and result.judgement.untested:
        untested = "; ".join(not_tested(result.judgement))
        paragraphs.append(f"<p><strong>Not tested:</strong> {escape(untested)}</p>")
    if promise:
        paragraphs.append(f"<p><strong>{escape(result.title)}:</strong> {escape(promise)}</p>")
    if result.directory is not None:
        where = f"{result.directory.parent.name}/{result.directory.name}"
        paragraphs.append(f"<p>Record: <code>{escape(where)}</code></p>")
    return "\n".join(paragraphs)


def _image(picture: bytes, alternative: str) -> str:
    data, words = base64.b64encode(picture).decode(), escape(alternative, quote=True)
    return f'<p><img width="{WIDTH}" src="data:image/svg+xml;base64,{data}" alt="{words}"></p>'


def _word(result: ScenarioResult) -> str:
    word = result.verdict.value
    if result.met and result.expected != "GO":
        return f"{word}, {'measured' if result.measured else 'as expected'}"
    return word


def _numbers(judgement: Judgement) -> str:
    counts, latency = judgement.counts, judgement.latency
    lags = [removal.lag_s for removal in judgement.removals]
    cells = {
        "Requests": number(counts.get("requests", 0)),
        "Failed": number(counts.get("failed", 0)),
        "Lost": number(lost_requests(judgement)),
        "Partial writes": number(counts.get("partial_writes", 0)),
        "p99": milliseconds(latency["p99_ms"]) if "p99_ms" in latency else "not known",
        "Longest removal lag": f"{max(lags):.2f} s" if lags else "none",
    }
    if counts.get("failed", 0) == lost_requests(judgement):
        del cells["Failed"]
    head = "".join(f"<th>{name}</th>" for name in cells)
    row = "".join(f"<td>{value}</td>" for value in cells.values())
    return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>"
