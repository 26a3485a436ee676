"""The benchmark tool counts what is there, notices what is not, and leaves nothing running.

Its figures are not tested, only whether they could be trusted: no test here depends on how fast anything is.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent
MODULES = (
    *("answers", "http1", "load", "manifest", "placement", "plan", "plot", "process_tree"),
    *("report", "rows", "session", "summary", "targets"),
)


@pytest.fixture
def bench(monkeypatch):
    """The modules of the tool, which is run from the checkout and installed nowhere."""
    monkeypatch.syspath_prepend(str(ROOT))
    return SimpleNamespace(**{name: importlib.import_module(f"bench.{name}") for name in MODULES})


def _own(module, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def provider():
    """A running fake provider: its port and process id."""
    process = _own("bench.provider")
    with process:
        try:
            yield SimpleNamespace(port=int(process.stdout.readline()), pid=process.pid)
        finally:
            process.kill()


@pytest.fixture
def generate(provider):
    """Runs the load generator against the provider itself, and gives what it says."""

    def run(**load):
        with _own("bench.load", json.dumps({"port": provider.port, "watch": provider.pid, **load})) as process:
            output, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
        return json.loads(output)

    return run


# -- load generator and provider --------------------------------------------------------------------------


def test_whole_answers_are_counted(generate):
    """Every request of a bounded load is answered, checked and counted once."""
    outcome = generate(connections=4, requests=40)
    assert outcome["requests"] == 40
    assert outcome["errors"] == {}
    assert outcome["cpu"] > 0


@pytest.mark.parametrize("load", [{"plan": {"size": 50_000}}, {"request_size": 50_000}])
def test_big_bodies_arrive_whole(generate, load):
    """A body that needs many reads, either way, is put together again."""
    outcome = generate(connections=3, requests=12, **load)
    assert (outcome["requests"], outcome["errors"]) == (12, {})


def test_events_of_streams_are_counted(generate):
    """Each event of each stream counts once, and a stream that ends as it should is no error."""
    outcome = generate(connections=3, requests=6, plan={"events": 20, "gap": 1})
    assert (outcome["requests"], outcome["events"], outcome["lost"]) == (6, 120, 0)
    assert outcome["errors"] == {}


def test_a_skipped_event_is_lost(generate):
    """An event that never came is noticed although the stream ends properly."""
    outcome = generate(connections=2, requests=4, plan={"events": 10, "gap": 1, "skip": 4})
    assert (outcome["events"], outcome["lost"], outcome["misplaced"]) == (36, 4, 0)


def test_a_skipped_last_event_is_lost(generate):
    """A stream that stops one event early is not mistaken for a whole one because of its [DONE]."""
    outcome = generate(connections=1, requests=2, plan={"events": 5, "gap": 1, "skip": 5})
    assert outcome["lost"] == 2
    assert outcome["errors"] == {"stream ended early": 2}


def test_a_cut_stream_is_an_error(generate):
    """A connection that breaks in a stream counts as an error, and all its missing events as lost."""
    outcome = generate(connections=2, requests=4, plan={"events": 10, "gap": 1, "cut": 4})
    assert outcome["errors"] == {"connection lost": 4}
    assert outcome["lost"] == 4 * 7


def test_gathered_streams_are_open_at_once(generate):
    """A gathering holds every stream until all are open, and loses nothing."""
    outcome = generate(connections=40, requests=40, plan={"events": 5, "gap": 10, "gather": 40})
    assert outcome["open_streams"] == 40
    assert (outcome["requests"], outcome["events"], outcome["lost"], outcome["errors"]) == (40, 160, 0, {})


def test_a_window_counts_only_itself(generate):
    """A load bounded by time counts after the warm-up and then stops, whatever is under way."""
    outcome = generate(connections=2, seconds=0.2, warmup=0.1, plan={"events": 1000, "gap": 2})
    assert outcome["requests"] == 0
    assert 0 < outcome["events"] < 1000
    assert outcome["lost"] == 0


def test_a_refusal_is_an_error(generate):
    """A status other than 200 is an error with its number, not an answer and not lost events."""
    outcome = generate(connections=1, requests=2, plan={"events": -1})
    assert outcome["errors"] == {"status 400": 2}
    assert outcome["lost"] == 0


def test_nobody_there_is_an_error(bench):
    """A gateway that does not listen is reported, and the generator gives up when its patience ends."""
    load = {"port": bench.placement.free_port(), "requests": 1, "patience": 0.3}
    with _own("bench.load", json.dumps(load)) as process:
        outcome = json.loads(process.communicate(timeout=30)[0])
    assert outcome["requests"] == 0
    assert "out of patience" in outcome["errors"]
    assert any(error.startswith("connect:") for error in outcome["errors"])


# -- judging bytes ----------------------------------------------------------------------------------------


def test_a_wrong_body_is_noticed(bench):
    """An answer that lost a piece of its text is wrong; the same JSON written differently is not."""
    plan = bench.plan.Plan(size=1300)
    body = bench.plan.answer_body(1300)
    assert len(body) == 1300
    judge = bench.answers.FullAnswer(plan)
    for piece, verdict in [(body, ""), (json.dumps(json.loads(body)).encode(), ""), (body[:600] + body[601:], "wrong")]:
        judge.feed(piece)
        assert judge.finish().startswith(verdict)
        assert bool(judge.finish()) is True, "nothing is kept from one answer to the next"


def _feed_stream(bench, pieces, **options):
    seen = []
    plan = bench.plan.Plan(events=4)
    judge = bench.answers.StreamAnswer(plan, lambda count, last: seen.append(count), **{"expects_done": True} | options)
    for piece in pieces:
        judge.feed(piece)
    return judge, sum(seen), judge.finish()


def test_a_stream_counts_the_same_at_every_split(bench):
    """Events are found wherever the reads happen to end."""
    stream = b"".join(bench.plan.stream_events(bench.plan.Plan(events=4))) + b"data: [DONE]\n\n"
    for at in range(1, len(stream)):
        judge, count, verdict = _feed_stream(bench, [stream[:at], stream[at:]])
        assert (count, judge.lost, judge.misplaced, verdict) == (4, 0, 0, "")


def test_doubled_and_swapped_events_are_noticed(bench):
    """An event that comes twice or too late is misplaced, so it can't make up for a lost one."""
    one, two, three, four = bench.plan.stream_events(bench.plan.Plan(events=4))
    done = b"data: [DONE]\n\n"
    judge, _, _ = _feed_stream(bench, [one, two, two, three, four, done])
    assert (judge.lost, judge.misplaced) == (0, 1)
    judge, _, _ = _feed_stream(bench, [one, three, two, four, done])
    assert (judge.lost, judge.misplaced) == (1, 1)


