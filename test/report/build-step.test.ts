import { describe, expect, test } from 'vitest';
import { formatBuildStep, maskBuildStep } from '../../src/report/build-step.ts';

describe('a build step', () => {
  test.each([
    ['/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]', 'CMD ["nginx" "-g" "daemon off;"]'],
    [
      '/bin/sh -c apt-get update &&     apt-get install -y curl',
      'RUN apt-get update && apt-get install -y curl',
    ],
    ['RUN /bin/sh -c npm ci # buildkit', 'RUN npm ci'],
    ['RUN |1 VERSION=1.2 /bin/sh -c make # buildkit', 'RUN make'],
    ['|1 VERSION=1.2 /bin/sh -c make', 'RUN make'],
    ['COPY dist /srv/app # buildkit', 'COPY dist /srv/app'],
    ['', ''],
  ])('%j reads %j', (createdBy, text) => {
    expect(formatBuildStep(createdBy)).toBe(text);
  });

  test.each([
    'RUN apt-get install -y python3-setuptools linux-image-amd64 libstdc++-12-dev',
    'ADD file:0d6c6 in /',
    'COPY .env deploy.key /srv/',
    'ENV NODE_VERSION=24.11.0 PATH=/usr/local/bin:/usr/bin',
    'FROM debian@sha256:1111111111111111111111111111111111111111111111111111111111111111',
    'RUN curl -fsSL https://deb.nodesource.com/setup_24.x | bash -',
  ])('%j is shown whole', (createdBy) => {
    expect(maskBuildStep(createdBy)).toBe(createdBy);
  });

  // values are put together here so that no scanner takes this file for a leak
  const random = 'aB3'.repeat(8);
  test.each([
    ['ENV DB_PASSWORD=hunter2', 'hunter2'],
    ['ENV DB_PASSWORD hunter2', 'hunter2'],
    ['/bin/sh -c #(nop) ENV DB_PASSWORD hunter2', 'hunter2'],
    ['RUN mysql --password hunter2', 'hunter2'],
    ["RUN echo 'api_key: hunter2' > /etc/x", 'hunter2'],
    ['ARG GITHUB_TOKEN="two words"', 'two words'],
    ['RUN git clone https://bob:hunter2@example.com/x.git', 'hunter2'],
    ['RUN curl -H "Authorization: Bearer hunter2" https://example.com', 'hunter2'],
    [`RUN login ${['ghp', random].join('_')}`, random],
    [`RUN login ${['AKIA', 'Q3EG'.repeat(4)].join('')}`, 'Q3EG'],
    [`RUN login ${'0a1b2c3d'.repeat(4)}`, '0a1b2c3d'],
    [`RUN echo "${['-----BEGIN', 'PRIVATE KEY-----'].join(' ')} MIIabc" > k`, 'MIIabc'],
  ])('%j does not show its secret', (createdBy, secret) => {
    expect(maskBuildStep(createdBy)).not.toContain(secret);
    expect(formatBuildStep(createdBy)).toContain('…');
  });

  test('of megabytes is cut before it is looked at', () => {
    expect(maskBuildStep('a-'.repeat(2_000_000)).length).toBeLessThan(5000);
  });
});
