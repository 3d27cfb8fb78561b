import type { Judgement } from '../rule.ts';
import { entropyOf } from './entropy.ts';
import { decodeBase64 } from './json-text.ts';
import { checkAssignedSecret, checkLoginPassword, isSamplePassword, isVariable } from './login.ts';
import { isMadeUp, isPlaceholder } from './placeholder.ts';
import { isRandomValue } from './random-value.ts';

/** What stands beside a name in programs and is no literal, by how it begins or what it holds. */
const NOT_LITERAL =
  /^(?:https?:|file:|data:|arn:|\.{0,2}\/|~\/|[A-Za-z]:\\|[#.][\w-]+$|--?[a-z]|[,;:)+])|[/\\]{2}|[()[\]{}<>]|=>|&&|\|\||&(?:lt|gt|amp|quot|#\d{1,4});|\$[A-Z_]{3}/;
/** Paths, members of objects, names in every way of writing them, numbers, words. */
const NAMES =
  /^[\d.,:-]+$|^[A-Za-z]+[.:?!…]?$|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^[a-z][a-z0-9]*(?:[_.:/#-]+[a-z0-9]+)+$|^[a-z]+[0-9]?$|^[a-z0-9]+[A-Z][A-Za-z]*[0-9]?$|^[A-Za-z_-]+(?:[./][A-Za-z_-]+)+$|^[\w-]+(?:[./][\w-]+){2,}$/;

/**
 * A value that is random, in any file: what stands behind a name such as `api_key` and nobody has typed.
 * Words, numbers, paths, identifiers and templates are refuted.
 */
export function checkRandomValue(secret: string): Judgement {
  const isName = /^[A-Za-z_]+(?:\.[A-Za-z_]+)+$/.test(secret);
  return isRandomValue(secret) && !isName && !isVariable(secret) ? 'plausible' : 'refuted';
}

/**
 * The same where it shall fail an image: long, of one alphabet that is used to the full, without any row of the alphabet.
 */
export function checkHardCodedKey(secret: string): Judgement {
  if (checkRandomValue(secret) === 'refuted' || isMadeUp(secret) || isPlaceholder(secret)) return 'refuted';
  const isOneCase = !/[A-Z]/.test(secret) || !/[a-z]/.test(secret);
  const least = /^[0-9a-f-]+$/i.test(secret) ? 3.3 : isOneCase ? 4 : 4.2;
  return entropyOf(secret) >= least ? 'plausible' : 'refuted';
}

/**
 * A password that somebody has made up, as a literal in any file: letters with digits or signs among them.
 * A single word is refuted, as it may as well be a label, a type or another name.
 */
export function checkChosenPassword(secret: string): Judgement {
  if (secret.length < 6 || NOT_LITERAL.test(secret) || NAMES.test(secret) || isSamplePassword(secret))
    return 'refuted';
  // Anonymous FTP takes an address, or as much of it as one likes to tell (RFC 1635).
  if (/^[a-z]{1,20}@$/.test(secret) || (secret.length >= 16 && isMadeUp(secret))) return 'refuted';
  return /[A-Za-z]/.test(secret) && /[0-9!$%^&*@+=?~]/.test(secret) ? 'plausible' : 'refuted';
}

/** The same where the syntax leaves no doubt that it is a literal: a word is a password, too. */
export function checkLiteralPassword(secret: string): Judgement {
  return secret.length < 4 || /[()]|^[/.~]/.test(secret) || isSamplePassword(secret) || isVariable(secret)
    ? 'refuted'
    : 'plausible';
}

/** In files that hold settings: whatever is neither a sample nor a name of something else. */
export function checkSetting(secret: string): Judgement {
  const isName = /^[a-z][a-z0-9]*(?:[._:/-]{1,2}[a-z0-9]+){2,}$|^[\w*.-]+(?:\/[\w*.-]+){2,}$|::/.test(secret);
  return isName && !isRandomValue(secret) ? 'refuted' : checkAssignedSecret(secret);
}

/** A password, in base64 or as it is. */
export function checkEncodedPassword(secret: string): Judgement {
  const text = decodeBase64(secret)?.toString('latin1') ?? '';
  return checkLoginPassword(/^[\x21-\x7e]{4,200}$/.test(text) ? text : secret);
}

/** As `startproject` makes them: their letters may look like a template. */
const DJANGO_KEY = /^django-insecure-[^\s'"]{50}$/;

/** A key that a framework signs with: drawn at random, or typed as a phrase with digits or signs in it. */
export function checkFrameworkKey(secret: string): Judgement {
  if (isRandomValue(secret) || DJANGO_KEY.test(secret)) return 'plausible';
  const isExpression = /^[\w$.[\]'"()]+\(|\{\{|^[A-Za-z_.]+$|^[a-z]+(?:[-_ ][a-z]+)+$/.test(secret);
  return isExpression || isSamplePassword(secret) || isVariable(secret) || !/[0-9#!@$%^&*+=]/.test(secret)
    ? 'refuted'
    : 'plausible';
}
