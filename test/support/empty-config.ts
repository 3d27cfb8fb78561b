import type { ImageConfig } from '../../src/model/image.ts';

/** The configuration of an image that says nothing of itself but its platform. */
export const EMPTY_CONFIG: ImageConfig = {
  os: 'linux',
  architecture: 'amd64',
  user: '',
  workingDir: '',
  env: [],
  entrypoint: [],
  cmd: [],
  exposedPorts: [],
  volumes: [],
  labels: new Map(),
  healthcheck: [],
  onBuild: [],
  stopSignal: '',
  diffIds: [],
  history: [],
};
