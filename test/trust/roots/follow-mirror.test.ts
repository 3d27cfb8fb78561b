import { createHash, createPublicKey, ECDH } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type RepositoryCopy, verifyCopy } from '../../../src/trust/roots/copy.ts';
import { followMirror } from '../../../src/trust/roots/follow-mirror.ts';
import { canonical, roleKey, type TestRepository, tufRepository } from '../../support/tuf-repository.ts';

const AT = new Date('2026-11-21T12:00:00Z');
const GONE = '2026-11-21T11:59:59Z';

function follow(repository: TestRepository, known?: RepositoryCopy): Promise<RepositoryCopy> {
  return followMirror(repository.describe(), known, repository.mirror(), AT);
}

function textOf(copy: RepositoryCopy): string {
  return Buffer.from(copy.target).toString();
}

function refused(copy: Promise<unknown>, why: string | RegExp) {
  const checked = expect(copy).rejects;
  return Promise.all([checked.toMatchObject({ code: 'TRUST_ROOT_INVALID' }), checked.toThrow(why)]);
}

describe('a repository that is followed', () => {
  test('gives its target on the first day, from nothing but its root', async () => {
    const repository = tufRepository('first');
    const copy = await follow(repository);
    expect(textOf(copy)).toBe('first');
    expect(repository.asked).toEqual([
      '2.root.json',
      'timestamp.json',
      '1.snapshot.json',
      '1.targets.json',
      `targets/${createHash('sha256').update('first').digest('hex')}.trusted_root.json`,
    ]);
  });

  test('gives the newer target later, and is asked for nothing that is known', async () => {
    const repository = tufRepository('first');
    const known = await follow(repository);
    repository.asked.length = 0;
    expect(textOf(await follow(repository, known))).toBe('first');
    expect(repository.asked).toEqual(['2.root.json', 'timestamp.json']);
    repository.advance('second');
    const copy = await follow(repository, known);
    expect(textOf(copy)).toBe('second');
    expect(verifyCopy(copy, repository.describe()).facts.versions).toEqual({
      root: 1,
      timestamp: 2,
      snapshot: 2,
      targets: 2,
    });
  });

  test('may name its files without versions', async () => {
    const repository = tufRepository('first');
    repository.nextRoot(() => {
      repository.state.isConsistent = false;
    });
    repository.advance('second');
    expect(textOf(await follow(repository))).toBe('second');
    expect(repository.asked).toContain('targets.json');
    expect(repository.asked).toContain('targets/trusted_root.json');
  });

  test('may rotate all keys of its root, from version to version', async () => {
    const repository = tufRepository('first');
    const known = await follow(repository);
    for (let version = 2; version <= 4; version += 1)
      repository.nextRoot(() => {
        for (const role of Object.values(repository.state.roles)) role.keys = role.keys.map(() => roleKey());
      });
    repository.advance('fourth');
    const copy = await follow(repository, known);
    expect(textOf(copy)).toBe('fourth');
    expect(copy.roots.length).toBe(3);
    expect(verifyCopy(copy, repository.describe()).facts.versions.root).toBe(4);
    repository.nextRoot();
    repository.asked.length = 0;
    const later = await follow(repository, copy);
    expect(later.roots.length).toBe(4);
    expect(verifyCopy(later, repository.describe()).facts.versions.root).toBe(5);
    expect(repository.asked).toEqual(['5.root.json', '6.root.json', 'timestamp.json']);
  });

  test('may start from a newer root than the copy did, as a newer pratique brings one', async () => {
    const repository = tufRepository('first');
    repository.nextRoot();
    const newer = repository.nextRoot().toString();
    const copy = await follow(repository);
    expect(verifyCopy(copy, { ...repository.describe(), anchor: newer }).text).toBe('first');
    const again = await followMirror(
      { ...repository.describe(), anchor: newer },
      copy,
      repository.mirror(),
      AT,
    );
    expect(textOf(again)).toBe('first');
  });

  test.each([
    ['timestamp', ['timestamp']],
    ['snapshot', ['snapshot']],
    ['snapshot', ['snapshot', 'timestamp']],
    ['targets', ['snapshot', 'targets']],
  ] as const)(
    'recovers where a stolen key signed far too high a version of the %s, and those of %j were replaced',
    async (role, replaced) => {
      const repository = tufRepository('first');
      repository.state.version[role] = 1_000_000;
      repository.publish();
      const known = await follow(repository);
      repository.nextRoot(() => {
        for (const one of replaced)
          repository.state.roles[one].keys = repository.state.roles[one].keys.map(() => roleKey());
      });
      repository.state.version[role] = 1;
      repository.advance('second');
      expect(textOf(await follow(repository, known))).toBe('second');
    },
  );
});

