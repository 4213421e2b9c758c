// A node of a cluster on this machine: a real kubelet with containerd and runc, and the controllers and the scheduler that pods need to come to it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { missing, Programs } from './programs.mjs';
import { podman, run } from './stack.mjs';

const PROGRAMS = ['containerd', 'ctr', 'runc', 'dnsmasq', 'kubelet', 'kube-controller-manager', 'kube-scheduler'];
const BRIDGE = 'attune-check0';
const SUBNET = '10.89.77';
const PLUGINS = '/usr/lib/cni';
const PAUSE = 'localhost/attune-offline-pause:bookworm';
const READY_MS = 90_000;

/** Why there can be no node here, or undefined. */
export function missingForNode() {
  return process.getuid() === 0 ? missing(...PROGRAMS) : 'needs root';
}

export class Node {
  #programs = new Programs('node');
  #server;

  /** On an ApiServer that has started. */
  constructor(server) {
    this.#server = server;
  }

  get #socket() {
    return this.#programs.file('containerd.sock');
  }

  /** A folder of the node that a volume may be; it belongs to the user of the pods. */
  volume(name) {
    const folder = this.#programs.file(name);
    mkdirSync(folder, { mode: 0o700 });
    run('chown', ['65532:65532', folder]);
    return folder;
  }

  async start() {
    writeFileSync(this.#programs.file('containerd.toml'), containerd(this.#programs.folder, this.#socket));
    mkdirSync(this.#programs.file('cni'));
    writeFileSync(this.#programs.file('cni', '10-bridge.conflist'), JSON.stringify(NETWORK));
    this.#programs.start('containerd', ['--config', this.#programs.file('containerd.toml')]);
    this.#makePause();
    for (const end = Date.now() + READY_MS; run('ctr', ['-a', this.#socket, 'version'], { check: false }).status !== 0; await pause(250))
      if (Date.now() > end) throw new Error(`containerd does not answer: ${this.#programs.lastOf('containerd')}`);
    this.take(PAUSE);
    const keys = dirname(this.#server.kubeconfig);
    const common = (name) => [`--kubeconfig=${this.#server.kubeconfig}`, `--cert-dir=${this.#programs.file(name)}`];
    const alone = ['--leader-elect=false', '--bind-address=127.0.0.1'];
    this.#programs.start('kube-controller-manager', [
      ...[...common('controllers'), ...alone, `--service-account-private-key-file=${join(keys, 'accounts.key')}`],
      `--root-ca-file=${join(keys, 'certificates/apiserver.crt')}`,
    ]);
    this.#programs.start('kube-scheduler', [...common('scheduler'), ...alone]);
    writeFileSync(this.#programs.file('kubelet.json'), JSON.stringify(kubelet(this.#programs.folder, this.#socket)));
    const place = ['--hostname-override=node-1', `--root-dir=${this.#programs.file('kubelet')}`];
    this.#programs.start('kubelet', [...common('kubelet-certificates'), `--config=${this.#programs.file('kubelet.json')}`, ...place]);
    for (const end = Date.now() + READY_MS; ; await pause(500)) {
      const { body } = await this.#server.ask('GET', '/api/v1/nodes/node-1');
      if (body.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return body.status.nodeInfo;
      if (Date.now() > end) throw new Error(`the node is not ready: ${this.#programs.lastOf('kubelet')}`);
    }
  }

  /** An image of podman's becomes one of the node's, under another name if one is given. */
  take(image, name = image) {
    const file = this.#programs.file('image.tar');
    if (name !== image) podman('tag', image, name);
    podman('save', '--quiet', '--format', 'docker-archive', '--output', file, name);
    run('ctr', ['-a', this.#socket, '-n', 'k8s.io', 'images', 'import', file]);
    rmSync(file);
  }

  /** In place of CoreDNS and kube-proxy: the name of a Service is the address of its one pod. */
  async resolve(name, address) {
    await this.#programs.end('dnsmasq');
    const plain = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--pid-file='];
    this.#programs.start('dnsmasq', [...plain, `--listen-address=${SUBNET}.1`, `--address=/${name}/${address}`]);
    await pause(500);
  }

  #makePause() {
    const file = this.#programs.file('Dockerfile');
    writeFileSync(
      file,
      `FROM localhost/attune-offline-debian:bookworm AS debian
FROM localhost/attune-offline-run:bookworm
COPY --from=debian /bin/sleep /sleep
ENTRYPOINT ["/sleep", "infinity"]
`,
    );
    podman('build', '--quiet', '--format', 'docker', '--file', file, '--tag', PAUSE, this.#programs.folder);
  }

  /** Pods have to be gone before. */
  async stop() {
    await this.#programs.endAll();
    run('ip', ['link', 'delete', BRIDGE], { check: false });
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const place of mounted.filter((one) => one.startsWith(this.#programs.folder)).reverse()) run('umount', [place], { check: false });
    this.#programs.remove();
  }
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
