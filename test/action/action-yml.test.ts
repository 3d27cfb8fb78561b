import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { INPUTS } from '../../src/action/inputs.ts';
import { run } from '../../src/cli/main.ts';
import { referencesIn } from '../../src/references/find-references.ts';
import { FORMAT_NAMES } from '../../src/report/format-names.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(TOP, file), 'utf8');

interface Declared {
  readonly inputs: Readonly<Record<string, { description: string; default?: string; required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { description: string }>>;
  readonly runs: Readonly<Record<string, string>>;
}
const action = parse(read('action.yml')) as Declared;
const page = read('docs/github-action.md');

describe('action.yml', () => {
  test('declares the inputs that are read, in their order, and no others', () => {
    expect(Object.keys(action.inputs)).toEqual([...INPUTS]);
  });

  test('has no default that a policy or a person could not be told from, but the token', () => {
    const defaults = Object.entries(action.inputs).filter(([, input]) => input.default !== undefined);
    expect(defaults.map(([name, input]) => [name, input.default])).toEqual([
      ['github-token', '${{ github.token }}'],
    ]);
    expect(Object.values(action.inputs).some(({ required }) => required === true)).toBe(false);
  });

  test('declares an output for each view, and all that are set', () => {
    const names = Object.keys(action.outputs);
    expect(FORMAT_NAMES.filter((name) => !names.includes(name))).toEqual([]);
    const set = [...read('src/action/tell.ts').matchAll(/\['([a-z-]+)', /g)].map(([, name]) => name);
    expect(set).toContain('verdict');
    expect(names.toSorted()).toEqual([...set, ...FORMAT_NAMES].toSorted());
  });

  test('says a whole sentence of each: a # in plain YAML would cut it short', () => {
    for (const { description } of [...Object.values(action.inputs), ...Object.values(action.outputs)])
      expect(description).toMatch(/^\S.*\.$/s);
  });

  test('runs one file on a Node that the program supports, and nothing before or after it', () => {
    expect(action.runs).toEqual({ using: 'node24', main: 'action/index.js' });
  });
});

describe('docs/github-action.md', () => {
  /** Rows of the table below a heading, as name and text. */
  const rows = (heading: string) => {
    const [, body = ''] = page.split(`\n## ${heading}\n`);
    const table = body.split('\n## ')[0] ?? '';
    return [...table.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, name = '', text = '']) => [
      name,
      text,
    ]);
  };
  const said = (all: Readonly<Record<string, { description: string }>>) =>
    Object.entries(all).map(([name, { description }]) => [name, description]);

  test('says of every input and output what action.yml says', () => {
    expect(rows('Inputs')).toEqual(said(action.inputs));
    expect(rows('Outputs')).toEqual(said(action.outputs));
  });
});

const WORKFLOWS = readdirSync(join(TOP, 'docs/workflows')).map((name) => ({
  name,
  text: read(`docs/workflows/${name}`),
}));

describe.each(WORKFLOWS)('the workflow $name', ({ name, text }) => {
  interface Step {
    readonly id?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }
  const workflow = parse(text) as {
    permissions: object;
    jobs: Readonly<Record<string, { permissions: Readonly<Record<string, string>>; steps: readonly Step[] }>>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test('pins every action to a commit, and says which version that is', () => {
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.length).toBeGreaterThan(2);
    expect(uses.filter((use) => !/^[\w-]+\/[\w/-]+@[0-9a-f]{40}$/.test(use))).toEqual([]);
    const unsaid = text
      .split('\n')
      .filter((line) => /uses: /.test(line) && !/# (?:v\d+\.\d+\.\d+$|your copy)/.test(line));
    expect(unsaid).toEqual([]);
  });

  test('gives nothing to a job that it does not explain', () => {
    expect(workflow.permissions).toEqual({});
    const granted = Object.values(workflow.jobs).flatMap((job) => Object.keys(job.permissions));
    const explained = [...text.matchAll(/^ {6}([a-z-]+): (?:read|write) # \S/gm)].map(
      ([, permission]) => permission,
    );
    expect(explained).toEqual(granted);
  });

  test('uses inputs and outputs that there are', () => {
    const ours = steps.filter(({ uses }) => uses?.startsWith('acme/pratique@'));
    for (const step of ours) expect(INPUTS).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    const ids = ours.flatMap(({ id }) => id ?? []);
    for (const [, id = '', output] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g))
      if (ids.includes(id)) expect(Object.keys(action.outputs)).toContain(output);
  });

  test('is one that refs can read', () => {
    expect(referencesIn(`.github/workflows/${name}`, text).unread).toEqual([]);
  });
});

test('the workflows run command lines that pratique understands', async () => {
  const lines = WORKFLOWS.flatMap(({ text }) => [...text.matchAll(/\/bin\/pratique\.js (.*)$/gm)]);
  expect(lines).toHaveLength(1);
  for (const [, words = ''] of lines) {
    const argv = words
      .replaceAll(/"\$\w+"/g, 'ghcr.io/acme/shop:1')
      .replace(/--policy \S+/, '--policy nowhere.yaml')
      .split(' ');
    const terminal = fakeTerminal(argv);
    expect([await run(terminal), terminal.text().err]).toEqual([
      2,
      expect.stringContaining('POLICY_NOT_FOUND'),
    ]);
  }
});
