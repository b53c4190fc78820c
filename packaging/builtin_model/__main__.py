"""Command line: python packaging/builtin_model COMMAND, one of
train, tune, export, kinds, graphs, evaluate."""

import argparse

import evaluate
import export
import graphs
import kinds
import train
import tune
from config import DEFAULT_EXPORT, DEFAULT_PHOTOS, DEFAULT_WORK
from device import AUTO, DEVICES


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="builtin_model", description=__doc__)
    commands = top.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--photos", default=DEFAULT_PHOTOS, help="folder with the photo sets")
    common.add_argument("--work", default=DEFAULT_WORK, help="folder for cache and checkpoint")
    common.add_argument("--model", default=DEFAULT_EXPORT, help="folder of the exported model")
    common.add_argument("--threads", type=int, default=2)
    common.add_argument("--device", choices=DEVICES, default=AUTO, help="a GPU where there is one")
    common.add_argument("--seed", type=int, default=1)
    common.add_argument("--tune-steps", type=int, default=300, help="length of tune's two passes")

    one = commands.add_parser("train", parents=[common], help="train, or go on with a run")
    one.add_argument("--passes", type=float, default=60.0, help="length of the whole run")
    one.add_argument("--batch", type=int, default=512)
    one.add_argument(
        "--start", help="folder of an exported model to start from; say it in every sitting"
    )
    one.add_argument("--rate", type=float, default=1e-2, help="highest learning rate")
    one.set_defaults(run=train.main)

    one = commands.add_parser("tune", parents=[common], help="the last part of train by itself")
    one.set_defaults(run=tune.main)

    one = commands.add_parser("export", parents=[common], help="write the model folder")
    one.set_defaults(run=export.main)

    one = commands.add_parser(
        "kinds", parents=[common], help="fit what the exported model recognises, and write it there"
    )
    one.set_defaults(run=kinds.main)

    one = commands.add_parser(
        "graphs", parents=[common], help="the last part of export: ONNX graphs for given weights"
    )
    one.set_defaults(run=graphs.main)

    one = commands.add_parser("evaluate", parents=[common], help="measure the model folder")
    one.add_argument("--floors", action="store_true", help="fit photofind.json's floors as well")
    one.add_argument("--repeats", type=int, default=3, help="of the measures of speed")
    one.set_defaults(run=evaluate.main)
    return top


if __name__ == "__main__":
    arguments = parser().parse_args()
    arguments.run(arguments)
