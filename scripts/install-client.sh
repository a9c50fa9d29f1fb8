#!/bin/sh
# Installs the client that must go on working unchanged, the Python tool in a pinned version, and prints what to export.
#
#     scripts/install-client.sh DIR
#
# Needs a Python from 3.12 on, which the tool asks for: the one that VE_PYTHON names, one on PATH, or one of pyenv's.
set -eu

client_version=0.10.0

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)

# Prints the first Python that is new enough and can make environments.
python() {
    pyenv=
    if command -v pyenv >/dev/null; then
        pyenv=$(pyenv root)/versions
    fi
    for candidate in ${VE_PYTHON:+"$VE_PYTHON"} python3 python3.14 python3.13 python3.12 ${pyenv:+"$pyenv"/3.1[2-9]*/bin/python3}; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "no Python from 3.12 on is here; name one in VE_PYTHON" >&2
    return 1
}

client="$dir/client-$client_version"
if ! "$client/bin/ve" --version >/dev/null 2>&1; then
    python=$(python)
    "$python" -m venv --clear "$client" >&2
    "$client/bin/pip" install --quiet --disable-pip-version-check "vibe-engineer==$client_version" >&2
    "$client/bin/ve" --version >&2
fi
echo "export VE_E2E_CLIENT='$client/bin/ve'"
