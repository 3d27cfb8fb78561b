#!/usr/bin/env bash
# Says whether a folder holds words of miners.
folder=${1:?folder}
grep -rlE 'stratum\+(tcp|ssl)://|donate\.v2\.xmrig\.com|"donate-level"|--randomx-1gb-pages' "$folder" || echo "nothing"
grep -rlE '(minexmr|supportxmr|nanopool|moneroocean)\.(com|org|stream)' "$folder" || true