def test_a_missing_done_is_noticed_where_it_is_due(bench):
    """A gateway that ends its streams with [DONE] must do so; one that never does is not blamed."""
    events = bench.plan.stream_events(bench.plan.Plan(events=4))
    assert _feed_stream(bench, events)[2] == "stream without [DONE]"
    assert _feed_stream(bench, events, expects_done=False)[2] == ""


MESSAGES = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\ncontent-length:0\r\n\r\n"
    b"HTTP/1.1 200 OK\r\n\r\nto the end"
)


def test_messages_are_framed_at_every_split(bench):
    """Length, chunks with extension and trailer, nothing, and until close: the same at every split."""
    for at in range(1, len(MESSAGES)):
        bodies, pieces = [], []
        reader = bench.http1.MessageReader(
            lambda head: None,
            pieces.append,
            lambda bodies=bodies, pieces=pieces: (bodies.append(b"".join(pieces)), pieces.clear()),
            until_close=True,
        )
        reader.feed(MESSAGES[:at])
        reader.feed(MESSAGES[at:])
        assert reader.feed_eof()
        assert bodies == [b"hello", b"abc0123456789", b"", b"to the end"]


@pytest.mark.parametrize(
    "rest",
    [
        b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"transfer-encoding: chunked\r\n\r\n1\r\nabc",
        b"content-length: x\r\n\r\n",
    ],
)
def test_broken_framing_is_refused(bench, rest):
    """Bytes that are no HTTP raise instead of being counted."""
    reader = bench.http1.MessageReader(lambda head: None, lambda piece: None, lambda: None, until_close=True)
    with pytest.raises(bench.http1.FramingError):
        reader.feed(b"HTTP/1.1 200 OK\r\n" + rest)


