import preset from '../jest.preset.mjs';

const servers = `${import.meta.dirname}/jest.servers.mjs`;
export default { ...preset, rootDir: import.meta.dirname, globalSetup: servers, globalTeardown: servers };
