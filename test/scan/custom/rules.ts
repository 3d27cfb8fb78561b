import type { CustomRule } from '../../../src/model/custom-rule.ts';

/** A rule for tokens of a service that there is not; change what a test is about. */
export function customRule(change: Partial<CustomRule> = {}): CustomRule {
  return {
    id: 'secrets.custom-acme',
    what: 'Acme token',
    keywords: ['acme_'],
    pattern: 'acme_[a-z]{2}_([0-9a-f]{16})',
    entropy: 0,
    paths: [],
    exceptPaths: [],
    allow: [],
    severity: 'high',
    confidence: 'high',
    remedy: 'Revoke the token at Acme',
    tags: [],
    examples: [],
    counterExamples: [],
    places: new Map([['', '3:5']]),
    shown: 'rules/acme.yaml',
    ...change,
  };
}

/** What `customRule` finds; its secret is the last 16 letters. */
export function acmeToken(digit = 'a'): string {
  return `acme_eu_${'0123456789bcdef'}${digit}`;
}
