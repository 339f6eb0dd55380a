"""The command `wsksim`, also `python -m wsksim`."""

import sys

from wsksim._stderr import say, send_nowhere

TYPE_CHECKING = False  # the module typing would be the longest import
if TYPE_CHECKING:
    from typing import NoReturn

    import click

__all__ = ["main"]

_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130


def main() -> "NoReturn":
    """Runs the command line and exits with its code."""
    try:
        code = _run()
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


def _run() -> int:
    # Whatever takes time is imported in here, so that Ctrl-C meanwhile ends as it does later.
    import click  # start-up: 54 ms of a Ctrl-C that nobody takes

    from wsksim.cli import cli  # start-up: 7 ms of a Ctrl-C that nobody takes

    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be no text
    try:
        code = cli.main(prog_name="wsksim", standalone_mode=False)
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except click.Abort:
        return _interrupted()
    except OSError as error:
        send_nowhere(1)
        say(f"wsksim: asked to write the report; found {error}; name a place that can be written")
        return _EXIT_USAGE
    except Exception:  # noqa: BLE001 - exit code 1 means findings, so an error of ours must not end with it
        import traceback  # start-up: 1 ms, for our own errors only

        say(traceback.format_exc().rstrip())
        return _EXIT_USAGE
    return code if isinstance(code, int) else 0


def _show(error: "click.ClickException") -> None:
    """Says what is wrong with a command line: what was asked, what was found, what to do."""
    import click  # start-up: 54 ms of a Ctrl-C that nobody takes

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.NoSuchOption) and error.possibilities and context is not None:
        # What is hidden is not for anybody to use.
        hidden = {name for param in context.command.params if getattr(param, "hidden", False) for name in param.opts}
        known = [name for name in error.possibilities if name not in hidden]
        error = click.NoSuchOption(error.option_name, error.message, known, context)
    path = context.command_path if context is not None else "wsksim"
    text = error.format_message()
    if isinstance(error, click.BadParameter) and "asked " in error.message:
        names = error.param.opts if error.param is not None else []
        text = ": ".join([*names[:1], error.message])
    elif "asked " not in text:
        text += _hint(error)
        text = f"asked for a command line as '{path} --help' describes it; found: {text.rstrip('.')}"
    # A question ends with its own mark.
    say(f"{path}: {text}{' ' if text.endswith('?') else '; '}see '{path} --help'")


def _hint(error: "click.ClickException") -> str:
    """Which word was meant, where one of a few was asked for."""
    import re  # start-up: 5 ms of a Ctrl-C that nobody takes

    import click  # start-up: 54 ms of a Ctrl-C that nobody takes

    from wsksim.wording import hint  # start-up: 1 ms, for who is wrong only

    given = re.search(r"'([^']*)'[^']*(?: is not one of|$)", error.message)
    if given is None:
        return ""
    if isinstance(error, click.BadParameter) and error.param is not None and isinstance(error.param.type, click.Choice):
        return hint(given[1], [str(word) for word in error.param.type.choices])
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None and isinstance(context.command, click.Group) and "No such command" in error.message:
        return hint(given[1], context.command.list_commands(context))
    return ""


def _interrupted() -> int:
    import signal  # start-up: 1 ms of a Ctrl-C that nobody takes

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    say("wsksim: interrupted before the run began")
    return _EXIT_INTERRUPTED


if __name__ == "__main__":
    main()
