// Writes schema/policy-v1.json anew: node testdata/make-schema.ts
import { writeFileSync } from 'node:fs';
import { policyJsonSchemaText } from '../src/policy/json-schema.ts';

writeFileSync(new URL('../schema/policy-v1.json', import.meta.url), policyJsonSchemaText());