test('a timestamp of a known version is passed over, whatever it says', async () => {
  const repository = tufRepository('first');
  const known = await follow(repository);
  repository.state.meta.snapshot = { hashes: { sha256: '0'.repeat(64) } };
  repository.publish();
  expect((await follow(repository, known)).timestamp).toBe(known.timestamp);
});

test('no byte more is read than the file before it says, and never more than a limit', async () => {
  const repository = tufRepository('first');
  const limits = new Map<string, number>();
  const { get } = repository.mirror();
  const watched = {
    get: async (path: string, limit: number) => {
      limits.set(path, limit);
      return get(path, limit);
    },
  };
  repository.state.meta.targets = { length: 1e12 };
  repository.publish();
  const snapshot = repository.files.get('1.snapshot.json')?.length ?? 0;
  repository.state.meta.snapshot = { length: snapshot };
  repository.publish();
  await refused(followMirror(repository.describe(), undefined, watched, AT), 'Expected length');
  expect(limits.get('1.snapshot.json')).toBe(snapshot);
  expect(limits.get('1.targets.json')).toBe(1_000_000);
});

describe('rolled back: refused, as the copy knows better', () => {
  async function knownAtTwo() {
    const repository = tufRepository('first');
    repository.advance('second');
    return { repository, known: await follow(repository) };
  }

  test('the timestamp', async () => {
    const { repository, known } = await knownAtTwo();
    repository.state.version.timestamp = 1;
    repository.publish();
    await refused(follow(repository, known), 'timestamp version 1 is less than current version 2');
  });

  test('the timestamp, under a new root that keeps its key', async () => {
    const { repository, known } = await knownAtTwo();
    repository.nextRoot(() => {
      repository.state.roles.root.keys = repository.state.roles.root.keys.map(() => roleKey());
    });
    repository.state.version.timestamp = 1;
    repository.publish();
    await refused(follow(repository, known), 'timestamp version 1 is less than current version 2');
  });

  test('the root, by hiding the one that took a stolen key away', async () => {
    const repository = tufRepository('first');
    const [stolen] = repository.state.roles.timestamp.keys;
    repository.nextRoot(() => {
      repository.state.roles.timestamp.keys = [roleKey()];
    });
    repository.advance('second');
    const known = await follow(repository);
    repository.files.delete('2.root.json');
    repository.state.signedBy.timestamp = stolen ? [stolen] : [];
    repository.advance('third');
    await refused(follow(repository, known), 'timestamp was signed by 0/1 keys');
  });

  test('the snapshot, under a newer timestamp', async () => {
    const { repository, known } = await knownAtTwo();
    repository.state.version = { ...repository.state.version, timestamp: 3, snapshot: 1 };
    repository.publish();
    await refused(follow(repository, known), 'snapshot version 1 is less than current version 2');
  });

  test('the targets, under a newer snapshot', async () => {
    const { repository, known } = await knownAtTwo();
    repository.state.version = { ...repository.state.version, timestamp: 3, snapshot: 3, targets: 1 };
    repository.publish();
    await refused(follow(repository, known), 'New version 1 of targets.json is less than current version 2');
  });

  test('the targets, by leaving them out of a newer snapshot', async () => {
    const { repository, known } = await knownAtTwo();
    repository.state.change.snapshot = (signed) => {
      signed['meta'] = { 'other.json': { version: 9 } };
    };
    repository.advance('third');
    await refused(follow(repository, known), 'Missing file targets.json in new snapshot');
  });

  test('although the copy has run out: it is the measure all the same', async () => {
    const repository = tufRepository('first');
    repository.state.expires.timestamp = '2026-11-22T00:00:00Z';
    repository.advance('second');
    const known = await follow(repository);
    repository.state.version.timestamp = 1;
    repository.state.expires.timestamp = '2030-01-01T00:00:00Z';
    repository.publish();
    const later = new Date('2026-12-01T00:00:00Z');
    await refused(
      followMirror(repository.describe(), known, repository.mirror(), later),
      'timestamp version 1 is less than current version 2',
    );
  });
});

