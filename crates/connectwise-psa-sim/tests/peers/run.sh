#!/usr/bin/env bash
# Runs published third-party clients against the simulator over TLS, each with a simulator of its own:
#
#   connectwise-rest (npm), pyconnectwise, django-connectwise, connectpyse, pyRESTcw (PyPI), cwmanage (crates.io), and
#   strict models that datamodel-code-generator (PyPI) generates from openapi/psa.json.
#
#   crates/connectwise-psa-sim/tests/peers/run.sh [FOLDER_FOR_THE_CLIENTS [CLIENT …]]
#
# PEER_SIMULATOR is the program to run, PEER_PYTHON the Python interpreter; by default, the script builds and searches them.
# The first run with a folder downloads the clients. Prints the result of each step and a table of the clients. A client
# is skipped, with the reason, if what it needs is not installed or its package cannot be installed. The exit code is 1 if
# a step of a client that ran failed.
#
# Lines of steps begin with `ok`, `FAILED`, or `client`: an error of the client that is known, explained in its program,
# and did occur.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
folder="$(mkdir -p "${1:-$(mktemp -d)}" && cd "${1:-$(mktemp -d)}" && pwd)"
shift || true
wanted=" $* "
binary="${PEER_SIMULATOR:-}"
if [ -z "$binary" ]; then
    cargo build --quiet -p connectwise-psa-sim --bin cwpsa-sim --manifest-path "$root/Cargo.toml"
    binary="$(cargo metadata --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/cwpsa-sim"
fi

failed=0
table=""
simulator=""
trap '[ -n "$simulator" ] && kill "$simulator" 2> /dev/null || true' EXIT

# row CLIENT RESULT
row() {
    table="$table$(printf '%-28s %s' "$1" "$2")"$'\n'
}

# skip CLIENT REASON
skip() {
    echo "== $1: skipped, $2"
    row "$1" "skipped: $2"
}

# selected CLIENT
selected() {
    [ "$wanted" = "  " ] || [[ "$wanted" == *" $1 "* ]]
}

# The newest Python from 3.10 on. django-connectwise needs 3.12.
find_python() {
    local candidate
    for candidate in "${PEER_PYTHON:-}" python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3 python3; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2> /dev/null; then
            echo "$candidate"
            return
        fi
    done
}
python="$(find_python)"

# python_packages CLIENT PACKAGE…: a virtual environment of its own. The variables with the simulator's CA are not set
# here, because the registry has another certificate.
python_packages() {
    local client="$1" venv="$folder/$1"
    shift
    [ -f "$venv/installed" ] && return
    rm -rf "$venv"
    "$python" -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" 2> "$folder/$client.pip" && touch "$venv/installed"
}

start_simulator() {
    local host=""
    "$binary" --port 0 --seed demo --tls --tls-ca "$folder/ca.pem" --company demo --keys public:private "$@" > "$folder/sim.out" 2> "$folder/$client.requests" &
    simulator=$!
    for _ in $(seq 200); do
        host="$(sed -n 's|.*listens on https://\([^/ ]*\).*|\1|p' "$folder/sim.out" | head -n 1)"
        [ -n "$host" ] && break
        sleep 0.1
    done
    export SIM_HOST="$host"
}

# run CLIENT LABEL [-- SIMULATOR_OPTION…] -- COMMAND…
run() {
    local client="$1" label="$2" options=() result code=0
    shift 3
    while [ "$1" != "--" ]; do
        options+=("$1")
        shift
    done
    shift
    echo "== $label"
    mkdir -p "$folder/files-$client"
    start_simulator "${options[@]}"
    env SIM_COMPANY=demo SIM_PUBLIC_KEY=public SIM_PRIVATE_KEY=private PEER_FOLDER="$folder/files-$client" PYTHONDONTWRITEBYTECODE=1 \
        NODE_EXTRA_CA_CERTS="$folder/ca.pem" REQUESTS_CA_BUNDLE="$folder/ca.pem" SSL_CERT_FILE="$folder/ca.pem" \
        timeout 600 "$@" 2>&1 | tee "$folder/$client.out" || code=$?
    kill "$simulator" 2> /dev/null || true
    wait "$simulator" 2> /dev/null || true
    simulator=""
    result="$(sed -n 's/^counts  //p' "$folder/$client.out")"
    if [ -z "$result" ]; then
        result="FAILED: the program ended with exit code $code before its last step"
        code=1
    fi
    [ "$code" = 0 ] || failed=1
    row "$label" "$result"
}

