# Read by the scripts beside it: finds or makes the virtual environment, and leaves its interpreter in $python.

venv=${GRADCLI_VENV:-.venv}
python=$venv/bin/python

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if recent "$candidate"; then echo "$candidate"; return; fi
    done
    echo "gradcli needs Python 3.11 or newer; set PYTHON to one" >&2
    exit 1
}

if ! [ -x "$python" ]; then
    base=$(find_python)
    # Where the system Python comes without ensurepip, its own pip installs into the environment from outside.
    "$base" -m venv "$venv" 2>/dev/null || "$base" -m venv --without-pip "$venv"
fi

install() {
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check "$@"
    else
        "$(find_python)" -m pip --python "$python" install --quiet --disable-pip-version-check "$@"
    fi
}

# install_extra NAME: gradcli itself, editable, with the extra NAME; again only when pyproject.toml has changed since.
install_extra() {
    stamp=$venv/.gradcli-$1
    if ! [ -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
        install --editable ".[$1]"
        : > "$stamp"
    fi
}