describe('frozen: refused once the metadata have run out', () => {
  test.each([
    ['root', 'Final root.json is expired'],
    ['timestamp', 'Final timestamp.json is expired'],
    ['snapshot', 'snapshot.json is expired'],
    ['targets', 'targets.json is expired'],
  ] as const)('%s', async (role, why) => {
    const repository = tufRepository('first');
    repository.state.expires[role] = GONE;
    repository.nextRoot();
    repository.publish();
    await refused(follow(repository), why);
  });

  test('at the very second', async () => {
    const repository = tufRepository('first');
    repository.state.expires.timestamp = '2026-11-21T12:00:00Z';
    repository.publish();
    await refused(follow(repository), 'expired');
  });

  test('although the mirror still serves just what is known', async () => {
    const repository = tufRepository('first');
    repository.state.expires.timestamp = '2026-11-22T00:00:00Z';
    repository.publish();
    const known = await follow(repository);
    const later = new Date('2026-11-23T00:00:00Z');
    await refused(
      followMirror(repository.describe(), known, repository.mirror(), later),
      'Final timestamp.json is expired',
    );
  });
});

describe('not of one piece: refused', () => {
  test('a snapshot of another version than the timestamp says', async () => {
    const repository = tufRepository('first');
    const old = repository.files.get('1.snapshot.json');
    repository.advance('second');
    repository.files.set('2.snapshot.json', old ?? Buffer.of());
    await refused(follow(repository), "Snapshot version doesn't match timestamp");
  });

  test('targets of another version than the snapshot says', async () => {
    const repository = tufRepository('first');
    const old = repository.files.get('1.targets.json');
    repository.advance('second');
    repository.files.set('2.targets.json', old ?? Buffer.of());
    await refused(follow(repository), 'Version 1 of targets does not match snapshot version 2');
  });

  test.each(['snapshot', 'targets'] as const)(
    'a %s of another hash than the file before it says',
    async (role) => {
      const repository = tufRepository('first');
      repository.state.meta[role] = { hashes: { sha256: '0'.repeat(64) } };
      repository.publish();
      await refused(follow(repository), 'Expected hash 0000');
    },
  );

  test('a snapshot of another length than the timestamp says', async () => {
    const repository = tufRepository('first');
    repository.state.meta.snapshot = { length: 100_000 };
    repository.publish();
    await refused(follow(repository), 'Expected length 100000 but got');
  });
});

describe('signed by others: refused', () => {
  test.each(['timestamp', 'snapshot', 'targets'] as const)('the %s', async (role) => {
    const repository = tufRepository('first');
    repository.state.signedBy[role] = [roleKey(), roleKey('ecdsa')];
    repository.publish();
    await refused(follow(repository), `${role} was signed by 0/`);
  });

  test('targets by one key where two are needed', async () => {
    const repository = tufRepository('first');
    repository.state.signedBy.targets = repository.state.roles.targets.keys.slice(0, 1);
    repository.publish();
    await refused(follow(repository), 'targets was signed by 1/2 keys');
  });

  test('targets by the key of the timestamp, which lies on a server', async () => {
    const repository = tufRepository('first');
    const [stolen] = repository.state.roles.timestamp.keys;
    repository.state.signedBy.targets = stolen ? [stolen] : [];
    repository.publish();
    await refused(follow(repository), 'targets was signed by 0/2 keys');
  });

  test('a new root that the old keys did not sign', async () => {
    const repository = tufRepository('first');
    repository.state.roles.root = { keys: [roleKey(), roleKey()], threshold: 2 };
    repository.state.signedBy.root = repository.state.roles.root.keys;
    repository.nextRoot();
    await refused(follow(repository), 'root was signed by 0/2 keys');
  });

  test('a new root that its own keys did not sign', async () => {
    const repository = tufRepository('first');
    repository.state.signedBy.root = repository.state.roles.root.keys;
    repository.state.roles.root = { keys: [roleKey(), roleKey()], threshold: 2 };
    repository.nextRoot();
    await refused(follow(repository), 'root was signed by 0/2 keys');
  });

  test('a signature that is there twice, to reach the threshold', async () => {
    const repository = tufRepository('first');
    repository.state.signedBy.targets = repository.state.roles.targets.keys.slice(0, 1);
    repository.publish();
    const document = JSON.parse(String(repository.files.get('1.targets.json')));
    document.signatures.push(document.signatures[0]);
    repository.files.set('1.targets.json', Buffer.from(JSON.stringify(document)));
    await refused(follow(repository), 'multiple signatures found for keyid');
  });

  test.each<[string, number, (key: string) => string]>([
    ['just so', 0, (key) => key],
    ['in capitals', 0, (key) => key.toUpperCase()],
    ['with half a byte more, which readers of hex drop', 0, (key) => `${key}0`],
    ['as PEM', 0, (key) => pemOf(Buffer.from(key, 'hex'))],
    ['with a line more', 1, (key) => `${key}\n`],
    ['as a point', 1, (key) => pointOf(key, 'uncompressed')],
    ['as a compressed point', 1, (key) => pointOf(key, 'compressed')],
    ['as a hybrid point', 1, (key) => pointOf(key, 'hybrid')],
  ])(
    'a root in which one key stands under two ids, %s, to be a threshold of its own',
    async (_, at, spell) => {
      const repository = tufRepository('first');
      const key = repository.state.roles.root.keys[at];
      if (key === undefined) throw new Error('it has three');
      const { public: text } = key.json['keyval'] as { public: string };
      const twin = { ...key, id: 'ff'.repeat(32), json: { ...key.json, keyval: { public: spell(text) } } };
      repository.nextRoot(() => {
        repository.state.roles.targets = { keys: [key, twin], threshold: 2 };
      });
      repository.advance('second');
      await refused(follow(repository), 'a key of the role targets is there twice');
      const { anchor: _old, ...rest } = repository.describe();
      const anchor = String(repository.files.get('2.root.json'));
      await refused(followMirror({ ...rest, anchor }, undefined, repository.mirror(), AT), 'is there twice');
    },
  );
});

