#!/usr/bin/env bash
# Runs two published clients, which nobody here wrote, against the simulator over TLS: connectwise-rest 1.3.0 of npm and pyconnectwise 0.6.1.2 of PyPI.
# Needs the registries once; a client whose language is not on the machine is left out. What each step did is printed; the exit code is 1 when a step failed.
#
#   crates/connectwise-psa-sim/tests/peers/run.sh [FOLDER FOR THE CLIENTS]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-$(mktemp -d)}"
mkdir -p "$folder"
cargo build --quiet -p connectwise-psa-sim --bin cwpsa-sim --manifest-path "$here/../../Cargo.toml"
binary="$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/cwpsa-sim"

# Installed first: the simulator's certificate is not for the registries.
if command -v npm > /dev/null; then
    [ -d "$folder/node_modules/connectwise-rest" ] || npm install --silent --no-save --prefix "$folder" connectwise-rest@1.3.0
fi
if command -v python3 > /dev/null && [ ! -d "$folder/venv" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyconnectwise==0.6.1.2
fi

"$binary" --port 0 --seed demo --tls --tls-ca "$folder/ca.pem" --company demo --keys public:private --quiet > "$folder/sim.out" 2> "$folder/sim.err" &
simulator=$!
trap 'kill $simulator 2> /dev/null || true' EXIT
for _ in $(seq 100); do
    host="$(sed -n 's|.*https://\([^/ ]*\).*|\1|p' "$folder/sim.out" | head -n 1)"
    [ -n "$host" ] && break
    sleep 0.1
done
export SIM_HOST="$host" SIM_COMPANY=demo SIM_PUBLIC_KEY=public SIM_PRIVATE_KEY=private
export NODE_EXTRA_CA_CERTS="$folder/ca.pem" REQUESTS_CA_BUNDLE="$folder/ca.pem"

failed=0
if [ -d "$folder/node_modules/connectwise-rest" ]; then
    echo "== connectwise-rest 1.3.0 (npm)"
    NODE_PATH="$folder/node_modules" timeout 120 node "$here/client.cjs" || failed=1
else
    echo "== connectwise-rest: left out, npm is not here"
fi
if [ -d "$folder/venv" ]; then
    echo "== pyconnectwise 0.6.1.2 (PyPI)"
    timeout 120 "$folder/venv/bin/python" "$here/client.py" || failed=1
else
    echo "== pyconnectwise: left out, python3 is not here"
fi
exit $failed
