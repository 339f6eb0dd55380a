"""Plans: read from TOML and from keyword arguments, refused in words, written back equal, explained."""

import dataclasses
import pickle
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import wsksim
from conftest import ROOT
from wsksim.plans import PRESETS, Arrivals, Check, Draw, End, Kill, Read, Send, Wait
from wsksim.plans.figures import NAMES
from wsksim.plans.quantities import read_size, read_time, show_size, show_time
from wsksim.plans.words import explain_plan

WHOLE = """
seed = 7
[peers.clients]
connect = "tcp://127.0.0.1:7"
count = 1_000_000
open = 100_000
arrivals = { rate = "50k/s", shape = "poisson" }
life = [ { send = "64B..1KiB" }, { wait = "exp 100ms" }, { read = "all" },
         { end = { disconnect = 0.85, abort = 0.10, vanish = 0.05 } } ]
timeout = "22s"
[faults]
allocation = 0.001
kill = { rate = "10/min", who = "clients" }
[schedule]
kind = "pct:3"
completions = "later"
irql = "mixed"
[checks]
findings = "== 0"
"response.p99.9" = "< 50us"
"""

GOOD = {"connect": "application", "count": 10, "life": [{"end": "disconnect"}]}


def plan(**peers):
    return wsksim.Plan(peers={"clients": {**GOOD, **peers}})


def test_a_plan_is_typed():
    read = wsksim.Plan.from_toml(WHOLE)
    [clients] = read.peers
    assert (clients.name, clients.count, clients.open, clients.timeout) == ("clients", 1_000_000, 100_000, 22 * 10**9)
    assert clients.arrivals == Arrivals(50_000.0, "poisson")
    assert clients.life == (
        Send(Draw("uniform", 64, 1024)),
        Wait(Draw("exponential", 10**8, 10**8)),
        Read("all"),
        End(disconnect=0.85, abort=0.10, vanish=0.05),
    )
    assert read.faults.kill == Kill(10 / 60, "clients")
    assert read.checks == (Check("findings", "==", 0), Check("response.p99.9", "<", 50_000))
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.seed = 8
    assert pickle.loads(pickle.dumps(read)) == read  # noqa: S301 - ours
    assert hash(read) == hash(wsksim.Plan.from_toml(WHOLE))


def test_keyword_arguments_mean_the_same():
    same = wsksim.Plan(
        seed=7,
        peers={
            "clients": {
                "connect": "tcp://127.0.0.1:7",
                "count": "1M",
                "open": "100k",
                "arrivals": {"rate": 50_000, "shape": "poisson"},
                "life": [
                    Send(Draw("uniform", 64, 1024)),
                    {"wait": "exp 0.1s"},
                    {"read": "all"},
                    {"end": {"disconnect": "85%", "abort": "10%", "vanish": "5%"}},
                ],
            }
        },
        faults={"allocation": "0.1%", "kill": Kill(10 / 60, "clients")},
        schedule={"kind": "pct:3", "completions": "later", "irql": "mixed"},
        checks=["findings == 0", "response.p99.9 < 50us"],
    )
    assert same == wsksim.Plan.from_toml(WHOLE)


sizes = st.integers(1, 2**30)
times = st.integers(0, 366 * 86_400 * 10**9)


def draws(of, least=0):
    ranges = st.tuples(of, of).map(sorted).map(lambda both: Draw("uniform" if both[0] < both[1] else "fixed", *both))
    return ranges | of.filter(lambda mean: mean > least).map(lambda mean: Draw("exponential", mean, mean))


ends = st.sampled_from(
    [End(disconnect=1.0), End(close=0.25, abort=0.75), End(vanish=0.1, disconnect=0.9), End(abort=1.0)]
)
middle = st.one_of(
    draws(sizes).map(Send), draws(times).map(Wait), (st.sampled_from(["all", "end"]) | draws(sizes)).map(Read)
)
lives = st.tuples(st.lists(middle, max_size=5), st.lists(ends, max_size=1)).map(lambda both: both[0] + both[1])
addresses = st.sampled_from(["application", "tcp://10.0.0.1:65535", "tcp://[::1]:1"])
counts = st.integers(1, 2**28)