/** SubjectPublicKeyInfo of an Ed25519 key; see RFC 8410. */
function pemOf(key: Buffer): string {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const open = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return open.export({ type: 'spki', format: 'pem' }).toString();
}

function pointOf(pem: string, form: 'uncompressed' | 'compressed' | 'hybrid'): string {
  const point = createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-65);
  return String(ECDH.convertKey(point, 'prime256v1', undefined, 'hex', form));
}

describe('roots out of order: refused', () => {
  test('one version is left out', async () => {
    const repository = tufRepository('first');
    repository.nextRoot();
    const third = repository.nextRoot();
    repository.files.set('2.root.json', third);
    await refused(follow(repository), 'Expected version 2, got 3');
  });

  test('the old one is served again as the next', async () => {
    const repository = tufRepository('first');
    repository.files.set('2.root.json', Buffer.from(repository.anchor));
    await refused(follow(repository), 'Expected version 2, got 1');
  });

  test('the next one is larger than any', async () => {
    const repository = tufRepository('first');
    repository.files.set('2.root.json', Buffer.alloc(512_001, ' '));
    await expect(follow(repository)).rejects.toThrow('2.root.json is too long');
  });

  test('there are more new ones than anybody makes', async () => {
    const repository = tufRepository('first');
    for (let count = 0; count < 65; count += 1) repository.nextRoot();
    await refused(follow(repository), 'more than 64 new ones');
  });
});

describe('a target that is not the one: refused', () => {
  const path = [...tufRepository('first').files.keys()].find((name) => name.startsWith('targets/')) ?? '';

  test('other bytes of the same length', async () => {
    const repository = tufRepository('first');
    repository.files.set(path, Buffer.from('fIrst'));
    await refused(follow(repository), 'its sha256 is not the one in targets.json');
  });

  test('fewer bytes', async () => {
    const repository = tufRepository('first');
    repository.files.set(path, Buffer.from('firs'));
    await refused(follow(repository), 'it has 4 bytes, and targets.json says 5');
  });

  test('more bytes than are promised are not even read', async () => {
    const repository = tufRepository('first');
    repository.files.set(path, Buffer.from('first and more'));
    await expect(follow(repository)).rejects.toThrow('is too long');
  });

  test.each<[string, unknown, string]>([
    ['vouched for by no strong hash', { length: 5, hashes: { md5: '0' } }, 'it has no sha256 or sha512'],
    ['vouched for by no hash', { length: 5, hashes: {} }, 'is no hash'],
    ['of a hash that would lead elsewhere', { length: 5, hashes: { sha256: '../../x' } }, 'is no hash'],
    ['larger than any trust root', { length: 1e9, hashes: { sha256: '0'.repeat(64) } }, 'at most 1048576'],
  ])('%s', async (_what, info, why) => {
    const repository = tufRepository('first');
    repository.state.isConsistent = !String(why).startsWith('it has no');
    repository.state.change.targets = (signed) => {
      signed['targets'] = { 'trusted_root.json': info };
    };
    repository.nextRoot();
    repository.files.set('targets/trusted_root.json', Buffer.from('first'));
    repository.publish();
    repository.files.set('targets/trusted_root.json', Buffer.from('first'));
    await refused(follow(repository), why);
  });

  test.each(['constructor', '__proto__', 'other.json'])(
    'that targets.json does not name: %s',
    async (name) => {
      const repository = tufRepository('first');
      const wanted = { ...repository.describe(), target: name };
      await refused(followMirror(wanted, undefined, repository.mirror(), AT), 'it does not name the target');
    },
  );
});

