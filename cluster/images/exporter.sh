#!/usr/bin/env bash
# Runs inside the image when its packages are in: exporters by the names and in the places that their makers' images have.
set -euo pipefail

for program in /usr/bin/prometheus-*-exporter; do
  name=$(basename "$program")
  name=${name#prometheus-}
  name=${name%-exporter}_exporter
  ln -s "$program" "/bin/$name"
  ln -s "$program" "/$name"
done
