#!/usr/bin/env bash
# All steps, one after the other. Each may be run again by itself.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
for step in "$here"/[0-9]-*.sh; do
  "$step"
done
