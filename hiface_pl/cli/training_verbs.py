"""fit, validate, test and predict before anything is imported for them: their short help needs neither PyTorch nor Lightning."""

import sys
from importlib import import_module

FULL_HELP = "--help_all"
SHORT_HELP = """usage: hiface-pl {verb} --config FILE [--config FILE ...] [--name value ...]

Files count from left to right, a file may name others under `base:`, flags win over all of them.

  hiface-pl fit --config experiments/full.yaml                                        the paper's set-up, 8 GPUs
  hiface-pl fit --config experiments/full.yaml --config experiments/scale/mini.yaml   the same method on two CPU cores
  hiface-pl test --config runs/NAME/fit-TIME/config.yaml --ckpt_path CHECKPOINT       measure a checkpoint

  --scale NAME                  scale of experiments/full.yaml and of the rows that build on it: paper (default) or mini
  --ckpt_path FILE              go on from this checkpoint (fit), or measure it (validate, test, predict); last: the newest one
  --name NAME --runs DIR        results go to DIR/NAME/{verb}-TIME
  --trainer.max_steps N         stop after N steps
  --data.batch_size N           samples a step and process
  --model.losses.photometric null   switch a loss off
  --print_config                show the composed configuration and stop
  {full}                    every option

Exit codes: 0 done, 1 a process was lost, 2 an input cannot be used, 130 stopped by Ctrl-C, 143 by SIGTERM (both write a checkpoint first).
"""


def run_verb(verb: str, arguments: list[str]) -> int:
    """Answers a call for help itself, and hands on all others. Returns the exit code. Raises HifaceError."""
    if {"-h", "--help"} & set(arguments) or not arguments:
        sys.stdout.write(SHORT_HELP.format(verb=verb, full=FULL_HELP))
        return 0
    return int(import_module("hiface_pl.cli.train").run_verb(verb, arguments))
