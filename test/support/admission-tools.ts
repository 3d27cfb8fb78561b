import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** An admission controller's own program for trying a policy, kept off every machine but this one. */
export interface AdmissionTool {
  /** writes a file into its folder */
  write(file: string, content: string): void;
  /** runs it there */
  run(...words: readonly string[]): Promise<ToolRun>;
  /** runs another program in the same surroundings */
  runWith(program: string, ...words: readonly string[]): Promise<ToolRun>;
  close(): void;
}

export interface ToolRun {
  readonly ok: boolean;
  readonly said: string;
}

/** Kyverno's `kubectl-kyverno`: the environment's `KYVERNO`, else `kyverno` in PATH, in GOBIN or in Go's folder. */
export function findKyverno(): string | undefined {
  return find('KYVERNO', ['kyverno', 'kubectl-kyverno'], 'version');
}

/** The `tester` of Sigstore's policy-controller: the environment's `POLICY_TESTER`, else `policy-tester` in the same places. */
export function findPolicyTester(): string | undefined {
  return find('POLICY_TESTER', ['policy-tester'], '-version');
}

/** Says on stderr what is missing, because its tests are then skipped. */
function find(variable: string, names: readonly string[], version: string): string | undefined {
  const { [variable]: named, GOBIN, GOPATH = join(homedir(), 'go') } = process.env;
  const places = names.flatMap((name) => [name, GOBIN && join(GOBIN, name), join(GOPATH, 'bin', name)]);
  const found = [named, ...places].find((place) => place && spawnSync(place, [version]).status === 0);
  if (!found) process.stderr.write(`skipped: no ${names[0]}; set ${variable} to its path\n`);
  return found || undefined;
}

export function openAdmissionTool(path: string): AdmissionTool {
  const folder = mkdtempSync(join(tmpdir(), 'pratique-admission-'));
  const nowhere = 'http://127.0.0.1:9'; // whatever it would ask another machine ends at a closed port of this one
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1',
  };
  const runWith: AdmissionTool['runWith'] = (program, ...words) =>
    new Promise((resolve) => {
      execFile(program, words, { cwd: folder, env, timeout: 60_000 }, (error, out, err) =>
        resolve({ ok: error === null, said: out + err }),
      );
    });
  return {
    write: (file, content) => writeFileSync(join(folder, file), content),
    run: (...words) => runWith(path, ...words),
    runWith,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
