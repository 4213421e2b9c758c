// A node of a cluster on this machine: a real kubelet with containerd and runc, and the controllers and the scheduler that pods need to come to it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { podman, run } from './stack.mjs';

const PROGRAMS = ['containerd', 'ctr', 'runc', 'dnsmasq', 'kubelet', 'kube-controller-manager', 'kube-scheduler'];
const BRIDGE = 'attune-check0';
const SUBNET = '10.89.77';
const PLUGINS = '/usr/lib/cni';
const PAUSE = 'localhost/attune-offline-pause:bookworm';
const READY_MS = 90_000;

/** Why there can be no node here, or undefined. */
export function missingForNode() {
  if (process.getuid() !== 0) return 'needs root';
  const missing = PROGRAMS.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined);
  return missing.length > 0 ? `${missing.join(', ')} not installed` : undefined;
}

export class Node {
  #folder = mkdtempSync(join(tmpdir(), 'attune-node-'));
  #processes = [];
  #server;

  /** On an ApiServer that has started. */
  constructor(server) {
    this.#server = server;
  }

  get #socket() {
    return join(this.#folder, 'containerd.sock');
  }

  /** A folder of the node that a volume may be; it belongs to the user of the pods. */
  volume(name) {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { mode: 0o700 });
    run('chown', ['65532:65532', folder]);
    return folder;
  }

  async start() {
    writeFileSync(join(this.#folder, 'containerd.toml'), containerd(this.#folder, this.#socket));
    mkdirSync(join(this.#folder, 'cni'));
    writeFileSync(join(this.#folder, 'cni', '10-bridge.conflist'), JSON.stringify(NETWORK));
    this.#run('containerd', ['--config', join(this.#folder, 'containerd.toml')]);
    this.#makePause();
    for (const end = Date.now() + READY_MS; run('ctr', ['-a', this.#socket, 'version'], { check: false }).status !== 0; await pause(250))
      if (Date.now() > end) throw new Error(`containerd does not answer: ${this.#last('containerd')}`);
    this.take(PAUSE);
    const keys = dirname(this.#server.kubeconfig);
    const common = (name) => [`--kubeconfig=${this.#server.kubeconfig}`, `--cert-dir=${join(this.#folder, name)}`];
    const alone = ['--leader-elect=false', '--bind-address=127.0.0.1'];
    this.#run('kube-controller-manager', [
      ...[...common('controllers'), ...alone, `--service-account-private-key-file=${join(keys, 'accounts.key')}`],
      `--root-ca-file=${join(keys, 'certificates/apiserver.crt')}`,
    ]);
    this.#run('kube-scheduler', [...common('scheduler'), ...alone]);
    writeFileSync(join(this.#folder, 'kubelet.json'), JSON.stringify(kubelet(this.#folder, this.#socket)));
    const place = ['--hostname-override=node-1', `--root-dir=${join(this.#folder, 'kubelet')}`];
    this.#run('kubelet', [...common('kubelet-certificates'), `--config=${join(this.#folder, 'kubelet.json')}`, ...place]);
    for (const end = Date.now() + READY_MS; ; await pause(500)) {
      const { body } = await this.#server.ask('GET', '/api/v1/nodes/node-1');
      if (body.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return body.status.nodeInfo;
      if (Date.now() > end) throw new Error(`the node is not ready: ${this.#last('kubelet')}`);
    }
  }

  /** An image of podman's becomes one of the node's, under another name if one is given. */
  take(image, name = image) {
    const file = join(this.#folder, 'image.tar');
    if (name !== image) podman('tag', image, name);
    podman('save', '--quiet', '--format', 'docker-archive', '--output', file, name);
    run('ctr', ['-a', this.#socket, '-n', 'k8s.io', 'images', 'import', file]);
    rmSync(file);
  }

  /** In place of CoreDNS and kube-proxy: the name of a Service is the address of its one pod. */
  async resolve(name, address) {
    const before = this.#processes.findIndex(({ program }) => program === 'dnsmasq');
    if (before >= 0) await end(this.#processes.splice(before, 1)[0].child);
    const plain = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--pid-file='];
    this.#run('dnsmasq', [...plain, `--listen-address=${SUBNET}.1`, `--address=/${name}/${address}`]);
    await pause(500);
  }

  #makePause() {
    const file = join(this.#folder, 'Dockerfile');
    writeFileSync(
      file,
      `FROM localhost/attune-offline-debian:bookworm AS debian
FROM localhost/attune-offline-run:bookworm
COPY --from=debian /bin/sleep /sleep
ENTRYPOINT ["/sleep", "infinity"]
`,
    );
    podman('build', '--quiet', '--format', 'docker', '--file', file, '--tag', PAUSE, this.#folder);
  }

  #run(program, args) {
    const log = openSync(join(this.#folder, `${program}.log`), 'w');
    this.#processes.push({ program, child: spawn(program, args, { stdio: ['ignore', log, log], cwd: this.#folder }) });
  }

  #last(program) {
    return readFileSync(join(this.#folder, `${program}.log`), 'utf8')
      .trim()
      .split('\n')
      .slice(-3)
      .join('\n');
  }

  /** Pods have to be gone before. */
  async stop() {
    for (const { child } of this.#processes.reverse()) await end(child);
    run('ip', ['link', 'delete', BRIDGE], { check: false });
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const place of mounted.filter((one) => one.startsWith(this.#folder)).reverse()) run('umount', [place], { check: false });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function end(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, pause(10_000).then(() => child.kill('SIGKILL'))]);
}

const NETWORK = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      ...{ type: 'bridge', bridge: BRIDGE, isGateway: true, ipMasq: false, hairpinMode: true },
      ipam: { type: 'host-local', ranges: [[{ subnet: `${SUBNET}.0/24` }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
  ],
};

/** Confined machines let nobody lower the score by which the kernel kills, and have no AppArmor. */
const containerd = (folder, socket) => `version = 2
root = "${folder}/images"
state = "${folder}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${PLUGINS}"
    conf_dir = "${folder}/cni"
`;

const kubelet = (folder, socket) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
  authorization: { mode: 'Webhook' },
  ...{ address: '127.0.0.1', readOnlyPort: 0, oomScoreAdj: 0, cgroupDriver: 'cgroupfs', failCgroupV1: false, failSwapOn: false },
  ...{ clusterDNS: [`${SUBNET}.1`], clusterDomain: 'cluster.local', enforceNodeAllocatable: [], makeIPTablesUtilChains: false },
  // A machine that is full of other things is still a node.
  evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
  ...{ imageGCHighThresholdPercent: 100, imageGCLowThresholdPercent: 99 },
  containerRuntimeEndpoint: `unix://${socket}`,
  volumePluginDir: join(folder, 'volume-plugins'),
  podLogsDir: join(folder, 'logs'),
});
