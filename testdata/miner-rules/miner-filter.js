// Blocks pages that mine in the browser, and requests to pools.
const HOSTS = ['minexmr.com', 'supportxmr.com', 'nanopool.org', 'moneroocean.stream', 'minergate.com', 'nicehash.com'];
const SCHEMES = ['stratum+tcp://', 'stratum+ssl://', 'stratum://'];
const METHODS = ['mining.subscribe', 'mining.authorize', 'mining.submit'];

export function isBlocked(url, body) {
  const { hostname } = new URL(url);
  if (HOSTS.some((host) => hostname === host || hostname.endsWith(`.${host}`))) return true;
  return SCHEMES.some((scheme) => body.includes(scheme)) || METHODS.some((method) => body.includes(method));
}