@st.composite
def groups(draw):
    count = draw(counts)
    made = {"count": count, "open": draw(st.integers(1, count)), "life": draw(lives)}
    made["listen" if draw(st.booleans()) else "connect"] = draw(addresses.filter(lambda one: one != "application"))
    if draw(st.booleans()):
        made["timeout"] = f"{draw(st.integers(1, 10**12))}ns"
    return made


def are_apart(groups):
    """No two of them listen at one address."""
    places = [group["listen"] for group in groups.values() if "listen" in group]
    return len(places) == len(set(places))


def conditions(name):
    limits = {"count": st.integers(0, 10**15), "time": st.integers(0, 10**12).map(lambda ns: f"{ns}ns")}
    limit = limits.get(NAMES[name], st.floats(0, 1))
    return st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), limit).map(
        lambda both: f"{name} {both[0]} {both[1]}"
    )


plans = st.builds(
    wsksim.Plan,
    seed=st.integers(0, 2**64 - 1),
    peers=st.dictionaries(st.from_regex(r"\A[A-Za-z0-9_-]{1,12}\Z"), groups(), min_size=1, max_size=3).filter(
        are_apart
    ),
    faults=st.fixed_dictionaries({}, optional={"allocation": st.floats(0, 1)}),
    schedule=st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["fifo", "explore", "pct:1", "pct:100"]),
            "completions": st.sampled_from(["inline", "windows", "later", "drawn"]),
            "irql": st.sampled_from(["passive", "dispatch", "mixed"]),
        },
    ),
    checks=st.lists(st.sampled_from(sorted(NAMES)).flatmap(conditions), max_size=4),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(plans)
def test_what_is_written_is_read_back_equal(made):
    assert wsksim.Plan.from_toml(made.to_toml()) == made
    assert wsksim.Plan.from_dict(made.to_dict()) == made
    assert explain_plan(made)


@settings(deadline=None)
@given(st.floats(0.001, 1e9), st.sampled_from(["constant", "poisson", "burst"]))
def test_a_rate_is_written_back_equal(rate, shape):
    arrivals = {"rate": rate, "shape": shape} | ({"burst": 7} if shape == "burst" else {})
    made = plan(arrivals=arrivals)
    assert made.peers[0].arrivals.rate == rate
    assert wsksim.Plan.from_toml(made.to_toml()) == made


@settings(deadline=None)
@given(draws(sizes))
def test_a_size_is_written_back_equal(draw):
    assert read_size("size", show_size(draw)) == draw


@settings(deadline=None)
@given(draws(times))
def test_a_time_is_written_back_equal(draw):
    assert read_time("time", show_time(draw)) == draw


def refused(text, *words):
    with pytest.raises(wsksim.PlanError) as caught:
        wsksim.Plan.from_toml(text)
    told = str(caught.value)
    assert "asked for" in told
    assert "found" in told
    for word in words:
        assert word in told, told


