#!/bin/sh
# The bucket that docker-compose.yml speaks of: on disk by versitygw where make-bases.mjs found one, else in memory by the S3 of our tests.
set -eu
if [ -x /usr/local/bin/versitygw ]; then
  ROOT_ACCESS_KEY=$(cat /run/secrets/s3-access-key)
  ROOT_SECRET_KEY=$(cat /run/secrets/s3-secret-key)
  export ROOT_ACCESS_KEY ROOT_SECRET_KEY
  mkdir -p "/data/$S3_BUCKET"
  exec versitygw --port :8333 posix /data
fi
exec node /s3/serve.mjs
