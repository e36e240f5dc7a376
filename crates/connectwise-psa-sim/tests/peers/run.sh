#!/usr/bin/env bash
# Runs two published third-party clients against the simulator over TLS: connectwise-rest 1.3.0 (npm) and pyconnectwise 0.6.1.2 (PyPI).
# The first run downloads the clients. A client is skipped if npm or python3 is not installed. Prints the result of each step;
# the exit code is 1 if a step failed.
#
#   crates/connectwise-psa-sim/tests/peers/run.sh [FOLDER_FOR_THE_CLIENTS]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-$(mktemp -d)}"
mkdir -p "$folder"
cargo build --quiet -p connectwise-psa-sim --bin cwpsa-sim --manifest-path "$here/../../Cargo.toml"
binary="$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/cwpsa-sim"

# The clients are installed before the variables with the simulator's CA are set, because the registries have other certificates.
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
    echo "== connectwise-rest: skipped, npm is not installed"
fi
if [ -d "$folder/venv" ]; then
    echo "== pyconnectwise 0.6.1.2 (PyPI)"
    timeout 120 "$folder/venv/bin/python" "$here/client.py" || failed=1
else
    echo "== pyconnectwise: skipped, python3 is not installed"
fi
exit $failed