def test_a_plan_survives_the_prompt(bench):
    """What the generator writes into a prompt is what the provider reads out of it."""
    plan = bench.plan.Plan(size=7, events=3, gap=2, gather=9, skip=1, cut=2)
    body = bench.plan.request_body(plan, "chat", 5000)
    assert len(body) == 5000
    assert bench.plan.Plan.read(bench.plan.PLAN.search(body)[1]) == plan


# -- processes --------------------------------------------------------------------------------------------

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"
FAMILY = f"""
import subprocess, sys
run = [sys.executable, "-c"]
subprocess.run([*run, {BURN.format(seconds=0.2)!r}])
living = subprocess.Popen([*run, {BURN.format(seconds=0.15)!r} + "print('burnt', flush=True); time.sleep(60)"])
living.wait()
"""


def test_cpu_of_a_tree_includes_the_dead(bench):
    """The CPU of a child that died and of one that lives both count for the tree."""
    process = bench.placement.start([sys.executable, "-c", FAMILY], min(os.sched_getaffinity(0)))
    try:
        assert process.stdout.readline() == b"burnt\n"
        tree = bench.process_tree.ProcessTree(process.pid)
        cpu, memory = tree.cpu(), tree.memory()
    finally:
        bench.placement.stop(process)
    assert cpu >= 0.34, "0.20 s of a dead child, 0.15 s of a living one, less a tick of 10 ms"
    assert memory.processes == 2
    assert 0 < memory.largest < memory.total


ORPHANS = """
import os, subprocess, sys
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code])
child.wait()
"""


def test_stopping_leaves_no_orphan(bench):
    """A child that ignores SIGTERM and outlives its parent is ended as well."""
    process = bench.placement.start([sys.executable, "-c", ORPHANS], min(os.sched_getaffinity(0)))
    process.stdout.readline()
    family = [member.pid for member in bench.process_tree.ProcessTree(process.pid).members()]
    bench.placement.stop(process)
    assert len(family) == 2
    assert not [pid for pid in family if _lives(bench, pid)]


def _lives(bench, pid):
    found = bench.process_tree.Process.read(pid)
    return found is not None and found.state != "Z"


# -- manifests --------------------------------------------------------------------------------------------


def test_shipped_manifests_are_whole(bench):
    """Every manifest in bench/peers can be read, and nginx comes first because ratios are taken against it."""
    names = [manifest.name for manifest in bench.manifest.read_all()]
    assert names[:2] == ["nginx", "limen"]
    assert "mlflow" in names


def test_a_peer_that_is_not_there_is_absent(bench):
    """A peer is absent with a reason, and named by its variable when it is not on PATH."""
    mlflow = next(manifest for manifest in bench.manifest.read_all() if manifest.name == "mlflow")
    found = mlflow.find({"LIMEN_BENCH_MLFLOW": "/nowhere/mlflow"})
    assert "LIMEN_BENCH_MLFLOW" in found.absent
    assert not mlflow.find({"LIMEN_BENCH_MLFLOW": "/bin/true"}).absent


def test_a_manifest_with_a_wrong_key_is_refused(bench, tmp_path):
    """The message names the file and the key."""
    text = (ROOT / "bench/peers/mlflow.toml").read_text()
    file = tmp_path / "wrong.toml"
    for wrong, complaint in [(text.replace("done =", "don ="), "`request.don`"), (text.replace("path =", "#"), "path")]:
        file.write_text(wrong)
        with pytest.raises(bench.manifest.ManifestError, match=complaint) as caught:
            bench.manifest.Manifest.read(file)
        assert str(file) in str(caught.value)


# -- figures ----------------------------------------------------------------------------------------------


