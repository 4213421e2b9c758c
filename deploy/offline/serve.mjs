// The S3 double of our tests as a server for other containers: the bucket, the keys and the port that docker-compose.yml speaks of.
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { S3Double } from './s3-double.js';

const double = await S3Double.start();
const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
Object.assign(double.credentials, { accessKeyId: secret('s3-access-key'), secretAccessKey: secret('s3-secret-key') });
Object.assign(double, { name: 'attune', region: 'us-east-1' });

// The double itself binds to loopback only.
const { port } = new URL(double.endpoint);
createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1');
  for (const [from, to] of [
    [outside, inside],
    [inside, outside],
  ])
    from.on('error', () => to.destroy()).pipe(to);
}).listen(8333, '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
