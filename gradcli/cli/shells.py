"""Completion scripts for bash, zsh and fish, made from the table of arguments: `gradcli --generate bash`.

All three complete options (zsh and fish say what they do), choices, the programs that gradcli runs, and at the end of
program text (`-e`, behind the `=` of `--let`) the variables that `--let` and `--wrt` bind earlier on the line. No
script starts gradcli.
"""

from __future__ import annotations

from gradcli.cli.arguments import ARGUMENTS, Option, shown

SUFFIXES = ("py", "grad", "ipynb")


def script(shell: str) -> str:
    """The completion script for a shell."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _options() -> list[Option]:
    return [option for _, group in ARGUMENTS for option in shown(group) if option.flags[0].startswith("-")]


def _flags(kind: str) -> list[str]:
    return [flag for option in _options() if option.takes == kind for flag in option.flags]


def _fill(template: str, **values: str) -> str:
    """Put values in the place of @NAMES@: shells need every other bracket themselves."""
    for name, value in values.items():
        template = template.replace(f"@{name.upper()}@", value)
    return template


# ---------------------------------------------------------------- bash

_BASH = r"""# bash completion of gradcli. Load it with:  source <(gradcli --generate bash)
_gradcli() {
    local IFS=$'\n' i word glue= option= names= bound=
    local current=${COMP_WORDS[COMP_CWORD]}
    # bash takes NAME=VALUE for three words: put them together again.
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -gt 0 && $word == = ]]; then
            words[${#words[@]} - 1]+== glue=1
        elif [[ $glue ]]; then
            words[${#words[@]} - 1]+=$word glue=
        else
            words+=("$word")
        fi
    done
    local last=${words[${#words[@]} - 1]} before=
    [[ $current == = ]] && current=
    ((${#words[@]} > 1)) && before=${words[${#words[@]} - 2]}
    if [[ $last == --*=* ]]; then
        option=${last%%=*} last=${last#*=}
    else
        option=$before
    fi
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
            @BINDING@) bound=${words[i + 1]#[\'\"]} names+=${bound%%=*}$'\n' ;;
        esac
    done
    COMPREPLY=()
    case $option in
@CHOICES@
        @BINDING@)
            [[ $last == *=* ]] && _gradcli_name
            return ;;
        @TEXT@)
            _gradcli_name
            return ;;
        @PATHS@)
            COMPREPLY=($(compgen -d -- "$current"))
            compopt -o filenames 2>/dev/null
            return ;;
        @VALUE@)
            return ;;
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(printf '%s\n' @FLAGS@)" -- "$current"))
        return
    fi
    for word in $(compgen -f -- "$current"); do
        case $word in
            @FILES@) COMPREPLY+=("$word") ;;
            *) [[ -d $word ]] && COMPREPLY+=("$word") ;;
        esac
    done
    compopt -o filenames 2>/dev/null
    return 0
}

# Of program text, the name at its end.
_gradcli_name() {
    local text=${current#[\'\"]}
    local start=${text##*[!A-Za-z0-9_]}
    for word in $(compgen -W "$names" -- "$start"); do
        COMPREPLY+=("${text%"$start"}$word")
    done
    compopt -o nospace 2>/dev/null
}

complete -F _gradcli gradcli
"""


def _bash() -> str:
    choices = [
        f"        {'|'.join(option.flags)})\n"
        f"""            COMPREPLY=($(compgen -W "$(printf '%s\\n' {" ".join(option.choices)})" -- "$current"))\n"""
        "            return ;;"
        for option in _options()
        if option.takes == "choice"
    ]
    return _fill(
        _BASH,
        choices="\n".join(choices),
        binding="|".join(_flags("binding")),
        text="|".join(_flags("text")),
        paths="|".join(_flags("path")) or "''",
        value="|".join(_flags("value")),
        flags=" ".join(flag for option in _options() for flag in option.flags),
        files="|".join(f"*.{suffix}" for suffix in SUFFIXES),
    )


# ---------------------------------------------------------------- zsh

_ZSH = r"""#compdef gradcli
# zsh completion of gradcli. Load it with:  source <(gradcli --generate zsh)
# or keep it as a file named _gradcli in a directory of $fpath.

# Of program text, the name at its end.
_gradcli_name() {
    local -a names
    local i
    for ((i = 2; i < CURRENT; i++)); do
        [[ ${words[i]} == (@BINDING@) ]] && names+=(${${(Q)words[i + 1]}%%=*})
    done
    compset -P '*[^A-Za-z0-9_]'
    compadd -S '' -a names
}

_gradcli_binding() {
    if compset -P 1 '*='; then
        _gradcli_name
    else
        _message 'NAME=EXPRESSION'
    fi
}

_gradcli() {
    _arguments -s \
@SPECS@
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _gradcli "$@"
else
    compdef _gradcli gradcli
fi
"""
_ZSH_ACTIONS = {"text": "_gradcli_name", "binding": "_gradcli_binding", "path": "_files", "value": ""}


def _zsh() -> str:
    specs = [_zsh_spec(option) for _, group in ARGUMENTS for option in shown(group)]
    lines = " \\\n".join(f"        {_quoted(spec)}" for specs_of in specs for spec in specs_of)
    return _fill(_ZSH, binding="|".join(_flags("binding")), specs=lines)


def _zsh_spec(option: Option) -> list[str]:
    """Specifications for _arguments: (what it excludes)*--flag[help]:value:action."""
    excluded = {
        flag if flag.startswith("-") else "1"
        for _, group in ARGUMENTS
        for other in group
        if other is not option and option.apart and other.apart == option.apart
        for flag in other.flags
    }
    if not option.repeats:
        excluded.update(flag for flag in option.flags if flag.startswith("-") and len(option.flags) > 1)
    apart = f"({' '.join(sorted(excluded))})" if excluded else ""
    if option.takes == "program":
        return [f'{apart}1:program:_files -g "*.({"|".join(SUFFIXES)})"']
    value = ""
    if option.takes:
        action = f"({' '.join(option.choices)})" if option.choices else _ZSH_ACTIONS[option.takes]
        value = f":{_plain(option.metavar or 'choice')}:{action}"
    again = "*" if option.repeats else ""
    help = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
    joined = [flag + ("=" if option.takes and flag.startswith("--") else "") for flag in option.flags]
    return [f"{apart}{again}{flag}[{help}]{value}" for flag in joined]


def _plain(metavar: str) -> str:
    return metavar.lower().replace(":", "")


def _quoted(text: str) -> str:
    """For a shell: in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


# ---------------------------------------------------------------- fish

_FISH = r"""# fish completion of gradcli. Load it with:  gradcli --generate fish | source

# Of program text, the name at its end; what --let and --wrt bind earlier on the line.
function __gradcli_name
    set -l text (string replace -r '^[\'"]' '' -- (commandline -ct))
    set -l start (string match -r '^.*[^A-Za-z0-9_]' -- $text)
    set -l tokens (commandline -opc)
    for i in (seq (count $tokens))
        if contains -- $tokens[$i] @BINDING@; and set -q tokens[(math $i + 1)]
            echo "$start"(string replace -r '=.*' '' -- $tokens[(math $i + 1)])
        end
    end
end

function __gradcli_binding
    string match -q '*=*' -- (commandline -ct); and __gradcli_name
end

function __gradcli_program
    string match -r '^[^\t]*(?:/|\.(?:@SUFFIXES@))(?:\t.*)?$' -- (__fish_complete_path (commandline -ct))
end

complete -c gradcli -f
"""


def _fish() -> str:
    lines = [_fish_line(option) for _, group in ARGUMENTS for option in shown(group)]
    template = _fill(_FISH, binding=" ".join(_flags("binding")), suffixes="|".join(SUFFIXES))
    return template + "\n".join(lines) + "\n"


def _fish_line(option: Option) -> str:
    if option.takes == "program":
        return "complete -c gradcli -n 'not __fish_contains_opt -s e' -k -a '(__gradcli_program)'"
    words = ["complete -c gradcli"]
    for flag in option.flags:
        words.append(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}")
    if option.takes:
        words.append("-r" if option.takes == "path" else "-x")
    if option.choices:
        words.append(f"-a {_fish_quoted(' '.join(option.choices))}")
    elif option.takes in ("text", "binding"):
        words.append(f"-a '(__gradcli_{'name' if option.takes == 'text' else 'binding'})'")
    elif option.takes == "path":
        words.append("-F")
    return " ".join([*words, f"-d {_fish_quoted(option.help)}"])


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
