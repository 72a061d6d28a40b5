"""Going back to the queue of SLURM: what a job does when the scheduler says that its time is over.

Our own instead of Lightning's requeueing, which writes its checkpoint from inside the signal handler, in the middle of a step.
"""

import os
import subprocess

PATIENCE = 60
"""Seconds to wait for `scontrol`."""


def job_id() -> str | None:
    """The name by which `scontrol` knows this job, None outside of SLURM."""
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID")


def requeue(job: str) -> str:
    """Puts the job back into the queue. Returns what went wrong, empty if nothing did."""
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"exit code {done.returncode}")
