#!/usr/bin/env bash
# Compiles the locks from pyproject.toml, on the oldest Python supported; then read the difference and commit it.
# No registry address may end up in them: a test looks.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  local out=$1
  shift
  CUSTOM_COMPILE_COMMAND=requirements/compile.sh .venv/bin/pip-compile --quiet --generate-hashes --strip-extras \
    --no-annotate --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-build-isolation \
    --output-file "requirements/$out.txt" "$@" pyproject.toml
}
.venv/bin/python -m pip install --quiet pip-tools
compile dev --extra dev --extra demo --extra serve
# the smaller locks take the versions of the largest: what is tested is what is installed
for name in base demo; do cp requirements/dev.txt "requirements/$name.txt"; done
compile base
compile demo --extra demo
