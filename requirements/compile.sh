#!/usr/bin/env bash
# Compiles the locks from pyproject.toml: one version of each package for every Python and system that the project
# supports, with the digests of all their files. Then read the difference and commit it.
# `--upgrade` takes newer versions; without it those that are locked stay where they still fit.
# No registry address may end up in the locks: a test looks.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
compile() {
  local out=$1
  shift
  UV_CUSTOM_COMPILE_COMMAND=requirements/compile.sh .venv/bin/uv pip compile --quiet --no-config --universal \
    --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate \
    --output-file "requirements/$out.txt" "$@" pyproject.toml
}
compile dev --extra dev --extra demo --extra serve "$@"
# the smaller locks take the versions of the largest: what is tested is what is installed
for name in base demo; do cp requirements/dev.txt "requirements/$name.txt"; done
compile base
compile demo --extra demo
