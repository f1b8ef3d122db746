#!/bin/sh
# Makes or renews .venv from the locked dependencies: environment.sh run|test
# Does nothing when the lock and the place are those of last time. An environment that works here is kept and renewed;
# only one that does not, or was made at another place, is made anew.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)

stop() { echo "$1" >&2; exit 1; }

find_python() {
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    stop "Python 3.11 or newer is needed: install it, or set PYTHON to its path."
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then command -v uv; elif [ -x .venv/uv/bin/uv ]; then echo .venv/uv/bin/uv; fi
}

make_venv() {
    echo "Making .venv with $python" >&2
    rm -rf .venv
    if [ -n "$(find_uv)" ]; then
        "$(find_uv)" venv --quiet --python "$python" .venv
        return
    fi
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "This Python cannot make environments: install python3-venv (apt-get install python3-venv), or uv."
    "$python" -m venv .venv
    # uv installs in a quarter of pip's time; without it pip does the same
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --target .venv/uv \
        -r scripts/uv.lock 2>/dev/null || true
}

install() {
    echo "Installing $lock" >&2
    uv=$(find_uv)
    if [ -n "$uv" ]; then
        "$uv" pip install --quiet --python .venv --require-hashes -r "$lock"
        "$uv" pip install --quiet --python .venv --no-deps --no-build-isolation -e .
    else
        pip=".venv/bin/python -m pip install --quiet --disable-pip-version-check"
        $pip --require-hashes -r "$lock"
        $pip --no-deps --no-build-isolation -e .
    fi
}

works_here() {
    [ "$(.venv/bin/python -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ] || return 1
    case "$stamp" in "" | "$here "*) return 0 ;; *) return 1 ;; esac
}

purpose=$1
stamp=$(cat .venv/.stamp 2>/dev/null || true)
if ! works_here; then
    python=$(find_python)
    make_venv
    stamp=""
fi
[ ! -e .venv/.test ] || purpose=test # what the tests need holds all that running needs
lock=requirements.lock
[ "$purpose" = run ] || lock=requirements-dev.lock
wanted="$here $lock $(cat "$lock" pyproject.toml | cksum)"
[ "$stamp" != "$wanted" ] || exit 0
rm -f .venv/.stamp
[ "$purpose" = run ] || touch .venv/.test
install
printf '%s\n' "$wanted" >.venv/.stamp
