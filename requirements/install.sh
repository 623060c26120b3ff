#!/bin/sh
# Brings an environment in step with a lock: requirements/install.sh run|dev|bench|sam|scan
# run and dev share .venv; the peers of bench have .venv-bench, the SAM and AWS CLIs .venv-sam and the template's scanner
# .venv-scan, so that they never disturb what runs and is tested.
# Safe to repeat (a stamp holds the lock's checksum) and safe to interrupt (the stamp is written last).
set -eu
cd "$(dirname "$0")/.."

which_lock=${1:?usage: requirements/install.sh run|dev|bench|sam|scan}
case $which_lock in
    bench) venv=.venv-bench locks="run bench" ;;
    sam) venv=.venv-sam locks=sam ;;
    scan) venv=.venv-scan locks=scan ;;
    dev) venv=.venv locks="run dev" ;;
    run) venv=.venv locks=run ;;
    *) echo "no such environment: $which_lock" >&2 && exit 2 ;;
esac
stamp=$venv/.taproom-$which_lock

checksum() { { cat requirements/install.sh && for lock in $locks; do cat "requirements/$lock.lock"; done; } | cksum; }

suitable() { # prints nothing; true for a Python that can make the environment
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

find_python() { # 3.12 first: the version of Lambda's runtime and of the SageMaker images
    for candidate in ${PYTHON:-} python3.12 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3 \
        /usr/local/bin/python3.12 /opt/homebrew/bin/python3.12 \
        python3.11 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11*/bin/python3 python3 python; do
        if suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Taproom needs Python 3.12 (or 3.11) with its venv module; found: $(python3 --version 2>&1 || echo none)." >&2
    echo "Install it (Debian/Ubuntu: apt-get install python3.11-venv; macOS: brew install python@3.12; any: pyenv install 3.12)" >&2
    echo "or name one: make PYTHON=/path/to/python3.12 ..." >&2
    return 1
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(checksum)" ] && suitable "$venv/bin/python"; then
    exit 0
fi

suitable "$venv/bin/python" || {
    python=$(find_python)
    echo "Creating $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

install() { # everything is named in the locks, with hashes: no resolving, and nothing but what was tried
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes "$@"
}

echo "Installing the packages of requirements/$which_lock.lock (a few minutes the first time)"
for lock in $locks; do
    case $lock in
        # stepfunctions comes as source only: build it with the locked setuptools instead of whatever is newest that day.
        dev | bench) install --no-build-isolation -r "requirements/$lock.lock" ;;
        sam | scan) install --no-compile -r "requirements/$lock.lock" ;; # most of their files are never imported
        *) install -r "requirements/$lock.lock" ;;
    esac
done
if [ $venv = .venv ]; then # the command `taproom`, of this checkout
    printf '#!/bin/sh\nPYTHONPATH="%s${PYTHONPATH:+:$PYTHONPATH}" exec "%s/bin/python" -m taproom "$@"\n' \
        "$PWD" "$PWD/$venv" >"$venv/bin/taproom"
    chmod +x "$venv/bin/taproom"
fi
checksum >"$stamp"
