#!/bin/sh
# SeaweedFS takes its keys from the environment only; here they come from files.
set -eu
AWS_ACCESS_KEY_ID=$(cat /run/secrets/s3-access-key)
AWS_SECRET_ACCESS_KEY=$(cat /run/secrets/s3-secret-key)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
exec /entrypoint.sh "$@"
