"""The examples for clusters: their command lines, taken from their files, carry shards out that merge to the run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import wsksim
from conftest import EXAMPLES
from shard_stage import grouped, repeats
from wsksim.shards.merging import merge

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")

SHARDS = 5


def in_shell(script, folder, **variables):
    """Runs it as a node does, where `wsksim` is that of the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", script],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables, "PATH": path},
    )


def kubernetes():
    """The command of the Job's container, and the variables that it is given."""
    text = (EXAMPLES / "cluster" / "kubernetes-job.yaml").read_text()
    # A folded block: its lines are one.
    folded = re.search(r"- >-\n((?: {14}.*\n)+)", text)[1]
    variables = dict(re.findall(r"- \{ name: (\w+), value: \"?([^\" }]+)\"? \}", text))
    return " ".join(line.strip() for line in folded.splitlines()), variables, text


def slurm():
    return (EXAMPLES / "cluster" / "slurm-array.sbatch").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["kubernetes", "slurm"])
def test_the_shards_of_a_job_merge_to_the_run(engine, tmp_path):
    plan = grouped(groups=6, count=8)
    (tmp_path / "storm.toml").write_text(plan.to_toml())
    common = {"TARGET": "wsksim.examples.echo:echo", "PLAN": "storm.toml", "PARTS": ".", "SHARDS": str(SHARDS)}

    def carry_out(shard, attempt, array):
        if engine == "kubernetes":
            rest = {"FAILURES": str(attempt - 1)} if attempt > 1 else {}
            done = in_shell(kubernetes()[0], tmp_path, **common, JOB_COMPLETION_INDEX=str(shard), **rest)
        else:
            given = {**common, "PARTS": "made/parts", "SLURM_ARRAY_TASK_ID": str(shard)}
            given |= {"SLURM_RESTART_COUNT": str(attempt - 1)} if attempt > 1 else {}
            done = in_shell(slurm(), tmp_path, **given, SLURM_ARRAY_TASK_COUNT=str(array))
        assert done.returncode == 0, done.stdout + done.stderr

    for shard in range(SHARDS):
        carry_out(shard, 1, SHARDS)
    # One alone again, as an array of one.
    carry_out(2, 2, 1)
    report = merge(sorted(tmp_path.rglob("part-*.wsk")))
    assert (report.exit_code, report.shards.of, report.shards.retries, report.shards.doubled) == (0, SHARDS, 1, ())
    whole = wsksim.run_plan(plan, common["TARGET"], shard=(0, 1))
    assert repeats(report)["lives"] == repeats(whole)["lives"]
    assert report.storm["plan"] == plan.digest()


def test_the_files_agree_with_themselves():
    command, variables, text = kubernetes()
    assert shlex.split(command)[:3] == ["exec", "wsksim", "run"]
    assert set(variables) == {"TARGET", "PLAN", "SHARDS", "PARTS"}
    assert re.search(r"completions: (\d+)", text)[1] == variables["SHARDS"]
    assert "values: [2, 4]" in text
    last = re.search(r"^#SBATCH --array=0-(\d+)$", slurm(), re.MULTILINE)[1]
    assert re.search(r"^SHARDS=\$\{SHARDS:-(\d+)\}$", slurm(), re.MULTILINE)[1] == str(int(last) + 1)
    assert "metadata.annotations['batch.kubernetes.io/job-index-failure-count']" in text


def test_a_target_that_cannot_be_found_ends_with_the_code_that_is_not_retried(tmp_path):
    (tmp_path / "storm.toml").write_text(grouped(groups=1).to_toml())
    given = {"TARGET": "nowhere:app", "PLAN": "storm.toml", "PARTS": ".", "SHARDS": "2", "JOB_COMPLETION_INDEX": "0"}
    done = in_shell(kubernetes()[0], tmp_path, **given)
    assert done.returncode == 2
    assert not list(tmp_path.glob("*.wsk"))