CLIENTS = '[peers.clients]\nconnect = "application"\ncount = 10\n'
LIFE = 'life = [{ end = "disconnect" }]\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = 1", ["peers", "none"]),
        ("x", ["TOML", "key"]),
        ("a = " + "[" * 5_000, ["TOML"]),
        ("sed = 1\n" + CLIENTS + LIFE, ["'sed'", "did you mean 'seed'?"]),
        ("seed = -1\n" + CLIENTS + LIFE, ["seed", "-1"]),
        ("seed = true\n" + CLIENTS + LIFE, ["seed", "True"]),
        ('peers = "all"', ["peers", "'all'"]),
        ("[peers]", ["peers", "0 groups"]),
        ("peers.clients = 1", ["peers.clients", "a table"]),
        (CLIENTS.replace("clients", '"a b"') + LIFE, ["'a b'"]),
        (CLIENTS, ["a life", "none"]),
        (CLIENTS + LIFE + "opn = 1", ["'opn'", "did you mean 'open'?"]),
        (CLIENTS + LIFE + "open = 11", ["peers.clients.open", "11", "10 lives"]),
        (CLIENTS + LIFE + "open = 0", ["peers.clients.open", "0"]),
        (CLIENTS + LIFE + 'listen = "tcp://127.0.0.1:7"', ["both"]),
        (CLIENTS.replace('connect = "application"', "") + LIFE, ["neither"]),
        (CLIENTS.replace("application", "aplication") + LIFE, ["'aplication'", "tcp://127.0.0.1:7"]),
        (CLIENTS.replace("application", "tcp://127.0.0.300:7") + LIFE, ["peers.clients.connect", "127.0.0.300"]),
        (CLIENTS.replace("application", "tcp://127.0.0.1:0") + LIFE, ["port"]),
        (CLIENTS.replace("10", "1.5") + LIFE, ["peers.clients.count", "1.5"]),
        (CLIENTS.replace("10", '"ten"') + LIFE, ["peers.clients.count", "'ten'"]),
        (CLIENTS + "life = 1", ["a list of steps"]),
        (CLIENTS + "life = [" + '{ wait = "1s" },' * 65 + "]", ["64 steps at most", "65"]),
        (CLIENTS + 'life = [{ sendd = "1B" }]', ["life[0]", "did you mean 'send'?"]),
        (CLIENTS + 'life = [{ send = "1B", wait = "1s" }]', ["make a step of each"]),
        (CLIENTS + 'life = [{ end = "abort" }, { send = "1B" }]', ["one end, as the last step", "step 0 of 2"]),
        (CLIENTS + 'life = [{ send = "0B" }]', ["from 1B to 1GiB", "'0B'"]),
        (CLIENTS + 'life = [{ send = "64" }]', ["'64'", "units"]),
        (CLIENTS + 'life = [{ send = "1.5B" }]', ["whole"]),
        (CLIENTS + 'life = [{ send = "2KiB..1KiB" }]', ["the lower end first"]),
        (CLIENTS + 'life = [{ send = "exp 0.5B" }]', ["'exp 0.5B'"]),
        (CLIENTS + "life = [{ wait = 5 }]", ["with its unit"]),
        (CLIENTS + 'life = [{ wait = "exp 0s" }]', ["a mean above 0"]),
        (CLIENTS + 'life = [{ wait = "9000h" }]', ["366 days"]),
        (CLIENTS + 'life = [{ read = "al" }]', ["did you mean 'all'?"]),
        (CLIENTS + 'life = [{ end = "disconect" }]', ["did you mean 'disconnect'?"]),
        (
            CLIENTS + "life = [{ end = { disconnect = 0.85, abort = 0.1 } }]",
            ["shares that add up to 1", "disconnect 0.85 + abort 0.1 = 0.95", "give 0.05 more"],
        ),
        (CLIENTS + "life = [{ end = { disconnect = 1, abort = 0.1 } }]", ["give 0.1 less"]),
        (CLIENTS + "life = [{ end = { disconnect = 2 } }]", ["a share from 0 to 1"]),
        (CLIENTS + "life = [{ end = {} }]", ["none = 0"]),
        (CLIENTS + LIFE + 'timeout = "1s..2s"', ["one time"]),
        (CLIENTS + LIFE + 'timeout = "0s"', ["longer than 0"]),
        (CLIENTS + 'life = []\ntimeout = "never"', ["comes to its end", "no end among its steps"]),
        (CLIENTS + 'life = [{ read = "1B" }, { end = "abort" }]\ntimeout = "never"', ["a read that may wait for ever"]),
        (
            CLIENTS + 'life = [{ end = "vanish" }]\nopen = 5\ntimeout = "never"',
            ["100% of them vanish", "add a timeout, or raise open to 10"],
        ),
        (CLIENTS + LIFE + 'arrivals = "2G/s"', ["arrivals.rate", "from 0.001 to 1G"]),
        (CLIENTS + LIFE + "arrivals = {}", ["a rate", "closed model"]),
        (CLIENTS + LIFE + 'arrivals = { rate = "1/s", shape = "poison" }', ["did you mean 'poisson'?"]),
        (CLIENTS + LIFE + 'arrivals = { rate = "1/s", burst = 5 }', ["constant arrivals"]),
        (CLIENTS + LIFE + 'arrivals = { rate = "1/s", shape = "burst", burst = 11 }', ["11 lives at once", "10"]),
        (
            CLIENTS.replace("count = 10", "count = 100\nopen = 10")
            + 'life = [{ wait = "2s" }, { end = "abort" }]\narrivals = "10/s"',
            ["10 lives a second", "2s on average", "20 are open at once", "lower the rate to 5/s"],
        ),
        (
            CLIENTS.replace('connect = "application"', 'listen = "tcp://127.0.0.1:7"') + LIFE + 'arrivals = "1/s"',
            ["the application decides when it connects"],
        ),
        (CLIENTS + 'preset = "vanis"', ["did you mean 'vanish'?"]),
        (CLIENTS + LIFE + "[faults]\nalloc = 1", ["did you mean 'allocation'?"]),
        (CLIENTS + LIFE + "[faults]\nallocation = 2", ["faults.allocation", "a share"]),
        (CLIENTS + LIFE + '[faults]\nkill = { rate = "1/s" }', ["a rate and who"]),
        (CLIENTS + LIFE + '[faults]\nkill = { rate = "1/s", who = "client" }', ["did you mean 'clients'?"]),
        (CLIENTS + LIFE + '[schedule]\nkind = "fife"', ["did you mean 'fifo'?"]),
        (CLIENTS + LIFE + '[schedule]\nkind = "pct:0"', ["schedule.kind"]),
        (CLIENTS + LIFE + '[schedule]\ncompletions = "window"', ["did you mean 'windows'?"]),
        (CLIENTS + LIFE + '[schedule]\nirql = "high"', ["passive, dispatch, mixed"]),
        (CLIENTS + LIFE + '[checks]\nfinding = "== 0"', ["did you mean 'findings'?"]),
        (CLIENTS + LIFE + "[checks]\nfindings = 0", ["checks.findings", "== 0"]),
        (CLIENTS + LIFE + '[checks]\nfindings = "0"', ["a comparison"]),
        (CLIENTS + LIFE + '[checks]\nfindings = "== none"', ["a count"]),
        (CLIENTS + LIFE + '[checks]\nlate = "<= 2"', ["a share"]),
        (CLIENTS + LIFE + '[checks]\n"response.p99" = "< 5"', ["a time"]),
    ],
)
def test_a_bad_plan_is_refused_in_words(text, words):
    refused(text, *words)