describe('with more entries than anybody has, which the library takes seconds for: refused before', () => {
  const MANY = Object.fromEntries(
    Array.from({ length: 101 }, (_, index) => [`k${index}`, roleKey().json] as const),
  );

  test('a root', async () => {
    const repository = tufRepository('first');
    repository.state.change.root = (signed) => {
      signed['keys'] = MANY;
    };
    repository.nextRoot();
    await refused(follow(repository), 'its keys are 101; at most 100 are read');
  });

  test.each([
    ['snapshot', 'meta', { version: 1 }],
    ['targets', 'targets', { length: 1, hashes: {} }],
  ] as const)('a %s, in its %s', async (role, field, entry) => {
    const repository = tufRepository('first');
    repository.state.change[role] = (signed) => {
      signed[field] = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, entry]));
    };
    repository.publish();
    await refused(follow(repository), `its ${field} are 1001; at most 1000 are read`);
  });

  test('targets, in their delegations', async () => {
    const repository = tufRepository('first');
    repository.state.change.targets = (signed) => {
      signed['delegations'] = { keys: MANY, roles: [] };
    };
    repository.publish();
    await refused(follow(repository), 'its keys are 101; at most 100 are read');
  });
});

test('names of targets that differ by case alone are two names', async () => {
  const repository = tufRepository('first');
  repository.state.change.targets = (signed) => {
    const targets = signed['targets'] as Record<string, unknown>;
    signed['targets'] = { ...targets, 'Trusted_Root.json': { length: 1, hashes: {} } };
  };
  repository.publish();
  expect(textOf(await follow(repository))).toBe('first');
});

describe('what is no metadata: refused', () => {
  const TEXTS: readonly (readonly [string, string, string])[] = [
    ['HTML', '<html><body>404</body></html>', 'a value was expected'],
    ['nothing', '', 'it ends too early'],
    ['another role', '', "expected 'snapshot', got"],
    ['a key twice', '{"signed":{},"signed":{},"signatures":[]}', 'is there twice'],
    ['deep nesting', `${'['.repeat(33)}${']'.repeat(33)}`, 'nests deeper'],
    ['very many values', `[${'1,'.repeat(20_000)}1]`, 'more than 20000 values'],
  ];

  test.each(TEXTS)('%s for a snapshot', async (what, text, why) => {
    const repository = tufRepository('first');
    const other = repository.files.get('1.targets.json') ?? Buffer.of();
    repository.files.set('1.snapshot.json', what === 'another role' ? other : Buffer.from(text));
    await refused(follow(repository), why);
  });

  test('HTML for every file that there is not, as some servers answer', async () => {
    const repository = tufRepository('first');
    repository.files.set('2.root.json', Buffer.from('<html>'));
    await refused(follow(repository), 'a value was expected');
  });

  test.each(['timestamp.json', '1.snapshot.json', '1.targets.json'])('no %s', async (name) => {
    const repository = tufRepository('first');
    repository.files.delete(name);
    await refused(follow(repository), 'the mirror does not have it');
  });

  test('an anchor that does not sign itself', async () => {
    const repository = tufRepository('first');
    const anchor = repository.anchor.replace('"version":1', '"version":2');
    await refused(
      followMirror({ ...repository.describe(), anchor }, undefined, repository.mirror(), AT),
      'root was signed by 0/2 keys',
    );
  });
});

test('the support signs as TUF has it: canonical JSON', () => {
  expect(canonical({ b: [1, true, null], a: 'x"\\\n' })).toBe('{"a":"x\\"\\\\\n","b":[1,true,null]}');
});