def _record(bench):
    def outcome(cpu):
        return bench.load.Outcome(1.0, 1000, 0, 1.0, 2.0, cpu, 5, 5, 0, 0, 0, {})

    row = next(row for row in bench.rows.ROWS if row.name == "relay-32")
    settings = bench.session.Settings([row], 3, 1, 1.0, 0.0, bench.placement.Cores(0, 1))
    found = [bench.manifest.Found(one, "x", "1", "") for one in bench.manifest.read_all()]
    record = bench.session.Record(settings, found)
    for nginx, limen, mlflow in [(0.02, 0.04, 1.0), (0.01, 0.05, None), (0.02, 0.05, 1.0)]:
        for name, cpu in [("nginx", nginx), ("limen", limen), ("mlflow", mlflow)]:
            record.add(row, name, None if cpu is None else outcome(cpu))
    return record


def test_a_ratio_is_the_median_of_those_within_rounds(bench):
    """Ratios pair measurements of one round, and a round without a result is left out, not shifted."""
    figures = {figure.gateway: figure for figure in bench.summary.figures(_record(bench))}
    assert figures["limen"].ratio == pytest.approx(2.5)
    assert figures["mlflow"].ratio == pytest.approx(50)
    assert figures["limen"].cost == pytest.approx(50)


def test_promises_are_judged(bench):
    """A promise is met, missed or not measured."""
    verdicts = [target.verdict for target in bench.targets.targets(_record(bench))]
    assert verdicts == ["met", "not measured", "not measured", "met", "not measured", "not measured"]


def test_reports_are_well_formed(bench):
    """The table begins with the ratios, the JSON can be read, the picture is XML with a bar for each ratio."""
    record = _record(bench)
    assert bench.report.text(record, {"processor": "any"}).splitlines()[2].split()[-3:] == ["1.00", "2.50", "50.00"]
    document = json.loads(bench.report.document(record, {}))
    assert [len(one["outcomes"]) for one in document["rounds"]] == [3, 3, 3]
    picture = ET.fromstring(bench.plot.svg(bench.summary.figures(record)))
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert {"2.50", "50", "limen", "mlflow"} <= set(texts)


# -- the whole tool ---------------------------------------------------------------------------------------

DIRECT = """
name = "nginx"
title = "no gateway at all"
[detect]
command = "{python}"
version = ["{command}", "--version"]
[start]
command = ["{command}", "-m", "bench.provider", "--port", "{port}"]
config = ""
environment = { PYTHONPATH = "ROOT" }
[request]
path = "/v1/chat/completions"
model = "fake"
"""


@pytest.fixture
def tool(tmp_path):
    """Starts the tool with the provider itself in nginx's place, so that no gateway is needed."""
    (tmp_path / "direct.toml").write_text(DIRECT.replace("ROOT", str(ROOT)))
    started = []

    def start(*arguments):
        process = _own("bench", "--peers", str(tmp_path), "--only", "nginx", "--out", str(tmp_path), *arguments)
        started.append(process)
        return process

    with contextlib.ExitStack() as stack:
        yield start
        for process in started:
            stack.enter_context(process)
            process.kill()


def test_a_run_writes_table_json_and_picture(tool, tmp_path):
    """One small run, end to end: exit 0, a table, and two files."""
    process = tool("--rows", "relay-1,stream-1", "--rounds", "1", "--seconds", "0.1")
    output, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    assert "no gateway at all" in output
    document = json.loads((tmp_path / "bench.json").read_text())
    assert [(one["row"]["name"], one["ratio"], one["errors"]) for one in document["figures"]] == [
        ("relay-1", 1.0, 0),
        ("stream-1", 1.0, 0),
    ]
    assert (tmp_path / "bench.svg").exists()


def test_an_interrupted_run_leaves_nothing_behind(bench, tool):
    """Ctrl-C ends provider, gateway and generator before the tool itself ends."""
    process = tool("--rows", "relay-1", "--rounds", "1", "--seconds", "30")
    assert process.stderr.readline().startswith("start nginx")
    tree = bench.process_tree.ProcessTree(process.pid)
    family = _wait_for_members(tree, 4)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert not [pid for pid in family if _lives(bench, pid)]


def _wait_for_members(tree, count):
    for _ in range(500):
        family = [member.pid for member in tree.members()]
        if len(family) >= count:
            return family
        time.sleep(0.01)
    raise AssertionError(f"tool, provider, gateway and generator should run, but there are {len(family)}")
