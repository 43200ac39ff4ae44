"""`tutorial`: five lessons on autograd. Each shows something, sets a task, and looks whether it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from gradcli.cli.commands.command import Complaint
from gradcli.cli.commands.paragraphs import filled

if TYPE_CHECKING:
    from gradcli.cli.commands.context import Context


class Lesson:
    """shown: a program that is typed in for the reader. check: an expression that is true once the task is done."""

    __slots__ = ("check", "hint", "shown", "solution", "task", "text", "title")

    def __init__(self, title: str, text: str, shown: str, task: str, check: str, hint: str, solution: str) -> None:
        self.title = title
        self.text = text
        self.shown = shown
        self.task = task
        self.check = check
        self.hint = hint
        self.solution = solution


LESSONS: Final = (
    Lesson(
        title="A gradient",
        text="""\
A tensor with requires_grad=True is a leaf: what is computed from it is recorded. `backward y` walks the record
backwards and leaves dy/dx in x.grad. Here y = x^2 + 2x, so dy/dx = 2x + 2, which is 8 where x is 3.""",
        shown="""\
x = tensor(3., requires_grad=True)
y = x^2 + 2*x
backward y""",
        task="Make a leaf w that is 2. and requires grad, and let autograd find the derivative of w^3 in it.",
        check="w.is_leaf and w.item() == 2 and w.grad.item() == 12",
        hint="w = tensor(…, requires_grad=True), then `backward` and an expression",
        solution="w = tensor(2., requires_grad=True)\nbackward w^3",
    ),
    Lesson(
        title="The graph",
        text="""\
Every result of a recorded operation has a grad_fn: the node that knows how to go back. Its next_functions lead to
the nodes of its operands, down to AccumulateGrad, which writes into a leaf.""",
        shown="""\
a = ones(2, 2, requires_grad=True)
z = (a + 2) * 3
out = z.mean()
out.grad_fn""",
        task="Bind `node` to the node of the addition: two steps from out.grad_fn.",
        check="node.name() == 'AddBackward0'",
        hint="n.next_functions is a tuple of pairs (node, number): n.next_functions[0][0] is one step",
        solution="node = out.grad_fn.next_functions[0][0].next_functions[0][0]",
    ),
    Lesson(
        title="Gradients add up",
        text="""\
backward adds to what is in .grad already. That is what several paths to one leaf need, and what a training loop has
to undo at every step.""",
        shown="""\
v = tensor([1., 2.], requires_grad=True)
backward sum(v * v)
backward sum(v * v)""",
        task="Let v.grad be that of one sum(v * v) again, by autograd: forget the old one, then go backward once.",
        check="equal(v.grad, tensor([2., 4.]))",
        hint="v.grad = None forgets; v.grad.zero_() would do as well",
        solution="v.grad = None\nbackward sum(v * v)",
    ),
    Lesson(
        title="A step without a record",
        text="""\
A leaf that requires grad must not be changed in place while it is recorded: the graph would no longer be true.
Inside `with no_grad():` nothing is recorded, and it may.""",
        shown="""\
p = tensor([1., 2.], requires_grad=True)
backward sum(p^2)""",
        task="Take a step of gradient descent: lower p by 0.1 times its gradient; p has to remain a leaf.",
        check="p.is_leaf and p.requires_grad and allclose(p, tensor([0.8, 1.6]))",
        hint="on one line: with no_grad(): p -= …",
        solution="with no_grad(): p -= 0.1 * p.grad",
    ),
    Lesson(
        title="Derivatives of derivatives",
        text="""\
torch.autograd.grad returns gradients instead of adding to .grad. With create_graph=True they are recorded too, and
can be differentiated in turn. The first derivative of t^3 is 3 t^2.""",
        shown="""\
t = tensor([1., 2., 3.], requires_grad=True)
(first,) = torch.autograd.grad(sum(t^3), t, create_graph=True)""",
        task="Bind `second` to the second derivative of t^3, which is 6 t, by differentiating sum(first).",
        check="equal(second, tensor([6., 12., 18.]))",
        hint="the same call as for `first`, of another sum; the comma in (first,) unpacks a tuple of one",
        solution="(second,) = torch.autograd.grad(sum(first), t)",
    ),
)


class Tutorial:
    """Where a reader is. Told of every entry that has run, it looks whether the task is done."""

    __slots__ = ("_busy", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self._busy = False

    @property
    def lesson(self) -> Lesson:
        """The lesson that is under way."""
        return LESSONS[self.number - 1]

    def show(self, context: Context) -> None:
        """Text, demonstration, task."""
        lesson = self.lesson
        context.write(filled(f"Lesson {self.number} of {len(LESSONS)}: {lesson.title}\n\n{lesson.text}"))
        context.write("")
        self._busy = True
        try:
            context.replay(lesson.shown)
        finally:
            self._busy = False
        context.write("")
        context.write(filled(f"Task: {lesson.task}"))
        context.write("(`tutorial hint`, `tutorial solution`, `tutorial stop`)")

    def after(self, context: Context) -> None:
        """An entry has run: if the task is done, go on."""
        if self._busy or not holds(context, self.lesson.check):
            return
        context.write("Right!")
        if self.number == len(LESSONS):
            context.tutorial = None
            context.write("That was the last lesson. `examples` has more, `help` the rest.")
            return
        self.number += 1
        context.write("")
        self.show(context)


def holds(context: Context, condition: str) -> bool:
    """Whether an expression is true in the session. What goes wrong in it means no; nothing is shown or kept."""
    found: list[Any] = []

    def take(event: Any) -> None:
        if type(event).__name__ == "Shown":
            found.append(event.value)

    return context.session.run(condition, take) and found == [True]


def tutorial(context: Context, argument: str) -> None:
    """Learn autograd in five short lessons: each shows something, sets a task, and sees when it is done.

    `tutorial 3` begins with the third; `tutorial hint`, `tutorial solution` help, `tutorial stop` ends. The lessons run
    in this session, and bind names such as x and out in it.
    """
    under_way = context.tutorial
    if argument.isdigit() and 0 < int(argument) <= len(LESSONS):
        under_way = context.tutorial = Tutorial(int(argument))
    elif argument in ("hint", "solution", "stop"):
        if under_way is None:
            raise Complaint("tutorial: none is under way; `tutorial` begins one")
        if argument == "stop":
            context.tutorial = None
        elif argument == "hint":
            context.write(filled(under_way.lesson.hint))
        else:
            context.replay(under_way.lesson.solution)
        return
    elif argument:
        raise Complaint(f"tutorial: expected 1 to {len(LESSONS)}, hint, solution or stop, not {argument}")
    else:
        under_way = context.tutorial = under_way or Tutorial(1)
    under_way.show(context)


def words(context: Context, argument: str) -> Iterator[tuple[str, str]]:
    """Lessons, and what can be asked for in one."""
    yield from ((str(number), lesson.title) for number, lesson in enumerate(LESSONS, 1))
    if context.tutorial is not None:
        yield from (("hint", "a hint"), ("solution", "type it in for me"), ("stop", "end the tutorial"))