def test_the_rate_that_a_plan_needs_is_told_and_its_repaired_twin_is_taken():
    # A vanished peer holds its place for the whole timeout: 0.05 of 22 s are 1.1 s of each life.
    refused(WHOLE.replace("100_000", "10_000"), "a life takes 1200ms", "60,000 are open at once", "8,333.33/s")
    assert wsksim.Plan.from_toml(WHOLE).peers[0].open == 100_000


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_whole_life_and_gives_way(name):
    made = wsksim.Plan(peers={"them": {"preset": name, "connect": "application", "count": 10}})
    assert isinstance(made.peers[0].life[-1], End)
    assert wsksim.Plan.from_toml(made.to_toml()) == made
    other = wsksim.Plan(peers={"them": {"preset": name, **GOOD}})
    assert other.peers[0].life == (End(disconnect=1.0),)
    assert f"| `{name}` |" in (ROOT / "docs" / "plans.md").read_text()


def test_what_a_check_may_name_stands_in_the_docs():
    page = (ROOT / "docs" / "plans.md").read_text()
    for name in NAMES:
        series, _, which = name.partition(".")
        assert f"`{name}`" in page or (f"`{series}.p50`" in page and f"`{which}`" in page), name


def sum_of(digests):
    return f"{sum(int(digest, 16) for digest in digests) % 2**128:032x}"


@pytest.mark.parametrize("shards", [1, 2, 7, 32])
def test_the_digests_of_shards_add_up_to_that_of_the_plan(shards):
    made = wsksim.Plan.from_toml(WHOLE)
    assert sum_of(made.digest(shard, shards) for shard in range(shards)) == made.digest()