# python_client CLIENT LABEL PROGRAM PACKAGES [SIMULATOR_OPTION…]
python_client() {
    local client="$1" label="$2" program="$3" packages="$4"
    shift 4
    selected "$client" || return 0
    if [ -z "$python" ]; then
        skip "$label" "python3 (3.10 or newer) is not installed"
    elif ! python_packages "$client" $packages; then
        skip "$label" "pip cannot install it: $(tail -n 1 "$folder/$client.pip" | cut -c 1-120)"
    else
        run "$client" "$label" -- "$@" -- "$folder/$client/bin/python" "$here/$program"
    fi
}

connectwise_rest() {
    local client=connectwise-rest label="connectwise-rest 1.3.0"
    selected "$client" || return 0
    if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
        skip "$label" "node and npm are not installed"
    elif [ ! -d "$folder/node_modules/connectwise-rest" ] && ! npm install --silent --no-save --prefix "$folder" connectwise-rest@1.3.0; then
        skip "$label" "npm cannot install it"
    else
        run "$client" "$label" -- -- env NODE_PATH="$folder/node_modules" node "$here/client_connectwise_rest.cjs"
    fi
}

django_connectwise() {
    local version=1.31.0
    if [ -n "$python" ] && ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
        version=1.25.3 # the newest for older versions of Python
    fi
    # The client relies on behaviour that other sources contradict or do not mention.
    python_client django-connectwise "django-connectwise $version" client_django_connectwise.py "django-connectwise==$version" \
        --switch service-path-of-project-notes --switch keep-deleted-companies
}

cwmanage() {
    local client=cwmanage label="cwmanage 0.1.8" package="$folder/cwmanage"
    selected "$client" || return 0
    mkdir -p "$package"
    printf '%s\n' '[package]' 'name = "peer-cwmanage"' 'version = "0.0.0"' 'edition = "2021"' '[workspace]' \
        '[dependencies]' 'cwmanage = "=0.1.8"' 'serde_json = "1"' \
        '[[bin]]' 'name = "peer-cwmanage"' "path = \"$here/client_cwmanage.rs\"" > "$package/Cargo.toml"
    if ! CARGO_TARGET_DIR="$package/target" cargo build --quiet --manifest-path "$package/Cargo.toml" 2> "$folder/cwmanage.build"; then
        skip "$label" "it cannot be built (it needs OpenSSL): $(grep -m 1 '^error' "$folder/cwmanage.build" | cut -c 1-120)"
    else
        run "$client" "$label" -- -- "$package/target/debug/peer-cwmanage"
    fi
}

generated() {
    local client=generated label="datamodel-code-generator 0.89.0" models="$folder/generated_models.py"
    selected "$client" || return 0
    if [ -z "$python" ]; then
        skip "$label" "python3 (3.10 or newer) is not installed"
    elif ! python_packages "$client" datamodel-code-generator==0.89.0 pydantic==2.14.4 requests==2.34.2; then
        skip "$label" "pip cannot install it: $(tail -n 1 "$folder/$client.pip" | cut -c 1-120)"
    else
        [ "$models" -nt "$root/openapi/psa.json" ] || "$folder/$client/bin/datamodel-codegen" --input "$root/openapi/psa.json" \
            --input-file-type openapi --output "$models" --output-model-type pydantic_v2.BaseModel --extra-fields forbid \
            --enum-field-as-literal all --use-annotated --target-python-version 3.10 --disable-timestamp 2> "$folder/generated.log"
        run "$client" "$label" -- -- "$folder/$client/bin/python" "$here/client_generated.py" "$root/openapi/psa.json" "$models"
    fi
}

connectwise_rest
python_client pyconnectwise "pyconnectwise 0.6.1.2" client_pyconnectwise.py "pyconnectwise==0.6.1.2"
django_connectwise
python_client connectpyse "connectpyse 0.8.1" client_connectpyse.py "connectpyse==0.8.1"
# pyRESTcw does not declare that it needs requests.
python_client pyrestcw "pyRESTcw 0.0.15" client_pyrestcw.py "pyRESTcw==0.0.15 requests==2.34.2"
cwmanage
generated

echo
printf '%s' "$table"
exit $failed
