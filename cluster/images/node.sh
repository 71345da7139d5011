#!/usr/bin/env bash
# Runs inside the image when its packages are in.
set -euo pipefail

# The user of the official image, and its path of the program.
useradd --uid 1000 --user-group --create-home --shell /bin/bash node
ln -s ../../bin/node /usr/local/bin/node
node --version