def test_a_digest_tells_plans_apart_and_stays_what_it_is():
    # A promise to users: the same plan, the same lives, in every version and on every machine.
    assert plan(count=100_000, open=10).digest() == "fb5d33d9a92dc7051850339e411d185a"
    assert plan(count=100_000, open=20).digest() == plan(count=100_000, open=10).digest()
    others = [
        plan(count=100_001, open=10),
        plan(count=100_000, life=[{"end": "abort"}]),
        plan(count=100_000, arrivals="1k/s"),
    ]
    assert len({one.digest() for one in others} | {plan(count=100_000, open=10).digest()}) == 4


@pytest.mark.parametrize(("shard", "shards"), [(-1, 1), (1, 1), (0, 0)])
def test_a_shard_that_is_none_is_refused(shard, shards):
    with pytest.raises(wsksim.PlanError, match="asked for a shard"):
        plan().digest(shard, shards)


def test_both_forms_in_the_docs_are_one_plan():
    page = (ROOT / "docs" / "plans.md").read_text()
    [toml] = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    names = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        exec(compile(block, "plans.md", "exec"), names)  # noqa: S102 - the page is ours
    assert wsksim.Plan.from_toml(toml) == names["plan"]


def test_a_plan_in_words(wsksim_command, workplace):
    (workplace / "storm.toml").write_text(WHOLE)
    done = wsksim_command("plan", "check", "storm.toml")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    for told in (
        "1,000,000 remote ends connect to tcp://127.0.0.1:7: 50,000 a second",
        "sends 64B to 1KiB, waits 100ms on average (exponential), reads all that has arrived, and then",
        "disconnects (85%), aborts (10%) or vanishes (5%)",
        "times out after 22s",
        "0.1% of the allocations fail",
        "pct:3; requests complete after their call; callbacks at IRQL mixed",
        "response.p99.9 < 50us",
    ):
        assert told in words


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"sed = 1", "sed"), (b"\xff", "UTF-8"), (b"#" * (1 << 20) + b"##", "bytes"), (None, "No such file")],
)
def test_a_bad_file_is_exit_code_2(wsksim_command, workplace, content, word):
    if content is not None:
        (workplace / "bad.toml").write_bytes(content)
    done = wsksim_command("plan", "check", "bad.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wsksim: plan 'bad.toml': ")
    assert word in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_argument_is_refused_with_the_nearest():
    with pytest.raises(wsksim.PlanError, match=r"found the key 'sed'; leave it out.*did you mean 'seed'"):
        wsksim.Plan(peers={"clients": GOOD}, sed=7)


def test_two_groups_do_not_listen_at_one_address():
    listening = {"listen": "tcp://127.0.0.1:9", "count": 1, "life": [{"end": "disconnect"}]}
    with pytest.raises(wsksim.PlanError, match=r"peers\.b\.listen: .* where peers\.a listens too"):
        wsksim.Plan(peers={"a": listening, "b": listening})
    wsksim.Plan(peers={"a": listening, "b": {**listening, "listen": "tcp://127.0.0.1:10"}, "c": GOOD, "d": GOOD})


def test_a_plan_does_not_outlast_its_clock():
    clients = {**GOOD, "count": 2**28, "open": 10, "arrivals": "0.001/s"}
    with pytest.raises(wsksim.PlanError, match=r"they take .* years, and a clock of 292"):
        wsksim.Plan(peers={"clients": clients})


def test_words_are_of_this_plan():
    told = explain_plan(wsksim.Plan(peers={"clients": GOOD}))
    assert "each connects" in told
    assert "vanish" not in told
    assert "one that waits in vain gives up after 22s" in told
    waiting = {"listen": "tcp://127.0.0.1:9", "life": [{"end": {"disconnect": 0.5, "vanish": 0.5}}]}
    told = explain_plan(wsksim.Plan(peers={"servers": {**waiting, "count": 2}}))
    assert "each is connected to" in told
    assert "the connection of one that vanished times out after 22s" in told
