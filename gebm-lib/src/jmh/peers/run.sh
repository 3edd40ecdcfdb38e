#!/usr/bin/env bash
# The library against the PyTorch peers: run.sh PEERS [options of compare.py].  PYTHON must see torch and numpy (default: python3).
set -euo pipefail
library=$(cd "$(dirname "$0")/../../.." && pwd)
classpath=$(mktemp)
trap 'rm -f "$classpath"' EXIT
mvn -q -B -Pbenchmark -f "$library/../pom.xml" -pl gebm-lib test-compile dependency:build-classpath -Dmdep.outputFile="$classpath" >&2
peers=$1
shift
java="java -Xmx2g -XX:+UseSerialGC -Dai.djl.offline=true -Dai.djl.pytorch.num_threads=1 -Dai.djl.pytorch.graph_optimizer=false"
"${PYTHON:-python3}" "$library/src/jmh/peers/compare.py" "$peers" "$@" \
    --java "$java -cp $library/target/test-classes:$library/target/classes:$(cat "$classpath")"
