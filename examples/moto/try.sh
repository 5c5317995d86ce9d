#!/usr/bin/env bash
# Runs one command of baseline against an empty AWS account that moto plays on a free loopback port:
#
#   examples/moto/try.sh apply baselines/logging.toml --auto-approve
#
# Needs Python 3 and, the first time, a Python package index. Nothing but loopback is talked to afterwards.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${BASELINE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/baseline-tests}
python="$cache/moto-server---5.2.5/bin/python"
if [ ! -e "$cache/moto-server---5.2.5/complete" ]; then
    python3 -m venv --clear "$cache/moto-server---5.2.5"
    "$python" -m pip install --quiet 'moto[server]==5.2.5'
    echo 'moto[server]==5.2.5' > "$cache/moto-server---5.2.5/complete"
fi
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# The server reads this pipe and ends when the script does.
exec 3> >(exec env MOTO_IAM_LOAD_MANAGED_POLICIES=true "$python" "$here/server.py" -H 127.0.0.1 -p "$port" >/dev/null 2>&1)
until "$python" -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null; do sleep 0.2; done
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
cargo run --quiet --manifest-path "$here/../../Cargo.toml" -- "$@"
