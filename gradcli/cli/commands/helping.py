"""`help`: the index, and what there is to say about a name; examples are run, so that they are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcli.cli.commands import functions
from gradcli.cli.commands.paragraphs import filled
from gradcli.engine.random import default_generator
from gradcli.engine.tensor import Tensor
from gradcli.lang import helptext
from gradcli.lang.events import Failed, Printed, Shown
from gradcli.show.plain import named_text, value_text

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context


def help_on(context: Context, argument: str) -> None:
    """What a function, a method, a command, a setting or a variable is; `NAME?` asks the same. `help` alone: an index.

    Of a function: its signatures, what it does, the gradient of each input as a formula, the names of its nodes in the
    graph, and its examples with their results.
    """
    topic = argument.strip().removesuffix("()")
    if topic == functions.TOPIC and topic not in context.session:
        context.write(functions.functions_text())
        return
    text = "\n\n".join(_about(context, topic)) if topic else _index()
    if text:
        context.write(filled(text))


def _about(context: Context, topic: str) -> Iterator[str]:
    """All that is known under a name, most particular first. What nobody knows, the language complains of."""
    from gradcli.cli.commands.table import COMMANDS
    from gradcli.cli.settings import TABLE

    known = False
    if topic in context.session:
        known = True
        yield described(topic, context.session[topic])
    for command in COMMANDS:
        if command.name == topic:
            known = True
            yield f"{command.usage}\n\n{command.documentation}"
    if topic in TABLE:
        known = True
        yield f"set {topic} VALUE\n\n{TABLE[topic].said}: now {context.settings.text(topic)}"
    name = topic.removeprefix("torch.").removeprefix("Tensor.")
    text = helptext.operator_help(name, examples=False)
    if text is not None:
        yield "\n\n".join(filter(None, (text, run_examples(helptext.examples_of(name)))))
    elif topic in helptext.COMMANDS:
        yield helptext.COMMANDS[topic]
    elif not known:
        from gradcli.lang.events import Helped

        found: list[str] = []

        def take(event: Any) -> None:
            if isinstance(event, Helped):
                found.append(event.text)
            else:
                context.output(event)

        from gradcli.cli.inputs import Chunk

        context.output.begin(Chunk(f"help {topic}", None, 1, "none"))
        context.session.run(f"help {topic}", take)
        yield from found


def _index() -> str:
    from gradcli.cli.commands.table import COMMANDS

    width = max(len(command.usage) for command in COMMANDS)
    lines = [f"    {command.usage.ljust(width)}  {command.summary}" for command in COMMANDS]
    asked = f"`help {functions.TOPIC}` lists what torch has here, by what it is about."
    return "\n".join([helptext.OVERVIEW, "", "At the prompt:", "", *lines, "", asked])


def described(name: str, value: Any) -> str:
    """A variable: its value, and of a tensor what its repr does not say."""
    text = named_text(name, value_text(value))
    if not isinstance(value, Tensor):
        return text
    node = value.grad_fn
    facts = [
        ("shape", str(list(value.shape))),
        ("dtype", str(value.dtype)),
        ("requires_grad", str(value.requires_grad)),
        ("grad_fn", node.name() if node is not None else "None: it is a leaf"),
        ("bytes", f"{value.array.nbytes:,}"),
    ]
    if value._grad is not None:
        facts.append(("grad", value_text(value._grad).replace("\n", "\n" + " " * 17)))
    return "\n".join([text, "", *(f"  {fact:13}  {said}" for fact, said in facts)])


def run_examples(examples: list[str]) -> str:
    """Examples with what they yield, each in a session of its own; the random numbers of this one go on as before."""
    from gradcli.session import Session

    place = default_generator.position()
    lines: list[str] = []

    def take(event: Any) -> None:
        if isinstance(event, Shown):
            lines.extend(value_text(event.value).split("\n"))
        elif isinstance(event, Printed):
            lines.extend(event.text.rstrip("\n").split("\n"))
        elif isinstance(event, Failed):
            lines.append(event.diagnostic.message)

    try:
        for example in examples:
            lines.append(f">>> {example}")
            Session(seed=0).run(example, take)
    finally:
        default_generator.go_to(place)
    return "\n".join(f"    {line}" for line in lines)


def words(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """Whatever has a name."""
    from gradcli.cli.commands.table import COMMANDS
    from gradcli.cli.settings import TABLE

    yield from ((name, "variable") for name in context.session)
    yield from ((command.name, "command") for command in COMMANDS)
    yield from ((verb, "command") for verb in helptext.COMMANDS)
    yield from ((name, "setting") for name in TABLE)
    yield functions.TOPIC, "all functions, by what they are about"
    yield from ((name, "") for name in context.session.builtin_names())
