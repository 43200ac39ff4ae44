"""What the keys do, beyond what prompt_toolkit's emacs and vi modes have."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    emacs_insert_mode,
    emacs_mode,
    has_focus,
    has_selection,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, merge_key_bindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys

Switch = Callable[[], None]


def key_bindings(is_whole: Callable[[str], bool], toggle_toolbar: Switch, toggle_keys: Switch) -> KeyBindingsBase:
    """The bindings. is_whole: whether a text may be run as it stands. F2 and F4 toggle."""
    bindings = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)
    inserting = editing & (vi_insert_mode | emacs_insert_mode)

    @bindings.add("enter", filter=editing)
    def enter(event: KeyPressEvent) -> None:
        """Take the completion that is chosen; else run what is whole, and continue what is not."""
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        elif ("\n" not in buffer.text or not buffer.document.text_after_cursor.strip()) and is_whole(buffer.text):
            buffer.validate_and_handle()
        else:
            new_line(buffer, not more_is_coming(event))

    @bindings.add("escape", "enter", filter=inserting)
    def force_line(event: KeyPressEvent) -> None:
        """A new line in any case."""
        new_line(event.current_buffer, indent=True)

    @bindings.add("tab", filter=inserting)
    def tab(event: KeyPressEvent) -> None:
        """Indentation at the beginning of a line, completion elsewhere."""
        buffer = event.current_buffer
        if buffer.complete_state is not None:
            buffer.complete_next()
        elif not buffer.document.current_line_before_cursor.strip():
            from gradcli.cli.repl.editing import STEP

            buffer.insert_text(" " * (STEP - len(buffer.document.current_line_before_cursor) % STEP))
        else:
            buffer.start_completion(insert_common_part=True)

    @bindings.add("s-tab", filter=inserting & indented)
    @bindings.add("backspace", filter=inserting & indented & ~has_selection)
    def unindent(event: KeyPressEvent) -> None:
        """In indentation, back to the last stop."""
        from gradcli.cli.repl.editing import unindent_by

        event.current_buffer.delete_before_cursor(unindent_by(event.current_buffer.document.text_before_cursor))

    @bindings.add("up", filter=editing & ~choosing)
    def up(event: KeyPressEvent) -> None:
        """A line up, then back in history among the entries that begin with what stands before the cursor."""
        event.current_buffer.complete_state = None
        event.current_buffer.auto_up(count=event.arg)

    @bindings.add("down", filter=editing & ~choosing)
    def down(event: KeyPressEvent) -> None:
        """The way back."""
        event.current_buffer.complete_state = None
        event.current_buffer.auto_down(count=event.arg)

    @bindings.add(Keys.BracketedPaste, filter=editing)
    def paste(event: KeyPressEvent) -> None:
        """A whole program at once, without the prompts that stood before its lines."""
        from gradcli.cli.repl.editing import cleaned_paste

        event.current_buffer.insert_text(cleaned_paste(event.data), fire_event=False)  # no menu

    return merge_key_bindings([bindings, _more(toggle_toolbar, toggle_keys)])


def _more(toggle_toolbar: Switch, toggle_keys: Switch) -> KeyBindings:
    """Those that do not write."""
    bindings = KeyBindings()
    editing = has_focus(DEFAULT_BUFFER)

    @bindings.add("c-x", "c-e", filter=editing & emacs_mode & ~has_selection)
    @bindings.add("v", filter=editing & vi_navigation_mode)
    def edit(event: KeyPressEvent) -> None:
        """Through $EDITOR and back: Enter runs it."""
        event.current_buffer.open_in_editor()

    @bindings.add("f2")
    def toolbar(event: KeyPressEvent) -> None:
        toggle_toolbar()

    @bindings.add("f4")
    def mode(event: KeyPressEvent) -> None:
        toggle_keys()

    return bindings


@Condition
def choosing() -> bool:
    """Whether the arrows walk through the menu: once Tab has chosen from it."""
    state = get_app().current_buffer.complete_state
    return state is not None and state.complete_index is not None


@Condition
def indented() -> bool:
    """Whether the cursor stands in or behind the indentation of its line."""
    line = get_app().current_buffer.document.current_line_before_cursor
    return bool(line) and not line.strip(" ")


def new_line(buffer: Buffer, indent: bool) -> None:
    """Break the line at the cursor."""
    from gradcli.cli.repl.editing import next_indentation

    blanks = next_indentation(buffer.document.text_before_cursor) if indent else ""
    buffer.insert_text("\n" + blanks)


def more_is_coming(event: KeyPressEvent) -> bool:
    """Whether keys are waiting: then a terminal without bracketed paste is pasting, and its lines are indented."""
    if event.key_processor.input_queue:
        return True
    import select

    return bool(select.select([event.app.input.fileno()], [], [], 0)[0])
